//! When throttling is over, the work goes on.
//!
//! # What is required
//!
//! After a long throttling the client comes back by itself, no later than its longest wait.
//!
//! # Why
//!
//! A client that gives up, or waits ever longer, leaves payments where they are when the platform
//! has long been well again. No wait is a fault for being long; not coming back is.
//!
//! # How it is judged
//!
//! For each scripted throttling of an operation: the time from its end to the next request of that
//! operation. PASS within the longest wait (declared, else the profile's `cap`), the tolerance
//! `late` and the noise floor of the host; WARN later; FAIL where none came within `recovery`. INCONCLUSIVE where the run ended
//! before that. NOT_EXERCISED where no throttling lasted, or it refused nothing.
//!
//! # An example that conforms
//!
//! Throttling ends at 10:02:30; the next request comes at 10:02:47.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (updates in near real time; the provider backs off
//! appropriately). The time is ours.

use std::time::Duration;

use super::policy::longest_wait;
use super::seconds::seconds;
use super::spell::Spell;
use crate::base::later;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::Profile;

/// BK-13.
pub const CHECK: Check = Check {
    id: "BK-13",
    family: Family::Backoff,
    title: "When throttling is over, the work goes on",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The way of a request is short beside the tolerance.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.backoff.recovery.provenance,
    severest: Level::Fail,
    flips_if: "a time is agreed within which a provider recovers",
    source: include_str!("recovery.rs"),
    rule,
};

/// How a client came back from a spell.
struct Return<'e> {
    last: &'e Call<'e>,
    spell: Spell,
    first: Option<&'e Call<'e>>,
    after: Option<Duration>,
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let soon = longest_wait(evidence, profile) + profile.tolerances.late.value + evidence.noise();
    let recovery = profile.backoff.recovery.value.max(soon);
    let end = evidence.events().last().map(|event| event.at);
    let returns: Vec<Return<'_>> = Spell::all(evidence)
        .into_iter()
        .filter_map(|spell| {
            let last = spell.refused(evidence).into_iter().last()?;
            let first = spell.first_after(evidence);
            Some(Return {
                last,
                first,
                after: first.map(|call| between(spell.end, call.began())),
                spell,
            })
        })
        .collect();
    let never = returns.iter().find(|it| {
        it.after.is_none_or(|after| after > recovery)
            && end.is_some_and(|end| end >= later(it.spell.end, recovery))
    });
    let ruling = if let Some(gone) = never {
        Ruling::new(
            Level::Fail,
            format!(
                "After {} of throttling no {} came within {}.",
                seconds(gone.spell.length),
                gone.spell.operation,
                seconds(recovery)
            ),
        )
        .shown_by(
            Witness::of([gone.last.place()]).with_margin(match gone.after {
                Some(after) => format!("{} after its end", seconds(after)),
                None => "none until the end of the run".to_owned(),
            }),
        )
    } else if let Some(open) = returns.iter().find(|it| it.after.is_none()) {
        Ruling::new(
            Level::Inconclusive,
            format!(
                "The run ended {} after throttling; {} would have to be watched.",
                seconds(end.map_or(Duration::ZERO, |end| between(open.spell.end, end))),
                seconds(recovery)
            ),
        )
    } else {
        match returns.iter().max_by_key(|it| it.after) {
            None => Ruling::new(
                Level::NotExercised,
                "No operation was throttled for a time.",
            ),
            Some(worst) => {
                let after = worst.after.unwrap_or_default();
                let message = format!(
                    "The work went on {} after the end of {} of throttling.",
                    seconds(after),
                    seconds(worst.spell.length)
                );
                match worst.first {
                    Some(first) if after > soon => Ruling::new(Level::Warn, message).shown_by(
                        Witness::of([worst.last.place(), first.place()]).with_margin(format!(
                            "{} later than {}",
                            seconds(after.saturating_sub(soon)),
                            seconds(soon)
                        )),
                    ),
                    Some(_) | None => Ruling::new(
                        Level::Pass,
                        format!("{message} {} in all.", counted(returns.len(), "throttling")),
                    ),
                }
            }
        }
    };
    ruling
        .with("longest wait and tolerance", seconds(soon))
        .with("recovery", seconds(recovery))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::{BATCH, found};
    use crate::history::composer::Composer;

    /// An update that is refused for 100 s and tried again so many seconds after its first attempt,
    /// if at all; the run ends so many seconds after that.
    fn run(again: Option<u64>, end: u64) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        let body = || json!({"data": {}});
        run.send("PATCH", BATCH, body(), 429, Value::Null)
            .back(Duration::from_millis(100));
        if let Some(again) = again {
            run.wait(Duration::from_secs(again))
                .again("PATCH", BATCH, body(), 204, Value::Null);
        }
        run.wait(Duration::from_secs(end))
            .proof(&["429, for 100s"], 1);
        run
    }

    #[test]
    fn the_sooner_the_work_goes_on_the_better() {
        // second of the next attempt, seconds until the end of the run, level
        let table = [
            (Some(101), 1, Level::Pass),
            (Some(134), 1, Level::Pass),
            (Some(135), 1, Level::Warn),
            (Some(399), 10, Level::Warn),
            (Some(500), 1, Level::Fail),
            (None, 399, Level::Inconclusive),
            (None, 401, Level::Fail),
        ];
        for (again, end, level) in table {
            let finding = found(&CHECK, &mut run(again, end));
            assert_eq!(finding.raw, level, "{again:?}: {}", finding.message);
        }
    }

    #[test]
    fn a_spell_in_which_something_succeeded_was_none() {
        let finding = found(&CHECK, &mut run(Some(50), 1));
        assert_eq!(finding.raw, Level::NotExercised);
    }
}
