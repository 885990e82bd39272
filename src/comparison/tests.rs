//! Two runs of a composed plan beside each other.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::base::{Sha256Hex, sha256};
use crate::conformance::{Gate, GateOutcome, Scope, Verdict, judge};
use crate::event::EventKind;
use crate::history::History;
use crate::history::composer::Composer;
use crate::profile::Profile;

const PROVIDER: &str = "/api-provider-v1/providers/5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716";

/// What stands for a bundle.
struct Bundled {
    verdict: Verdict,
    outcome: GateOutcome,
    profile: Profile,
    manifest: Sha256Hex,
    attempt: u64,
    runs: Vec<(History, Scope)>,
}

impl Bundled {
    fn of(history: History, attempt: u64) -> Self {
        let profile = Profile::built_in();
        let scope = Scope::default();
        let verdict = judge(&history, &profile, &scope);
        Self {
            outcome: verdict.gate(Gate::Certify),
            manifest: sha256(history.head().as_str().as_bytes()),
            verdict,
            profile,
            attempt,
            runs: vec![(history, scope)],
        }
    }

    fn side(&self) -> Side<'_> {
        Side {
            name: "a.preflight.zip",
            harness: "0.1.0",
            manifest: &self.manifest,
            verdict: &self.verdict,
            outcome: &self.outcome,
            profile: &self.profile,
            attempt: Some(self.attempt),
            runs: &self.runs,
        }
    }
}

/// A run of two steps; the answer of the second is `status` with `body`.
fn run(status: u16, body: Value) -> Composer {
    let mut run = Composer::replay();
    run.emit(EventKind::ScenarioStarted {
        scenario: "Read".into(),
    });
    run.step("First")
        .send(
            "GET",
            PROVIDER,
            Value::Null,
            200,
            json!({"data": {"id": "1"}}),
        )
        .answered_with("content-type", "application/json; charset=utf-8")
        .step("Second")
        .send("GET", PROVIDER, Value::Null, status, body);
    run
}

fn drift(then: &History, now: &History) -> Drift {
    let profile = Profile::built_in();
    Drift::between((then, &profile), (now, &profile))
}

/// In what the only pair that differs does.
fn told(drift: &Drift) -> Vec<String> {
    let [exchange] = drift.exchanges.as_slice() else {
        panic!("one pair differs: {:?}", drift.exchanges);
    };
    let differences = exchange.differences.iter();
    differences
        .map(|it| format!("{} {} {} → {}", it.aspect.name(), it.at, it.then, it.now))
        .collect()
}

#[test]
fn answers_of_one_item_are_held_against_each_other_by_status_headers_and_shape() {
    let then = run(200, json!({"data": {"id": "1", "tags": []}})).history();
    let mut changed = run(202, json!({"data": {"id": 1}}));
    changed
        .answered_with("Retry-After", "7")
        .answered_with("X-RateLimit-Limit", "10");
    let drift = drift(&then, &changed.history());
    assert_eq!((drift.pairs, drift.only_then.len()), (2, 0));
    assert_eq!(
        told(&drift),
        [
            "status  200 → 202",
            "header retry-after missing → seconds",
            "header x-ratelimit-limit missing → there",
            "body data.id string → number",
            "body data.tags array → missing",
        ]
    );
    let place = &drift.exchanges[0].place;
    assert_eq!(place.scenario.as_deref(), Some("Read"));
    assert!(place.item.as_deref().unwrap().ends_with("Second"));
}

#[test]
fn values_order_of_members_and_parameters_of_the_media_type_do_not_count() {
    let then = run(200, json!({"a": 1, "b": "x"})).history();
    let now = run(200, json!({"b": "y", "a": 2}))
        .with(|exchange| exchange.request.headers.set("x-else", "1"))
        .history();
    assert!(drift(&then, &now).is_empty());
}

#[test]
fn an_answer_that_did_not_come_and_a_body_that_is_no_json_are_told() {
    let then = run(200, json!({})).history();
    let cut = run(200, json!({})).cut().history();
    assert_eq!(
        told(&drift(&then, &cut)),
        ["status  200 → no answer (cut)", "body  JSON → no body"]
    );
    let text = run(200, Value::Null)
        .with(|exchange| {
            if let crate::exchange::Outcome::Response(response) = &mut exchange.outcome {
                response.body = "<p>".into();
            }
        })
        .history();
    assert_eq!(told(&drift(&then, &text)), ["body  JSON → text"]);
}

#[test]
fn attempts_and_steps_that_only_one_run_has_are_listed() {
    let then = run(200, json!({})).history();
    let now = run(429, json!({}))
        .again("GET", PROVIDER, Value::Null, 200, json!({}))
        .step("Third")
        .send("GET", PROVIDER, Value::Null, 200, json!({}))
        .history();
    let there = drift(&then, &now);
    let only: Vec<(u32, bool)> = there
        .only_now
        .iter()
        .map(|it| {
            (
                it.place.attempt,
                it.place.item.as_ref().unwrap().ends_with("Third"),
            )
        })
        .collect();
    assert_eq!(only, [(2, false), (1, true)]);
    assert!(there.only_then.is_empty());
    assert_eq!(there.flows.len(), 1, "{:?}", there.flows);
    assert_eq!(drift(&now, &then).only_then.len(), 2);
}

