//! What a client makes of the quota that a platform tells.
//!
//! # What is required
//!
//! Nothing: a client may slow down when `RateLimit` or `RateLimit-Remaining` says that little is
//! left. It may not take a positive number for a promise, which BK-02 and BK-15 see.
//!
//! # Why
//!
//! The numbers are a courtesy of the platform, and they are out of date when they arrive.
//!
//! # How it is judged
//!
//! INFO only: how many answers told a quota, and how long the client let pass until its next request
//! where some was left and where none was. NOT_APPLICABLE where no answer told one.
//!
//! # An example that conforms
//!
//! `RateLimit-Remaining: 1`; the next request comes 400 ms later.
//!
//! # Sources
//!
//! draft-ietf-httpapi-ratelimit-headers. That the platform sends such headers is not public.

use std::time::Duration;

use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::{Profile, Provenance};

/// BK-16.
pub const CHECK: Check = Check {
    id: "BK-16",
    family: Family::Backoff,
    title: "What a client makes of the quota that it is told",
    clauses: &["PO-RATE"],
    subjects: &[Subject::Connector],
    // It measures.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Info,
    flips_if: "it never does: it only measures",
    source: include_str!("remaining.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _profile: &Profile) -> Ruling {
    let calls: Vec<&Call<'_>> = evidence.provider_calls().collect();
    let mut some_left = Vec::new();
    let mut none_left = Vec::new();
    let mut told = 0;
    for (index, call) in calls.iter().enumerate() {
        let Some(left) = remaining(call) else {
            continue;
        };
        told += 1;
        let Some(next) = calls.get(index + 1) else {
            continue;
        };
        let pause = between(call.ended(), next.began());
        if left == 0 {
            none_left.push(pause);
        } else {
            some_left.push(pause);
        }
    }
    if told == 0 {
        return Ruling::new(
            Level::NotApplicable,
            "No answer told how much of a quota is left.",
        );
    }
    Ruling::new(
        Level::Info,
        format!(
            "{} told how much of a quota is left.",
            counted(told, "answer")
        ),
    )
    .with("pause where some was left (median)", median(some_left))
    .with("pause where none was left (median)", median(none_left))
}

/// How much of a quota an answer says is left.
fn remaining(call: &Call<'_>) -> Option<u64> {
    let headers = &call.exchange.response()?.headers;
    for name in ["ratelimit-remaining", "x-ratelimit-remaining"] {
        if let Some(left) = headers
            .get(name)
            .and_then(|value| value.trim().parse().ok())
        {
            return Some(left);
        }
    }
    // `"default";r=12;t=3`, or `limit=100, remaining=12, reset=3` in older drafts.
    let field = headers.get("ratelimit")?;
    field.split([';', ',']).find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        matches!(name, "r" | "remaining")
            .then(|| value.trim().parse().ok())
            .flatten()
    })
}

fn median(mut pauses: Vec<Duration>) -> String {
    pauses.sort_unstable();
    match pauses.get(pauses.len() / 2) {
        Some(pause) => seconds(*pause),
        None => "not seen".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn a_quota_is_read_in_each_of_its_forms() {
        let table = [
            ("RateLimit-Remaining", "7", Some(7)),
            ("X-RateLimit-Remaining", "0", Some(0)),
            ("RateLimit", "\"default\";r=12;t=3", Some(12)),
            ("RateLimit", "limit=100, remaining=12, reset=3", Some(12)),
            ("RateLimit", "limit=100", None),
            ("RateLimit-Remaining", "some", None),
        ];
        for (name, value, left) in table {
            let mut run = Composer::of(Subject::Connector);
            run.get_provider().answered_with(name, value).get_provider();
            let expected = left.map_or(Level::NotApplicable, |_| Level::Info);
            assert_eq!(found(&CHECK, &mut run).raw, expected, "{name}: {value}");
        }
    }
}
