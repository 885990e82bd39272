//! What a baseline and waivers make of a verdict.

use super::fixture::conforming_run;
use super::{Expectations, Gate, Level, OverlayKind, Readiness, Scope, Verdict, judge};
use crate::profile::Profile;

/// The verdict on a conforming run in which the finding of one check is made what `raw` and
/// `reported` say, held against a baseline and waivers.
fn verdict(raw: Level, reported: Level, baseline: Option<&str>, waivers: &str) -> Verdict {
    let mut verdict = judge(
        &conforming_run().history(),
        &Profile::built_in(),
        &Scope::default(),
    );
    let mut findings = verdict.findings.iter_mut();
    // A clause of it says *must*.
    let finding = findings.find(|finding| finding.check == "TK-01").unwrap();
    (finding.raw, finding.reported) = (raw, reported);
    verdict.held_against(&Expectations {
        baseline: baseline.map(|text| Expectations::read_baseline("b", text).unwrap()),
        waivers: Expectations::read_waivers("w", waivers).unwrap(),
    })
}

fn exits(verdict: &Verdict) -> [u8; 2] {
    Gate::ALL.map(|gate| verdict.gate(gate).exit.code())
}

fn overlays(verdict: &Verdict) -> Vec<OverlayKind> {
    let mut findings = verdict.findings.iter();
    let finding = findings.find(|finding| finding.check == "TK-01").unwrap();
    finding
        .overlays
        .iter()
        .map(|overlay| overlay.kind)
        .collect()
}

fn expected(outcome: &str) -> String {
    format!(
        "[[expected]]\ncheck = 'TK-01'\noutcome = '{outcome}'\nowner = 'Jo'\nreason = 'why'\n\
         expires = 2026-01-01\n"
    )
}

fn waiver(outcome: &str) -> String {
    expected(outcome)
        .replace("[expected]", "[waiver]")
        .replace("owner", "by")
}

type Line = (
    Level,
    Level,
    Option<&'static str>,
    Option<&'static str>,
    &'static [OverlayKind],
    [u8; 2],
);

/// The run begins on 1 January 2026, so the entries hold on their last day.
#[test]
fn each_overlay_has_its_effect_at_each_gate() {
    use Level::{Error, Fail, Inconclusive, NotExercised, Pass, Review, Warn};
    use OverlayKind::{Expected, New, Stale, Waived};
    // raw, reported, what the baseline expects, what is waived; overlays, exit of ci, of certify
    #[rustfmt::skip]
    let table: &[Line] = &[
        (Pass, Pass, None, None, &[], [0, 0]),
        (Pass, Pass, Some("PASS"), None, &[], [0, 0]),
        (Pass, Pass, Some("FAIL"), None, &[Stale], [5, 5]),
        (Pass, Pass, Some("NOT_EXERCISED"), None, &[Stale], [5, 5]),
        (Pass, Pass, None, Some("FAIL"), &[], [0, 0]),
        (Fail, Fail, None, None, &[], [1, 1]),
        (Fail, Fail, Some("FAIL"), None, &[Expected], [0, 1]),
        (Fail, Fail, Some("PASS"), None, &[New], [1, 1]),
        (Fail, Fail, Some("REVIEW"), None, &[New], [1, 1]),
        (Fail, Fail, None, Some("FAIL"), &[Waived], [0, 0]),
        (Fail, Fail, None, Some("REVIEW"), &[], [1, 1]),
        (Fail, Fail, Some("FAIL"), Some("FAIL"), &[Expected, Waived], [0, 0]),
        (Fail, Review, None, None, &[], [4, 4]),
        (Fail, Review, Some("REVIEW"), None, &[Expected], [0, 4]),
        (Fail, Review, Some("FAIL"), None, &[Expected], [0, 4]),
        (Fail, Review, Some("WARN"), None, &[New], [4, 4]),
        (Fail, Review, None, Some("REVIEW"), &[Waived], [0, 0]),
        (Fail, Review, None, Some("FAIL"), &[Waived], [0, 0]),
        (Review, Review, Some("FAIL"), None, &[Stale, New], [5, 5]),
        (Review, Review, Some("REVIEW"), None, &[Expected], [0, 4]),
        (Warn, Warn, None, None, &[], [0, 0]),
        (Warn, Warn, Some("WARN"), None, &[Expected], [0, 0]),
        (Warn, Warn, Some("PASS"), None, &[New], [1, 0]),
        (Warn, Warn, Some("PASS"), Some("WARN"), &[Waived], [0, 0]),
        (NotExercised, NotExercised, None, None, &[], [3, 3]),
        (NotExercised, NotExercised, Some("NOT_EXERCISED"), None, &[Expected], [0, 3]),
        (NotExercised, NotExercised, Some("FAIL"), None, &[], [3, 3]),
        (NotExercised, NotExercised, None, Some("NOT_EXERCISED"), &[Waived], [0, 0]),
        (Inconclusive, Inconclusive, None, None, &[], [0, 3]),
        (Inconclusive, Inconclusive, Some("PASS"), None, &[New], [3, 3]),
        (Inconclusive, Inconclusive, Some("INCONCLUSIVE"), None, &[Expected], [0, 3]),
        (Inconclusive, Inconclusive, None, Some("INCONCLUSIVE"), &[Waived], [0, 0]),
        (Error, Error, Some("FAIL"), Some("FAIL"), &[], [7, 7]),
    ];
    for (raw, reported, baseline, waived, kinds, codes) in table {
        let baseline = baseline.map(expected);
        let waivers = waived.map(waiver).unwrap_or_default();
        let verdict = verdict(*raw, *reported, baseline.as_deref(), &waivers);
        let place = format!("{raw} {reported} {baseline:?} {waived:?}");
        assert_eq!(overlays(&verdict), *kinds, "{place}");
        assert_eq!(exits(&verdict), *codes, "{place}");
        let ready = verdict.headline.readiness != Readiness::NotReady;
        let met = codes[1] == 0;
        assert!(ready || !met, "{place}: {}", verdict.headline.text);
    }
}

