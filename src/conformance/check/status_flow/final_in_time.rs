//! Every batch and every payment comes to its end in time.
//!
//! # What is required
//!
//! A batch that the provider has taken on reaches a terminal state of its flow, and so does each of
//! its payments, within the time that the profile names; no state lasts longer than the flow says.
//!
//! # Why
//!
//! Work that never ends is lost work: the product shows the payment as being processed for ever,
//! and somebody pays the invoice a second time by hand.
//!
//! # How it is judged
//!
//! The time begins when the provider took the notification of the batch (2xx); where no notification
//! was seen, with the first read or update. It ends with the first terminal state that was told or read. An
//! update to a terminal state whose outcome is not known (5xx, cut), and `defaultStatus`, count as
//! the end. FAIL where the end came later than `status.final-within`, or had not come so long after
//! the beginning when the history ended; FAIL too where a state lasted longer than the `max-dwell` of
//! the step that ended it. INCONCLUSIVE where something was still open, but not for so long: the
//! sentence says how much longer would decide. NOT_EXERCISED where no batch began. A subscription
//! has no time of its own: it may stay authorised for years.
//!
//! The usual causes are a worker that dies between two steps with its work in memory (any stack:
//! keep the step in a table or a durable queue, and look for open batches at start), and a retry
//! that gives up without putting the work back.
//!
//! # An example that conforms
//!
//! The notification of a batch is answered with 201 at 10:00:00; `PATCH …/batchpayments/{batchId}`
//! sets `Completed` at 10:00:04.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (updates follow the status flows, in near real
//! time); `T_term` of `spec/judging.md` 5.4: the profile's, assumed.

use std::time::Duration;

use super::stride::{SERVING, Stride, provenance};
use super::violation::{Violations, place};
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{counted, lasting};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::between;
use crate::history::{Answer, Note, NoteKind, ResourceKind, Walk};
use crate::profile::Profile;

/// ST-04.
pub const CHECK: Check = Check {
    id: "ST-04",
    family: Family::StatusFlow,
    title: "Every batch and every payment comes to its end in time",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance: |profile| provenance(profile).min(profile.status.final_within.provenance),
    severest: Level::Fail,
    flips_if: "the platform says within which time a batch has to come to its end",
    source: include_str!("final_in_time.rs"),
    rule,
};

/// What became of the resources so far.
#[derive(Default)]
struct Count {
    ended: usize,
    open: usize,
    /// The shortest time after which all that is open would be too late.
    decided_in: Duration,
    violations: Violations,
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let limit = profile.status.final_within.value;
    let mut count = Count::default();
    for walk in evidence.walks() {
        match walk.kind {
            ResourceKind::Subscription => {}
            ResourceKind::Batch | ResourceKind::Payment => {
                if let Some(since) = evidence.known_since(walk) {
                    count.end(walk, since, evidence.ends_at(), profile);
                }
            }
        }
        count.dwell(walk, profile);
    }
    let ended = count.ended;
    let ruling = count.violations.ruling(Level::Fail);
    ruling
        .unwrap_or_else(|| match (ended, count.open) {
            (0, 0) => Ruling::new(Level::NotExercised, "No batch was taken on."),
            (_, 0) => Ruling::new(
                Level::Pass,
                format!("{} came to an end in time.", counted(ended, "resource")),
            ),
            (_, open) => Ruling::new(
                Level::Inconclusive,
                format!(
                    "{} came to an end in time; {open} still open when the history ended: \
                     {} more would decide.",
                    counted(ended, "resource"),
                    lasting(count.decided_in)
                ),
            ),
        })
        .with("final within", lasting(limit))
}

impl Count {
    /// Whether the batch or payment of `walk` came to its end.
    fn end(
        &mut self,
        walk: &Walk,
        since: (u64, Timestamp),
        history_ends: Timestamp,
        profile: &Profile,
    ) {
        let flow = walk.flow(profile);
        let limit = walk.profile(profile).status.final_within.value;
        let end = walk
            .notes
            .iter()
            .find(|note| flow.is_terminal(&note.status) && may_have_happened(note));
        let (took, witness, how) = if let Some(end) = end {
            (
                between(since.1, end.began),
                Witness::of([since, place(end)]),
                format!("came to its end ({})", end.status),
            )
        } else {
            let last = walk.notes.last().map_or(since, place);
            let status = walk.notes.last().map_or("unknown", |note| &note.status);
            (
                between(since.1, history_ends),
                Witness::of([since, last]),
                format!("was still {status}"),
            )
        };
        if took > limit {
            self.violations.add(
                format!(
                    "A {} {how} {} after it was taken on",
                    walk.kind,
                    lasting(took)
                ),
                witness.with_margin(format!(
                    "{} late; allowed are {}",
                    lasting(took.saturating_sub(limit)),
                    lasting(limit)
                )),
            );
        } else if end.is_some() {
            self.ended += 1;
        } else {
            self.open += 1;
            self.decided_in = self.decided_in.max(limit.saturating_sub(took));
        }
    }

