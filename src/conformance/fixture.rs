//! The two histories of each check: one that conforms, one that breaks it. The files under
//! `fixtures/check/` are what is composed here; after a change write them again with
//! `cargo test --lib write_the_fixtures -- --ignored`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::{CHECKS, Evidence, Level};
use crate::event::{AssertionOutcome, Event};
use crate::history::History;
use crate::history::composer::Composer;
use crate::profile::Profile;

pub(crate) const BATCH: &str =
    "/api-provider-v1/batchpayments/5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716";
pub(crate) const PROVIDER: &str = "/api-provider-v1/providers/6b0c7e0a-8f5d-4f0e-9a53-0d5b1f3c2a11";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
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

fn compose(id: &str, kind: Kind) -> Vec<Event> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::replay();
    match (id, kind) {
        ("BK-01", Conforming) => run.proof(&["429", "429", "429 Retry-After: 2"], 3),
        ("BK-01", Breaking) => run.proof(&["429", "429", "429 Retry-After: 2"], 2),
        ("BK-02", Conforming) => run
            .throttled("7", Duration::from_secs(7))
            .throttled("2", Duration::from_millis(1_960)),
        ("BK-02", Breaking) => run
            .throttled("2", Duration::from_secs(2))
            .throttled("7", Duration::from_millis(6_688)),
        ("BK-15", Conforming) => {
            for _ in 0..110 {
                run.get_provider();
            }
            &mut run
        }
        ("BK-15", Breaking) => {
            for _ in 0..40 {
                run.get_provider();
                run.back(Duration::from_millis(40));
            }
            &mut run
        }
        ("IX-01", Conforming) => run
            .get_provider()
            .throttled("1", Duration::from_secs(1))
            .get_provider(),
        ("IX-01", Breaking) => {
            run.throttled("1", Duration::from_secs(1))
                .repeat_interaction_id();
            &mut run
        }
        ("RP-01", Conforming) => run
            .get_provider()
            .assertion("Status code is 200", AssertionOutcome::Passed),
        ("RP-01", Breaking) => run
            .get_provider()
            .assertion("Status code is 200", AssertionOutcome::Passed)
            .assertion(
                "There is a provider",
                AssertionOutcome::Failed {
                    message: "AssertionError: expected {} to have property 'providerId'".into(),
                },
            ),
        ("ST-01", kind) => run.step("Submit a batch of payments").send(
            "POST",
            "/v3/batchpayments",
            json!({"data": {}}),
            201,
            batch(match kind {
                Conforming => "Received",
                Breaking => "Processing",
            }),
        ),
        ("ST-02", Conforming) => run
            .get_batch("Received")
            .patch_batch("Processing")
            .patch_batch("Completed"),
        ("ST-02", Breaking) => run.get_batch("Received").patch_batch("Completed"),
        ("ST-03", Conforming) => run.get_batch("Completed").get_batch("Completed"),
        ("ST-03", Breaking) => run.get_batch("Failed").patch_batch("Completed"),
        ("ST-13", Conforming) => run
            .patch_batch("Processing")
            .get_batch("Processing")
            .get_batch("Completed"),
        ("ST-13", Breaking) => run.patch_batch("Processing").get_batch("Received"),
        ("TK-01", Conforming) => {
            run.step("Get an access token").token("provider", 28_800);
            for _ in 0..25 {
                run.get_provider();
            }
            &mut run
        }
        ("TK-01", Breaking) => {
            for _ in 0..25 {
                run.step("Get an access token").token("provider", 28_800);
                run.get_provider();
            }
            &mut run
        }
        ("TK-05", Conforming) => run
            .step("Get an access token")
            .token("provider", 60)
            .wait(Duration::from_secs(59))
            .get_provider()
            .wait(Duration::from_secs(10))
            .step("Get an access token")
            .token("provider", 60)
            .get_provider(),
        ("TK-05", Breaking) => run
            .step("Get an access token")
            .token("provider", 60)
            .wait(Duration::from_secs(70))
            .get_provider(),
        (id, _) => panic!("compose the two histories of {id}"),
    };
    run.complete()
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
    for check in CHECKS {
        for kind in [Kind::Conforming, Kind::Breaking] {
            let path = path(check.id, kind);
            let composed = History::lines(&compose(check.id, kind));
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
    for check in CHECKS {
        let level = |kind| {
            let history = History::read(&path(check.id, kind)).unwrap();
            let finding = check.judge(&Evidence::of(&history, &profile), &profile);
            (finding.raw, finding)
        };
        let (conforming, finding) = level(Kind::Conforming);
        assert_eq!(conforming, Level::Pass, "{finding:#?}");
        assert!(finding.witness.sequences.is_empty(), "{finding:#?}");
        let (breaking, finding) = level(Kind::Breaking);
        if check.id == "BK-01" {
            assert_eq!(breaking, Level::NotExercised, "{finding:#?}");
        } else {
            assert_eq!(breaking, Level::Fail, "{finding:#?}");
            assert!(!finding.witness.sequences.is_empty(), "{finding:#?}");
        }
    }
}

#[test]
fn no_conforming_history_fails_another_check() {
    let profile = Profile::built_in();
    for written_for in CHECKS {
        let history = History::read(&path(written_for.id, Kind::Conforming)).unwrap();
        let evidence = Evidence::of(&history, &profile);
        for check in CHECKS {
            let finding = check.judge(&evidence, &profile);
            assert!(
                matches!(finding.raw, Level::Pass | Level::NotExercised),
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
    let told: Vec<String> = CHECKS
        .iter()
        .map(|check| {
            let history = History::read(&path(check.id, Kind::Breaking)).unwrap();
            let finding = check.judge(&Evidence::of(&history, &profile), &profile);
            format!(
                "{} {}, reported {} [{}]: {} ({:?}; {})",
                finding.check,
                finding.raw,
                finding.reported,
                finding.provenance,
                finding.message,
                finding.witness.sequences,
                finding.witness.margin.unwrap_or_default()
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    BK-01 NOT_EXERCISED, reported NOT_EXERCISED [stated]: 2 scripted 429s delivered. The queue for PATCH /api-provider-v1/batchpayments/{batchId} has answers left: 2 of 3 were delivered. ([]; )
    BK-02 FAIL, reported REVIEW [assumed]: 1 of 2 hinted waits too early; the worst: PATCH /api-provider-v1/batchpayments/{batchId} was tried again 312 ms before the time that Retry-After names. ([6, 7]; 312 ms early; earliest allowed 00:00:09.220)
    BK-15 FAIL, reported FAIL [stated]: 6 of 40 requests in excess of 10 a second with a burst of 10; the worst came 140 ms before its turn. ([75]; 140 ms early; its turn was 00:00:02.300)
    IX-01 FAIL, reported FAIL [stated]: PATCH /api-provider-v1/batchpayments/{batchId} repeats the x-fapi-interaction-id of an earlier request. ([3, 4]; )
    RP-01 FAIL, reported FAIL [stated]: 1 failure; the first: Composed / Get the configuration: There is a provider: AssertionError: expected {} to have property 'providerId'. ([5]; 1 passed, 1 failed)
    ST-01 FAIL, reported REVIEW [assumed]: A batch was created in the state Processing, which is not initial; 1 more like it. ([3]; first state Processing)
    ST-02 FAIL, reported REVIEW [assumed]: A batch went Received → Completed, which the flow does not allow. ([3, 5]; Received → Completed)
    ST-03 FAIL, reported REVIEW [assumed]: A batch went Failed → Completed after its end; 1 more like it. ([3, 5]; Failed → Completed)
    ST-13 FAIL, reported REVIEW [assumed]: A batch was set to Processing and then read as Received; 1 more like it. ([3, 5]; Processing ⇸ Received)
    TK-01 FAIL, reported FAIL [stated]: A client fetched 25 tokens for 25 calls; 2 would have done. ([3, 7, 11]; 25 fetched; 2 allowed)
    TK-05 FAIL, reported FAIL [stated]: GET /api-provider-v1/providers/{providerId} used a token 10040 ms after it had expired. ([3, 5]; 10040 ms late; the token expired at 00:01:00.060)
    "#);
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
