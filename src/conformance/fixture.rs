//! The two histories of each check: one that conforms, one that breaks it. The files under
//! `fixtures/check/` are what is composed here; after a change write them again with
//! `PREFLIGHT_REWRITE_FIXTURES=1 cargo test --lib every_fixture`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::check::{
    Check, Family, authorisation_endpoint, backoff, credential, interaction_id, messaging,
    notification_answer, notification_probe, provider_configuration, replay, status_flow, token,
};
use super::{CHECKS, Evidence, Finding, Level, Witness};
use crate::event::{AssertionOutcome, Event, Origin, Subject};
use crate::history::History;
use crate::history::composer::Composer;
use crate::profile::{Declaration, Profile, Provenance};

pub(crate) const BATCH: &str =
    "/api-provider-v1/batchpayments/5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716";
pub(crate) const PROVIDER: &str = "/api-provider-v1/providers/6b0c7e0a-8f5d-4f0e-9a53-0d5b1f3c2a11";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Conforming,
    Breaking,
}

/// What a read of the batch shows, with one payment in the same state.
pub(crate) fn batch(status: &str) -> Value {
    json!({"data": {
        "batchId": "5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716",
        "status": status,
        "payments": [{"paymentId": "p-1", "status": status}],
    }})
}

/// What an update of the batch and its payment asks for.
pub(crate) fn update(status: &str) -> Value {
    json!({"data": {"status": status, "payments": [{"paymentId": "p-1", "status": status}]}})
}

/// What a read of another batch shows.
pub(crate) fn batch_of(id: &str, status: &str, payments: &[&str]) -> Value {
    let payments: Vec<Value> = payments
        .iter()
        .map(|id| {
            json!({
                "paymentId": id, "status": status, "amount": "125.50", "currency": "GBP",
                "creditor": {"name": "Northwind Paper Ltd"},
            })
        })
        .collect();
    json!({"data": {"batchId": id, "status": status, "payments": payments}})
}

pub(crate) fn path_of(id: &str) -> String {
    format!("/api-provider-v1/batchpayments/{id}")
}

impl Composer {
    pub(crate) fn get_batch(&mut self, status: &str) -> &mut Self {
        self.step("Get the batch")
            .send("GET", BATCH, Value::Null, 200, batch(status))
    }

    pub(crate) fn patch_batch(&mut self, status: &str) -> &mut Self {
        self.step("Update the batch")
            .send("PATCH", BATCH, update(status), 204, Value::Null)
    }

    pub(crate) fn get_provider(&mut self) -> &mut Self {
        self.step("Get the configuration").get_provider_again()
    }

    /// The same in the step that is under way.
    pub(crate) fn get_provider_again(&mut self) -> &mut Self {
        self.send("GET", PROVIDER, Value::Null, 200, json!({"data": {}}))
    }

    /// The product submits a batch of these payments, each of 125.50 GBP.
    pub(crate) fn submit(&mut self, id: &str, payments: &[&str]) -> &mut Self {
        self.send(
            "POST",
            "/v3/batchpayments",
            json!({"data": {}}),
            201,
            batch_of(id, "Received", payments),
        )
        .sent_by(Origin::Product)
    }

    /// The platform tells of a new batch for the first time.
    pub(crate) fn notify_batch(&mut self, id: &str, answer: u16) -> &mut Self {
        self.notify("batch", id, answer)
    }

    /// The platform tells of something new for the first time.
    pub(crate) fn notify(&mut self, kind: &str, id: &str, answer: u16) -> &mut Self {
        let mut body = json!({
            "type": "resourceCreated",
            "resource": {"id": id, "type": kind, "url": "NA"},
        });
        if kind.ends_with('s') {
            body["message"] = json!({"subscriptionId": id, "data": {}});
        }
        self.notify_with(body, answer)
    }

    pub(crate) fn notify_with(&mut self, body: Value, answer: u16) -> &mut Self {
        self.send("POST", "/notifications", body, answer, Value::Null)
            .sent_by(Origin::Platform)
    }

    /// A batch is submitted, told of, read and begun.
    pub(crate) fn begin(&mut self, id: &str, payments: &[&str]) -> &mut Self {
        self.submit(id, payments)
            .notify_batch(id, 201)
            .read(id, "Received", payments)
            .set(id, json!({"defaultStatus": "Processing"}), 204)
    }

    /// The connector reads a batch.
    pub(crate) fn read(&mut self, id: &str, status: &str, payments: &[&str]) -> &mut Self {
        let answer = batch_of(id, status, payments);
        self.send("GET", &path_of(id), Value::Null, 200, answer)
    }

