//! What is expected of a verdict, and what is waived (`spec/judging.md`, 6.1).
//!
//! A baseline lists outcomes that are known, one entry a check, so that a CI gate reports what is new:
//!
//! ```toml
//! [[expected]]
//! check = "ST-03"
//! subject = "connector"      # where the check judges several; all of them where it is left out
//! outcome = "REVIEW"         # as it is reported, or the raw one
//! owner = "Sam Jones"
//! reason = "The platform has not confirmed the flow of a recalled batch."
//! expires = 2026-12-31       # the last day on which it holds
//!
//! [[expected]]
//! check = "BK-30"
//! outcome = "PASS"           # from now on INCONCLUSIVE stands in the way of `ci`
//! ```
//!
//! A waiver lets a gate be met in spite of an outcome, for a time; it is the platform's to give:
//!
//! ```toml
//! [[waiver]]
//! check = "ST-15"
//! outcome = "FAIL"
//! by = "A. Reviewer, Enablement"
//! reason = "The target is under discussion."
//! expires = 2026-12-31
//! ```

use jiff::civil::Date;

use super::Level;
use crate::base::{Found, Paper, Sheet, SheetErrors};
use crate::event::Subject;

/// What is expected of a verdict, and what is waived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    /// The entries of the baseline; none where there is no baseline, which is not the same as an
    /// empty one.
    pub baseline: Option<Vec<Entry>>,
    /// The waivers.
    pub waivers: Vec<Entry>,
}

/// An outcome that is expected or waived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id of the check, as written: it may be unknown.
    pub check: String,
    /// Whom it judges; anybody where that is left out.
    pub subject: Option<Subject>,
    /// The outcome.
    pub outcome: Level,
    /// Who answers for the entry; empty where PASS is expected and nobody needs to.
    pub by: String,
    /// Why; empty where PASS is expected and nothing needs to be explained.
    pub reason: String,
    /// The last day on which it holds; for ever where PASS is expected.
    pub expires: Option<Date>,
}

impl Expectations {
    /// Reads the baseline in `text`; `file` is how the user calls it.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place. A check that is not known is no such
    /// thing: the entry is stale.
    pub fn read_baseline(file: &str, text: &str) -> Result<Vec<Entry>, SheetErrors> {
        read(file, text, "expected", "owner")
    }

    /// Reads the waivers in `text`; `file` is how the user calls it.
    ///
    /// # Errors
    /// As [`Expectations::read_baseline`].
    pub fn read_waivers(file: &str, text: &str) -> Result<Vec<Entry>, SheetErrors> {
        read(file, text, "waiver", "by")
    }
}

fn read(file: &str, text: &str, list: &str, who: &str) -> Result<Vec<Entry>, SheetErrors> {
    let paper = Paper::new(text);
    let entries = paper.sheet().map(|mut sheet| {
        let mut sheets = sheet.sheets(list);
        let entries = sheets.drain(..).filter_map(|sheet| entry(sheet, who));
        let entries = entries.collect();
        sheet.finish();
        entries
    });
    paper.finish(file, entries)
}

