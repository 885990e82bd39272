//! What a run did, without what changes from run to run.

use super::{backoff, status_flow};
use crate::history::{History, Traffic};
use crate::profile::Profile;

/// A readable account of one side of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Its name, which is that of its file: `status-flow` or `backoff`.
    pub name: &'static str,
    /// Its lines, each with its newline.
    pub text: String,
}

/// All transcripts of a history.
#[must_use]
pub fn transcripts(history: &History, profile: &Profile) -> Vec<Transcript> {
    let traffic = Traffic::of(history, profile);
    vec![
        Transcript {
            name: "status-flow",
            text: status_flow::text(&traffic.walks(profile)),
        },
        Transcript {
            name: "backoff",
            text: backoff::text(&traffic.groups(), profile.backoff.minimum_wait.value),
        },
    ]
}