    /// The connector updates a batch.
    pub(crate) fn set(&mut self, id: &str, data: Value, answer: u16) -> &mut Self {
        let body = json!({"data": data});
        self.send("PATCH", &path_of(id), body, answer, Value::Null)
    }

    /// The same update once more: another attempt.
    pub(crate) fn set_again(&mut self, id: &str, data: Value, answer: u16) -> &mut Self {
        let body = json!({"data": data});
        self.again("PATCH", &path_of(id), body, answer, Value::Null)
    }

    /// A refused update, and its next attempt `wait` after the refusal ended.
    pub(crate) fn throttled(&mut self, retry_after: &str, wait: Duration) -> &mut Self {
        self.step("Update the batch")
            .send("PATCH", BATCH, json!({"data": {}}), 429, Value::Null)
            .answered_with("Retry-After", retry_after)
            // An exchange is followed by a pause of 40 ms.
            .wait(wait.saturating_sub(Duration::from_millis(40)))
            .again("PATCH", BATCH, json!({"data": {}}), 204, Value::Null)
    }
}

fn compose(check: &Check, kind: Kind) -> Vec<Event> {
    let compose = match check.family {
        Family::AuthorisationEndpoint => authorisation_endpoint::fixture::compose,
        Family::Backoff => backoff::fixture::compose,
        Family::Credential => credential::fixture::compose,
        Family::InteractionId => interaction_id::fixture::compose,
        Family::Messaging => messaging::fixture::compose,
        Family::NotificationAnswer => notification_answer::fixture::compose,
        Family::NotificationProbe => notification_probe::fixture::compose,
        Family::ProviderConfiguration => provider_configuration::fixture::compose,
        Family::Replay => replay::fixture::compose,
        Family::StatusFlow => status_flow::fixture::compose,
        Family::Token => token::fixture::compose,
    };
    compose(check.id, kind)
        .unwrap_or_else(|| panic!("compose the two histories of {}", check.id))
        .complete()
}

/// The kinds of history that `check` has: what only measures cannot be broken.
pub(crate) fn kinds(check: &Check) -> &'static [Kind] {
    match check.severest {
        Level::Info | Level::NotApplicable => &[Kind::Conforming],
        Level::Pass
        | Level::Fail
        | Level::Warn
        | Level::Review
        | Level::NotExercised
        | Level::Inconclusive
        | Level::Error => &[Kind::Conforming, Kind::Breaking],
    }
}

/// What `check` finds in one of its histories, as it stands in its file.
fn finding(check: &Check, kind: Kind, profile: &Profile) -> Finding {
    let history = History::read(&path(check.id, kind)).unwrap();
    check.judge(&evidence(check, kind, &history, profile), profile)
}

/// A finding of `check` on a replay that says nothing yet: a pass that rests on what is stated.
pub(crate) fn bare(check: &'static str) -> Finding {
    Finding {
        check,
        subject: Subject::Replay,
        run: 0,
        planned: true,
        raw: Level::Pass,
        reported: Level::Pass,
        provenance: Provenance::Stated,
        message: String::new(),
        witness: Witness::default(),
        would_flip: None,
        parameters: BTreeMap::new(),
        overlays: Vec::new(),
    }
}

/// One of the histories of `check`, what its provider declares, and what `check` finds in it.
pub(crate) fn finding_of(
    check: &Check,
    kind: Kind,
    profile: &Profile,
) -> (History, Declaration, Finding) {
    let history = History::read(&path(check.id, kind)).unwrap();
    let evidence = evidence(check, kind, &history, profile);
    let declaration = evidence.declaration().clone();
    let finding = check.judge(&evidence, profile);
    (history, declaration, finding)
}

/// A history of `check`, with the declaration that its family composes for it.
fn evidence<'h>(
    check: &Check,
    kind: Kind,
    history: &'h History,
    profile: &Profile,
) -> Evidence<'h> {
    let declaration = match check.family {
        Family::AuthorisationEndpoint => {
            authorisation_endpoint::fixture::declaration(check.id, kind)
        }
        Family::Backoff => backoff::fixture::declaration(check.id, kind),
        Family::Messaging => messaging::fixture::declaration(check.id),
        Family::NotificationProbe => notification_probe::fixture::declaration(check.id),
        Family::StatusFlow => status_flow::fixture::declaration(check.id),
        Family::Token => token::fixture::declaration(check.id),
        Family::Credential
        | Family::InteractionId
        | Family::NotificationAnswer
        | Family::ProviderConfiguration
        | Family::Replay => Declaration::default(),
    };
    Evidence::of(history, profile).declared(declaration)
}

fn path(id: &str, kind: Kind) -> PathBuf {
    let name = match kind {
        Kind::Conforming => "conforming.ndjson",
        Kind::Breaking => "breaking.ndjson",
    };
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/check")
        .join(id)
        .join(name)
}

