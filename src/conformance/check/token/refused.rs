//! A token that the platform refused is not used again.
//!
//! # What is required
//!
//! After `401` because of the token, the request is sent again at most once or twice, with another
//! token, and the refused one is never sent again.
//!
//! # Why
//!
//! A refused token stays refused. A client that goes on with it, or that fetches and fails in a
//! circle, is a denial of service against the platform and itself.
//!
//! # How it is judged
//!
//! A 401 counts if its `WWW-Authenticate` names `invalid_token` or no error at all. FAIL where a call
//! with the same token begins later than the end of the 401 plus the tolerance `in-flight` (until
//! then requests may have been under way), unless the platform issued that token anew meanwhile; and
//! where one operation is refused with 401 more than `resends` times after the first. NOT_EXERCISED
//! where no token was refused.
//!
//! # An example that conforms
//!
//! `PATCH` → 401; `POST /oauth/token` → 200; the same `PATCH` with the new token → 204.
//!
//! # Sources
//!
//! RFC 6750 §3.1 (a client may ask for a new token and try the request again).

use std::collections::{BTreeMap, BTreeSet};

use super::client::{landed, refusals};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::Call;
use crate::profile::{Profile, Provenance};

/// TK-04.
pub const CHECK: Check = Check {
    id: "TK-04",
    family: Family::Token,
    title: "A token that the platform refused is not used again",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Connector],
    // What the network adds is within the tolerance.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform confirms that a refused token stays refused",
    source: include_str!("refused.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let refusals = refusals(evidence);
    let resends = usize::try_from(profile.token_rules.resends.value).unwrap_or(usize::MAX);
    let mut violations = Vec::new();
    let mut tokens = BTreeSet::new();
    let mut by_bearer: BTreeMap<&str, Vec<&Call<'_>>> = BTreeMap::new();
    for call in evidence.calls() {
        if let Some(bearer) = call.bearer() {
            by_bearer.entry(bearer).or_default().push(call);
        }
    }
    for refused in &refusals {
        let Some(bearer) = refused.bearer().filter(|bearer| tokens.insert(*bearer)) else {
            continue;
        };
        let settled = landed(refused.ended(), profile);
        let anew = evidence.issued_after(bearer, refused.sequence);
        let of_it = by_bearer.get(bearer).into_iter().flatten().copied();
        let again = of_it.into_iter().find(|call| {
            call.provokes.is_empty()
                && call.began() > settled
                && anew.is_none_or(|anew| call.sequence < anew.sequence)
        });
        if let Some(again) = again {
            violations.push((
                format!(
                    "{} was sent with a token that had been refused with 401",
                    again.endpoint.operation
                ),
                Witness::of([(refused.sequence, refused.ended()), again.place()]),
            ));
        }
    }
    let places: BTreeSet<u64> = refusals.iter().map(|call| call.sequence).collect();
    let groups = evidence.groups();
    for group in groups.iter() {
        let refused: Vec<_> = group
            .iter()
            .filter(|call| places.contains(&call.sequence))
            .collect();
        if refused.len() > resends.saturating_add(1) {
            violations.push((
                format!(
                    "{} was sent {} times and refused with 401 each time",
                    refused[0].endpoint.operation,
                    refused.len()
                ),
                Witness::of(refused.iter().take(resends + 2).map(|call| call.place())),
            ));
        }
    }
    let rest = violations.len().saturating_sub(1);
    match violations.into_iter().next() {
        Some((message, witness)) => {
            Ruling::new(Level::Fail, format!("{message}{}.", and_more(rest))).shown_by(witness)
        }
        None if refusals.is_empty() => Ruling::new(
            Level::NotExercised,
            "The platform refused no token with 401.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} with 401 of {}; none was used again.",
                counted(refusals.len(), "refusal"),
                counted(tokens.len(), "token")
            ),
        ),
    }
    .with("resends allowed", resends)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::check::token::fixture::refuse;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn a_call_that_was_under_way_is_forgiven_and_a_later_one_is_not() {
        for (wait, level) in [(500, Level::Pass), (1_500, Level::Fail)] {
            let mut run = Composer::of(Subject::Connector);
            refuse(run.token("provider", 28_800).get_provider());
            run.wait(Duration::from_millis(wait)).get_provider();
            assert_eq!(found(&CHECK, &mut run).raw, level, "{wait}");
        }
    }

    #[test]
    fn a_401_about_something_else_says_nothing_of_the_token() {
        let mut run = Composer::of(Subject::Connector);
        refuse(run.token("provider", 28_800).get_provider())
            .answered_with("WWW-Authenticate", r#"Bearer error="insufficient_scope""#);
        run.wait(Duration::from_secs(5)).get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }

    #[test]
    fn an_operation_that_goes_round_in_circles_is_a_failure() {
        for (times, level) in [(3, Level::Pass), (4, Level::Fail)] {
            let mut run = Composer::of(Subject::Connector);
            run.token("provider", 28_800).get_provider();
            refuse(&mut run);
            for _ in 1..times {
                let group = run.group_of_last();
                run.token("provider", 28_800).get_provider().in_group(group);
                refuse(&mut run);
            }
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.raw, level, "{times}: {}", finding.message);
        }
    }
}
