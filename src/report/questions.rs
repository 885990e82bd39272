//! What to ask the platform: the facts that nobody states and that kept a check from saying what it
//! found, each as a question that can be sent, with what hangs on the answer.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use indexmap::IndexMap;

use super::Told;
use super::case::title;
use super::markdown::{brief, plain};
use super::question::{question, settings};
use crate::conformance::{Finding, Level, check, clause};
use crate::profile::{Provenance, Setting};

/// How many characters of a clause are quoted.
const MOST_QUOTED: usize = 300;

/// A question, with the findings that hang on it.
type Questions<'v> = IndexMap<String, Vec<&'v Finding>>;

/// The questions in Markdown, those first that kept a check from saying more.
#[must_use]
pub fn questions_markdown(told: Told<'_>) -> String {
    let mut capped = Questions::new();
    let mut resting = Questions::new();
    for finding in &told.verdict.findings {
        if let Some(condition) = finding.condition() {
            if let Some(question) = question(condition) {
                capped.entry(question).or_default().push(finding);
            }
        } else if passed_on_trust(finding)
            && let Some(question) = check(finding.check).and_then(|it| question(it.flips_if))
        {
            resting.entry(question).or_default().push(finding);
        }
    }
    // Failures come before what is doubted only.
    capped.sort_by_cached_key(|_, findings| {
        let worst = Level::worst(findings.iter().map(|finding| finding.raw));
        Level::WORST_FIRST.iter().position(|it| *it == worst)
    });
    let mut page = Page {
        text: String::new(),
        told,
    };
    page.line("# Questions for the platform");
    page.line("");
    page.line(&format!(
        "Only what the platform states can fail a provider. Where a check rests on something that is \
         inferred or assumed, it says less than it found, and a question is open. Judged by the \
         profile {}; an answer goes into a profile of your own (`preflight profile`), with `provenance \
         = \"stated\"` and where it was said, and the same history judged again by it gives the verdict \
         that follows.",
        plain(&told.verdict.profile.name)
    ));
    page.line("");
    page.line("## What kept a check from saying what it found");
    page.line("");
    if capped.is_empty() {
        page.line("Nothing did in this run.");
        page.line("");
    }
    for (number, (question, findings)) in (1..).zip(&capped) {
        page.question(number, question, findings);
    }
    if !resting.is_empty() {
        page.line("## What passed on what nobody states");
        page.line("");
        page.line("Another answer than what was assumed may make another verdict of these.");
        page.line("");
        for (question, findings) in &resting {
            let checks: BTreeSet<&str> = findings.iter().map(|finding| finding.check).collect();
            let checks = checks.into_iter().collect::<Vec<_>>().join(", ");
            let assumed = page.assumed(findings).join("; ");
            let assumed = if assumed.is_empty() {
                String::new()
            } else {
                format!(": {assumed}")
            };
            page.line(&format!("- {} ({checks}{assumed})", plain(question)));
        }
    }
    while page.text.ends_with("\n\n") {
        page.text.pop();
    }
    page.text
}

/// Whether a check was met by what is inferred or assumed.
fn passed_on_trust(finding: &Finding) -> bool {
    match finding.reported {
        Level::Pass | Level::Warn | Level::Review => finding.provenance != Provenance::Stated,
        // What is measured is not held against anything, and what was not judged rests on nothing.
        Level::Fail
        | Level::Info
        | Level::NotApplicable
        | Level::NotExercised
        | Level::Inconclusive
        | Level::Error => false,
    }
}

struct Page<'v> {
    text: String,
    told: Told<'v>,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("writing to a String cannot fail");
    }

    fn question(&mut self, number: usize, question: &str, findings: &[&Finding]) {
        self.line(&format!("### {number}. {}", plain(question)));
        self.line("");
        self.line("It decides");
        self.line("");
        for finding in findings {
            self.line(&format!(
                "- {} ({}): {}",
                plain(&title(finding)),
                finding.subject,
                brief(&finding.message, MOST_QUOTED)
            ));
        }
        self.line("");
        self.line("under the clauses");
        self.line("");
        let of_check = |finding: &&&Finding| check(finding.check).map(|check| check.clauses);
        let mut clauses: Vec<&str> = Vec::new();
        for id in findings.iter().filter_map(|it| of_check(&it)).flatten() {
            if !clauses.contains(id) {
                clauses.push(id);
            }
        }
        for clause in clauses.into_iter().filter_map(clause) {
            self.line(&format!(
                "- {}: {} ({})",
                clause.id,
                brief(clause.text, MOST_QUOTED),
                plain(clause.source)
            ));
        }
        self.line("");
        let assumed = self.assumed(findings);
        if assumed.is_empty() {
            self.line("Until then the rule itself is assumed or inferred; no setting stands for the answer.");
        } else {
            self.line(&format!("Until then: {}.", assumed.join("; ")));
        }
        self.line("");
        self.line(&format!(
            "If the answer is what the check takes for right, {}. If something else holds, the history is \
             judged again by a profile that says so.",
            changes(findings)
        ));
        self.line("");
    }

    /// The settings that stand for the answer.
    fn assumed(&self, findings: &[&Finding]) -> Vec<String> {
        let mut keys: Vec<&str> = Vec::new();
        for key in findings.iter().flat_map(|finding| settings(finding.check)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let found = |key: &&str| {
            let mut settings = self.told.profile.settings().iter();
            settings.find(|setting| setting.key == *key)
        };
        let unstated = |setting: &&Setting| setting.provenance != Provenance::Stated;
        let settings = keys.iter().filter_map(found).filter(unstated);
        settings
            .map(|setting| {
                format!(
                    "`{}` is {} ({}: {})",
                    setting.key,
                    brief(&setting.value, MOST_QUOTED),
                    setting.provenance,
                    plain(&setting.source)
                )
            })
            .collect()
    }
}

/// `BK-02 is FAIL instead of REVIEW, BK-05 is …`.
fn changes(findings: &[&Finding]) -> String {
    let mut changes: Vec<String> = Vec::new();
    for finding in findings {
        let change = format!(
            "{} ({}) is {} instead of {}",
            finding.check, finding.subject, finding.raw, finding.reported
        );
        if !changes.contains(&change) {
            changes.push(plain(&change));
        }
    }
    changes.join(", ")
}