#[test]
fn a_stale_entry_is_told_with_its_reason() {
    let table = [
        (
            expected("FAIL"),
            "baseline entry TK-01 expects FAIL and found PASS",
        ),
        (
            expected("FAIL").replace("2026-01-01", "2025-12-31"),
            "baseline entry TK-01 expired on 2025-12-31",
        ),
        (
            expected("FAIL").replace("TK-01", "TK-99"),
            "baseline entry TK-99 names a check that there is not",
        ),
    ];
    for (baseline, told) in table {
        let verdict = verdict(Level::Pass, Level::Pass, Some(&baseline), "");
        assert_eq!(exits(&verdict), [5, 5], "{told}");
        let outcome = verdict.gate(Gate::Ci);
        assert_eq!(outcome.blockers, [told]);
        assert!(verdict.headline.items.iter().any(|item| item == told));
    }
}

#[test]
fn an_expired_waiver_no_longer_helps_and_is_stale() {
    let waiver = waiver("FAIL").replace("2026-01-01", "2025-12-31");
    let verdict = verdict(Level::Fail, Level::Fail, None, &waiver);
    assert_eq!(exits(&verdict), [1, 1]);
    let outcome = verdict.gate(Gate::Certify);
    assert_eq!(
        outcome.blockers,
        ["TK-01 FAIL", "waiver TK-01 expired on 2025-12-31"]
    );
}

#[test]
fn an_entry_for_another_subject_says_nothing() {
    let baseline = expected("FAIL") + "subject = 'connector'\n";
    let verdict = verdict(Level::Fail, Level::Fail, Some(&baseline), "");
    assert_eq!(exits(&verdict), [1, 1]);
    assert!(verdict.stale.is_empty());
    assert_eq!(overlays(&verdict), [OverlayKind::New]);
}

#[test]
fn what_is_waived_is_told_in_the_headline_and_never_ready_without_condition() {
    let verdict = verdict(Level::Fail, Level::Fail, None, &waiver("FAIL"));
    assert_eq!(verdict.headline.readiness, Readiness::SubjectToAssessment);
    let told = "TK-01 FAIL (waived by Jo until 2026-01-01)".to_owned();
    assert!(
        verdict.headline.items.contains(&told),
        "{:?}",
        verdict.headline.items
    );
}

#[test]
fn outcomes_are_never_edited() {
    let baseline = expected("FAIL");
    let verdict = verdict(Level::Fail, Level::Review, Some(&baseline), &waiver("FAIL"));
    let mut findings = verdict.findings.iter();
    let finding = findings.find(|finding| finding.check == "TK-01").unwrap();
    assert_eq!(
        (finding.raw, finding.reported),
        (Level::Fail, Level::Review)
    );
}

#[test]
fn held_twice_is_held_once() {
    let baseline = expected("FAIL");
    let expectations = Expectations {
        baseline: Some(Expectations::read_baseline("b", &baseline).unwrap()),
        waivers: Vec::new(),
    };
    let once = verdict(Level::Fail, Level::Fail, Some(&baseline), "");
    assert_eq!(once.clone().held_against(&expectations), once);
}
