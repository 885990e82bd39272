//! Decisions in a file, for whoever reviews without a browser.
//!
//! ```toml
//! by = "A. Reviewer, Enablement"
//!
//! [[decision]]
//! check = "ST-03"
//! subject = "connector"      # may be left out where the check judges one only
//! decision = "accept"        # or "reject"; "undecided" leaves it open
//! reason = "The flow was agreed on 12 March."
//! ```

use std::fmt::Write as _;

use toml::de::DeValue;

use super::decision::{Decision, Decisions, Stated};
use super::{Verdict, check};
use crate::base::{Flaw, Found, Paper, Sheet, SheetErrors};

const PERSON: &str = r#""A. Reviewer, Enablement""#;
const CHECK: &str = r#""ST-03""#;
const SUBJECT: &str = r#""connector""#;
const REASON: &str = r#""The flow was agreed on 12 March.""#;

/// How many characters of what was found stand in a file that is to be filled in.
const LONGEST: usize = 400;

impl Decisions {
    /// Reads what the file `text` decides of `verdict`; `file` is how the user calls it.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(file: &str, text: &str, verdict: &Verdict) -> Result<Self, SheetErrors> {
        let paper = Paper::new(text);
        let decisions = paper.sheet().and_then(|mut sheet| {
            sheet.need("by", PERSON);
            let by = sheet.read("by", "a text", PERSON, words);
            let entries: Vec<(usize, Option<Entry>)> = sheet
                .sheets("decision")
                .into_iter()
                .map(|one| (one.start(), entry(one)))
                .collect();
            // What cannot be read decides nothing, and was told already.
            let decisions = by.zip(stated(&entries)).and_then(|(by, stated)| {
                let (starts, stated): (Vec<usize>, Vec<Stated>) = stated.into_iter().unzip();
                Self::of(verdict, &by.value, &stated)
                    .map_err(|problems| {
                        for problem in problems {
                            let start = problem.item.map_or(by.start, |item| starts[item]);
                            let remedy = "`preflight review BUNDLE --items` writes down what waits";
                            sheet.problem(start, Flaw::WrongValue, problem.message, remedy);
                        }
                    })
                    .ok()
            });
            sheet.finish();
            decisions
        });
        paper.finish(file, decisions)
    }

    /// A file in which nothing of `verdict` is decided yet, to be filled in.
    #[must_use]
    pub fn to_fill_in(verdict: &Verdict) -> String {
        let open = verdict.to_decide();
        let mut text = match open.len() {
            0 => "# No check waits for a decision. Your name alone says that you looked.\n",
            _ => {
                "# What waits for a decision, in order of risk. Say \"accept\" or \"reject\" and why;\n\
                 # \"undecided\" leaves it open.\n"
            }
        }
        .to_owned();
        text.push_str("by = \"\"\n");
        for finding in open {
            let title = check(finding.check).map_or("", |check| check.title);
            let found: String = finding.message.chars().take(LONGEST).collect();
            // What was received may stand in a message.
            let shown = |text: &str| text.replace(|it: char| it.is_control(), " ");
            write!(
                text,
                "\n# {title} (raw {}, rests on what is {})\n# {}\n[[decision]]\ncheck = \"{}\"\n\
                 subject = \"{}\"\ndecision = \"undecided\"\nreason = \"\"\n",
                finding.raw,
                finding.provenance,
                shown(&found),
                finding.check,
                verdict.whose(finding),
            )
            .expect("writing to a String cannot fail");
        }
        text
    }
}

/// An entry that can be read.
enum Entry {
    Decided(Stated),
    Undecided,
}

/// Those that decide something, each with its place; none where one cannot be read.
fn stated(entries: &[(usize, Option<Entry>)]) -> Option<Vec<(usize, Stated)>> {
    let mut stated = Vec::new();
    for (start, entry) in entries {
        match entry.as_ref()? {
            Entry::Decided(one) => stated.push((*start, one.clone())),
            Entry::Undecided => {}
        }
    }
    Some(stated)
}

