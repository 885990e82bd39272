//! An answer to a notification gives no credential away.
//!
//! # What is required
//!
//! What the notification endpoint answers holds no token, no API key, no client secret, and not the
//! value of the header that it asks for.
//!
//! # Why
//!
//! Error pages and debug answers like to repeat the request. An answer is logged by whoever sent the
//! notification.
//!
//! # How it is judged
//!
//! The secrets of the history (client secrets, API keys, the tokens of calls and notifications, the
//! values of a notification's other headers that are secret) are looked for in the headers and the
//! body of each answer. FAIL where one stands there. NOT_EXERCISED where no notification was
//! answered.
//!
//! # An example that conforms
//!
//! `201 Created` without a body.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (credentials and keys are stored securely); CWE-209.

use std::collections::BTreeSet;

use super::secret::{api_keys, client_secrets, tokens};
use crate::conformance::check::{Check, Family};
use crate::conformance::commitment::{commitments, in_request};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::Call;
use crate::profile::{Profile, Provenance};

/// CR-03.
pub const CHECK: Check = Check {
    id: "CR-03",
    family: Family::Credential,
    title: "An answer to a notification gives no credential away",
    clauses: &["PO-CREDENTIALS"],
    subjects: &[Subject::Connector],
    // What an answer holds is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "it rests on what is stated already",
    source: include_str!("notification_answer.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut secrets: BTreeSet<&str> = client_secrets(evidence);
    secrets.extend(api_keys(evidence, profile));
    secrets.extend(tokens(evidence));
    secrets.extend(
        evidence
            .notifications()
            .iter()
            .flat_map(in_request)
            .map(|(_, found)| found),
    );
    let mut answered = 0;
    let mut leaks = Vec::new();
    for call in evidence.notifications() {
        let Some(place) = leak(call, &secrets, &mut answered) else {
            continue;
        };
        leaks.push((call, place));
    }
    match leaks.as_slice() {
        [(call, place), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "The answer to a notification holds a credential in {place}{}.",
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([call.place()])),
        [] if answered == 0 => Ruling::new(Level::NotExercised, "No notification was answered."),
        [] => Ruling::new(
            Level::Pass,
            format!("{} without credentials.", counted(answered, "answer")),
        ),
    }
}

/// Where the answer to `call` holds one of `secrets`; answers are counted.
fn leak(call: &Call<'_>, secrets: &BTreeSet<&str>, answered: &mut usize) -> Option<String> {
    let response = call.exchange.response()?;
    *answered += 1;
    let holds = |text: &str| commitments(text).any(|found| secrets.contains(found));
    let header = response.headers.iter().find(|(_, value)| holds(value));
    if let Some((name, _)) = header {
        return Some(format!("the header {name}"));
    }
    let body = response.body.text().unwrap_or_default();
    holds(body).then(|| "its body".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::credential::fixture::notified;
    use crate::conformance::fixture::found;

    #[test]
    fn a_credential_is_found_in_headers_and_body() {
        let mut run = notified(None);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        let mut run = notified(None);
        run.answered_with("x-echo", "Bearer [secret:c4be77f58e06]");
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert!(finding.message.contains("the header x-echo"));
        // Something that is secret, but not of this history's credentials.
        let mut run = notified(Some("[secret:ffffffffffff]"));
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }
}