    /// Whether a state of `walk` lasted too long.
    fn dwell(&mut self, walk: &Walk, profile: &Profile) {
        let flow = walk.flow(profile);
        if flow.edges().iter().all(|edge| edge.max_dwell.is_none()) {
            return;
        }
        for stride in Stride::all(walk, flow) {
            let (Some(from), NoteKind::Asked(Answer::Accepted)) =
                (stride.known_from, stride.note.kind)
            else {
                continue;
            };
            let edge = flow.edge(&from.status, &stride.note.status);
            let lasted = between(from.ended, stride.note.began);
            if let Some(longest) = edge.and_then(|edge| edge.max_dwell)
                && lasted > longest
            {
                let message = format!(
                    "A {} was {} for {}",
                    walk.kind,
                    from.status,
                    lasting(lasted)
                );
                let over = lasting(lasted.saturating_sub(longest));
                let margin = format!("{over} too long; allowed are {}", lasting(longest));
                self.violations
                    .add(message, stride.witness().with_margin(margin));
            }
        }
    }
}

/// Whether the state that `note` tells of may have been reached.
fn may_have_happened(note: &Note) -> bool {
    match note.kind {
        NoteKind::Created
        | NoteKind::Observed
        | NoteKind::Asked(Answer::Accepted | Answer::AcceptedByDefault | Answer::Unknown) => true,
        NoteKind::Asked(Answer::Refused | Answer::Declined(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    fn begun() -> Composer {
        let mut run = Composer::of(Subject::Connector);
        run.begin("b-1", &["p-1"]);
        run
    }

    #[test]
    fn what_is_open_for_less_than_the_time_is_not_decided() {
        let mut run = begun();
        run.wait(Duration::from_mins(10)).get_provider();
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Inconclusive);
        assert!(
            finding.message.contains("2 still open"),
            "{}",
            finding.message
        );
        run.wait(Duration::from_mins(21)).get_provider();
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert!(
            finding.message.contains("was still Processing 31"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn an_end_whose_outcome_is_not_known_may_have_come() {
        let mut run = begun();
        run.set("b-1", json!({"defaultStatus": "Completed"}), 204)
            .cut()
            .wait(Duration::from_hours(1))
            .get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        let mut run = begun();
        run.set("b-1", json!({"defaultStatus": "Completed"}), 409)
            .wait(Duration::from_hours(1))
            .get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::Fail);
    }

    #[test]
    fn the_time_begins_when_the_notification_was_taken() {
        let mut run = Composer::of(Subject::Connector);
        run.submit("b-1", &["p-1"]).wait(Duration::from_hours(1));
        assert_eq!(
            found(&CHECK, &mut run).raw,
            Level::NotExercised,
            "nobody was told, and who was not asked is not late"
        );
        let mut run = Composer::of(Subject::Connector);
        run.submit("b-1", &["p-1"])
            .notify_batch("b-1", 503)
            .wait(Duration::from_hours(1))
            .get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
        assert_eq!(
            found(&CHECK, &mut Composer::of(Subject::Connector)).raw,
            Level::NotExercised
        );
    }

    #[test]
    fn a_state_lasts_no_longer_than_its_flow_says() {
        let text = r#"
[flows.batch]
initial = ["Received"]
terminal = ["Completed"]
edges = [
  { from = "Received", to = ["Processing"] },
  { from = "Processing", to = ["Completed"], max-dwell = "5s" },
]
"#;
        let profile = Profile::with_override(text, "own.toml").unwrap();
        for (wait, level) in [(4, Level::Pass), (6, Level::Fail)] {
            let mut run = begun();
            run.wait(Duration::from_secs(wait)).set(
                "b-1",
                json!({"defaultStatus": "Completed"}),
                204,
            );
            let history = run.history();
            let finding = CHECK.judge(&Evidence::of(&history, &profile), &profile);
            assert_eq!(finding.raw, level, "{}", finding.message);
        }
    }
}
