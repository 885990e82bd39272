//! What a baseline and waivers say of findings. It stands beside an outcome and never changes it.
//!
//! | overlay | when | at the gate `certify` | at the gate `ci` |
//! |---|---|---|---|
//! | EXPECTED | the baseline names the outcome | – | it does not block |
//! | WAIVED | a waiver names it, or a stronger one | it does not block | it does not block |
//! | NEW | there is a baseline, and neither it nor a waiver names what speaks against the subject; or it says PASS, and the outcome is INCONCLUSIVE | – | WARN blocks with 1, INCONCLUSIVE with 3 |
//! | STALE | an entry has expired, or something better happened than what the baseline expects | 5 | 5 |
//!
//! ERROR is neither expected nor waived. An entry for a check that there is not is stale too, with no
//! finding to stand beside. An entry for a check that judged nobody, or that was not exercised, says
//! nothing. Which day it is, the histories say: that of the last start of a run.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::baseline::{Entry, Expectations};
use super::{Finding, Level, Verdict, headline, is_known};

/// What is said beside an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overlay {
    /// What it says.
    pub kind: OverlayKind,
    /// Who answers for it; nobody for what is new.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
}

/// What an overlay says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OverlayKind {
    /// The baseline names the outcome.
    Expected,
    /// The platform lets it pass for a time.
    Waived,
    /// There is a baseline, and it does not name it.
    New,
    /// An entry that named it is out of date.
    Stale,
}

impl OverlayKind {
    /// The word used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Expected => "EXPECTED",
            Self::Waived => "WAIVED",
            Self::New => "NEW",
            Self::Stale => "STALE",
        }
    }
}

/// An entry that is out of date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// Where it stands: `baseline` or `waivers`.
    pub list: &'static str,
    /// The id of its check.
    pub check: String,
    /// Why it is out of date.
    pub reason: String,
}

impl Stale {
    /// In a line: `baseline entry ST-03 expired on 2026-12-31`.
    #[must_use]
    pub fn text(&self) -> String {
        let entry = match self.list {
            "waivers" => "waiver",
            _ => "baseline entry",
        };
        format!("{entry} {} {}", self.check, self.reason)
    }
}

impl Finding {
    /// Whether such an overlay stands beside it.
    #[must_use]
    pub fn is_overlaid(&self, kind: OverlayKind) -> bool {
        self.overlays.iter().any(|overlay| overlay.kind == kind)
    }
}

impl Verdict {
    /// The same with what `expectations` say of its findings. The same arguments give the same
    /// verdict.
    #[must_use]
    pub fn held_against(mut self, expectations: &Expectations) -> Self {
        let today = self.today();
        for finding in &mut self.findings {
            finding.overlays.clear();
        }
        self.stale.clear();
        for entry in expectations.baseline.iter().flatten() {
            self.hold(entry, today, OverlayKind::Expected, "baseline");
        }
        for entry in &expectations.waivers {
            self.hold(entry, today, OverlayKind::Waived, "waivers");
        }
        if let Some(baseline) = &expectations.baseline {
            for finding in &mut self.findings {
                if let Some(reason) = novelty(finding, baseline) {
                    finding.overlays.push(Overlay {
                        kind: OverlayKind::New,
                        by: String::new(),
                        reason: reason.to_owned(),
                        expires: None,
                    });
                }
            }
        }
        self.headline = headline::of(&self);
        self
    }

    /// The day on which the last run began.
    fn today(&self) -> Date {
        let began = self.runs.iter().map(|run| run.began).max();
        let began = began.expect("nothing is judged without a run");
        began.to_zoned(TimeZone::UTC).date()
    }

