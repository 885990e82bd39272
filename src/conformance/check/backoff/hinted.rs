//! Waits that the platform asked for, and how long they became: what the rules on hints share.

use std::time::Duration;

use super::hint_as_date;
use crate::base::time_of_day;
use crate::conformance::wait::{HintedWait, Wait};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::exchange::RetryAfter;
use crate::history::Call;
use crate::profile::Profile;

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
                if !refused.hint().is_some_and(|hint| is_meant(refused, hint)) {
                    continue;
                }
                found.hints += 1;
                found
                    .waits
                    .extend(Wait::after(group, index).and_then(Wait::hinted));
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
