//! The process of a connector.
//!
//! It is started directly, without a shell, as the first of a process group of its own, so that it
//! and all its children end together (those that leave the group too, where [`Orphans`] are seen to):
//! when it is stopped, when this value is dropped (an error, a
//! panic), and when the user does not want to wait any longer ([`Leash`]).

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use thiserror::Error;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::{ConnectorLog, Orphans};
use crate::base::{Clock, Secret};
use crate::event::ConnectorState;

/// How long what a connector left behind may take to end with it.
const AFTERMATH: Duration = Duration::from_millis(500);

/// How long a killed process may take to be gone, and its last words to be read.
const BURIAL: Duration = Duration::from_secs(5);

/// How often a process group is asked whether it is still there.
const ASKED_EVERY: Duration = Duration::from_millis(10);

/// A connector that was started here. When it is dropped, it and all its children are killed.
pub struct Connector {
    child: Child,
    leash: Leash,
    log: ConnectorLog,
    readers: Vec<JoinHandle<()>>,
    orphans: Option<Orphans>,
}

/// What became of a connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// How it ended.
    pub state: ConnectorState,
    /// The same in words.
    pub words: String,
    /// How many processes it left behind, in sessions of their own, that were killed.
    pub left_behind: usize,
}

/// A connector cannot be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The command line is not one.
    #[error("the command line of the connector cannot be split into words")]
    Words(#[source] shell_words::ParseError),
    /// The command line is empty.
    #[error("the command line of the connector is empty")]
    Empty,
    /// The operating system refuses.
    #[error("the connector cannot be started: {program}")]
    Spawn {
        /// The program that was to be started.
        program: String,
        /// Why it was not.
        #[source]
        source: std::io::Error,
    },
}

/// The words of a command line, as a POSIX shell splits it; nothing is expanded.
///
/// # Errors
/// If a quote is not closed, or there is no word.
pub fn split(command_line: &str) -> Result<Vec<String>, StartError> {
    let words = shell_words::split(command_line).map_err(StartError::Words)?;
    if words.is_empty() {
        return Err(StartError::Empty);
    }
    Ok(words)
}

/// The variable that holds the key which signs the evidence.
pub const SIGNING_KEY: &str = "PREFLIGHT_SIGNING_KEY";

/// The variable that names the program which signs the evidence.
pub const SIGNING_AGENT: &str = "PREFLIGHT_SIGNING_AGENT";

