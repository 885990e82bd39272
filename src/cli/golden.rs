//! The run against its golden snapshots.

use std::path::{Path, PathBuf};

use super::args::{CertifyArgs, TargetChoice};
use super::failure::CommandFailure;
use super::files::{self, Readers};
use super::shipped;
use super::surroundings::Surroundings;
use crate::conformance::{Golden, GoldenState};
use crate::history::History;
use crate::profile::Profile;
use crate::snapshot::{Acceptance, Comparison, Store, transcripts};

/// How one transcript compared.
pub struct Compared {
    name: &'static str,
    comparison: Comparison,
    accepted: PathBuf,
    pending: PathBuf,
}

impl Compared {
    /// The finding that it makes.
    #[must_use]
    pub fn finding(&self) -> Golden {
        let state = match self.comparison {
            Comparison::Match => GoldenState::Match,
            Comparison::Missing => GoldenState::Missing,
            Comparison::Differs { .. } => GoldenState::Differs,
        };
        Golden {
            name: self.name.to_owned(),
            state,
        }
    }

    /// What there is to say about it; nothing where it matched.
    #[must_use]
    pub fn text(&self) -> String {
        let next = format!(
            "look at it with `preflight snapshot review --snapshots {folder}`, or take it over with \
             `preflight snapshot accept --snapshots {folder}`",
            folder = self.accepted.parent().unwrap_or(Path::new(".")).display()
        );
        match &self.comparison {
            Comparison::Match => String::new(),
            Comparison::Missing => format!(
                "There is no snapshot {} yet; this run's is {}:\n{next}\n\n",
                self.accepted.display(),
                self.pending.display()
            ),
            Comparison::Differs { diff } => {
                format!(
                    "The snapshot {} differs:\n{diff}{next}\n\n",
                    self.accepted.display()
                )
            }
        }
    }
}

/// Compares a run with its golden snapshots: those that were named, or for the shipped collections
/// on the mock those that are shipped. Other collections have none until a folder is named.
pub fn compare(
    args: &CertifyArgs,
    shipped: bool,
    profile: &Profile,
    history: &History,
    surroundings: Surroundings,
) -> Result<Vec<Compared>, CommandFailure> {
    let folder = match &args.snapshots {
        Some(folder) => folder.clone(),
        None if shipped && args.plan.is_none() && args.target == TargetChoice::Mock => {
            shipped_folder(&args.evidence)?
        }
        None => return Ok(Vec::new()),
    };
    let acceptance = if surroundings.ci {
        Acceptance::Forbidden
    } else {
        Acceptance::Allowed
    };
    let store = Store::new(&folder, acceptance);
    transcripts(history, profile)
        .iter()
        .map(|transcript| {
            Ok(Compared {
                name: transcript.name,
                comparison: store.compare(transcript).map_err(CommandFailure::Golden)?,
                accepted: store.accepted_path(transcript.name),
                pending: store.pending_path(transcript.name),
            })
        })
        .collect()
}

/// The repository's own folder where we are in it, otherwise a copy of the shipped snapshots
/// beside the evidence.
fn shipped_folder(evidence: &Path) -> Result<PathBuf, CommandFailure> {
    let own = Path::new(shipped::SNAPSHOT_FOLDER);
    let is_ours = shipped::SNAPSHOTS
        .iter()
        .all(|snapshot| Path::new(snapshot.name).is_file());
    if is_ours {
        return Ok(own.to_owned());
    }
    let folder = evidence.join("snapshots");
    for snapshot in &shipped::SNAPSHOTS {
        let name = snapshot.name.rsplit('/').next().unwrap_or(snapshot.name);
        files::write(
            &folder.join(name),
            snapshot.text.as_bytes(),
            Readers::Everybody,
        )?;
    }
    Ok(folder)
}
