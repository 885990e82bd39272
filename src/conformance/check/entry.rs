//! What the catalogue knows of a check.

use serde::Serialize;

use crate::conformance::clause::clause;
use crate::conformance::{Evidence, Finding, Keyword, Level, Ruling, Witness, noise};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// A kind of check; its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// `AE`: the authorisation endpoint.
    AuthorisationEndpoint,
    /// `BK`: throttling and what follows from it.
    Backoff,
    /// `CR`: credentials.
    Credential,
    /// `IX`: the interaction id.
    InteractionId,
    /// `MG`: messages and their answers.
    Messaging,
    /// `NA`: how notifications are answered.
    NotificationAnswer,
    /// `NP`: whether the notification endpoint validates what it is sent.
    NotificationProbe,
    /// `PC`: the provider's configuration.
    ProviderConfiguration,
    /// `RP`: what the collections assert themselves.
    Replay,
    /// `ST`: the states of subscriptions, batches and payments.
    StatusFlow,
    /// `TK`: access tokens.
    Token,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::AuthorisationEndpoint,
        Self::Backoff,
        Self::Credential,
        Self::InteractionId,
        Self::Messaging,
        Self::NotificationAnswer,
        Self::NotificationProbe,
        Self::ProviderConfiguration,
        Self::Replay,
        Self::StatusFlow,
        Self::Token,
    ];

    /// The letters with which the ids of its checks begin.
    #[must_use]
    pub fn letters(self) -> &'static str {
        match self {
            Self::AuthorisationEndpoint => "AE",
            Self::Backoff => "BK",
            Self::Credential => "CR",
            Self::InteractionId => "IX",
            Self::Messaging => "MG",
            Self::NotificationAnswer => "NA",
            Self::NotificationProbe => "NP",
            Self::ProviderConfiguration => "PC",
            Self::Replay => "RP",
            Self::StatusFlow => "ST",
            Self::Token => "TK",
        }
    }
}

/// One rule.
pub struct Check {
    /// Its id: `BK-02`.
    pub id: &'static str,
    /// Its kind.
    pub family: Family,
    /// What is required, in a line.
    pub title: &'static str,
    /// The ids of the clauses that it checks.
    pub clauses: &'static [&'static str],
    /// Whom it judges.
    pub subjects: &'static [Subject],
    /// From where an exchange may have been observed for the rule to be safe: from there, what the
    /// network or another party does never makes a violation of what is none.
    pub vantages: &'static [Vantage],
    /// On what it rests in this profile.
    pub provenance: fn(&Profile) -> Provenance,
    /// The worst that the rule can say of what it judges. INFO: it measures and never says more.
    /// NOT_APPLICABLE: the platform gives it nothing to judge, and its prose says why.
    pub severest: Level,
    /// What would have to be known for its raw outcome to be reported, behind "becomes FAIL if …".
    pub flips_if: &'static str,
    /// The text of its file; the prose at its head is the documentation.
    pub source: &'static str,
    /// The rule.
    pub rule: fn(&Evidence<'_>, &Profile) -> Ruling,
}

/// The sections of a check's prose, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What is required.
    Required,
    /// Why.
    Why,
    /// How it is judged.
    Judged,
    /// An example that conforms.
    Example,
    /// Sources.
    Sources,
}

impl Section {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::Required,
        Self::Why,
        Self::Judged,
        Self::Example,
        Self::Sources,
    ];

    /// Its heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Required => "What is required",
            Self::Why => "Why",
            Self::Judged => "How it is judged",
            Self::Example => "An example that conforms",
            Self::Sources => "Sources",
        }
    }
}

impl Check {
    /// Applies the rule, and the ceiling of what it rests on. A history that was observed from
    /// where the rule is not safe is too weak for it, and so is one from a host that was too noisy.
    #[must_use]
    pub fn judge(&self, evidence: &Evidence<'_>, profile: &Profile) -> Finding {
        let finding = self.judge_alone(evidence, profile);
        noise::weighed(finding, self, evidence, profile)
    }