fn entry(mut sheet: Sheet<'_, '_>) -> Option<Entry> {
    let [accept, reject] = Decision::ALL.map(|it| (it.name(), Some(it)));
    sheet.need("check", CHECK);
    sheet.need("decision", r#""accept""#);
    let check = sheet.text("check", CHECK);
    let has_subject = sheet.has("subject");
    let subject = sheet.text("subject", SUBJECT);
    let decision = sheet.word("decision", &[accept, reject, ("undecided", None)]);
    let has_reason = sheet.has("reason");
    let reason = Found::value(sheet.read("reason", "a text", REASON, words));
    sheet.finish();
    if has_subject != subject.is_some() || has_reason != reason.is_some() {
        return None;
    }
    let (check, decision) = (check?.value, decision?.value);
    Some(match decision {
        None => Entry::Undecided,
        Some(decision) => Entry::Decided(Stated {
            check,
            subject: Found::value(subject),
            decision,
            reason: reason.unwrap_or_default(),
        }),
    })
}

/// A text that may be empty: what it lacks is told with what else the decision lacks.
fn words(value: &DeValue<'_>) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{Level, Scope, fixture, judge};
    use crate::profile::Profile;

    /// A verdict with a finding for a person, of TK-01 on the connector.
    fn verdict() -> Verdict {
        let history = fixture::conforming_run().history();
        let mut verdict = judge(&history, &Profile::built_in(), &Scope::default());
        for finding in &mut verdict.findings {
            finding.reported = Level::Pass;
            if finding.check == "TK-01" {
                finding.reported = Level::Review;
                finding.message = "one\u{1b}[2J\ntwo".into();
            }
        }
        verdict
    }

    #[test]
    fn a_file_that_was_filled_in_decides() {
        let verdict = verdict();
        let empty = Decisions::to_fill_in(&verdict);
        assert!(
            !empty.contains('\u{1b}') && empty.contains("# one [2J two\n"),
            "{empty}"
        );
        let filled = empty
            .replace("by = \"\"", "by = \"Jo\"")
            .replace("undecided\"\nreason = \"\"", "reject\"\nreason = \"no\"");
        let decisions = Decisions::read("d.toml", &filled, &verdict).unwrap();
        assert_eq!((decisions.by(), decisions.open()), ("Jo", 0));
        let [one] = decisions.decided() else {
            panic!("{decisions:?}");
        };
        assert_eq!(
            (one.check.as_str(), one.decision),
            ("TK-01", Decision::Reject)
        );
    }

    #[test]
    fn a_file_that_was_not_filled_in_says_what_is_missing() {
        let verdict = verdict();
        let empty = Decisions::to_fill_in(&verdict);
        let errors = Decisions::read("d.toml", &empty, &verdict).unwrap_err();
        insta::assert_snapshot!(errors, @r"
        d.toml:3:6: wrong-value: nobody decides: the reviewer's name is missing; `preflight review BUNDLE --items` writes down what waits
        d.toml:3:6: wrong-value: nothing is decided: accept or reject one at least; `preflight review BUNDLE --items` writes down what waits
        ");
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let verdict = verdict();
        let errors = |text| Decisions::read("d.toml", text, &verdict).unwrap_err();
        let text = "[[decision]]\ncheck = 1\ndecision = 'maybe'\nwhy = 'x'\n";
        insta::assert_snapshot!(errors(text), @r#"
        d.toml:1:1: missing: there is no `by`; write, for example, `by = "A. Reviewer, Enablement"`
        d.toml:2:9: wrong-value: `decision.check` is not a text with something in it; write, for example, `check = "ST-03"`
        d.toml:3:12: wrong-value: `decision.decision` is not one of "accept", "reject", "undecided"; write, for example, `decision = "accept"`
        d.toml:4:1: unknown-key: there is no key `decision.why`; remove it, or use one of check, subject, decision, reason
        "#);
        let text = "by = 'Jo'\n[[decision]]\ncheck = 'TK-01'\ndecision = 'accept'\n\
                    [[decision]]\ncheck = 'BK-02'\ndecision = 'accept'\nreason = 'x'\n";
        insta::assert_snapshot!(errors(text), @r"
        d.toml:2:1: wrong-value: TK-01: the reason is missing; `preflight review BUNDLE --items` writes down what waits
        d.toml:5:1: wrong-value: BK-02: no such check waits for a decision; `preflight review BUNDLE --items` writes down what waits
        ");
        let broken = errors("by = 'Jo\n").to_string();
        assert!(broken.starts_with("d.toml:1:"), "{broken}");
    }
}