impl Connector {
    /// Starts a command line with `variables` added to the environment. What it says goes to
    /// `log`, and `leash` holds it. To be called inside of a runtime.
    ///
    /// # Errors
    /// If the command line is none, or the program cannot be started.
    pub fn start(
        command_line: &str,
        variables: &IndexMap<&'static str, Secret>,
        log: ConnectorLog,
        leash: &Leash,
    ) -> Result<Self, StartError> {
        let words = split(command_line)?;
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            // They are not the connector's, and what that says is kept.
            .env_remove(SIGNING_KEY)
            .env_remove(SIGNING_AGENT)
            .envs(variables.iter().map(|(name, value)| (name, value.expose())))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|source| StartError::Spawn {
            program: words[0].clone(),
            source,
        })?;
        leash.tie(child.id());
        let mut readers = Vec::new();
        if let Some(output) = child.stdout.take() {
            readers.push(tokio::spawn(log.clone().follow(output)));
        }
        if let Some(errors) = child.stderr.take() {
            readers.push(tokio::spawn(log.clone().follow(errors)));
        }
        Ok(Self {
            leash: leash.clone(),
            child,
            log,
            readers,
            orphans: None,
        })
    }

    /// Sees to what it leaves behind too. There must be no other connector in this process.
    pub fn see_to(&mut self, mut orphans: Orphans) {
        orphans.reap_all_but(self.id());
        self.orphans = Some(orphans);
    }

    /// Its process id; none after it has ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it says.
    #[must_use]
    pub fn log(&self) -> &ConnectorLog {
        &self.log
    }

    /// Waits until it ends by itself, and says how it did. May be dropped and called again.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => described(status),
            Err(error) => format!("it cannot be waited for: {error}"),
        }
    }

    /// Asks it and its children to end (SIGTERM), and kills what is left after `grace`. Says what
    /// became of it, in words too.
    pub async fn stop(mut self, clock: &Clock, grace: Duration) -> Departure {
        let (state, words) = if let Ok(Some(status)) = self.child.try_wait() {
            (ConnectorState::Exited, described(status))
        } else {
            self.leash.pull(Pull::Ask);
            tokio::select! {
                ended = self.child.wait() => {
                    let words = ended.map_or_else(|error| error.to_string(), described);
                    (ConnectorState::Stopped, words)
                }
                () = clock.sleep(grace) => {
                    let words = format!("it did not end within {grace:?} of being asked to");
                    (ConnectorState::Killed, words)
                }
            }
        };
        Departure {
            state,
            words,
            left_behind: self.bury(clock).await,
        }
    }

    /// Sees to it that nothing is left: neither processes nor unread words. Says how many processes
    /// there were outside of the group.
    async fn bury(&mut self, clock: &Clock) -> usize {
        let leash = self.leash.clone();
        if self.child.id().is_none() {
            tokio::select! {
                () = leash.slack(clock) => {}
                () = clock.sleep(AFTERMATH) => {}
            }
        }
        leash.pull(Pull::Kill);
        tokio::select! {
            _ = self.child.wait() => leash.let_go(),
            () = clock.sleep(BURIAL) => {}
        }
        let left_behind = match self.orphans.take() {
            Some(orphans) => orphans.bury(clock).await,
            None => 0,
        };
        let readers = std::mem::take(&mut self.readers);
        let abort: Vec<_> = readers.iter().map(JoinHandle::abort_handle).collect();
        let rest = async {
            for reader in readers {
                let _ = reader.await;
            }
        };
        tokio::select! {
            () = rest => {}
            // Somebody who left the group holds the pipes open.
            () = clock.sleep(BURIAL) => abort.iter().for_each(tokio::task::AbortHandle::abort),
        }
        left_behind
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.leash.pull(Pull::Kill);
    }
}

fn described(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return format!("signal {signal} ended it");
        }
    }
    status.code().map_or_else(
        || "it ended".to_owned(),
        |code| format!("it ended with exit code {code}"),
    )
}

/// How a process group is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pull {
    Ask,
    Kill,
}

/// Holds the process group of a connector; clones hold the same one.
#[derive(Clone, Debug, Default)]
pub struct Leash(Arc<Mutex<Option<i32>>>);

impl Leash {
    /// Holds the group that `process` leads.
    fn tie(&self, process: Option<u32>) {
        *self.group() = process.and_then(|id| i32::try_from(id).ok());
    }

    /// Kills the connector and all its children at once, where they are still there.
    pub fn kill(&self) {
        self.pull(Pull::Kill);
    }

    /// The group is gone: its number may be given to somebody else.
    fn let_go(&self) {
        *self.group() = None;
    }

    fn group(&self) -> std::sync::MutexGuard<'_, Option<i32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody is left in the group.
    async fn slack(&self, clock: &Clock) {
        while self.is_taut() {
            clock.sleep(ASKED_EVERY).await;
        }
    }

    #[cfg(unix)]
    fn pull(&self, pull: Pull) {
        use nix::sys::signal::{Signal, killpg};
        let signal = match pull {
            Pull::Ask => Signal::SIGTERM,
            Pull::Kill => Signal::SIGKILL,
        };
        if let Some(group) = *self.group() {
            // A group that is gone is what was wanted.
            let _ = killpg(nix::unistd::Pid::from_raw(group), signal);
        }
    }

    #[cfg(unix)]
    fn is_taut(&self) -> bool {
        use nix::sys::signal::killpg;
        self.group()
            .is_some_and(|group| killpg(nix::unistd::Pid::from_raw(group), None).is_ok())
    }

    /// Without groups the process itself is killed when its handle is dropped.
    #[cfg(not(unix))]
    fn pull(&self, _: Pull) {}

