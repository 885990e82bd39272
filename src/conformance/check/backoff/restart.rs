//! A success ends an episode, a refusal does not.
//!
//! # What is required
//!
//! Nothing beyond BK-30: the waits of an operation begin anew after it succeeded, and not after each
//! refusal.
//!
//! # Why
//!
//! A client that counts its attempts anew after each 429 always waits its first wait. A client that
//! never counts anew begins every later operation with its longest.
//!
//! # How it is judged
//!
//! INFO only. A wait that begins anew within an episode makes the waits flat, and BK-30 fails that.
//! Here it is told how long first and last waits are in the mean, and which waits in the middle of an
//! episode fall back to the first.
//!
//! # An example that conforms
//!
//! Waits of 1 s, 2 s, 4 s, a success; later 1.1 s, 2.1 s, a success.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (the provider backs off appropriately).

use std::time::Duration;

use super::episode::{Episode, episodes};
use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// BK-33.
pub const CHECK: Check = Check {
    id: "BK-33",
    family: Family::Backoff,
    title: "A success ends an episode, a refusal does not",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // It measures.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Info,
    flips_if: "it never does: it only measures",
    source: include_str!("restart.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let episodes = episodes(evidence, profile);
    let of = |pick: fn(&Episode<'_>) -> Option<Duration>| -> Vec<Duration> {
        episodes.iter().filter_map(pick).collect()
    };
    let firsts = of(|episode| episode.waits.first().map(|wait| wait.length));
    let lasts = of(|episode| {
        let last = episode.waits.last()?;
        (episode.waits.len() > 1).then_some(last.length)
    });
    let restarts = episodes.iter().filter(|it| falls_back(it)).count();
    Ruling::new(
        Level::Info,
        format!(
            "{}; in {restarts} a wait falls back to the first.",
            counted(episodes.len(), "episode")
        ),
    )
    .with("first waits (mean)", mean(&firsts))
    .with("last waits (mean)", mean(&lasts))
}

/// Whether a wait that had doubled falls back to the first or below.
fn falls_back(episode: &Episode<'_>) -> bool {
    let Some(first) = episode.waits.first().map(|wait| wait.length) else {
        return false;
    };
    episode
        .waits
        .windows(2)
        .any(|pair| pair[0].length >= first * 2 && pair[1].length <= first)
}

fn mean(waits: &[Duration]) -> String {
    let sum: Duration = waits.iter().sum();
    match u32::try_from(waits.len()) {
        Ok(count) if count > 0 => seconds(sum / count),
        Ok(_) | Err(_) => "none".to_owned(),
    }
}
