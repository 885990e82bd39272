//! Updates come in near real time.
//!
//! # What is required
//!
//! A new subscription or batch is updated in near real time: 95 of 100 within the time that the
//! provider declares.
//!
//! # Why
//!
//! Whoever pays wants to see that something happens. A connector that polls once an hour keeps to
//! every flow and is of no use.
//!
//! # How it is judged
//!
//! The platform says *near real time* and no number. So the lag is measured whatever the verdict, and
//! compared with the target that the provider declares (`latency_target`), else with the profile's
//! (`latency-target`). The cause of an update is the platform's own: the moment at which the first
//! attempt of the notification left, or the creation where none is known, by the same clock that sees
//! the update arrive. What happens inside the provider (when a bank confirms) has no cause that
//! anybody can see, and is not measured. An update that never came counts as infinitely late, not as
//! missing; one that is still younger than the target when the history ends is left out, and so is
//! one before which the platform itself refused, cut or throttled a request of the connector.
//!
//! To say "95 of 100 within X" of n independent updates, k of which were later, the exact binomial
//! distribution decides: PASS where a connector that keeps X in fewer than 95 of 100 cases would show
//! k or fewer only once in twenty times (n is at least 59, 93, 124, 153, 181 for k of 0 to 4); FAIL
//! where one that keeps X in 95 of 100 would show k or more only once in twenty times; INCONCLUSIVE
//! in between, with the n that would decide. So a PASS and a FAIL are each wrong in at most 5 % of
//! runs. INFO where there is no target. Percentiles are nearest ranks: values that were measured, never
//! interpolated, with n and the largest beside them. The noise of the host is not subtracted; neither is what a rush of
//! batches at the agreed rate takes.
//! NOT_EXERCISED where nothing new was told of.
//!
//! # An example that conforms
//!
//! Declared are 2 s. Of 93 batches one was set to `Processing` 2.4 s after its notification had left,
//! all others sooner.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (near real time); `spec/judging.md` 5.4.

use std::time::Duration;

use super::never_lost::first_updates;
use super::stride::SERVING;
use crate::base::{Timestamp, later, nearest_rank};
use crate::conformance::check::{Check, Family};
use crate::conformance::quantile::{Claim, Decision};
use crate::conformance::wording::lasting;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::between;
use crate::history::Call;
use crate::history::{NoteKind, ResourceKind, Walk};
use crate::profile::{Profile, Provenance};

/// ST-15.
pub const CHECK: Check = Check {
    id: "ST-15",
    family: Family::StatusFlow,
    title: "Updates come in near real time",
    clauses: &["PO-STATUS-TIME"],
    subjects: &[Subject::Connector],
    // Cause and update by one clock: that of who serves the requests.
    vantages: &SERVING,
    provenance: |profile| profile.latency_target.provenance,
    severest: Level::Fail,
    flips_if: "the platform or the provider gives the number",
    source: include_str!("lag.rs"),
    rule,
};

/// What is claimed of the target: that so many in a hundred keep it.
const CLAIM: Claim = Claim { percent: 95 };

/// One cause and its update.
#[derive(Clone, Copy)]
struct Sample {
    /// None where the update never came.
    lag: Option<Duration>,
    cause: (u64, Timestamp),
    update: Option<(u64, Timestamp)>,
}

