//! The rules that the provider states are well formed.
//!
//! # What is required
//!
//! Each member of `accountType.validationRules` has a `ruleId` that no other has, and a `validation`
//! with `apiPath` and `jsonPath`; its `regex` compiles and takes its own `example`; its `optionality`
//! is one of the known words.
//!
//! # Why
//!
//! Products check what users type against these rules. A pattern that does not compile, or that
//! refuses good account numbers, stops all payments of a customer.
//!
//! # How it is judged
//!
//! The rules in every update that the connector sends and every configuration that a read shows. FAIL
//! for a rule that breaks the above; of patterns for what no dialect takes: a bracket that is not closed or
//! not opened, a repetition or an escape of nothing. Which dialect the platform uses is not known, so a
//! pattern with look-around or back-references is taken as it is, and what else does not compile here is
//! reported as INFO. An unknown `optionality` is reported as INFO, because
//! the words are not public. NOT_APPLICABLE where the connector never touches its configuration.
//!
//! # An example that conforms
//!
//! `{"ruleId": "sort-code", "validation": {"apiPath": "Creditors", "jsonPath": "$.data…", "regex":
//! "^[0-9]{6}$", "example": "200000"}}`
//!
//! # Sources
//!
//! `/payments-out/guides/provider/understand-provider-rules`, `/payments-out/guides/understand-provider-json`.

use std::collections::BTreeSet;

use regex::RegexBuilder;
use serde_json::Value;

use super::configuration::{configurations, untouched};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// PC-02.
pub const CHECK: Check = Check {
    id: "PC-02",
    family: Family::ProviderConfiguration,
    title: "The rules that the provider states are well formed",
    clauses: &["PO-CONFIGURATION"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "the platform says which words an optionality has",
    source: include_str!("rules.rs"),
    rule,
};

/// The largest size of a compiled pattern, in bytes: patterns come from outside.
const PATTERN_BYTES: usize = 16 << 20;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flaw {
    /// On what that rests.
    rests_on: Provenance,
    message: String,
    /// What would have to be known for it to fail anybody, where that is not known.
    doubt: Option<&'static str>,
}

/// What nobody says of the patterns.
const DIALECT: &str = "the platform says which dialect of regular expressions it takes";

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let configurations = configurations(evidence, profile);
    let mut judged = 0;
    let mut violations = Vec::new();
    for configuration in &configurations {
        let account = configuration.data.get("accountType");
        let Some(rules) = account.and_then(|account| account.get("validationRules")) else {
            continue;
        };
        let Some(rules) = rules.as_array() else {
            let message = "validationRules is not a list".to_owned();
            violations.push((Flaw::stated(message), configuration.call));
            continue;
        };
        let mut ids = BTreeSet::new();
        for rule in rules {
            judged += 1;
            if let Some(flaw) = flaw(rule, &mut ids, profile) {
                violations.push((flaw, configuration.call));
            }
        }
    }
    violations.sort_by_key(|(flaw, _)| (flaw.doubt.is_some(), flaw.rests_on != Provenance::Stated));
    let rest = violations.len().saturating_sub(1);
    match violations.into_iter().next() {
        Some((flaw, call)) => {
            let ruling = Ruling::new(Level::Fail, format!("{}{}.", flaw.message, and_more(rest)))
                .resting_on(flaw.rests_on)
                .shown_by(Witness::of([call.place()]));
            match flaw.doubt {
                Some(doubt) => ruling.at_most(Level::Info, doubt),
                None => ruling,
            }
        }
        None if configurations.is_empty() => untouched(),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} in {}, all well formed.",
                counted(judged, "rule"),
                counted(configurations.len(), "configuration")
            ),
        ),
    }
}

impl Flaw {
    /// One that what the platform states shows.
    fn stated(message: String) -> Self {
        Self {
            rests_on: Provenance::Stated,
            message,
            doubt: None,
        }
    }
}

/// What is wrong with the pattern of the rule `id`, and with its example.
fn pattern_flaw(id: &str, pattern: &str, example: Option<&str>) -> Option<Flaw> {
    let compiled = match RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build() {
        Ok(compiled) => compiled,
        Err(regex::Error::CompiledTooBig(_)) => return None,
        // Other dialects have it.
        Err(error) if error.to_string().contains("not supported") => return None,
        Err(_) => {
            let flaw = Flaw::stated(format!("the regex of the rule {id:?} does not compile"));
            return Some(Flaw {
                doubt: (!is_broken(pattern)).then_some(DIALECT),
                ..flaw
            });
        }
    };
    example
        .filter(|example| !compiled.is_match(example))
        .map(|_| Flaw::stated(format!("the rule {id:?} does not take its own example")))
}

