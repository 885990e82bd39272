//! What a person decides of what the rules leave open.
//!
//! A decision stands beside a finding and never changes it. It says what becomes of a gate: what was
//! accepted no longer waits for anybody, what was rejected does not conform.

use serde::{Deserialize, Serialize};

use super::gate::{self, Gate, GateOutcome};
use super::{ExitStatus, Finding, Verdict, blocks, headline};

/// How many characters a reason has at most.
const LONGEST_REASON: usize = 2_000;

/// How many characters a name has at most.
const LONGEST_NAME: usize = 200;

/// What a person says of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It does not stand in the way.
    Accept,
    /// It is a failure.
    Reject,
}

impl Decision {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Accept, Self::Reject];

    /// The word in a file and on a page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
        }
    }

    /// The word for what is done.
    #[must_use]
    pub fn past(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Reject => "rejected",
        }
    }
}

/// A decision as somebody wrote it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The id of the check.
    pub check: String,
    /// Whom it judges, as [`Verdict::whose`] has it; may be left out where it judges one only.
    pub subject: Option<String>,
    /// What was decided.
    pub decision: Decision,
    /// Why.
    pub reason: String,
}

/// A decision on a finding that there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The id of the check.
    pub check: String,
    /// Whom it judges, as [`Verdict::whose`] has it.
    pub subject: String,
    /// What was decided.
    pub decision: Decision,
    /// Why, in one line.
    pub reason: String,
}

/// What a person decided of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decisions {
    by: String,
    decided: Vec<Decided>,
    open: usize,
}

/// What is wrong with decisions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Undecidable {
    /// Which of those that were stated, from 0; none where it is not one of them.
    pub item: Option<usize>,
    /// What is wrong, and what is expected instead.
    pub message: String,
}

impl Decisions {
    /// What `by` states of `verdict`, in order of risk. A line break in a text becomes a space.
    ///
    /// # Errors
    /// Everything that is wrong: nobody decides, nothing is decided though something is open, a
    /// finding is not open or is decided twice, a reason is missing, a text is too long or holds what
    /// cannot be printed.
    pub fn of(verdict: &Verdict, by: &str, stated: &[Stated]) -> Result<Self, Vec<Undecidable>> {
        let open = verdict.to_decide();
        let mut problems = Vec::new();
        let mut say = |item, message: String| problems.push(Undecidable { item, message });
        let by = in_a_line(by);
        if by.is_empty() {
            say(
                None,
                "nobody decides: the reviewer's name is missing".into(),
            );
        }
        if let Some(flaw) = flaw(&by, LONGEST_NAME) {
            say(None, format!("the name {flaw}"));
        }
        let mut decided: Vec<Option<Decided>> = vec![None; open.len()];
        for (item, one) in stated.iter().enumerate() {
            let place = match place(verdict, &open, one) {
                Ok(place) => place,
                Err(message) => {
                    say(Some(item), message);
                    continue;
                }
            };
            let reason = in_a_line(&one.reason);
            if reason.is_empty() {
                say(Some(item), format!("{}: the reason is missing", one.check));
            }
            if let Some(flaw) = flaw(&reason, LONGEST_REASON) {
                say(Some(item), format!("{}: the reason {flaw}", one.check));
            }
            let decision = Decided {
                check: open[place].check.to_owned(),
                subject: verdict.whose(open[place]),
                decision: one.decision,
                reason,
            };
            if decided[place].replace(decision).is_some() {
                say(Some(item), format!("{}: it is decided twice", one.check));
            }
        }
        if stated.is_empty() && !open.is_empty() {
            say(
                None,
                "nothing is decided: accept or reject one at least".into(),
            );
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let decided: Vec<Decided> = decided.into_iter().flatten().collect();
        Ok(Self {
            by,
            open: open.len() - decided.len(),
            decided,
        })
    }

    /// Who decided.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// What was decided, in order of risk.
    #[must_use]
    pub fn decided(&self) -> &[Decided] {
        &self.decided
    }

    /// How many findings still wait for somebody.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open
    }

