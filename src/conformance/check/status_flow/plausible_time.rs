//! The date of a payment's completion is plausible.
//!
//! # What is required
//!
//! A `paymentCompletedDate` lies neither in the future nor before the payment was submitted, and a
//! payment that was completed keeps its date.
//!
//! # Why
//!
//! The product books by this date. One in the future, or one that jumps, puts the payment into the
//! wrong period; the usual cause is a local time that is sent as UTC, or a clock that nobody sets.
//!
//! # How it is judged
//!
//! Of the times that an event could have, the platform knows two: when the update arrived, and the
//! date of completion, where there is one. The date may be later than the arrival by the in-flight
//! tolerance of the profile and the grain in which it is written (a second, or a day); it may be
//! earlier than the submission by the same. Beyond that WARN, and beyond `status.clock-skew` FAIL.
//! FAIL too where an accepted update gives a payment another date than an accepted one before.
//! NOT_APPLICABLE where the connector sends no such date: it is optional. NOT_EXERCISED where no
//! payment was updated.
//!
//! In Java send `Instant.now().truncatedTo(SECONDS)`, in .NET `DateTimeOffset.UtcNow`, in Node
//! `new Date().toISOString()`, in Python `datetime.now(timezone.utc)`, in Go `time.Now().UTC()`.
//!
//! # An example that conforms
//!
//! An update that arrives at 10:00:04.2 says `"paymentCompletedDate": "2026-01-01T10:00:04Z"`.
//!
//! # Sources
//!
//! `/payments-out/announcements/2022-05-05` (`paymentCompletedDate`); the rule on times of
//! `spec/judging.md` 5.4.

use std::time::Duration;

use super::stride::SERVING;
use super::violation::{Violations, place};
use crate::base::{Timestamp, time_of_day};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{counted, lasting};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::between;
use crate::history::{Answer, Note, NoteKind, ResourceKind};
use crate::profile::Profile;

/// ST-07.
pub const CHECK: Check = Check {
    id: "ST-07",
    family: Family::StatusFlow,
    title: "The date of a payment's completion is plausible",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance: |profile| profile.status.clock_skew.provenance,
    severest: Level::Fail,
    flips_if: "the platform says how exact the date of completion has to be",
    source: include_str!("plausible_time.rs"),
    rule,
};

/// How far noon UTC of a day may be from a moment of that day, anywhere on earth.
const DAY: Duration = Duration::from_hours(26);

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut updates = 0;
    let mut dates = 0;
    let mut wrong = Violations::default();
    let mut doubtful = Violations::default();
    for walk in evidence.walks() {
        if walk.kind != ResourceKind::Payment {
            continue;
        }
        let made = walk
            .notes
            .first()
            .filter(|note| note.kind == NoteKind::Created);
        let mut kept: Option<(&Note, Moment)> = None;
        for note in walk.notes.iter().filter(|note| is_accepted(note)) {
            updates += 1;
            let Some(moment) = note
                .details
                .as_ref()
                .and_then(|it| it.completed.as_deref())
                .and_then(Moment::read)
            else {
                continue;
            };
            dates += 1;
            let skew = walk.profile(profile).status.clock_skew.value;
            let off = moment.off(note, made, profile);
            let message = || {
                format!(
                    "A payment was completed {}, by its date",
                    match off {
                        Off::Ahead(by) => format!("{} after the update arrived", lasting(by)),
                        Off::Behind(by) => format!("{} before it was submitted", lasting(by)),
                        Off::Not => "in time".to_owned(),
                    }
                )
            };
            let witness = || {
                let arrived = format!("the update arrived at {}", time_of_day(note.began));
                Witness::of([place(note)]).with_margin(arrived)
            };
            match off {
                Off::Not => {}
                Off::Ahead(by) | Off::Behind(by) if by > skew => wrong.add(message(), witness()),
                Off::Ahead(_) | Off::Behind(_) => doubtful.add(message(), witness()),
            }
            match kept {
                Some((before, date)) if date.at != moment.at => wrong.add(
                    "A payment that had a date of completion got another one",
                    Witness::of([place(before), place(note)]),
                ),
                Some(_) => {}
                None => kept = Some((note, moment)),
            }
        }
    }
    wrong
        .ruling(Level::Fail)
        .or_else(|| doubtful.ruling(Level::Warn))
        .unwrap_or_else(|| match (updates, dates) {
            (0, _) => Ruling::new(Level::NotExercised, "No payment was updated."),
            (_, 0) => Ruling::new(
                Level::NotApplicable,
                "The connector sends no date of completion, which is optional.",
            ),
            (_, _) => Ruling::new(
                Level::Pass,
                format!("{} of completion plausible.", counted(dates, "date")),
            ),
        })
        .with("dates of completion", dates)
        .with("allowed skew", lasting(profile.status.clock_skew.value))
}