impl Sample {
    /// How it sorts: what never came is last.
    fn rank(&self) -> Duration {
        self.lag.unwrap_or(Duration::MAX)
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let declared = evidence.declaration().latency_target;
    let (target, rests_on) = match declared {
        // What the provider says of itself is no guess of ours.
        Some(target) => (Some(target), Provenance::Stated),
        None => (
            profile.latency_target.value,
            profile.latency_target.provenance,
        ),
    };
    let Sampling {
        mut samples,
        left_out,
    } = Sampling::of(evidence, target);
    samples.sort_by_key(Sample::rank);
    let Some(worst) = samples.last() else {
        return Ruling::new(
            Level::NotExercised,
            "Nothing new was told of whose update could be measured.",
        )
        .with("left out: delayed by the platform", left_out);
    };
    let lags: Vec<Duration> = samples.iter().map(Sample::rank).collect();
    let lost = samples.iter().filter(|sample| sample.lag.is_none()).count();
    let ruling = match target {
        None => Ruling::new(
            Level::Info,
            "No latency target is declared; the lag was measured and not judged.",
        ),
        Some(target) => {
            let late = lags.iter().filter(|lag| **lag > target).count();
            let told = format!(
                "{late} of {} updates later than {}",
                lags.len(),
                lasting(target)
            );
            match CLAIM.decide(lags.len(), late) {
                Decision::Holds => Ruling::new(
                    Level::Pass,
                    format!("{told}: with 95 % confidence 95 of 100 keep the target."),
                ),
                Decision::Broken => {
                    let places = std::iter::once(worst.cause).chain(worst.update);
                    let margin = match worst.lag {
                        Some(lag) => format!("{} over", lasting(lag.saturating_sub(target))),
                        None => "it never came".to_owned(),
                    };
                    Ruling::new(
                        Level::Fail,
                        format!(
                            "{told}: with 95 % confidence fewer than 95 of 100 keep the target."
                        ),
                    )
                    .shown_by(Witness::of(places).with_margin(margin))
                }
                Decision::Open { needed } => Ruling::new(
                    Level::Inconclusive,
                    format!("{told}: {needed} updates with no more late ones would decide."),
                ),
            }
        }
    };
    let told = |lag: Duration| match lag {
        Duration::MAX => "never".to_owned(),
        lag => lasting(lag),
    };
    let ranked = |percent| {
        nearest_rank(&lags, percent)
            .copied()
            .map_or_else(String::new, told)
    };
    ruling
        .resting_on(rests_on)
        .with("n", lags.len())
        .with("p50", ranked(50))
        .with("p95", ranked(95))
        .with("p99", ranked(99))
        .with("max", told(worst.rank()))
        .with("lost", lost)
        .with("left out: delayed by the platform", left_out)
        .with("target", target.map_or_else(|| "none".to_owned(), lasting))
}

/// How long the updates of a history took, for a report: the samples that ST-15 judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateLags {
    /// Of those that came, in the order of their resources.
    pub measured: Vec<Duration>,
    /// How many never came.
    pub lost: usize,
    /// How many were left out, because the platform itself delayed them.
    pub left_out: usize,
    /// What they are held against, where there is a target.
    pub target: Option<Duration>,
}

/// How long updates took that can be measured.
#[must_use]
pub fn update_lags(evidence: &Evidence<'_>, profile: &Profile) -> UpdateLags {
    let declared = evidence.declaration().latency_target;
    let target = declared.or(profile.latency_target.value);
    let Sampling { samples, left_out } = Sampling::of(evidence, target);
    let measured: Vec<Duration> = samples.iter().filter_map(|sample| sample.lag).collect();
    UpdateLags {
        lost: samples.len() - measured.len(),
        measured,
        left_out,
        target,
    }
}

/// The samples of a history, and how many were left out.
struct Sampling {
    samples: Vec<Sample>,
    left_out: usize,
}

impl Sampling {
    fn of(evidence: &Evidence<'_>, target: Option<Duration>) -> Self {
        let updates = first_updates(evidence.walks());
        let troubles = Troubles::of(evidence);
        let mut sampling = Self {
            samples: Vec::new(),
            left_out: 0,
        };
        for walk in evidence.walks() {
            let Some(cause) = cause(evidence, walk) else {
                continue;
            };
            let update = updates.get(walk.id.as_str()).copied();
            let until = update.map_or(evidence.ends_at(), |(_, began)| began);
            let waited = between(cause.1, until);
            if update.is_some() && troubles.overlap(cause.1, until) {
                sampling.left_out += 1;
            } else if update.is_some() || waited > target.unwrap_or_default() {
                sampling.samples.push(Sample {
                    lag: update.map(|_| waited),
                    cause,
                    update,
                });
            }
        }
        sampling
    }
}

/// What the first update of `walk` follows from; none for a payment, and for what was there before.
fn cause(evidence: &Evidence<'_>, walk: &Walk) -> Option<(u64, Timestamp)> {
    if walk.kind == ResourceKind::Payment {
        return None;
    }
    if let Some(notified) = evidence.notified_of(walk) {
        return evidence.attempts(notified).next().map(Call::place);
    }
    let first = walk.notes.first()?;
    (first.kind == NoteKind::Created).then_some((first.sequence, first.ended))
}

/// When the platform refused, cut or throttled requests of the connector.
struct Troubles {
    /// When each began, ascending, and until when that one or an earlier one lasted.
    spans: Vec<(Timestamp, Timestamp)>,
}