    /// What was decided of `finding`, one of `verdict`.
    #[must_use]
    pub fn on(&self, verdict: &Verdict, finding: &Finding) -> Option<&Decided> {
        let subject = verdict.whose(finding);
        self.decided
            .iter()
            .find(|it| it.check == finding.check && it.subject == subject)
    }
}

impl Verdict {
    /// What it means at `gate` once `decisions` are heeded: what was accepted does not block, what
    /// was rejected blocks as a failure does, waived or not.
    #[must_use]
    pub fn gate_as_decided(&self, gate: Gate, decisions: &Decisions) -> GateOutcome {
        gate::outcome(gate, self, |finding| {
            let item = headline::item(self, finding);
            match decisions.on(self, finding).map(|it| it.decision) {
                Some(Decision::Accept) => None,
                Some(Decision::Reject) => Some((
                    ExitStatus::NonConformant,
                    format!("{item}, rejected by {}", decisions.by),
                )),
                None => blocks(gate, finding).map(|status| (status, item)),
            }
        })
    }
}

/// Which of `open` is meant.
fn place(verdict: &Verdict, open: &[&Finding], stated: &Stated) -> Result<usize, String> {
    let Stated { check, subject, .. } = stated;
    let of_check: Vec<(usize, String)> = open
        .iter()
        .enumerate()
        .filter(|(_, finding)| finding.check == check)
        .map(|(place, finding)| (place, verdict.whose(finding)))
        .collect();
    let names = || {
        let names: Vec<&str> = of_check.iter().map(|(_, name)| name.as_str()).collect();
        names.join(", ")
    };
    let shown = printable(check);
    match (of_check.as_slice(), subject) {
        ([], _) => Err(format!("{shown}: no such check waits for a decision")),
        ([(place, _)], None) => Ok(*place),
        (_, None) => Err(format!(
            "{shown}: it judges several; say which is meant: {}",
            names()
        )),
        (several, Some(wanted)) => several
            .iter()
            .find(|(_, name)| name == wanted)
            .map(|(place, _)| *place)
            .ok_or_else(|| {
                format!(
                    "{shown}: of {} nothing waits for a decision, only of {}",
                    printable(wanted),
                    names()
                )
            }),
    }
}

/// `text` without line breaks, and without space at its ends.
fn in_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong with a text that is to be signed and printed.
fn flaw(text: &str, longest: usize) -> Option<String> {
    let length = text.chars().count();
    if length > longest {
        return Some(format!("has {length} characters (at most: {longest})"));
    }
    text.chars()
        .any(is_hidden)
        .then(|| "holds characters that cannot be printed".to_owned())
}

