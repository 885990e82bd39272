//! A hint that says nothing is not taken for leave to come back at once.
//!
//! # What is required
//!
//! Where `Retry-After` is absent, empty, a word, negative, a fraction, zero, or given twice, the
//! client waits by its own policy before it tries again; so it does where it is a date, unless it
//! understands it.
//!
//! # Why
//!
//! What a parser makes of `abc` or of `0` is often 0: the client hammers. Or it is `NaN`: the client
//! never comes back.
//!
//! # How it is judged
//!
//! Waits after a 429 without a usable hint are counted form by form; a wait below `minimum-wait` is
//! no wait. A date that was not waited for counts among them, until the platform says that it sends
//! dates. FAIL where most waits
//! after one form are none, or most after all forms but zero together, and a client whose waits double
//! with full jitter would have that many less often
//! than `certainty` says; that is reported as FAIL where the waits of all forms but zero are none and
//! not even the jumpiest client would do that, else as REVIEW: zero may be read as leave, and one
//! immediate retry of each operation may be all that a client hurries. WARN where an
//! operation that was refused so at its first attempt was never tried again. INCONCLUSIVE where
//! there are too few waits to tell. NOT_EXERCISED where no 429 without a usable hint came.
//!
//! Java: `Long.parseLong` throws, catch it; .NET: `RetryAfter` is null; Node: `Number("")` is 0 and
//! `Number("abc")` is `NaN`; Python: `int()` throws; Go: `strconv.Atoi` gives 0 with the error.
//!
//! # An example that conforms
//!
//! `Retry-After: abc`; the client waits 1.1 s, 1.9 s, 4.2 s.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (the provider backs off appropriately), so an
//! immediate retry breaks what is stated. Known from x402#1929 (0 taken for absent).

use std::collections::BTreeMap;
use std::time::Duration;

use super::seconds::{few_below, seconds};
use crate::base::later;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::{Wait, are_none, short_of};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::{Profile, Provenance};

/// BK-07.
pub const CHECK: Check = Check {
    id: "BK-07",
    family: Family::Backoff,
    title: "A hint that says nothing is no leave to come back at once",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The network only lengthens a wait.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.backoff.minimum_wait.provenance,
    severest: Level::Fail,
    flips_if: "it is seen so often that no base of a policy explains it",
    source: include_str!("hint_without_meaning.rs"),
    rule,
};