    /// The same, whatever the noise of the host.
    pub(in crate::conformance) fn judge_alone(
        &self,
        evidence: &Evidence<'_>,
        profile: &Profile,
    ) -> Finding {
        let ruling = match evidence.seen_elsewhere(self.vantages) {
            Some(call) => {
                let safe: Vec<&str> = self.vantages.iter().map(|safe| safe.name()).collect();
                let message = format!(
                    "Exchanges were observed from the {}; this can be judged only from the {}.",
                    call.exchange.vantage.name(),
                    safe.join(" or the ")
                );
                Ruling::new(Level::Inconclusive, message).shown_by(Witness::of([call.place()]))
            }
            None => (self.rule)(evidence, profile),
        };
        Finding::new(self, evidence.subject(), profile, ruling)
    }

    /// Whether its rule rests on a sample, so that chance has its say: the growth of waits, their
    /// dispersal, percentiles.
    #[must_use]
    pub fn is_statistical(&self) -> bool {
        matches!(self.id, "BK-23" | "BK-30" | "BK-31" | "BK-32" | "ST-15")
    }

    /// How strongly the strictest of its clauses is worded.
    #[must_use]
    pub fn keyword(&self) -> Keyword {
        self.clauses
            .iter()
            .filter_map(|id| clause(id))
            .map(|clause| clause.keyword)
            .max()
            .unwrap_or(Keyword::Optional)
    }

    /// Its documentation, in Markdown.
    #[must_use]
    pub fn prose(&self) -> String {
        let mut prose = String::new();
        for line in self.source.lines() {
            let Some(text) = line.strip_prefix("//!") else {
                break;
            };
            prose.push_str(text.strip_prefix(' ').unwrap_or(text));
            prose.push('\n');
        }
        prose
    }
}

#[cfg(test)]
mod tests {
    use crate::conformance::fixture::{conforming_run, found};
    use crate::conformance::{CHECKS, Level, check};
    use crate::event::Subject;
    use crate::exchange::Vantage;

    #[test]
    fn a_rule_that_is_run_from_where_it_is_not_safe_is_inconclusive() {
        for check in CHECKS
            .iter()
            .filter(|check| check.subjects.contains(&Subject::Replay))
        {
            for vantage in Vantage::ALL {
                let mut run = conforming_run();
                run.get_provider()
                    .with(|exchange| exchange.vantage = vantage);
                let finding = found(check, &mut run);
                let safe = check.vantages.contains(&vantage);
                let expected = if safe {
                    Level::Pass
                } else {
                    Level::Inconclusive
                };
                assert_eq!(finding.raw, expected, "{} {vantage:?}", check.id);
                assert_eq!(finding.witness.sequences.is_empty(), safe);
            }
        }
        let elsewhere: Vec<_> = CHECKS
            .iter()
            .flat_map(|check| {
                let vantages = Vantage::ALL.into_iter();
                let unsafe_ones = vantages.filter(|it| !check.vantages.contains(it));
                unsafe_ones.map(|vantage| (check.id, vantage.name()))
            })
            .collect();
        for expected in [("BK-15", "proxy"), ("RP-01", "mock"), ("RP-01", "proxy")] {
            assert!(elsewhere.contains(&expected), "{expected:?}");
        }
        let mut run = conforming_run();
        run.get_provider()
            .with(|exchange| exchange.vantage = Vantage::Proxy);
        assert_eq!(
            found(check("BK-15").unwrap(), &mut run).message,
            "Exchanges were observed from the proxy; this can be judged only from the mock or the \
             client."
        );
    }

    #[test]
    fn the_prose_is_what_stands_at_the_head_of_the_file() {
        let check = CHECKS.iter().find(|check| check.id == "BK-02").unwrap();
        let prose = check.prose();
        assert!(prose.starts_with("A retry does not come before"), "{prose}");
        assert!(prose.ends_with(".\n"), "{prose}");
        assert!(!prose.contains("use crate"), "{prose}");
    }
}