fn is_accepted(note: &Note) -> bool {
    note.kind == NoteKind::Asked(Answer::Accepted)
}

/// A moment as it was written, and how exactly.
#[derive(Clone, Copy)]
struct Moment {
    at: Timestamp,
    grain: Duration,
}

/// By how much a moment is out of its bounds.
enum Off {
    Not,
    Ahead(Duration),
    Behind(Duration),
}

impl Moment {
    /// RFC 3339, or a day; none for anything else, which the platform has to refuse by itself.
    fn read(text: &str) -> Option<Self> {
        if let Ok(at) = text.parse::<Timestamp>() {
            let grain = if text.contains('.') {
                Duration::from_millis(1)
            } else {
                Duration::from_secs(1)
            };
            return Some(Self { at, grain });
        }
        let day: jiff::civil::Date = text.parse().ok()?;
        let noon = day.at(12, 0, 0, 0);
        let at = noon.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Self { at, grain: DAY })
    }

    fn off(self, note: &Note, made: Option<&Note>, profile: &Profile) -> Off {
        let forgiven = self.grain + profile.tolerances.in_flight.value;
        let ahead = between(note.began, self.at);
        let behind = made.map_or(Duration::ZERO, |made| between(self.at, made.began));
        if ahead > forgiven {
            Off::Ahead(ahead)
        } else if behind > forgiven {
            Off::Behind(behind)
        } else {
            Off::Not
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// Completes a payment, half a second after midnight, with these dates one after the other.
    fn completed(dates: &[&str]) -> Level {
        let mut run = Composer::of(Subject::Connector);
        run.begin("b-1", &["p-1"]);
        for date in dates {
            let update =
                json!([{"paymentId": "p-1", "status": "Completed", "paymentCompletedDate": date}]);
            run.set("b-1", json!({"payments": update}), 204);
        }
        found(&CHECK, &mut run).raw
    }

    #[test]
    fn a_date_is_neither_in_the_future_nor_before_the_payment() {
        let table = [
            ("2026-01-01T00:00:00Z", Level::Pass),
            ("2026-01-01T00:00:02Z", Level::Pass),
            ("2026-01-01T01:00:00+01:00", Level::Pass),
            ("2026-01-01", Level::Pass),
            ("2026-01-02", Level::Fail),
            ("2025-12-31T23:59:59Z", Level::Pass),
            ("2026-01-01T00:00:30Z", Level::Warn),
            ("2025-12-31T23:59:30Z", Level::Warn),
            ("2026-01-01T01:00:00Z", Level::Fail),
            ("2025-12-31T22:00:00Z", Level::Fail),
            ("yesterday", Level::NotApplicable),
        ];
        for (date, level) in table {
            assert_eq!(completed(&[date]), level, "{date}");
        }
        assert_eq!(completed(&[]), Level::NotExercised);
    }

    #[test]
    fn a_date_stays() {
        let (first, second) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
        assert_eq!(completed(&[first, first]), Level::Pass);
        assert_eq!(completed(&[first, second]), Level::Fail);
    }
}
