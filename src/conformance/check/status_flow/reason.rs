//! A change of state that needs a reason gives one.
//!
//! # What is required
//!
//! An update that takes a step which the flow marks with `needs-reason` (a payment that fails) says
//! why, with one of the reasons that there are.
//!
//! # Why
//!
//! Whoever sees `Failed` and nothing else cannot help himself: he does not know whether to correct an
//! account number, to wait for money, or to call the bank.
//!
//! # How it is judged
//!
//! The platform documents two places for it, `extendedStatus` and `additionalData`, and no values. So
//! a reason is a text with something in it in one of the members that the profile names
//! (`status.reason-members`), and, where the profile has a list (`status.reason-codes`), a text of
//! that list. FAIL for an accepted update that takes such a step without one; while the flow is only
//! assumed to need one, that is reported as WARN. `defaultStatus` names no payment and is left out.
//! NOT_EXERCISED where no such step was taken.
//!
//! # An example that conforms
//!
//! `{"paymentId": "…", "status": "Failed", "extendedStatus": "AccountClosed"}`
//!
//! # Sources
//!
//! `/payments-out/guides/provider-api-update-batch-payments` (`extendedStatus`),
//! `/payments-out/announcements/2022-03-04` (`additionalData`); values are not public.

use super::stride::{SERVING, Stride, provenance};
use super::violation::Violations;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::history::{Answer, NoteKind};
use crate::profile::{Flow, Profile, Provenance, Reason};

const UNTIL: &str =
    "the platform says which changes of state need a reason, and the profile states it";

/// ST-09.
pub const CHECK: Check = Check {
    id: "ST-09",
    family: Family::StatusFlow,
    title: "A change of state that needs a reason gives one",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance,
    severest: Level::Fail,
    flips_if: UNTIL,
    source: include_str!("reason.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut taken = 0;
    let mut assumed = false;
    let mut violations = Violations::default();
    for walk in evidence.walks() {
        let flow = walk.flow(profile);
        if flow
            .edges()
            .iter()
            .all(|edge| edge.reason == Reason::Optional)
        {
            continue;
        }
        let codes = &walk.profile(profile).status.reason_codes.value;
        for stride in Stride::all(walk, flow) {
            if stride.note.kind != NoteKind::Asked(Answer::Accepted) || !needs_reason(&stride, flow)
            {
                continue;
            }
            taken += 1;
            let reason = stride
                .note
                .details
                .as_ref()
                .and_then(|it| it.reason.as_deref());
            let wrong = match (reason, codes) {
                (None, _) => Some("without a reason".to_owned()),
                (Some(reason), Some(codes)) if !codes.iter().any(|code| code == reason) => Some(
                    format!("with the reason {reason:?}, which is none of the list"),
                ),
                (Some(_), _) => None,
            };
            if let Some(wrong) = wrong {
                assumed |= flow.provenance == Provenance::Assumed;
                let message = format!("A {} went {} {wrong}", walk.kind, stride.step());
                violations.add(message, stride.witness());
            }
        }
    }
    match violations.ruling(Level::Fail) {
        Some(ruling) if assumed => ruling.at_most(Level::Warn, UNTIL),
        Some(ruling) => ruling,
        None if taken == 0 => Ruling::new(
            Level::NotExercised,
            "No change of state was told that needs a reason.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!("Told with a reason: {}.", counted(taken, "step")),
        ),
    }
    .with("changes that need a reason", taken)
}

/// Whether `stride` takes a step that needs a reason, from wherever the resource may have been.
fn needs_reason(stride: &Stride<'_>, flow: &Flow) -> bool {
    let to = stride.note.status.as_str();
    let mut edges = stride
        .before
        .iter()
        .filter_map(|from| flow.edge(from, to))
        .peekable();
    edges.peek().is_some() && edges.all(|edge| edge.reason == Reason::Needed)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::Finding;
    use crate::history::composer::Composer;

    /// A payment fails with these members.
    fn failed(members: Value, profile: &str) -> Finding {
        let mut run = Composer::of(Subject::Connector);
        run.begin("b-1", &["p-1"]);
        let mut payment = json!({"paymentId": "p-1", "status": "Failed"});
        for (name, value) in members.as_object().unwrap() {
            payment[name] = value.clone();
        }
        run.set("b-1", json!({"payments": [payment]}), 204);
        let profile = Profile::with_override(profile, "own.toml").unwrap();
        let history = run.history();
        CHECK.judge(&Evidence::of(&history, &profile), &profile)
    }

    #[test]
    fn a_reason_is_a_text_in_one_of_its_places() {
        let table = [
            (json!({"extendedStatus": "AccountClosed"}), Level::Pass),
            (json!({"additionalData": {"reason": "closed"}}), Level::Pass),
            (json!({}), Level::Fail),
            (
                json!({"extendedStatus": " ", "additionalData": {"reason": null}}),
                Level::Fail,
            ),
            (json!({"reason": "closed"}), Level::Fail),
        ];
        for (members, level) in table {
            let finding = failed(members.clone(), "");
            assert_eq!(finding.raw, level, "{members}");
            if level == Level::Fail {
                assert_eq!(finding.reported, Level::Warn, "the flow is assumed");
            }
        }
    }

    #[test]
    fn a_reason_is_one_of_the_list_where_there_is_one() {
        let list = "status.reason-codes = [\"AccountClosed\"]\n";
        let known = json!({"extendedStatus": "AccountClosed"});
        assert_eq!(failed(known, list).raw, Level::Pass);
        let finding = failed(json!({"extendedStatus": "Oops"}), list);
        assert_eq!(finding.raw, Level::Fail);
        assert!(finding.message.contains("\"Oops\""), "{}", finding.message);
    }

    #[test]
    fn what_ends_well_needs_none() {
        let mut run = Composer::of(Subject::Connector);
        let payment = json!([{"paymentId": "p-1", "status": "Completed"}]);
        run.begin("b-1", &["p-1"])
            .set("b-1", json!({"payments": payment}), 204);
        let finding = crate::conformance::fixture::found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::NotExercised);
    }
}
