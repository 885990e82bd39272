//! What a connector leaves behind outside of its process group.
//!
//! A process that begins a session of its own is out of reach of the group of its connector. On
//! Linux preflight makes itself the one to whom orphans are given (`PR_SET_CHILD_SUBREAPER`), so that
//! each of them stays below it, is found in `/proc`, and ends with the observation. Elsewhere nobody
//! can tell whose they are, and they live on.

#[cfg(any(target_os = "linux", test))]
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::base::Clock;

/// How long killed processes may take to be gone.
const BURIAL: Duration = Duration::from_secs(5);

/// How often it is looked whether they are.
const ASKED_EVERY: Duration = Duration::from_millis(10);

/// Sees to all processes below this one, but for those that were there before. When it is dropped,
/// they are killed.
#[derive(Debug)]
pub struct Orphans {
    before: BTreeSet<i32>,
    reaper: Option<JoinHandle<()>>,
}

impl Orphans {
    /// From now on orphans are given to this process. To be called before anything is started that
    /// is to be seen to.
    #[must_use]
    pub fn adopt() -> Self {
        #[cfg(target_os = "linux")]
        // An old kernel refuses: then orphans live on, as elsewhere.
        let _ = nix::sys::prctl::set_child_subreaper(true);
        Self {
            before: below(&BTreeSet::new()),
            reaper: None,
        }
    }

    /// From now on those that end are not left as zombies, but for `connector`, for whom somebody
    /// else waits. To be called inside of a runtime.
    pub fn reap_all_but(&mut self, connector: Option<u32>) {
        self.reaper = reaper(&self.before, connector);
    }

    /// A deed that kills them all at once, for when nobody waits any longer.
    pub fn end(&self) -> impl FnOnce() + Send + 'static {
        let before = self.before.clone();
        move || kill(&below(&before))
    }

    /// Kills all that are left, and says how many there were.
    pub async fn bury(self, clock: &Clock) -> usize {
        let mut found = BTreeSet::new();
        reap(&below(&self.before));
        let rest = async {
            loop {
                let left = below(&self.before);
                if left.is_empty() {
                    break;
                }
                kill(&left);
                reap(&left);
                found.extend(left);
                clock.sleep(ASKED_EVERY).await;
            }
        };
        tokio::select! {
            () = rest => {}
            // What cannot be killed (a disk that hangs) is no reason to hang as well.
            () = clock.sleep(BURIAL) => {}
        }
        found.len()
    }
}

impl Drop for Orphans {
    fn drop(&mut self) {
        if let Some(reaper) = self.reaper.take() {
            reaper.abort();
        }
        kill(&below(&self.before));
    }
}

/// The processes below this one, without those of `before`.
#[cfg(target_os = "linux")]
fn below(before: &BTreeSet<i32>) -> BTreeSet<i32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: BTreeMap<i32, i32> = processes
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((process, parent(&stat)?))
        })
        .collect();
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    descendants(own, &parents, before)
}

#[cfg(not(target_os = "linux"))]
fn below(_: &BTreeSet<i32>) -> BTreeSet<i32> {
    BTreeSet::new()
}

/// The parent that a line of `/proc/…/stat` names (proc(5)): the second field after the name, which
/// is in parentheses and may hold any.
#[cfg(any(target_os = "linux", test))]
fn parent(stat: &str) -> Option<i32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

/// All processes below `root`, given the parent of each; neither those of `before` nor what is below
/// them.
#[cfg(any(target_os = "linux", test))]
fn descendants(root: i32, parents: &BTreeMap<i32, i32>, before: &BTreeSet<i32>) -> BTreeSet<i32> {
    let mut found = BTreeSet::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for (child, _) in parents.iter().filter(|(_, of)| **of == parent) {
            if !before.contains(child) && found.insert(*child) {
                open.push(*child);
            }
        }
    }
    found
}

#[cfg(unix)]
fn kill(processes: &BTreeSet<i32>) {
    use nix::sys::signal::{Signal, kill};
    for process in processes {
        // One that is gone is what was wanted.
        let _ = kill(nix::unistd::Pid::from_raw(*process), Signal::SIGKILL);
    }
}

#[cfg(not(unix))]
fn kill(_: &BTreeSet<i32>) {}

/// Takes note of the end of those of `processes` that are children of this one and have ended.
#[cfg(target_os = "linux")]
fn reap(processes: &BTreeSet<i32>) {
    use nix::sys::wait::{WaitPidFlag, waitpid};
    for process in processes {
        let process = nix::unistd::Pid::from_raw(*process);
        // It runs still, or it is somebody else's child.
        let _ = waitpid(process, Some(WaitPidFlag::WNOHANG));
    }
}

#[cfg(not(target_os = "linux"))]
fn reap(_: &BTreeSet<i32>) {}

#[cfg(target_os = "linux")]
fn reaper(before: &BTreeSet<i32>, connector: Option<u32>) -> Option<JoinHandle<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut ended = signal(SignalKind::child()).ok()?;
    let connector = connector.and_then(|id| i32::try_from(id).ok());
    let before = before.clone();
    Some(tokio::spawn(async move {
        loop {
            let mut orphans = below(&before);
            orphans.retain(|process| Some(*process) != connector);
            reap(&orphans);
            if ended.recv().await.is_none() {
                return;
            }
        }
    }))
}

#[cfg(not(target_os = "linux"))]
fn reaper(_: &BTreeSet<i32>, _: Option<u32>) -> Option<JoinHandle<()>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_whatever_a_process_is_called() {
        assert_eq!(parent("12 (sh) S 34 12 12 0 -1"), Some(34));
        assert_eq!(parent("12 (a) S 7 (b) Z 34 1 1"), Some(34));
        assert_eq!(parent("12 (sh"), None);
        assert_eq!(parent(""), None);
    }

    #[test]
    fn all_below_are_found_but_those_that_were_there_before() {
        let parents = BTreeMap::from([(2, 1), (3, 2), (4, 3), (5, 1), (6, 2), (7, 6)]);
        let before = BTreeSet::from([6]);
        assert_eq!(descendants(2, &parents, &before), BTreeSet::from([3, 4]));
        assert_eq!(descendants(4, &parents, &before), BTreeSet::new());
    }
}
