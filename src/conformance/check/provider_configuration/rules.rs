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
//! for a rule that breaks the above. A pattern with look-around or back-references is taken as it is:
//! which dialect the platform uses is not known. An unknown `optionality` is reported as INFO, because
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
const PATTERN_BYTES: usize = 256 * 1024;

/// What is wrong with a rule, and on what that rests.
type Flaw = (Provenance, String);

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
            let flaw = (
                Provenance::Stated,
                "validationRules is not a list".to_owned(),
            );
            violations.push((flaw, configuration.call));
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
    violations.sort_by_key(|((rests_on, _), _)| *rests_on != Provenance::Stated);
    let rest = violations.len().saturating_sub(1);
    match violations.into_iter().next() {
        Some(((rests_on, message), call)) => {
            Ruling::new(Level::Fail, format!("{message}{}.", and_more(rest)))
                .resting_on(rests_on)
                .shown_by(Witness::of([call.place()]))
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

/// What is wrong with `rule`; `ids` are those of the rules before it.
fn flaw<'r>(rule: &'r Value, ids: &mut BTreeSet<&'r str>, profile: &Profile) -> Option<Flaw> {
    let stated = |message: String| Some((Provenance::Stated, message));
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
        match RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build() {
            Ok(compiled) => {
                let example = validation["example"].as_str();
                if example.is_some_and(|example| !compiled.is_match(example)) {
                    return stated(format!("the rule {id:?} does not take its own example"));
                }
            }
            // Another dialect may well have it.
            Err(error) if error.to_string().contains("not supported") => {}
            Err(_) => return stated(format!("the regex of the rule {id:?} does not compile")),
        }
    }
    let words = &profile.rules;
    let known = [&words.required, &words.optional, &words.not_allowed];
    let optionality = validation["optionality"].as_str()?;
    let is_known = known.iter().any(|word| word.value == optionality);
    (!is_known).then(|| {
        let message = format!("the rule {id:?} has the optionality {optionality:?}");
        (words.required.provenance, message)
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
            (
                json!({"regex": "(?:a{1000}){1000}"}),
                Some("does not compile"),
            ),
            (json!({"regex": 6}), Some("is no text")),
            (json!({"jsonPath": ""}), Some("has no jsonPath")),
            (
                json!({"optionality": "maybe"}),
                Some("the optionality \"maybe\""),
            ),
        ];
        for (validation, expected) in table {
            let found = said(&validation).map(|(_, message)| message);
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
            said(&json!({"optionality": "maybe"})).unwrap().0,
            Provenance::Assumed
        );
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
                .1
                .contains("two rules")
        );
        assert!(
            flaw(&json!({}), &mut ids, &profile)
                .unwrap()
                .1
                .contains("no ruleId")
        );
    }
}
