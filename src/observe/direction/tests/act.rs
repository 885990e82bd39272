//! What the product does, act by act.

use std::time::Duration;

use super::theatre::{Habit, Theatre};
use crate::event::{EventKind, Origin};
use crate::exchange::Exchange;
use crate::observe::MessageKind;

/// Plays one scenario with `acts` to its end.
fn play(acts: &str) -> Theatre {
    play_with("", "", acts)
}

fn play_with(profile: &str, scenario: &str, acts: &str) -> Theatre {
    let plan = format!(
        "name = 'p'\ndescription = 'd'\n[[scenario]]\nname = 's'\nbudget = '10m'\n{scenario}\n{acts}"
    );
    let theatre = Theatre::with(profile, &plan, Habit::Works).play();
    assert_eq!(theatre.ended(), [("s".to_owned(), vec![])]);
    theatre
}

/// The exchanges of the product.
fn exchanges(theatre: &Theatre) -> Vec<&Exchange> {
    theatre
        .events
        .iter()
        .filter_map(|event| match event {
            EventKind::Exchange {
                origin, exchange, ..
            } => {
                assert_eq!(*origin, Origin::Product);
                Some(&**exchange)
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_batch_has_its_payments_from_the_templates_the_rejected_ones_last() {
    let theatre = play(
        "[[scenario.act]]\ndo = 'submit-batch'\npayments = 5\nrejected = 2\namounts = ['1.00', '2.00']\n",
    );
    assert_eq!(
        theatre.product(),
        ["POST /oauth/token 200", "POST /v3/batchpayments 201"]
    );
    let request = &exchanges(&theatre)[1].request;
    assert_eq!(request.headers.get("x-idempotency-key").unwrap().len(), 36);
    let body = request.body.json().unwrap();
    let payments = body["data"]["payments"].as_array().unwrap();
    let told: Vec<_> = payments
        .iter()
        .map(|payment| {
            let account = &payment["creditor"]["bankAccount"]["accountNumber"];
            format!("{} {} {account}", payment["reference"], payment["amount"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        told,
        [
            "INV-1 1.00 55779911",
            "INV-2 2.00 55779911",
            "INV-3 1.00 55779911",
            "INV-4 2.00 00000000",
            "INV-5 1.00 00000000",
        ]
    );
}

#[test]
fn a_plan_can_bring_templates_of_its_own() {
    let plan = "
name = 'p'
description = 'd'
[payment.rejected]
amount = 3.5
currency = 'USD'
tags = ['a', 'r{{number}}']
[[scenario]]
name = 's'
budget = '1m'
[[scenario.act]]
do = 'submit-batch'
rejected = 1
";
    let theatre = Theatre::new(plan, Habit::Works).play();
    let body = exchanges(&theatre)[1].request.body.json().unwrap();
    assert_eq!(
        body["data"]["payments"].to_string(),
        r#"[{"amount":3.5,"currency":"USD","tags":["a","r1"]}]"#
    );
}

#[test]
fn a_new_subscription_opens_the_timetable_and_others_follow() {
    let theatre = play_with(
        "",
        "subscription = 'new'",
        "[[scenario.act]]\ndo = 'subscribe'\n[[scenario.act]]\ndo = 'submit-batch'\n",
    );
    let organisation = "c1f0a3de-5d0b-4c39-8a8e-2f7de0a9b6c4";
    let subscribe =
        format!("POST /v3/subscriptions/organisations/{organisation}/subscriptions 201");
    assert_eq!(
        theatre.product(),
        [
            "POST /oauth/token 200",
            &subscribe,
            &subscribe,
            "POST /v3/batchpayments 201"
        ]
    );
    let authorised = theatre
        .platform
        .store()
        .subscriptions
        .values()
        .filter(|subscription| subscription.status == "Authorised")
        .count();
    assert_eq!(authorised, 4, "two of the seed, two of the plan");
}

#[test]
fn each_kind_of_message_is_sent_and_its_answer_awaited() {
    for kind in MessageKind::ALL {
        let name = kind.question();
        let theatre = play(&format!(
            "[[scenario.act]]\ndo = 'send'\nmessage = '{name}'\n"
        ));
        assert_eq!(
            theatre.product()[1..],
            [format!("POST /api/msg-v1/{name} 202")]
        );
        let operations: Vec<_> = theatre
            .platform
            .store()
            .messages
            .iter()
            .map(|message| message.operation.as_str())
            .collect();
        let answer = kind.answer();
        assert_eq!(
            operations,
            [
                format!("POST /api/msg-v1/{name}"),
                format!("POST /api-provider-msg-v1/{answer}")
            ]
        );
    }
}

#[test]
fn the_product_reads_what_the_scenario_made() {
    let theatre = play_with(
        "",
        "subscription = 'new'",
        "[[scenario.act]]\ndo = 'submit-batch'\n[[scenario.act]]\ndo = 'read'\nafter = '1s'\n",
    );
    let reads: Vec<_> = theatre
        .product()
        .into_iter()
        .filter(|call| call.starts_with("GET"))
        .collect();
    assert_eq!(reads.len(), 2);
    assert!(reads[0].starts_with("GET /v3/subscriptions/") && reads[0].ends_with(" 200"));
    assert!(reads[1].starts_with("GET /v3/batchpayments/") && reads[1].ends_with(" 200"));
    let last = exchanges(&theatre).pop().unwrap();
    let body = last.response().unwrap().body.json().unwrap();
    assert_eq!(
        body["data"]["status"], "Completed",
        "it read after the work"
    );
}

#[test]
fn tokens_are_revoked_and_the_product_fetches_another() {
    let theatre = play(
        "[[scenario.act]]\ndo = 'submit-batch'\n[[scenario.act]]\ndo = 'revoke-tokens'\nafter = '0s'\n[[scenario.act]]\ndo = 'submit-batch'\nafter = '0s'\n",
    );
    assert_eq!(
        theatre.product(),
        [
            "POST /oauth/token 200",
            "POST /v3/batchpayments 201",
            "POST /v3/batchpayments 401",
            "POST /oauth/token 200",
            "POST /v3/batchpayments 201",
        ]
    );
    let batches = theatre.platform.store().batches.len();
    assert_eq!(batches, 4, "two of the seed, two of the plan");
}

#[test]
fn a_token_is_fetched_once_in_its_lifetime() {
    let theatre = play_with(
        "",
        "token_lifetime = '4s'",
        "[[scenario.act]]\ndo = 'submit-batch'\nevery = '1s'\ntimes = 10\n",
    );
    let tokens = theatre
        .product()
        .iter()
        .filter(|call| call.starts_with("POST /oauth/token"))
        .count();
    assert_eq!(tokens, 3, "at 0, 4 and 8 s");
}

#[test]
fn a_status_is_set_where_the_flow_lets_the_product_and_left_otherwise() {
    let acts = "[[scenario.act]]\ndo = 'set-status'\nstatus = 'Suspended'\n";
    let flow = "
[flows.subscription]
initial = ['Received']
terminal = ['Suspended']
edges = [
  { from = 'Received', to = ['Authorised'] },
  { from = 'Authorised', to = ['Suspended'], by = 'product' },
]
";
    for (profile, notices, status) in [("", 1, "Authorised"), (flow, 0, "Suspended")] {
        let theatre = play_with(profile, "subscription = 'new'", acts);
        let said = theatre
            .events
            .iter()
            .filter(|event| matches!(event, EventKind::Notice { .. }))
            .count();
        assert_eq!(said, notices, "{profile}");
        let subscriptions = theatre.platform.store().subscriptions.values();
        let last = subscriptions.filter(|it| it.status == status).count();
        assert!(last > 0, "{profile}");
    }
}

#[test]
fn scripted_answers_are_for_the_connector_and_their_delivery_is_told() {
    let theatre = play_with(
        "",
        "[[scenario.fault]]\noperation = 'POST /oauth/token'\nanswers = ['503', '503 for=3s']\n",
        "[[scenario.act]]\ndo = 'submit-batch'\n[[scenario.act.fault]]\noperation = 'GET /api-provider-v1/batchpayments/{batchId}'\nanswers = ['429']\n",
    );
    assert_eq!(theatre.product()[0], "POST /oauth/token 200");
    let proofs: Vec<_> = theatre
        .events
        .iter()
        .filter_map(|event| match event {
            EventKind::FaultProof(proof) => Some((proof.scenario.as_str(), proof.delivered)),
            _ => None,
        })
        .collect();
    assert_eq!(proofs, [("s", 2), ("s", 1)]);
    assert!(
        matches!(theatre.events.last(), Some(EventKind::ScenarioEnded { .. })),
        "the proofs come before the end"
    );
}

#[test]
fn the_product_waits_when_the_platform_throttles_it_and_repeats_its_key() {
    let theatre = play_with(
        "rate = 1\nburst = 1\n",
        "",
        "[[scenario.act]]\ndo = 'submit-batch'\ntimes = 2\nevery = '1ms'\n",
    );
    assert_eq!(
        theatre.product()[1..],
        [
            "POST /v3/batchpayments 201",
            "POST /v3/batchpayments 429",
            "POST /v3/batchpayments 201"
        ]
    );
    let keys: Vec<_> = exchanges(&theatre)[1..]
        .iter()
        .map(|exchange| exchange.request.headers.get("x-idempotency-key").unwrap())
        .collect();
    assert!(keys[0] != keys[1] && keys[1] == keys[2], "{keys:?}");
}

#[test]
fn acts_come_at_their_times_or_after_what_was_before() {
    let theatre = play(
        "[[scenario.act]]\ndo = 'submit-batch'\nat = '2s'\nevery = '3s'\ntimes = 2\n[[scenario.act]]\ndo = 'send'\nmessage = 'creditorputs'\nafter = '10s'\ntimes = 2\n[[scenario.act]]\ndo = 'send'\nmessage = 'creditordeletes'\nat = '1s'\n",
    );
    let start = crate::base::Clock::logical_start();
    let times: Vec<_> = exchanges(&theatre)
        .iter()
        .filter(|exchange| exchange.request.path() != "/oauth/token")
        .map(|exchange| {
            let at = exchange.timing.request_first.duration_since(start);
            let path = exchange.request.path();
            (path.rsplit('/').next().unwrap(), at.as_secs())
        })
        .collect();
    // A batch takes the connector 0.3 s, a message 0.1 s; then the ten seconds begin.
    assert_eq!(
        times,
        [
            ("creditordeletes", 1),
            ("batchpayments", 2),
            ("batchpayments", 5),
            ("creditorputs", 15),
            ("creditorputs", 25),
        ]
    );
}

#[test]
fn notifications_are_delivered_as_the_scenario_says_and_as_usual_afterwards() {
    let plan = "
name = 'p'
description = 'd'
[[scenario]]
name = 'twice'
budget = '1m'
[scenario.delivery]
duplicates = 1
[[scenario.act]]
do = 'submit-batch'
[[scenario]]
name = 'once'
budget = '1m'
[[scenario.act]]
do = 'submit-batch'
";
    let theatre = Theatre::new(plan, Habit::Works).play();
    let kinds = theatre.notified.len();
    assert_eq!(kinds, 3, "two of the first batch, one of the second");
    assert_eq!(theatre.platform.notifications().repeated, 1);
}

#[test]
fn two_plays_with_one_seed_are_the_same_to_the_byte() {
    let acts = "[[scenario.act]]\ndo = 'submit-batch'\ntimes = 5\nevery = '100ms'\n";
    let delivery = "[scenario.delivery]\nshuffled_within = '1s'\n";
    let one = play_with("", delivery, acts);
    let two = play_with("", delivery, acts);
    assert_eq!(one.events, two.events);
    assert_eq!(one.notified, two.notified);
    assert!(one.duration() > Duration::from_secs(1));
}

#[test]
fn the_product_waits_where_token_requests_are_throttled() {
    play_with(
        "rate = 1\nburst = 2\nthrottle.token-endpoint = 'throttled'",
        "",
        "[[scenario.act]]\ndo = 'submit-batch'\n[[scenario.act]]\ndo = 'revoke-tokens'\n\
         [[scenario.act]]\ndo = 'submit-batch'",
    );
}

#[test]
fn what_holds_for_the_product_alone_holds_for_what_a_scenario_waits_for() {
    let edges = "{ from = 'Received', to = ['Processing'], by = 'provider' }, \
                 { from = 'Processing', to = ['Completed', 'PartiallyCompleted', 'Failed'], by = 'provider' }";
    let ends = "'Completed', 'PartiallyCompleted', 'Failed'";
    let archived = ["Completed", "PartiallyCompleted", "Failed"]
        .map(|from| format!("{{ from = '{from}', to = ['Archived'], by = 'platform' }}"))
        .join(", ");
    let profile = format!(
        "[flows.batch]\ninitial = ['Received']\nterminal = ['Archived']\n\
         edges = [{edges}, {archived}]\n\
         [application.'sage.intacct'.flows.batch]\ninitial = ['Received']\nterminal = [{ends}]\n\
         edges = [{edges}]"
    );
    play_with(&profile, "", "[[scenario.act]]\ndo = 'submit-batch'");
}