impl Troubles {
    fn of(evidence: &Evidence<'_>) -> Self {
        let mut spans: Vec<(Timestamp, Timestamp)> = evidence
            .calls()
            .iter()
            .filter(|call| matches!(call.status(), None | Some(401 | 429 | 500..)))
            .map(|call| {
                // As long as the platform asked for nothing may be sent.
                let asked = call.hint().map_or(Duration::ZERO, |hint| hint.wait);
                (call.began(), later(call.ended(), asked))
            })
            .collect();
        spans.sort();
        let mut longest = Timestamp::MIN;
        for (_, until) in &mut spans {
            longest = longest.max(*until);
            *until = longest;
        }
        Self { spans }
    }

    /// Whether there was any between these moments.
    fn overlap(&self, from: Timestamp, until: Timestamp) -> bool {
        let begun = self.spans.partition_point(|(began, _)| *began <= until);
        let last = begun.checked_sub(1).and_then(|last| self.spans.get(last));
        last.is_some_and(|(_, longest)| *longest >= from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::Finding;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;
    use crate::profile::Declaration;

    /// Updates that come so many milliseconds after the notification was answered.
    fn run(lags: &[u64]) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        for (number, lag) in lags.iter().enumerate() {
            let id = format!("b-{number}");
            run.submit(&id, &[])
                .notify_batch(&id, 201)
                .back(Duration::from_millis(100))
                .wait(Duration::from_millis(*lag))
                .set(&id, json!({"status": "Processing"}), 204);
        }
        run
    }

    fn declared(run: &mut Composer) -> Finding {
        let profile = Profile::built_in();
        let history = run.history();
        let declaration = Declaration {
            latency_target: Some(Duration::from_secs(2)),
            ..Declaration::default()
        };
        CHECK.judge(
            &Evidence::of(&history, &profile).declared(declaration),
            &profile,
        )
    }

    #[test]
    fn without_a_target_the_lag_is_measured_and_not_judged() {
        let finding = found(&CHECK, &mut run(&[1_000, 3_000, 2_000, 60_000]));
        assert_eq!((finding.raw, finding.reported), (Level::Info, Level::Info));
        let told = |name: &str| finding.parameters[name].as_str();
        assert_eq!(
            (told("n"), told("p50"), told("p95")),
            ("4", "2.0 s", "1 min 0 s")
        );
        assert_eq!((told("max"), told("target")), ("1 min 0 s", "none"));
    }

    #[test]
    fn a_declared_target_is_kept_broken_or_not_decided() {
        assert_eq!(declared(&mut run(&[1_000; 59])).raw, Level::Pass);
        let open = declared(&mut run(&[1_000; 58]));
        assert_eq!(open.raw, Level::Inconclusive);
        assert!(
            open.message.contains("59 updates with no more late"),
            "{}",
            open.message
        );
        let broken = declared(&mut run(&[1_000, 5_000, 5_000]));
        assert_eq!((broken.raw, broken.reported), (Level::Fail, Level::Fail));
        assert_eq!(broken.witness.margin.as_deref(), Some("3.0 s over"));
    }

    #[test]
    fn what_never_came_is_infinitely_late_and_what_the_platform_delayed_is_left_out() {
        let mut lost = run(&[1_000]);
        for id in ["b-8", "b-9"] {
            lost.submit(id, &[]).notify_batch(id, 201);
        }
        lost.wait(Duration::from_mins(1)).get_provider();
        let finding = declared(&mut lost);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.parameters["max"], "never");
        assert_eq!(finding.parameters["lost"], "2");

        let mut delayed = run(&[1_000]);
        delayed
            .submit("b-9", &[])
            .notify_batch("b-9", 201)
            .set("b-9", json!({"status": "Processing"}), 429)
            .wait(Duration::from_mins(5))
            .set_again("b-9", json!({"status": "Processing"}), 204);
        let finding = declared(&mut delayed);
        assert_eq!(finding.parameters["n"], "1");
        assert_eq!(finding.parameters["left out: delayed by the platform"], "1");

        // Work that comes while the credential has to wait.
        let mut paused = run(&[1_000]);
        paused
            .send(
                "GET",
                "/api-provider-v1/providers/p-1",
                json!(null),
                429,
                json!(null),
            )
            .answered_with("Retry-After", "300")
            .submit("b-9", &[])
            .notify_batch("b-9", 201)
            .wait(Duration::from_mins(5))
            .set("b-9", json!({"status": "Processing"}), 204);
        assert_eq!(declared(&mut paused).parameters["n"], "1");
    }
}