/// Set to rewrite the fixtures after a check has changed: `PREFLIGHT_REWRITE_FIXTURES=1`.
const REWRITE: &str = "PREFLIGHT_REWRITE_FIXTURES";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "asked for by whoever changed a check"
)]
fn every_fixture_is_what_is_composed() {
    for check in CHECKS.iter() {
        for kind in kinds(check).iter().copied() {
            let path = path(check.id, kind);
            let composed = History::lines(&compose(check, kind));
            if std::env::var_os(REWRITE).is_some() {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, &composed).unwrap();
            }
            let written = fs::read(&path).unwrap_or_default();
            assert!(
                written == composed,
                "{} {kind:?}: {REWRITE}=1 cargo test --lib every_fixture",
                check.id
            );
        }
    }
}

#[test]
fn every_check_passes_what_conforms_and_fails_what_breaks_it() {
    let profile = Profile::built_in();
    for check in CHECKS.iter() {
        let conforming = finding(check, Kind::Conforming, &profile);
        if !kinds(check).contains(&Kind::Breaking) {
            assert_eq!(conforming.raw, check.severest, "{conforming:#?}");
            continue;
        }
        assert_eq!(conforming.raw, Level::Pass, "{conforming:#?}");
        assert!(conforming.witness.sequences.is_empty(), "{conforming:#?}");
        let breaking = finding(check, Kind::Breaking, &profile);
        assert_eq!(breaking.raw, check.severest, "{breaking:#?}");
        assert_eq!(
            breaking.witness.sequences.is_empty(),
            breaking.raw == Level::NotExercised,
            "{breaking:#?}"
        );
    }
}

#[test]
fn no_conforming_history_fails_another_check() {
    let profile = Profile::built_in();
    for written_for in CHECKS.iter() {
        let history = History::read(&path(written_for.id, Kind::Conforming)).unwrap();
        let subject = history.start().subject;
        let evidence = evidence(written_for, Kind::Conforming, &history, &profile);
        for check in CHECKS.iter() {
            if !check.subjects.contains(&subject) {
                continue;
            }
            let finding = check.judge(&evidence, &profile);
            assert!(
                !matches!(
                    finding.raw,
                    Level::Fail | Level::Warn | Level::Review | Level::Error
                ),
                "{} on the history of {}: {finding:#?}",
                check.id,
                written_for.id
            );
        }
    }
}

#[test]
fn what_the_checks_say_of_their_breaking_histories() {
    let profile = Profile::built_in();
    for family in Family::ALL {
        let checks = CHECKS.iter().filter(|check| check.family == family);
        let told: Vec<String> = checks
            .map(|check| {
                let kind = kinds(check).last().copied().unwrap();
                told(&finding(check, kind, &profile))
            })
            .collect();
        if !told.is_empty() {
            insta::assert_snapshot!(family.letters(), told.join("\n"));
        }
    }
}

fn told(finding: &Finding) -> String {
    format!(
        "{} {}, reported {} [{}]: {} ({:?}; {})",
        finding.check,
        finding.raw,
        finding.reported,
        finding.provenance,
        finding.message,
        finding.witness.sequences,
        finding.witness.margin.clone().unwrap_or_default()
    )
}

/// A run in which every check is exercised and conforms.
pub(crate) fn conforming_run() -> Composer {
    use crate::event::Provocation;
    let mut run = Composer::replay();
    run.step("Get an access token").token("provider", 28_800);
    run.get_provider()
        .assertion("Status code is 200", AssertionOutcome::Passed);
    run.step("Submit a batch of payments").send(
        "POST",
        "/v3/batchpayments",
        json!({"data": {}}),
        201,
        batch("Received"),
    );
    run.get_batch("Received").patch_batch("Processing");
    run.get_batch("Processing");
    run.throttled("7", Duration::from_secs(7));
    run.proof(&["429 Retry-After: 7", "429", "429"], 3);
    run.patch_batch("Completed").get_batch("Completed");
    run.provoking("Too late", &[Provocation::IllegalTransition])
        .send("PATCH", BATCH, update("Processing"), 409, Value::Null);
    for _ in 0..110 {
        run.get_provider();
    }
    // The token expires, and the next call uses another.
    run.wait(Duration::from_hours(8))
        .step("Get an access token")
        .token("provider", 28_800)
        .get_provider();
    run
}

/// What `check` finds in a complete run, by the built-in profile.
pub(crate) fn found(check: &super::Check, run: &mut Composer) -> super::Finding {
    let profile = Profile::built_in();
    let history = run.history();
    check.judge(&Evidence::of(&history, &profile), &profile)
}