/// Whether no dialect takes `pattern`: a bracket that is not closed or not opened, a repetition of
/// nothing, an escape of nothing.
fn is_broken(pattern: &str) -> bool {
    use regex_syntax::ast::ErrorKind;
    let Err(error) = regex_syntax::ast::parse::Parser::new().parse(pattern) else {
        return false;
    };
    match error.kind() {
        ErrorKind::GroupUnclosed
        | ErrorKind::GroupUnopened
        | ErrorKind::EscapeUnexpectedEof
        | ErrorKind::RepetitionMissing => true,
        // To JavaScript an empty class is one.
        ErrorKind::ClassUnclosed => !pattern.contains("[]") && !pattern.contains("[^]"),
        _ => false,
    }
}

/// What is wrong with `rule`; `ids` are those of the rules before it.
fn flaw<'r>(rule: &'r Value, ids: &mut BTreeSet<&'r str>, profile: &Profile) -> Option<Flaw> {
    let stated = |message: String| Some(Flaw::stated(message));
    let Some(id) = rule["ruleId"].as_str().filter(|id| !id.trim().is_empty()) else {
        return stated("a rule has no ruleId".into());
    };
    if !ids.insert(id) {
        return stated(format!("two rules have the ruleId {id:?}"));
    }
    let validation = &rule["validation"];
    for name in ["apiPath", "jsonPath"] {
        if validation[name].as_str().is_none_or(str::is_empty) {
            return stated(format!("the rule {id:?} has no {name}"));
        }
    }
    if let Some(pattern) = validation.get("regex").filter(|it| !it.is_null()) {
        let Some(pattern) = pattern.as_str() else {
            return stated(format!("the regex of the rule {id:?} is no text"));
        };
        let flaw = pattern_flaw(id, pattern, validation["example"].as_str());
        if flaw.is_some() {
            return flaw;
        }
    }
    let words = &profile.rules;
    let known = [&words.required, &words.optional, &words.not_allowed];
    let optionality = validation["optionality"].as_str()?;
    let is_known = known.iter().any(|word| word.value == optionality);
    (!is_known).then(|| Flaw {
        rests_on: words.required.provenance,
        message: format!("the rule {id:?} has the optionality {optionality:?}"),
        doubt: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is said of a rule with these members in its `validation`.
    fn said(validation: &Value) -> Option<Flaw> {
        let mut whole = json!({"apiPath": "Creditors", "jsonPath": "$.data"});
        for (name, value) in validation.as_object().unwrap() {
            whole[name] = value.clone();
        }
        let rule = json!({"ruleId": "r", "validation": whole});
        flaw(&rule, &mut BTreeSet::new(), &Profile::built_in())
    }

    #[test]
    fn a_rule_is_looked_through() {
        let table = [
            (json!({}), None),
            (json!({"regex": "^[0-9]{6}$", "example": "200000"}), None),
            (json!({"regex": "^(?=x)", "example": "y"}), None),
            (json!({"optionality": "required"}), None),
            (
                json!({"regex": "^[0-9]{6}$", "example": "2000"}),
                Some("its own example"),
            ),
            (json!({"regex": "([0-9]"}), Some("does not compile")),
            (json!({"regex": "(?:a{1000}){1000}"}), None),
            (
                json!({"regex": "^[\\p{L}\\w '-]{1,140}$", "example": "Jo"}),
                None,
            ),
            (json!({"regex": "^a\\Z"}), Some("does not compile")),
            (json!({"regex": "a[^]b"}), Some("does not compile")),
            (json!({"regex": 6}), Some("is no text")),
            (json!({"jsonPath": ""}), Some("has no jsonPath")),
            (
                json!({"optionality": "maybe"}),
                Some("the optionality \"maybe\""),
            ),
        ];
        for (validation, expected) in table {
            let found = said(&validation).map(|flaw| flaw.message);
            assert_eq!(
                found.is_some(),
                expected.is_some(),
                "{validation}: {found:?}"
            );
            assert!(
                found
                    .unwrap_or_default()
                    .contains(expected.unwrap_or_default())
            );
        }
        assert_eq!(
            said(&json!({"optionality": "maybe"})).unwrap().rests_on,
            Provenance::Assumed
        );
    }

    #[test]
    fn only_what_no_dialect_takes_fails_anybody() {
        for (pattern, fails) in [
            ("(a", true),
            ("a)", true),
            ("[a", true),
            ("*a", true),
            ("a\\", true),
            ("a\\Z", false),
            ("(?>a)", false),
            ("a{,8}", false),
            ("[^]", false),
        ] {
            let found = said(&json!({"regex": pattern}));
            let is_sure = found.as_ref().is_some_and(|flaw| flaw.doubt.is_none());
            assert_eq!(is_sure, fails, "{pattern}: {found:?}");
        }
    }

    #[test]
    fn an_id_is_given_once() {
        let rule = json!({"ruleId": "r", "validation": {"apiPath": "a", "jsonPath": "$"}});
        let profile = Profile::built_in();
        let mut ids = BTreeSet::new();
        assert_eq!(flaw(&rule, &mut ids, &profile), None);
        assert!(
            flaw(&rule, &mut ids, &profile)
                .unwrap()
                .message
                .contains("two rules")
        );
        assert!(
            flaw(&json!({}), &mut ids, &profile)
                .unwrap()
                .message
                .contains("no ruleId")
        );
    }
}