/// In which form nothing was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Absent,
    Empty,
    Zero,
    Negative,
    Fraction,
    Twice,
    /// A date that nobody said would come.
    Date,
    /// A word, or a date that has passed.
    Word,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Empty => "empty",
            Self::Zero => "zero",
            Self::Negative => "negative",
            Self::Fraction => "a fraction",
            Self::Twice => "given twice",
            Self::Date => "a date",
            Self::Word => "a word",
        }
    }

    /// The form of the hint of a 429 that says nothing.
    fn of(call: &Call<'_>, profile: &Profile) -> Option<Self> {
        if call.status() != Some(429) {
            return None;
        }
        if let Some(hint) = call.hint() {
            let unexpected = hint.is_date() && !profile.throttle.sends_dates();
            return unexpected.then_some(Self::Date);
        }
        let response = call.exchange.response()?;
        let mut values = response.headers.all("retry-after");
        let Some(value) = values.next() else {
            return Some(Self::Absent);
        };
        if values.next().is_some() {
            return Some(Self::Twice);
        }
        let value = value.trim();
        Some(match value.parse::<f64>() {
            _ if value.is_empty() => Self::Empty,
            Ok(0.0) => Self::Zero,
            Ok(number) if number < 0.0 => Self::Negative,
            Ok(_) => Self::Fraction,
            Err(_) => Self::Word,
        })
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let backoff = &profile.backoff;
    let minimum = backoff.minimum_wait.value;
    let groups = evidence.groups();
    let mut forms: BTreeMap<Form, Vec<Wait<'_>>> = BTreeMap::new();
    let mut abandoned = Vec::new();
    let end = evidence.events().last().map(|event| event.at);
    for group in groups.iter() {
        for (index, refused) in group.iter().enumerate() {
            let Some(form) = Form::of(refused, profile) else {
                continue;
            };
            // Until a date nobody has to come back, and who waits for it understands it.
            let asked = refused.hint().map_or(Duration::ZERO, |hint| hint.wait);
            let earliest = later(refused.ended(), asked);
            if let Some(wait) = Wait::after(group, index) {
                let coarseness = refused
                    .hint()
                    .map_or(Duration::ZERO, |hint| hint.coarseness);
                let forgiven = profile.tolerances.early.value + coarseness;
                if form != Form::Date || between(wait.next.began(), earliest) > forgiven {
                    forms.entry(form).or_default().push(wait);
                }
            } else if index == 0
                && end.is_some_and(|end| between(earliest, end) > backoff.cap.value * 2)
            {
                abandoned.push((form, *refused));
            }
        }
    }
    // Not even a client with the smallest base waits so little by chance, whatever the form.
    let all: Vec<Wait<'_>> = forms
        .iter()
        .filter(|(form, _)| **form != Form::Zero)
        .flat_map(|(_, waits)| waits.iter().copied())
        .collect();
    let never_waits = are_none(&all, backoff, minimum);
    let hammered = forms
        .iter()
        .map(|(form, waits)| (form.name(), waits))
        .chain([("of no use, in whatever form", &all)])
        .find(|(_, waits)| are_none(waits, backoff, backoff.base.value));
    let is_short = |waits: &[Wait<'_>]| short_of(waits, minimum) == waits.len();
    let undecided: Vec<&str> = forms
        .iter()
        .filter(|(_, waits)| !waits.is_empty() && is_short(waits))
        .map(|(form, _)| form.name())
        .collect();
    let total: usize = forms.values().map(Vec::len).sum();
    let ruling = match hammered {
        Some((form, waits)) => {
            let longest = waits.iter().map(|wait| wait.length).max();
            let all = counted(waits.len(), "wait");
            let told = match short_of(waits, minimum) {
                short if short == waits.len() => {
                    let longest = seconds(longest.unwrap_or_default());
                    format!("{all}, none longer than {longest}")
                }
                short => format!("{short} of {all} below {}", seconds(minimum)),
            };
            let ruling = Ruling::new(
                Level::Fail,
                format!(
                    "Where Retry-After is {form}, the operation is tried again at once: {told}."
                ),
            )
            .shown_by(
                Witness::of(waits.iter().flat_map(Wait::places)).with_margin(format!(
                    "{} at most, where {} is the least",
                    seconds(longest.unwrap_or_default()),
                    seconds(minimum)
                )),
            );
            if never_waits {
                ruling.resting_on(Provenance::Stated)
            } else {
                ruling
            }
        }
        None if !undecided.is_empty() => Ruling::new(
            Level::Inconclusive,
            format!(
                "All waits are below {} where Retry-After is {}; they are too few to tell that \
                 from chance. Four refusals in a row of that form would decide.",
                seconds(minimum),
                undecided.join(", ")
            ),
        ),
        None if !abandoned.is_empty() => Ruling::new(
            Level::Warn,
            format!(
                "{} never tried again after a 429 without a usable hint; the first: {}, \
                 Retry-After {}.",
                counted(abandoned.len(), "operation"),
                abandoned[0].1.endpoint.operation,
                abandoned[0].0.name(),
            ),
        )
        .shown_by(Witness::of([abandoned[0].1.place()])),
        None if total == 0 => Ruling::new(
            Level::NotExercised,
            "No operation was tried again after a 429 without a usable hint.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} of its own accord, after hints in {}.{}",
                counted(total, "wait"),
                counted(forms.len(), "form"),
                few_below(
                    forms.values().map(|waits| short_of(waits, minimum)).sum(),
                    minimum
                )
            ),
        ),
    };
    forms
        .iter()
        .fold(ruling, |ruling, (form, waits)| {
            let shortest = waits.iter().map(|wait| wait.length).min();
            let told = match shortest {
                Some(shortest) => format!(
                    "{}, the shortest {}",
                    counted(waits.len(), "wait"),
                    seconds(shortest)
                ),
                None => "not tried again".to_owned(),
            };
            ruling.with(&format!("Retry-After {}", form.name()), told)
        })
        .with("least wait", seconds(minimum))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::{PROVIDER, found};
    use crate::history::composer::Composer;

    /// An operation that is refused with these hints and tried again after so many milliseconds.
    fn refused(run: &mut Composer, hints: &[&str], waits: &[u64]) {
        for (number, wait) in waits.iter().enumerate() {
            if number == 0 {
                run.send("GET", PROVIDER, Value::Null, 429, Value::Null);
            } else {
                run.again("GET", PROVIDER, Value::Null, 429, Value::Null);
            }
            for hint in hints {
                run.answered_with("Retry-After", hint);
            }
            run.back(Duration::from_millis(40))
                .wait(Duration::from_millis(*wait));
        }
        run.again("GET", PROVIDER, Value::Null, 200, Value::Null);
    }

    fn level(hints: &[&str], waits: &[u64]) -> (Level, Level) {
        let mut run = Composer::of(Subject::Connector);
        refused(&mut run, hints, waits);
        let finding = found(&CHECK, &mut run);
        (finding.raw, finding.reported)
    }

    #[test]
    fn every_form_that_says_nothing_is_known() {
        let table: [(&[&str], &str); 9] = [
            (&[], "absent"),
            (&[""], "empty"),
            (&["0"], "zero"),
            (&["-1"], "negative"),
            (&["1.5"], "a fraction"),
            (&["2", "3"], "given twice"),
            (&["abc"], "a word"),
            (&["Wed, 31 Dec 2025 00:00:00 GMT"], "a word"),
            (&["Thu, 01 Jan 2026 00:05:00 GMT"], "a date"),
        ];
        for (hints, name) in table {
            let mut run = Composer::of(Subject::Connector);
            refused(&mut run, hints, &[900]);
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.raw, Level::Pass);
            let told = format!("Retry-After {name}");
            assert!(finding.parameters.contains_key(&told), "{finding:?}");
        }
    }

    #[test]
    fn short_waits_are_a_fault_only_where_chance_does_not_explain_them() {
        let inconclusive = (Level::Inconclusive, Level::Inconclusive);
        assert_eq!(level(&["0"], &[30]), inconclusive);
        assert_eq!(level(&["0"], &[30, 20, 40]), inconclusive);
        assert_eq!(
            level(&["0"], &[30, 20, 40, 10]),
            (Level::Fail, Level::Review)
        );
        assert_eq!(
            level(&["0"], &[30, 20, 40, 900]),
            (Level::Pass, Level::Pass)
        );
    }

    #[test]
    fn one_longer_wait_does_not_excuse_nineteen() {
        let run = |longer: u64| {
            let mut run = Composer::of(Subject::Connector);
            for number in 0..20 {
                refused(&mut run, &[], &[if number == 7 { longer } else { 10 }]);
            }
            let finding = found(&CHECK, &mut run);
            (finding.raw, finding.reported, finding.message)
        };
        let told = "Where Retry-After is absent, the operation is tried again at once:";
        // A client that tries again once, and at once, may be one that hurries its first retry only.
        for (longer, waits) in [
            (10, "20 waits, none longer than 10 ms"),
            (250, "19 of 20 waits below 200 ms"),
        ] {
            assert_eq!(
                run(longer),
                (Level::Fail, Level::Review, format!("{told} {waits}."))
            );
        }
    }

    #[test]
    fn forms_that_are_too_few_each_are_judged_together() {
        let forms: [&[&str]; 5] = [&[], &[""], &["abc"], &["-1"], &["1.5"]];
        let run = |waits: &[u64], zero: bool| {
            let mut run = Composer::of(Subject::Connector);
            for hints in forms {
                refused(&mut run, if zero { &["0"] } else { hints }, waits);
            }
            let finding = found(&CHECK, &mut run);
            (finding.raw, finding.reported)
        };
        // Three times at once, and it gives up.
        assert_eq!(run(&[10, 10, 10], false), (Level::Fail, Level::Fail));
        assert_eq!(run(&[10, 10, 10], true), (Level::Fail, Level::Review));
        // At once, and then it waits.
        assert_eq!(run(&[10, 2_000, 4_000], false).0, Level::Pass);
    }

    #[test]
    fn a_client_that_never_waits_breaks_what_is_stated() {
        let mut run = Composer::of(Subject::Connector);
        for hints in [&["0"], &["abc"], &["-1"], &["1.5"]] {
            refused(&mut run, hints, &[30, 20, 40, 10]);
        }
        let finding = found(&CHECK, &mut run);
        assert_eq!((finding.raw, finding.reported), (Level::Fail, Level::Fail));
    }

    #[test]
    fn whoever_obeys_a_zero_breaks_nothing_that_is_stated() {
        let waits = [1; 12];
        assert_eq!(level(&["0"], &waits), (Level::Fail, Level::Review));
        assert_eq!(level(&["abc"], &waits), (Level::Fail, Level::Fail));
    }

    #[test]
    fn a_date_is_no_leave_to_come_back_at_once_either() {
        let date: &[&str] = &["Thu, 01 Jan 2026 00:05:00 GMT"];
        assert_eq!(level(date, &[30, 20, 40, 10]).0, Level::Fail);
        assert_eq!(level(date, &[900, 2_000]).0, Level::Pass);
    }

    #[test]
    fn an_operation_that_hangs_is_told() {
        let mut run = Composer::of(Subject::Connector);
        run.send("GET", PROVIDER, Value::Null, 429, Value::Null)
            .answered_with("Retry-After", "abc")
            .wait(Duration::from_mins(2));
        assert_eq!(found(&CHECK, &mut run).raw, Level::Warn);
    }
}
