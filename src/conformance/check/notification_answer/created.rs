//! A notification of something new is answered with 201.
//!
//! # What is required
//!
//! The notification of a new subscription, and that of a new batch, is answered with 201.
//!
//! # Why
//!
//! It is the one thing that the platform says of answers. Whether it takes 200 or 202 for the same is
//! not public.
//!
//! # How it is judged
//!
//! Each attempt to tell of a new subscription or batch that was taken (2xx) has to be answered with
//! the status that the profile expects: WARN for another 2xx, which counts as taken all the same. An
//! attempt that was not taken is left to NA-02. Notifications of other kinds may have any 2xx.
//! NOT_EXERCISED where nothing new was told of, or nothing taken.
//!
//! In ASP.NET return `Results.Created()`, in Spring `ResponseEntity.status(CREATED)`, in Express
//! `res.status(201).end()`, in FastAPI `status_code=201`, in Go `w.WriteHeader(http.StatusCreated)`.
//!
//! # An example that conforms
//!
//! `POST /notifications` with `{"type": "resourceCreated", "resource": {"type": "batch", …}}` is
//! answered with 201 and no body.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/integrate` (subscription),
//! `/payments-out/guides/consumer/submit-and-process-electronic-payments` (batch).

use std::collections::BTreeMap;

use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{About, Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::Profile;

/// NA-01.
pub const CHECK: Check = Check {
    id: "NA-01",
    family: Family::NotificationAnswer,
    title: "A notification of something new is answered with 201",
    clauses: &["PO-NOTIFY-ANSWER"],
    subjects: &[Subject::Connector],
    // Whoever sends the notifications sees the answers.
    vantages: &[Vantage::Mock],
    provenance: |profile| profile.notifications.expected_answer.provenance,
    severest: Level::Warn,
    flips_if: "the platform confirms with which status something new is to be answered",
    source: include_str!("created.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let expected = profile.notifications.expected_answer.value;
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    let mut first = None;
    for notified in evidence.notified() {
        let About::Creation(kind) = notified.about else {
            continue;
        };
        for call in evidence.attempts(notified).filter(|call| call.succeeded()) {
            let Some(status) = call.status() else {
                continue;
            };
            *answers.entry(status).or_default() += 1;
            if status != expected && first.is_none() {
                first = Some((kind, status, call.place()));
            }
        }
    }
    let taken: usize = answers.values().sum();
    let told: Vec<String> = answers
        .iter()
        .map(|(status, count)| format!("{count} × {status}"))
        .collect();
    let ruling = match first {
        Some((kind, status, place)) => Ruling::new(
            Level::Warn,
            format!(
                "{} of {taken} answers to something new are not {expected}; the first, to a new \
                 {kind}, is {status}.",
                taken - answers.get(&expected).copied().unwrap_or_default(),
            ),
        )
        .shown_by(Witness::of([place]).with_margin(format!("{status}; expected is {expected}"))),
        None if taken == 0 => {
            Ruling::new(Level::NotExercised, "Nothing new was told of and taken.")
        }
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} answered with {expected}.",
                counted(taken, "notification")
            ),
        ),
    };
    ruling.with("answers", told.join(", "))
}