/// Whether a character does something else than being shown: to a terminal, or to the order in which
/// the text beside it is read (UAX #9 §2).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// As much of what somebody wrote as a message shows.
fn printable(text: &str) -> String {
    let shown = text.chars().take(40);
    shown
        .map(|character| {
            if is_hidden(character) {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{Level, Scope, fixture, judge};
    use crate::event::Subject;
    use crate::profile::{Profile, Provenance};

    /// A verdict with three findings for a person: of TK-01, and of BK-02 on two runs.
    fn verdict() -> Verdict {
        let history = fixture::conforming_run().history();
        let mut verdict = judge(&history, &Profile::built_in(), &Scope::default());
        verdict.runs[0].subject = Subject::Connector;
        verdict.runs.push(verdict.runs[0].clone());
        verdict.findings = [
            ("TK-01", 0, Level::Fail),
            ("BK-02", 0, Level::Review),
            ("BK-02", 1, Level::Review),
        ]
        .map(|(check, run, raw)| Finding {
            subject: Subject::Connector,
            run,
            raw,
            reported: Level::Review,
            provenance: Provenance::Inferred,
            ..fixture::bare(check)
        })
        .to_vec();
        verdict
    }

    fn stated(check: &str, subject: Option<&str>, decision: Decision) -> Stated {
        Stated {
            check: check.into(),
            subject: subject.map(str::to_owned),
            decision,
            reason: "seen\r\n in the log".into(),
        }
    }

    #[test]
    fn decisions_are_kept_in_order_of_risk_and_in_a_line() {
        let verdict = verdict();
        let both = [
            stated("BK-02", Some("connector 2"), Decision::Reject),
            stated("TK-01", None, Decision::Accept),
        ];
        let decisions = Decisions::of(&verdict, " Jo\tDoe ", &both).unwrap();
        assert_eq!((decisions.by(), decisions.open()), ("Jo Doe", 1));
        let told: Vec<_> = decisions
            .decided()
            .iter()
            .map(|it| (it.check.as_str(), it.subject.as_str(), it.reason.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("TK-01", "connector", "seen in the log"),
                ("BK-02", "connector 2", "seen in the log"),
            ]
        );
        let on = |place: usize| decisions.on(&verdict, &verdict.findings[place]);
        assert_eq!(on(0).map(|it| it.decision), Some(Decision::Accept));
        assert_eq!(on(1), None);
        assert_eq!(on(2).map(|it| it.decision), Some(Decision::Reject));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let verdict = verdict();
        let mut silent = stated("TK-01", None, Decision::Accept);
        silent.reason = " \n".into();
        let mut odd = stated("BK-02", Some("connector"), Decision::Accept);
        odd.reason = "fine \u{202e}".into();
        let mut long = stated("BK-02", Some("connector 2"), Decision::Accept);
        long.reason = "x".repeat(2_001);
        let all = [
            silent,
            odd,
            long,
            stated("BK-02", None, Decision::Accept),
            stated("BK-02", Some("replay"), Decision::Accept),
            stated("ST-01\u{1b}", None, Decision::Reject),
            stated("TK-01", Some("connector"), Decision::Reject),
        ];
        let problems = Decisions::of(&verdict, "\u{7}", &all).unwrap_err();
        let told: Vec<String> = problems
            .iter()
            .map(|it| format!("{:?} {it}", it.item))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        None the name holds characters that cannot be printed
        Some(0) TK-01: the reason is missing
        Some(1) BK-02: the reason holds characters that cannot be printed
        Some(2) BK-02: the reason has 2001 characters (at most: 2000)
        Some(3) BK-02: it judges several; say which is meant: connector, connector 2
        Some(4) BK-02: of replay nothing waits for a decision, only of connector, connector 2
        Some(5) ST-01�: no such check waits for a decision
        Some(6) TK-01: it is decided twice
        ");
        let nothing = Decisions::of(&verdict, " ", &[]).unwrap_err();
        let told: Vec<String> = nothing.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        nobody decides: the reviewer's name is missing
        nothing is decided: accept or reject one at least
        ");
    }

    #[test]
    fn what_was_accepted_does_not_block_and_what_was_rejected_fails() {
        use Decision::{Accept, Reject};
        let verdict = verdict();
        let exit = |decisions: &[(&str, &str, Decision)]| {
            let all: Vec<Stated> = decisions
                .iter()
                .map(|(check, subject, decision)| stated(check, Some(subject), *decision))
                .collect();
            let decisions = Decisions::of(&verdict, "Jo", &all).unwrap();
            let gates = [Gate::Certify, Gate::Ci];
            gates.map(|gate| verdict.gate_as_decided(gate, &decisions).exit.code())
        };
        let (one, two, three) = ("TK-01", "BK-02", "BK-02");
        let of = |decision: [Decision; 3]| {
            [
                (one, "connector", decision[0]),
                (two, "connector", decision[1]),
                (three, "connector 2", decision[2]),
            ]
        };
        // At the gate `ci` only TK-01 blocks: the others are no failures by their rule.
        assert_eq!(verdict.gate(Gate::Certify).exit.code(), 4);
        assert_eq!(exit(&of([Accept, Accept, Accept])), [0, 0]);
        assert_eq!(exit(&of([Accept, Accept, Accept])[..1]), [4, 0]);
        assert_eq!(exit(&of([Accept, Accept, Accept])[1..]), [4, 4]);
        assert_eq!(exit(&of([Accept, Accept, Reject])), [1, 1]);
        let rejected = [stated(one, None, Reject)];
        let decisions = Decisions::of(&verdict, "Jo", &rejected).unwrap();
        let outcome = verdict.gate_as_decided(Gate::Certify, &decisions);
        assert_eq!(
            outcome.blockers[0],
            "TK-01 REVIEW (connector), rejected by Jo"
        );
        assert_eq!(outcome.blockers.len(), 3);
    }
}
