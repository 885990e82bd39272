//! A notification is answered in time.
//!
//! # What is required
//!
//! A notification is answered before the platform stops waiting.
//!
//! # Why
//!
//! Whoever answers too late has taken the work and is told again: the same batch comes a second time
//! while the first is under way.
//!
//! # How it is judged
//!
//! FAIL for each attempt that was not answered within the time that the profile names
//! (`notifications.timeout`); how long the platform waits is not public, so that this is reported as
//! INFO. The percentiles of the answers are told whatever the verdict (nearest ranks, with n and the
//! largest). NOT_EXERCISED where no notification was sent.
//!
//! Take the notification, write it down, answer, and only then work: in .NET by a `Channel` and a
//! `BackgroundService`, in Java by an outbox table, in Node by a queue (not by a promise that nobody
//! awaits), in Python by Celery or RQ, in Go by a worker behind a durable queue.
//!
//! # An example that conforms
//!
//! Ninety notifications are answered, half of them within 20 ms, the slowest after 300 ms.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/integrate` (the notification and its answer); the time is
//! the profile's, assumed.

use std::time::Duration;

use crate::base::nearest_rank;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted, lasting};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::Profile;

/// NA-03.
pub const CHECK: Check = Check {
    id: "NA-03",
    family: Family::NotificationAnswer,
    title: "A notification is answered in time",
    clauses: &["PO-NOTIFY-ANSWER"],
    subjects: &[Subject::Connector],
    // Whoever sends the notifications sees the answers.
    vantages: &[Vantage::Mock],
    provenance: |profile| profile.notifications.timeout.provenance,
    severest: Level::Fail,
    flips_if: "the platform says how long it waits for an answer",
    source: include_str!("in_time.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let limit = profile.notifications.timeout.value;
    let mut took: Vec<Duration> = Vec::new();
    let mut late: Vec<&Call<'_>> = Vec::new();
    for call in evidence.notifications() {
        let lasted = between(call.began(), call.ended());
        if lasted >= limit {
            late.push(call);
        }
        if call.status().is_some() {
            took.push(lasted);
        }
    }
    took.sort();
    let ruling = match late.first() {
        Some(first) => Ruling::new(
            Level::Fail,
            format!(
                "A notification was not answered within {}{}.",
                lasting(limit),
                and_more(late.len() - 1)
            ),
        )
        .shown_by(
            Witness::of([first.place()]).with_margin(match first.status() {
                Some(_) => format!(
                    "answered after {}",
                    lasting(between(first.began(), first.ended()))
                ),
                None => format!("no answer within {}", lasting(limit)),
            }),
        ),
        None if took.is_empty() => {
            Ruling::new(Level::NotExercised, "No notification was answered.")
        }
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} answered within {}.",
                counted(took.len(), "notification"),
                lasting(limit)
            ),
        ),
    };
    let told =
        |percent| nearest_rank(&took, percent).map_or_else(String::new, |took| lasting(*took));
    ruling
        .with("n", took.len())
        .with("p50", told(50))
        .with("p95", told(95))
        .with("p99", told(99))
        .with("max", told(100))
        .with("not answered in time", late.len())
        .with("timeout", lasting(limit))
}