    #[cfg(not(unix))]
    fn is_taut(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::base::Redactor;

    struct Started {
        connector: Connector,
        log: std::path::PathBuf,
        _folder: tempfile::TempDir,
    }

    fn start(command_line: &str) -> Started {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connector.log");
        let log = ConnectorLog::create(&path, &Redactor::new([0; 32])).unwrap();
        let variables = IndexMap::from([("PREFLIGHT_API_URL", Secret::new("http://a"))]);
        Started {
            connector: Connector::start(command_line, &variables, log, &Leash::default()).unwrap(),
            log: path,
            _folder: folder,
        }
    }

    fn is_alive(process: i32) -> bool {
        // A zombie that nobody reaps does no harm any more.
        std::fs::read_to_string(format!("/proc/{process}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Waits, within bounds, until `path` has a line.
    async fn first_line(path: &std::path::Path) -> String {
        for _ in 0..1000 {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            if let Some((line, _)) = text.split_once('\n') {
                return line.to_owned();
            }
            Clock::system().sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing was written to {}", path.display());
    }

    async fn is_gone(process: i32) -> bool {
        for _ in 0..500 {
            if !is_alive(process) {
                return true;
            }
            Clock::system().sleep(Duration::from_millis(10)).await;
        }
        false
    }

    #[tokio::test]
    async fn it_is_started_without_a_shell_and_told_by_its_environment() {
        let mut started = start(r#"sh -c 'echo "$PREFLIGHT_API_URL $1"' zero 'a $b'"#);
        assert_eq!(started.connector.ended().await, "it ended with exit code 0");
        let grace = Duration::from_secs(1);
        let Departure { state, .. } = started.connector.stop(&Clock::system(), grace).await;
        assert_eq!(state, ConnectorState::Exited);
        let text = std::fs::read_to_string(&started.log).unwrap();
        assert_eq!(text, "http://a a $b\n");
    }

    #[tokio::test]
    async fn a_child_of_its_own_ends_with_it() {
        let started = start("sh -c 'sleep 600 & echo $!; wait'");
        let child: i32 = first_line(&started.log).await.parse().unwrap();
        let own = i32::try_from(started.connector.id().unwrap()).unwrap();
        let grace = Duration::from_secs(5);
        let Departure { state, words, .. } = started.connector.stop(&Clock::system(), grace).await;
        assert_eq!(state, ConnectorState::Stopped);
        assert_eq!(words, "signal 15 ended it");
        assert!(is_gone(own).await && is_gone(child).await);
    }

    #[tokio::test]
    async fn one_that_does_not_listen_is_killed_after_its_grace() {
        let started = start("sh -c 'trap \"\" TERM; sleep 600 & echo $!; while :; do wait; done'");
        let child: i32 = first_line(&started.log).await.parse().unwrap();
        let own = i32::try_from(started.connector.id().unwrap()).unwrap();
        let grace = Duration::from_millis(50);
        let Departure { state, .. } = started.connector.stop(&Clock::system(), grace).await;
        assert_eq!(state, ConnectorState::Killed);
        assert!(is_gone(own).await && is_gone(child).await);
    }

    #[tokio::test]
    async fn dropping_it_kills_it_and_its_children() {
        let started = start("sh -c 'sleep 600 & echo $!; wait'");
        let child: i32 = first_line(&started.log).await.parse().unwrap();
        let own = i32::try_from(started.connector.id().unwrap()).unwrap();
        drop(started.connector);
        assert!(is_gone(own).await && is_gone(child).await);
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_told_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let log = || {
            let path = folder.path().join("connector.log");
            ConnectorLog::create(&path, &Redactor::new([0; 32])).unwrap()
        };
        let none = IndexMap::new();
        let error = Connector::start("no-such-program -x", &none, log(), &Leash::default())
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "the connector cannot be started: no-such-program"
        );
        for line in ["", "   ", "java 'x"] {
            assert!(
                Connector::start(line, &none, log(), &Leash::default()).is_err(),
                "{line}"
            );
        }
    }
}
