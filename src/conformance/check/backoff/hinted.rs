//! Waits that the platform asked for, and how long they became: what the rules on hints share.

use std::time::Duration;

use super::hint_as_date;
use crate::base::{Timestamp, later, time_of_day};
use crate::conformance::wait::Wait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::exchange::{RetryAfter, between};
use crate::history::Call;
use crate::profile::Profile;

/// A refused attempt with a hint, and the attempt that followed it.
pub(super) struct HintedWait<'e> {
    pub(super) wait: Wait<'e>,
    pub(super) hint: RetryAfter,
    /// The time that the hint names.
    pub(super) earliest: Timestamp,
}

impl HintedWait<'_> {
    /// By how much the retry was too early.
    pub(super) fn early_by(&self) -> Duration {
        between(self.wait.next.began(), self.earliest)
    }

    /// Whether it was earlier than `tolerance` forgives.
    pub(super) fn is_early(&self, tolerance: Duration) -> bool {
        self.early_by() > tolerance + self.hint.coarseness
    }
}

/// Whether the rule for hints of every kind judges `hint`: a date is left to BK-06, where that rule
/// applies, until the platform says that it sends dates.
pub(super) fn is_expected(hint: RetryAfter, evidence: &Evidence<'_>, profile: &Profile) -> bool {
    !hint.is_date()
        || profile.throttle.sends_dates()
        || !hint_as_date::CHECK.subjects.contains(&evidence.subject())
}

/// The hints of one kind in a history.
pub(super) struct HintedWaits<'e> {
    /// How many hints came.
    pub(super) hints: usize,
    /// Those whose operation was tried again.
    pub(super) waits: Vec<HintedWait<'e>>,
}

impl<'e> HintedWaits<'e> {
    /// The hints of the calls that `is_meant` accepts.
    pub(super) fn of(
        evidence: &'e Evidence<'_>,
        is_meant: impl Fn(&Call<'_>, RetryAfter) -> bool,
    ) -> Self {
        let mut found = Self {
            hints: 0,
            waits: Vec::new(),
        };
        let groups = evidence.groups();
        for group in groups.iter() {
            for (index, refused) in group.iter().copied().enumerate() {
                let Some(hint) = refused.hint().filter(|hint| is_meant(refused, *hint)) else {
                    continue;
                };
                found.hints += 1;
                if let Some(wait) = Wait::after(group, index) {
                    found.waits.push(HintedWait {
                        wait,
                        hint,
                        earliest: later(refused.ended(), hint.wait),
                    });
                }
            }
        }
        found
    }

    /// FAIL where one of the waits was too short; `what` is what was waited for: `429 with a date`.
    pub(super) fn judge(&self, tolerance: Duration, what: &str) -> Ruling {
        let early: Vec<&HintedWait<'_>> = self
            .waits
            .iter()
            .filter(|wait| wait.is_early(tolerance))
            .collect();
        let ruling = match early.iter().max_by_key(|wait| wait.early_by()) {
            Some(worst) => Ruling::new(
                Level::Fail,
                format!(
                    "{} of {} too early; the worst: {} was tried again {} ms before the time \
                     that Retry-After names.",
                    early.len(),
                    counted(self.waits.len(), "hinted wait"),
                    worst.wait.next.endpoint.operation,
                    worst.early_by().as_millis()
                ),
            )
            .shown_by(shown(worst)),
            None if self.hints == 0 => {
                Ruling::new(Level::NotExercised, format!("No {what} was received."))
            }
            None if self.waits.is_empty() => Ruling::new(
                Level::NotExercised,
                format!(
                    "{}; none of those operations was tried again.",
                    counted(self.hints, what)
                ),
            ),
            None => Ruling::new(
                Level::Pass,
                format!("{} obeyed.", counted(self.waits.len(), "hint")),
            ),
        };
        ruling.with("early tolerance", format!("{} ms", tolerance.as_millis()))
    }
}

/// The refusal and the retry, with the margin.
pub(super) fn shown(wait: &HintedWait<'_>) -> Witness {
    Witness::of(wait.wait.places()).with_margin(format!(
        "{} ms early; earliest allowed {}",
        wait.early_by().as_millis(),
        time_of_day(wait.earliest)
    ))
}