#[test]
fn a_step_that_comes_twice_is_paired_round_by_round() {
    let twice = |status| {
        let mut run = run(200, json!({}));
        run.step("Second")
            .send("GET", PROVIDER, Value::Null, status, json!({}));
        run.history()
    };
    let drift = drift(&twice(200), &twice(404));
    assert_eq!(told(&drift), ["status  200 → 404"]);
    assert_eq!(drift.exchanges[0].place.round, 1);
}

#[test]
fn the_form_for_programs_keeps_to_its_schema() {
    let schema: Value =
        serde_json::from_str(include_str!("../../fixtures/schema/comparison.schema.json")).unwrap();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("comparison.json", schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("comparison.json", &mut schemas).unwrap();
    let then = Bundled::of(run(200, json!({"data": {}})).history(), 1);
    let now = Bundled::of(
        run(401, json!({"error": {}}))
            .throttled("7", std::time::Duration::from_secs(2))
            .history(),
        2,
    );
    let comparison = Comparison::of(&then.side(), &now.side());
    assert!(!comparison.is_empty());
    for comparison in [
        comparison,
        Comparison::of(&now.side(), &then.side()),
        Comparison::of(&then.side(), &then.side()),
    ] {
        let written: Value = serde_json::from_str(&comparison_json(&comparison)).unwrap();
        if let Err(error) = schemas.validate(&written, index) {
            panic!("{error:#}");
        }
        let mut stranger = written.clone();
        stranger["checks"][0]["stranger"] = json!(1);
        assert!(schemas.validate(&stranger, index).is_err());
    }
}

#[test]
fn the_older_comes_first() {
    let first = Bundled::of(run(200, json!({})).history(), 1);
    let second = Bundled::of(run(200, json!({})).history(), 2);
    let remarks = |then: &Bundled, now: &Bundled| Comparison::of(&then.side(), &now.side()).remarks;
    assert!(
        remarks(&second, &first)
            .iter()
            .any(|it| it.contains("newer one"))
    );
    assert!(
        !remarks(&first, &second)
            .iter()
            .any(|it| it.contains("newer one"))
    );
}

#[test]
fn no_text_for_people_holds_what_a_terminal_or_a_forge_obeys() {
    let strange = "\u{1b}[31m<b>|x";
    let with = |status: u16| {
        let mut run = Composer::replay();
        run.step(strange).send(
            "GET",
            PROVIDER,
            Value::Null,
            status,
            json!({ strange: status }),
        );
        Bundled::of(run.history(), 1)
    };
    let (then, mut now) = (with(200), with(404));
    now.verdict.findings[0].message = strange.to_owned();
    now.verdict.findings[0].reported = crate::conformance::Level::Fail;
    let comparison = Comparison::of(&then.side(), &now.side());
    let text = comparison_text(&comparison, Extent::All);
    assert!(text.contains("[31m<b>"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    let markdown = comparison_markdown(&comparison);
    assert!(markdown.contains("&lt;b&gt;"), "{markdown}");
    assert!(!markdown.contains("<b>") && !markdown.contains('\u{1b}'));
}

#[test]
fn what_is_much_is_cut_and_the_rest_counted() {
    let with = |status: u16| {
        let mut run = Composer::replay();
        for number in 0..60 {
            run.step(&format!("Step {number}")).send(
                "GET",
                &format!("/path/a{number}"),
                Value::Null,
                status,
                json!({}),
            );
        }
        Bundled::of(run.history(), 1)
    };
    let (then, now) = (with(200), with(404));
    let comparison = Comparison::of(&then.side(), &now.side());
    let brief = comparison_text(&comparison, Extent::Brief);
    assert!(brief.contains("and 40 more (--all)"), "{brief}");
    let all = comparison_text(&comparison, Extent::All);
    assert!(all.contains("Step 59") && !all.contains("(--all)"), "{all}");
}

/// A run in which anything happens.
fn any_run() -> impl Strategy<Value = History> {
    let step = (
        0_u8..5,
        prop_oneof![Just(200_u16), Just(404), Just(429), Just(503)],
    );
    prop::collection::vec(step, 0..12).prop_map(|steps| {
        let mut run = Composer::replay();
        for (kind, status) in steps {
            match kind {
                0 => run.step("One"),
                1 => run.send(
                    "GET",
                    PROVIDER,
                    Value::Null,
                    status,
                    json!({"data": status}),
                ),
                2 => run.patch_batch("Processing"),
                3 => run.get_batch("Received"),
                _ => run
                    .step("Two")
                    .send("GET", "/x/1", Value::Null, status, Value::Null)
                    .cut(),
            };
        }
        run.history()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_differs_between_a_bundle_and_itself(history in any_run()) {
        let bundled = Bundled::of(history, 1);
        let comparison = Comparison::of(&bundled.side(), &bundled.side());
        prop_assert!(comparison.is_empty(), "{}", comparison_json(&comparison));
        prop_assert_eq!(comparison.exit(), crate::conformance::ExitStatus::Met);
        prop_assert!(comparison_text(&comparison, Extent::Brief).ends_with("\nNothing differs.\n"));
    }

    #[test]
    fn no_exchange_is_lost_or_told_twice(then in any_run(), now in any_run()) {
        let there = drift(&then, &now);
        let count = |history: &History| {
            let events = history.events().iter();
            events.filter(|it| matches!(it.kind, EventKind::Exchange { .. })).count()
        };
        prop_assert_eq!(there.pairs + there.only_then.len(), count(&then));
        prop_assert_eq!(there.pairs + there.only_now.len(), count(&now));
        let back = drift(&now, &then);
        prop_assert_eq!(there.exchanges.len(), back.exchanges.len());
    }
}
