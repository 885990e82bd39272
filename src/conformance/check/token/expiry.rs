//! A token is not used after it expired.
//!
//! # What is required
//!
//! No request carries a token whose `expires_in` has passed since it was received.
//!
//! # Why
//!
//! The platform answers with 401; an update that was due is late.
//!
//! # How it is judged
//!
//! For each call with a token that was issued in this history: FAIL if it begins later than the end
//! of the token response plus `expires_in` plus the tolerance `in-flight`, for requests that were
//! under way. Tokens without `expires_in`, and tokens that were not issued in this history, are not
//! judged. Exchanges of steps that send a bad token on purpose are left out. NOT_EXERCISED where no
//! call was judged; the message says whether any token reached its end while the history lasted.
//!
//! # An example that conforms
//!
//! A token with `"expires_in": 60` is received at 10:00:00; the call at 10:00:59 uses it, the call
//! at 10:01:10 uses a new one.
//!
//! # Sources
//!
//! RFC 6749 §5.1 `expires_in`; `/payments-out/provider-api/get-started/setup` (a token is used
//! until it expires).

use std::collections::BTreeSet;

use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::evidence::between;
use crate::conformance::wording::{and_more, counted, left_out, time_of_day};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Provocation, Subject};
use crate::profile::{Profile, Provenance};

/// TK-05.
pub const CHECK: Check = Check {
    id: "TK-05",
    family: Family::Token,
    title: "A token is not used after it expired",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Replay, Subject::Connector],
    provenance: |_| Provenance::Stated,
    flips_if: "it rests on what is stated already",
    source: include_str!("expiry.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let in_flight = profile.tolerances.in_flight.value;
    let mut left = 0;
    let mut judged = 0;
    let mut late = Vec::new();
    let mut used = BTreeSet::new();
    let mut last = Timestamp::MIN;
    for call in evidence.calls() {
        last = last.max(call.ended());
        if call.is_provoking(Provocation::BadToken) {
            left += usize::from(call.bearer().is_some());
            continue;
        }
        let Some(token) = evidence.token_of(call) else {
            continue;
        };
        let Some(lifetime) = token.expires_in else {
            continue;
        };
        let expiry = token
            .received
            .checked_add(lifetime)
            .unwrap_or(Timestamp::MAX);
        judged += 1;
        used.insert(expiry);
        let past = between(expiry, call.began());
        if past > in_flight {
            late.push((past, token, call, expiry));
        }
    }
    let ended = used.iter().filter(|expiry| **expiry <= last).count();
    let ruling = match late.as_slice() {
        [] if judged == 0 => Ruling::new(
            Level::NotExercised,
            "No call used a token that was issued with expires_in.",
        ),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} with a valid token; {} reached its end meanwhile.",
                counted(judged, "call"),
                counted(ended, "token")
            ),
        ),
        [(past, token, call, expiry), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} used a token {} ms after it had expired{}.",
                call.endpoint.operation,
                past.as_millis(),
                and_more(rest.len())
            ),
        )
        .shown_by(
            Witness::of([(token.sequence, token.received), call.place()]).with_margin(format!(
                "{} ms late; the token expired at {}",
                past.as_millis(),
                time_of_day(*expiry)
            )),
        ),
    };
    ruling.and_says(left_out(left, Provocation::BadToken)).with(
        "in-flight tolerance",
        format!("{} ms", in_flight.as_millis()),
    )
}