    fn hold(&mut self, entry: &Entry, today: Date, kind: OverlayKind, list: &'static str) {
        let mut found: Vec<&mut Finding> = self
            .findings
            .iter_mut()
            .filter(|finding| {
                finding.check == entry.check
                    && entry
                        .subject
                        .is_none_or(|subject| subject == finding.subject)
            })
            .collect();
        let expired = entry.expires.filter(|last| *last < today);
        let stale = match (expired, kind) {
            _ if !is_known(&entry.check) => Some("names a check that there is not".to_owned()),
            (Some(last), _) => Some(format!("expired on {last}")),
            (None, OverlayKind::Expected)
                if !found.is_empty() && found.iter().all(|it| is_better(it, entry.outcome)) =>
            {
                let outcome = found[0].reported;
                Some(format!("expects {} and found {outcome}", entry.outcome))
            }
            (None, _) => None,
        };
        let overlay = |kind, reason: &str| Overlay {
            kind,
            by: entry.by.clone(),
            reason: reason.to_owned(),
            expires: entry.expires,
        };
        if let Some(reason) = stale {
            for finding in found {
                finding.overlays.push(overlay(OverlayKind::Stale, &reason));
            }
            self.stale.push(Stale {
                list,
                check: entry.check.clone(),
                reason,
            });
            return;
        }
        for finding in &mut found {
            let named = match kind {
                OverlayKind::Waived => is_waived(finding, entry.outcome),
                OverlayKind::Expected | OverlayKind::New | OverlayKind::Stale => {
                    is_expected(finding, entry.outcome)
                }
            };
            if named {
                finding.overlays.push(overlay(kind, &entry.reason));
            }
        }
    }
}

/// Whether a finding is what was expected: a PASS needs no overlay. What speaks against the subject
/// is expected by its reported or by its raw name, or by one between them.
fn is_expected(finding: &Finding, outcome: Level) -> bool {
    match outcome {
        Level::Pass | Level::Error => false,
        Level::Fail | Level::Review | Level::Warn => {
            let expected = outcome.strength();
            (finding.reported.strength()..=finding.raw.strength()).contains(&expected)
        }
        Level::Info | Level::NotApplicable | Level::NotExercised | Level::Inconclusive => {
            finding.reported == outcome
        }
    }
}

/// Whether a waiver of `outcome` covers a finding: what is waived, and what is less.
fn is_waived(finding: &Finding, outcome: Level) -> bool {
    let against = finding.reported.strength();
    match finding.reported {
        Level::Fail | Level::Review | Level::Warn => against <= outcome.strength(),
        Level::NotExercised | Level::Inconclusive => finding.reported == outcome,
        Level::Pass | Level::Info | Level::NotApplicable | Level::Error => false,
    }
}

/// Whether something better happened than `expected`.
fn is_better(finding: &Finding, expected: Level) -> bool {
    let exercised = match finding.raw {
        Level::Pass | Level::Info | Level::Warn | Level::Review | Level::Fail => true,
        Level::NotApplicable | Level::NotExercised | Level::Inconclusive | Level::Error => false,
    };
    match expected {
        Level::Fail | Level::Review | Level::Warn => {
            exercised && finding.raw.strength() < expected.strength()
        }
        Level::NotExercised | Level::Inconclusive => exercised && finding.raw.strength() == 0,
        Level::Pass | Level::Info | Level::NotApplicable | Level::Error => false,
    }
}

/// Why a finding is new, where it is.
fn novelty(finding: &Finding, baseline: &[Entry]) -> Option<&'static str> {
    let was_pass = baseline.iter().any(|entry| {
        entry.check == finding.check
            && entry.outcome == Level::Pass
            && entry
                .subject
                .is_none_or(|subject| subject == finding.subject)
    });
    match finding.reported {
        _ if finding.is_overlaid(OverlayKind::Waived) => None,
        Level::Fail | Level::Review | Level::Warn
            if !finding.is_overlaid(OverlayKind::Expected) =>
        {
            Some("the baseline does not name it")
        }
        Level::Inconclusive if was_pass => Some("the baseline says PASS"),
        Level::Fail
        | Level::Review
        | Level::Warn
        | Level::Inconclusive
        | Level::Pass
        | Level::Info
        | Level::NotApplicable
        | Level::NotExercised
        | Level::Error => None,
    }
}