fn entry(mut sheet: Sheet<'_, '_>, who: &str) -> Option<Entry> {
    const CHECK: &str = r#""ST-03""#;
    const OUTCOME: &str = r#""REVIEW""#;
    const PERSON: &str = r#""Sam Jones""#;
    const REASON: &str = r#""The platform has not confirmed the flow.""#;
    sheet.need("check", CHECK);
    sheet.need("outcome", OUTCOME);
    let check = sheet.text("check", CHECK);
    let subjects = Subject::ALL.map(|subject| (subject.to_string(), subject));
    let subjects: Vec<_> = subjects
        .iter()
        .map(|(word, it)| (word.as_str(), *it))
        .collect();
    let subject = sheet.word("subject", &subjects);
    // A fault of the harness is nobody's to expect.
    let levels: Vec<(&str, Level)> = Level::WORST_FIRST
        .into_iter()
        .filter(|level| *level != Level::Error)
        .map(|level| (level.name(), level))
        .collect();
    let outcome = sheet.word("outcome", &levels);
    let passes = outcome.as_ref().is_some_and(|it| it.value == Level::Pass);
    if !passes {
        sheet.need(who, PERSON);
        sheet.need("reason", REASON);
        sheet.need("expires", "2026-12-31");
    }
    let by = sheet.text(who, PERSON);
    let reason = sheet.text("reason", REASON);
    let expires = sheet.date("expires");
    sheet.finish();
    Some(Entry {
        check: check?.value,
        subject: Found::value(subject),
        outcome: outcome?.value,
        by: Found::value(by).unwrap_or_default(),
        reason: Found::value(reason).unwrap_or_default(),
        expires: Found::value(expires),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_with_owner_reason_and_last_day() {
        let text = "[[expected]]\ncheck = 'ST-03'\nsubject = 'connector'\noutcome = 'REVIEW'\n\
                    owner = 'Sam'\nreason = 'open'\nexpires = 2026-12-31\n\
                    [[expected]]\ncheck = 'BK-30'\noutcome = 'PASS'\n";
        let entries = Expectations::read_baseline("b.toml", text).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].subject, Some(Subject::Connector));
        assert_eq!(entries[0].outcome, Level::Review);
        assert_eq!(entries[0].expires.unwrap().to_string(), "2026-12-31");
        assert_eq!(
            (entries[1].outcome, entries[1].expires),
            (Level::Pass, None)
        );
        assert!(
            Expectations::read_baseline("b.toml", "")
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let text = "[[expected]]\ncheck = 'ST-03'\noutcome = 'ERROR'\nexpires = 'soon'\n\
                    [[expected]]\noutcome = 'FAIL'\nsubject = 'nobody'\n\
                    [[waiver]]\ncheck = 'x'\n";
        let errors = Expectations::read_baseline("b.toml", text).unwrap_err();
        insta::assert_snapshot!(errors, @r#"
        b.toml:1:1: missing: there is no `expected.owner`; write, for example, `owner = "Sam Jones"`
        b.toml:1:1: missing: there is no `expected.reason`; write, for example, `reason = "The platform has not confirmed the flow."`
        b.toml:3:11: wrong-value: `expected.outcome` is not one of "FAIL", "NOT_EXERCISED", "INCONCLUSIVE", "REVIEW", "WARN", "PASS", "INFO", "NOT_APPLICABLE"; write, for example, `outcome = "FAIL"`
        b.toml:4:11: wrong-value: `expected.expires` is not a day; write, for example, `expires = 2026-03-31`
        b.toml:5:1: missing: there is no `expected.check`; write, for example, `check = "ST-03"`
        b.toml:5:1: missing: there is no `expected.owner`; write, for example, `owner = "Sam Jones"`
        b.toml:5:1: missing: there is no `expected.reason`; write, for example, `reason = "The platform has not confirmed the flow."`
        b.toml:5:1: missing: there is no `expected.expires`; write, for example, `expires = 2026-12-31`
        b.toml:7:11: wrong-value: `expected.subject` is not one of "replay", "connector", "endpoint"; write, for example, `subject = "replay"`
        b.toml:8:3: unknown-key: there is no key `waiver`; remove it, or use one of expected
        "#);
        let text = "[[waiver]]\ncheck = 'ST-03'\noutcome = 'FAIL'\nowner = 'x'\n";
        let errors = Expectations::read_waivers("w.toml", text).unwrap_err();
        insta::assert_snapshot!(errors, @r#"
        w.toml:1:1: missing: there is no `waiver.by`; write, for example, `by = "Sam Jones"`
        w.toml:1:1: missing: there is no `waiver.reason`; write, for example, `reason = "The platform has not confirmed the flow."`
        w.toml:1:1: missing: there is no `waiver.expires`; write, for example, `expires = 2026-12-31`
        w.toml:4:1: unknown-key: there is no key `waiver.owner`; remove it, or use one of check, subject, outcome, by, reason, expires
        "#);
    }
}
