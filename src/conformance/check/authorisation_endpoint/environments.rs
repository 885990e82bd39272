//! The authorisation endpoint is declared for both environments, each at a place of its own.
//!
//! # What is required
//!
//! The provider declares the URL of its authorisation endpoint in the sandbox and in production; both
//! are absolute `https` URLs, and they differ.
//!
//! # Why
//!
//! Both URLs are a mandatory input to onboarding. One endpoint for both environments mixes test
//! authorisations with real ones.
//!
//! # How it is judged
//!
//! From the declaration alone. FAIL where a declared URL is not an absolute `https` one, and where
//! both are the same; reported as REVIEW: the page asks for both URLs and says no more of them.
//! NOT_APPLICABLE where nothing, or only one of them, is declared: what is missing is told by the
//! declaration itself.
//!
//! # An example that conforms
//!
//! `https://sandbox.bank.example/authorise` and `https://bank.example/authorise`
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (authorisation endpoint URL, sandbox and
//! production).

use url::Url;

use crate::conformance::check::{Check, Family};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// AE-05.
pub const CHECK: Check = Check {
    id: "AE-05",
    family: Family::AuthorisationEndpoint,
    title: "The authorisation endpoint is declared for both environments, each at a place of its own",
    clauses: &["PO-AUTH-LINK"],
    subjects: &[Subject::Connector],
    // It is declared, not observed.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform says how the two URLs differ",
    source: include_str!("environments.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let declared = &evidence.declaration().authorisation_endpoint;
    let (Some(sandbox), Some(production)) = (&declared.sandbox, &declared.production) else {
        return Ruling::new(
            Level::NotApplicable,
            "The authorisation endpoint is not declared for both environments.",
        );
    };
    let flaw = [("sandbox", sandbox), ("production", production)]
        .into_iter()
        .find(|(_, url)| {
            let url = url.parse::<Url>();
            !url.is_ok_and(|url| url.scheme() == "https" && url.has_host())
        })
        .map(|(name, _)| format!("The {name} endpoint is not an absolute https URL"))
        .or_else(|| {
            let same = sandbox.trim_end_matches('/') == production.trim_end_matches('/');
            same.then(|| "Sandbox and production have the same endpoint".to_owned())
        });
    match flaw {
        // The beginning of the history stands for what was declared to it.
        Some(flaw) => Ruling::new(Level::Fail, format!("{flaw}.")).shown_by(Witness::of(
            evidence
                .events()
                .first()
                .map(|event| (event.sequence, event.at)),
        )),
        None => Ruling::new(
            Level::Pass,
            "Two absolute https URLs are declared, one for each environment.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::composer::Composer;
    use crate::profile::{Declaration, Endpoints};

    #[test]
    fn both_urls_are_https_and_differ() {
        let table = [
            (None, None, Level::NotApplicable),
            (Some("https://a.example"), None, Level::NotApplicable),
            (
                Some("https://a.example"),
                Some("https://b.example"),
                Level::Pass,
            ),
            (
                Some("https://a.example"),
                Some("https://a.example/"),
                Level::Fail,
            ),
            (
                Some("http://a.example"),
                Some("https://b.example"),
                Level::Fail,
            ),
            (Some("https://a.example"), Some("b.example"), Level::Fail),
        ];
        for (sandbox, production, level) in table {
            let profile = Profile::built_in();
            let history = Composer::of(Subject::Connector).history();
            let declaration = Declaration {
                authorisation_endpoint: Endpoints {
                    sandbox: sandbox.map(str::to_owned),
                    production: production.map(str::to_owned),
                },
                ..Declaration::default()
            };
            let evidence = Evidence::of(&history, &profile).declared(declaration);
            assert_eq!(CHECK.judge(&evidence, &profile).raw, level, "{sandbox:?}");
        }
    }
}
