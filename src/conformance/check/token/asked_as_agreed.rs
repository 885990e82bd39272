//! A token is asked for as the platform's guide says.
//!
//! # What is required
//!
//! The token request names the grant type `client_credentials`, the audience that was issued, and the
//! scope that was agreed; nobody asks for a refresh token, because client credentials have none.
//!
//! # Why
//!
//! A token for another audience or a wider scope works in the sandbox and is refused in production,
//! or gives a leak more power than it needs.
//!
//! # How it is judged
//!
//! WARN where a token request has another grant type than `client_credentials` (or the
//! `client_credential` of the guide); where it names no audience although the profile requires one;
//! where one client names two audiences; and where its scope is not that of the profile, which by
//! default is none (reported as INFO, because no page names a scope). Steps that do something wrong
//! on purpose are left out. NOT_EXERCISED where no token was asked for.
//!
//! # An example that conforms
//!
//! `{"grant_type": "client_credentials", "client_id": …, "client_secret": …, "audience": …}`
//!
//! # Sources
//!
//! `/payments-out/guides/provider/get-a-sage-id-access-token`; RFC 6749 §4.4.2 and §4.4.3.

use std::collections::BTreeMap;

use super::client::requests;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::Call;
use crate::profile::{Presence, Profile, Provenance};

/// TK-11.
pub const CHECK: Check = Check {
    id: "TK-11",
    family: Family::Token,
    title: "A token is asked for as the platform's guide says",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.token.audience.provenance,
    severest: Level::Warn,
    flips_if: "the platform says which scope a token has",
    source: include_str!("asked_as_agreed.rs"),
    rule,
};

/// The standard's spelling, and that of the platform's guide.
const GRANTS: [&str; 2] = ["client_credentials", "client_credential"];

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut audiences: BTreeMap<String, (String, &Call<'_>)> = BTreeMap::new();
    let mut violations: Vec<(Provenance, String, Witness)> = Vec::new();
    let mut asked = 0;
    for call in requests(evidence).filter(|call| call.provokes.is_empty()) {
        asked += 1;
        let parameters = parameters(call);
        let value = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
        let here = || Witness::of([call.place()]);
        let grant = value("grant_type");
        if !GRANTS.contains(&grant) {
            let message = format!("the grant type is {grant:?}");
            violations.push((Provenance::Stated, message, here()));
        }
        let audience = value("audience");
        let required = match profile.token.audience.value {
            Presence::Required => audience.is_empty(),
            Presence::Optional => false,
        };
        if required {
            let message = "a token request names no audience".to_owned();
            violations.push((profile.token.audience.provenance, message, here()));
        }
        let client = value("client_id").to_owned();
        let (known, first) = audiences
            .entry(client)
            .or_insert_with(|| (audience.to_owned(), call));
        if known != audience {
            let witness = Witness::of([first.place(), call.place()]);
            let message = format!("a client asks for the audiences {known:?} and {audience:?}");
            violations.push((Provenance::Inferred, message, witness));
        }
        let agreed = &profile.token_scope;
        let scope = value("scope");
        if scope != agreed.value.as_deref().unwrap_or_default() {
            let message = format!("the scope is {scope:?}, agreed is {:?}", agreed.value);
            violations.push((agreed.provenance, message, here()));
        }
    }
    violations.sort_by_key(|(rests_on, ..)| match rests_on {
        Provenance::Stated => 0,
        Provenance::Inferred => 1,
        Provenance::Assumed => 2,
    });
    let rest = violations.len().saturating_sub(1);
    match violations.into_iter().next() {
        Some((rests_on, message, witness)) => {
            Ruling::new(Level::Warn, format!("{message}{}.", and_more(rest)))
                .resting_on(rests_on)
                .shown_by(witness)
        }
        None if asked == 0 => Ruling::new(Level::NotExercised, "No token was asked for."),
        None => Ruling::new(
            Level::Pass,
            format!("{} as the guide says.", counted(asked, "token request")),
        ),
    }
}

/// The parameters of a token request, from a JSON object or a form.
fn parameters(call: &Call<'_>) -> BTreeMap<String, String> {
    let body = &call.exchange.request.body;
    if let Some(serde_json::Value::Object(members)) = body.json() {
        let texts = members.into_iter();
        return texts
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect();
    }
    serde_urlencoded::from_bytes::<Vec<(String, String)>>(body.bytes())
        .unwrap_or_default()
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// What is said of two token requests with these bodies.
    fn said(bodies: [&str; 2]) -> (Level, Level, String) {
        let mut run = Composer::of(Subject::Connector);
        for body in bodies {
            run.send("POST", "/oauth/token", Value::Null, 200, json!({}))
                .with(|exchange| exchange.request.body = body.to_owned().into());
        }
        let finding = found(&CHECK, &mut run);
        (finding.raw, finding.reported, finding.message)
    }

    #[test]
    fn what_a_token_request_says_is_held_against_the_profile() {
        let good = r#"{"grant_type":"client_credentials","client_id":"c","audience":"a"}"#;
        let form = "grant_type=client_credential&client_id=c&audience=a";
        assert_eq!(said([good, form]).0, Level::Pass);
        let table = [
            (
                "grant_type=refresh_token&client_id=c&audience=a",
                Level::Warn,
            ),
            ("grant_type=client_credentials&client_id=c", Level::Warn),
            (
                "grant_type=client_credentials&client_id=c&audience=b",
                Level::Warn,
            ),
            (
                "grant_type=client_credentials&client_id=c&audience=a&scope=all",
                Level::Info,
            ),
        ];
        for (body, reported) in table {
            let said = said([good, body]);
            assert_eq!(
                (said.0, said.1),
                (Level::Warn, reported),
                "{body}: {}",
                said.2
            );
        }
    }
}
