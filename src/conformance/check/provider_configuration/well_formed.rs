//! The configuration has the form that the platform's pages give it.
//!
//! # What is required
//!
//! `country` is a list of ISO 3166-1 alpha-2 codes, even of one; `supportedLanguages` is a list, and
//! `defaultLanguage` one of it; `maximumPaymentCount` is a whole number from 1 to 2,000; `providerId`
//! never changes.
//!
//! # Why
//!
//! Products read these elements to show the provider where it can be used.
//!
//! # How it is judged
//!
//! Every update that the connector sends, taken or not. FAIL for an element that has another form;
//! elements that are left out are PC-01's. That the default language is one of the supported ones is
//! not stated and reported as REVIEW. NOT_APPLICABLE where the connector never updates its
//! configuration.
//!
//! # An example that conforms
//!
//! `{"data": {"country": ["GB"], "defaultLanguage": "en-GB", "supportedLanguages": ["en-GB"],
//! "maximumPaymentCount": 500}}`
//!
//! # Sources
//!
//! `/payments-out/guides/understand-provider-json`, `/payments-out/announcements/2021-09-16`.

use serde_json::{Map, Value};

use super::configuration::{How, configurations};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// PC-05.
pub const CHECK: Check = Check {
    id: "PC-05",
    family: Family::ProviderConfiguration,
    title: "The configuration has the form that the platform's pages give it",
    clauses: &["PO-CONFIGURATION"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "the platform says that the default language is a supported one",
    source: include_str!("well_formed.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let most = profile.limits.payments_per_batch.value;
    let mut judged = 0;
    let mut violations = Vec::new();
    for configuration in configurations(evidence, profile) {
        match configuration.how {
            How::Shown => continue,
            How::Accepted | How::Declined => judged += 1,
        }
        let path = configuration.call.exchange.request.path();
        let id = path.rsplit('/').next().unwrap_or_default();
        if let Some((rests_on, flaw)) = flaw(&configuration.data, id, most) {
            violations.push((rests_on, flaw, configuration.call));
        }
    }
    violations.sort_by_key(|(rests_on, ..)| *rests_on != Provenance::Stated);
    let rest = violations.len().saturating_sub(1);
    match violations.into_iter().next() {
        Some((rests_on, flaw, call)) => {
            Ruling::new(Level::Fail, format!("{flaw}{}.", and_more(rest)))
                .resting_on(rests_on)
                .shown_by(Witness::of([call.place()]))
        }
        None if judged == 0 => Ruling::new(
            Level::NotApplicable,
            "The connector never updates its configuration.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} of the configuration, well formed.",
                counted(judged, "update")
            ),
        ),
    }
}

/// What is wrong with a configuration of the provider `id`, whose batches have at most so many
/// payments.
fn flaw(data: &Map<String, Value>, id: &str, most: u32) -> Option<(Provenance, String)> {
    let stated = |flaw: String| Some((Provenance::Stated, flaw));
    let texts = |name: &str| -> Option<Vec<&str>> {
        let items = data.get(name)?.as_array()?;
        items.iter().map(Value::as_str).collect()
    };
    if data.contains_key("country") {
        let is_code =
            |code: &&str| code.len() == 2 && code.bytes().all(|it| it.is_ascii_uppercase());
        if texts("country").is_none_or(|codes| codes.is_empty() || !codes.iter().all(is_code)) {
            return stated("country is not a list of ISO 3166-1 alpha-2 codes".into());
        }
    }
    if data.contains_key("supportedLanguages") && texts("supportedLanguages").is_none() {
        return stated("supportedLanguages is not a list of languages".into());
    }
    if let Some(count) = data.get("maximumPaymentCount") {
        let allowed = 1..=u64::from(most);
        if !count.as_u64().is_some_and(|count| allowed.contains(&count)) {
            return stated(format!(
                "maximumPaymentCount is {count}, not from 1 to {most}"
            ));
        }
    }
    if let Some(own) = data.get("providerId")
        && own.as_str() != Some(id)
    {
        return stated("providerId is changed".into());
    }
    let default = data.get("defaultLanguage")?.as_str()?;
    let supported = texts("supportedLanguages")?;
    (!supported.contains(&default)).then(|| {
        let flaw = format!("the default language {default} is not supported");
        (Provenance::Inferred, flaw)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_element_has_its_form() {
        let table = [
            (
                json!({"country": ["GB", "US"], "maximumPaymentCount": 2000}),
                "",
            ),
            (
                json!({"defaultLanguage": "en", "supportedLanguages": ["en"]}),
                "",
            ),
            (json!({"providerId": "p-1"}), ""),
            (json!({"country": "GB"}), "country"),
            (json!({"country": []}), "country"),
            (json!({"country": ["GBR"]}), "country"),
            (json!({"supportedLanguages": "en"}), "supportedLanguages"),
            (
                json!({"maximumPaymentCount": 2001}),
                "maximumPaymentCount is 2001",
            ),
            (json!({"maximumPaymentCount": "10"}), "maximumPaymentCount"),
            (json!({"providerId": "p-2"}), "providerId"),
            (
                json!({"defaultLanguage": "fr", "supportedLanguages": ["en"]}),
                "the default language fr",
            ),
        ];
        for (data, expected) in table {
            let found = flaw(data.as_object().unwrap(), "p-1", 2000);
            assert_eq!(found.is_some(), !expected.is_empty(), "{data}");
            assert!(
                found.is_none_or(|(_, flaw)| flaw.contains(expected)),
                "{data}"
            );
        }
    }
}
