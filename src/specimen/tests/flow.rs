//! What is done for subscriptions, batches and messages.

use serde_json::{Value, json};

use super::*;
use crate::specimen::{Messages, Resumption, Step};

const BATCH: &str = "PATCH /api-provider-v1/batchpayments/b-1";

#[test]
fn it_starts_by_reading_and_publishing_its_configuration_with_a_token() {
    let mut world = World::new(Policy::reference());
    world.run();
    assert_eq!(
        world.operations(),
        [
            "POST /oauth/token",
            "GET /api-provider-v1/providers/p-1",
            "PATCH /api-provider-v1/providers/p-1",
        ]
    );
    assert_eq!(
        world.sent[0].body(),
        json!({
            "grant_type": "client_credentials",
            "client_id": "client",
            "client_secret": "secret-1",
            "audience": "audience",
        })
    );
    let read = &world.sent[1];
    assert_eq!(read.request.origin(), "https://api.invalid");
    for (header, value) in [
        ("authorization", "Bearer t-1"),
        ("x-api-key", "key-1"),
        ("x-application", "sage.test"),
        ("content-type", ""),
    ] {
        assert_eq!(read.header(header), value);
    }
}

#[test]
fn a_subscription_is_read_offered_authorised_and_read_again() {
    let mut world = World::new(Policy::reference());
    world.notify(1000, &created("subscription", "s-1"));
    world.run();
    let of_it = world.matching("/subscriptions/s-1");
    let methods: Vec<_> = of_it.iter().map(|sent| &sent.request.method).collect();
    assert_eq!(methods, ["GET", "PATCH", "PATCH", "GET"]);
    assert_eq!(
        of_it[1].body(),
        json!({"data": {
            "status": "AwaitingAuthorisation",
            "links": {"authorise": {
                "href": "https://specimen.invalid/authorise/s-1",
                "authoriseIssuedAt": "2026-01-01T00:00:01Z",
                "authoriseExpiresAt": "2026-01-01T00:20:01Z",
            }},
        }})
    );
    assert_eq!(of_it[2].body(), json!({"data": {"status": "Authorised"}}));
    assert!(of_it[2].at - of_it[1].at >= 2000, "the user takes his time");
}

#[test]
fn a_batch_is_read_marked_paid_closed_and_read_again() {
    let mut world = World::new(Policy::reference());
    world.notify(1000, &created("batch", "b-1"));
    world.run();
    let of_it = world.matching("/batchpayments/b-1");
    let methods: Vec<_> = of_it.iter().map(|sent| &sent.request.method).collect();
    assert_eq!(methods, ["GET", "PATCH", "PATCH", "PATCH", "GET"]);
    assert_eq!(
        of_it[1].body(),
        json!({"data": {"defaultStatus": "Processing"}})
    );
    assert_eq!(
        of_it[2].body(),
        json!({"data": {"payments": [
            {
                "paymentId": "pay-1",
                "status": "Completed",
                "paymentCompletedDate": "2026-01-01T00:00:02Z",
                "additionalData": {"providerReference": "SP-pay"},
            },
            {
                "paymentId": "pay-2",
                "status": "Completed",
                "paymentCompletedDate": "2026-01-01T00:00:02Z",
                "additionalData": {"providerReference": "SP-pay"},
            },
            {
                "paymentId": "pay-3",
                "status": "Failed",
                "extendedStatus": "AccountClosed",
                "additionalData": {"reason": "the creditor's account is closed"},
            },
        ]}})
    );
    assert_eq!(
        of_it[3].body(),
        json!({"data": {"status": "PartiallyCompleted"}})
    );
    assert_eq!(of_it[2].header("content-type"), "application/json");
}

#[test]
fn the_final_status_of_a_batch_follows_from_its_payments() {
    // accounts that are rejected, status
    let table = [
        (vec![], "Completed"),
        (vec!["00000000"], "PartiallyCompleted"),
        (vec!["00000000", "55779911"], "Failed"),
    ];
    for (rejects, status) in table {
        let mut world = World::new(Policy {
            rejects: rejects.into_iter().map(str::to_owned).collect(),
            ..Policy::reference()
        });
        world.notify(0, &created("batch", "b-1"));
        world.run();
        let updates = world.matching(BATCH);
        assert_eq!(
            updates.last().unwrap().body(),
            json!({"data": {"status": status}})
        );
    }
}

#[test]
fn a_large_batch_is_updated_in_as_many_parts_as_the_policy_says() {
    // payments in an update, updates with payments
    for (part, updates) in [(500, 4), (1, 2000), (2000, 1)] {
        let mut world = World::new(Policy {
            payments_per_update: part,
            ..Policy::reference()
        })
        .scripted(|sent| {
            (sent.operation() == "GET /api-provider-v1/batchpayments/b-1")
                .then(|| answer(200, &batch("Received", 2000)))
        });
        world.notify(0, &created("batch", "b-1"));
        world.run();
        let with_payments = world.matching(BATCH);
        let with_payments: Vec<Value> = with_payments
            .iter()
            .map(|sent| sent.body()["data"]["payments"].take())
            .filter(|payments| !payments.is_null())
            .collect();
        assert_eq!(with_payments.len(), updates);
        let named: std::collections::BTreeSet<_> = with_payments
            .iter()
            .flat_map(|payments| payments.as_array().unwrap())
            .map(|payment| payment["paymentId"].as_str().unwrap())
            .collect();
        assert_eq!(named.len(), 2000);
        let last = world.matching(BATCH).last().unwrap().body();
        assert_eq!(last["data"]["status"], "PartiallyCompleted");
    }
}

#[test]
fn work_that_was_begun_is_finished_and_work_that_is_done_is_left_alone() {
    // status as read, the statuses that are set, by the reference and by one that does not look
    let everything = ["defaultStatus", "payments", "status"].as_slice();
    let table: [(&str, &[&str]); 4] = [
        ("Received", everything),
        ("Processing", &["payments", "status"]),
        ("Completed", &[]),
        ("Cancelled", &[]),
    ];
    for (status, expected) in table {
        for (resumption, expected) in [
            (Resumption::Rest, expected),
            (Resumption::Everything, everything),
        ] {
            let mut world = World::new(Policy {
                resumption,
                ..Policy::reference()
            })
            .scripted(move |sent| {
                (sent.operation() == "GET /api-provider-v1/batchpayments/b-1")
                    .then(|| answer(200, &batch(status, 3)))
            });
            world.notify(0, &created("batch", "b-1"));
            world.run();
            let updates = world.matching(BATCH);
            let set: Vec<String> = updates
                .iter()
                .flat_map(|sent| {
                    let body = sent.body();
                    body["data"]
                        .as_object()
                        .unwrap()
                        .keys()
                        .cloned()
                        .collect::<Vec<_>>()
                })
                .collect();
            assert_eq!(set, expected, "{status}, {resumption:?}");
        }
    }
}

#[test]
fn the_sequence_of_steps_is_data() {
    let work = Policy::reference().batch;
    let without_processing: Vec<Step> = work
        .iter()
        .filter(|step| !matches!(step, Step::Mark(_)))
        .cloned()
        .collect();
    let mut changed = work.clone();
    changed.push(Step::Reverse);
    changed.push(Step::Set("Processing".into()));
    let each: Vec<Step> = vec![Step::Read, Step::MarkEach("Processing".into())];
    // steps, first and last update
    let table = [
        (without_processing, "Completed", json!("PartiallyCompleted")),
        (changed, "", json!("Processing")),
        (each, "Processing", Value::Null),
    ];
    for (batch, first, last) in table {
        let mut world = World::new(Policy {
            batch,
            ..Policy::reference()
        });
        world.notify(0, &created("batch", "b-1"));
        world.run();
        let updates = world.matching(BATCH);
        let first_payment = &updates[0].body()["data"]["payments"][0];
        assert_eq!(first_payment["status"].as_str().unwrap_or_default(), first);
        assert_eq!(updates.last().unwrap().body()["data"]["status"], last);
    }
}

#[test]
fn a_reversal_gives_every_payment_the_other_end() {
    let mut world = World::new(Policy {
        batch: vec![Step::Read, Step::Pay, Step::Reverse],
        ..Policy::reference()
    });
    world.notify(0, &created("batch", "b-1"));
    world.run();
    let statuses: Vec<Vec<String>> = world
        .matching(BATCH)
        .iter()
        .map(|sent| {
            let body = sent.body();
            let payments = body["data"]["payments"].as_array().unwrap();
            payments
                .iter()
                .map(|payment| payment["status"].as_str().unwrap().to_owned())
                .collect()
        })
        .collect();
    assert_eq!(
        statuses,
        [
            ["Completed", "Completed", "Failed"],
            ["Failed", "Failed", "Completed"]
        ]
    );
}

#[test]
fn a_subscription_that_somebody_else_changed_is_read() {
    let mut world = World::new(Policy::reference());
    world.notify(
        0,
        &json!({
            "type": "resourceUpdated",
            "resource": {"id": "s-1", "type": "subscription", "url": "NA"},
            "additionalData": {"status": "Cancelled"},
        }),
    );
    world.run();
    assert_eq!(
        world.matching("/subscriptions/")[0].operation(),
        "GET /api-provider-v1/subscriptions/s-1"
    );
    assert_eq!(world.matching("/subscriptions/").len(), 1);
}

fn question(kind: &str, data: &Value) -> Value {
    json!({
        "type": "resourceCreated",
        "resource": {"id": "s-1", "type": kind, "url": "NA"},
        "message": {"subscriptionId": "s-1", "data": data},
    })
}

#[test]
fn each_question_of_the_product_is_answered_by_its_pair() {
    // question, answer
    let table = [
        ("debtoraccountputs", "debtoraccountputs"),
        (
            "debtoraccountlistqueries",
            "debtoraccountlistqueryresponses",
        ),
        ("debtoraccountdeletes", "debtoraccountdeletes"),
        ("creditorputs", "creditorputs"),
        ("creditorlistqueries", "creditorlistqueryresponses"),
        ("creditordeletes", "creditordeletes"),
    ];
    for (asked, answered) in table {
        for (messages, expected) in [
            (Messages::Answered, Some(answered)),
            (Messages::Echoed, Some(asked)),
            (Messages::Ignored, None),
        ] {
            let mut world = World::new(Policy {
                messages,
                ..Policy::reference()
            });
            let call = world.notify(0, &question(asked, &json!({"note": "n"})));
            world.run();
            assert_eq!(world.answer_to(call), Some(202));
            let sent = world.matching("/api-provider-msg-v1/");
            let operations: Vec<_> = sent.iter().map(|sent| sent.operation()).collect();
            let expected = expected.map(|name| format!("POST /api-provider-msg-v1/{name}"));
            assert_eq!(operations, expected.into_iter().collect::<Vec<_>>());
            for sent in sent {
                assert_eq!(sent.body()["subscriptionId"], "s-1");
                assert_eq!(sent.body()["data"]["note"], "n");
            }
        }
    }
}

#[test]
fn answers_to_queries_say_what_was_put_there_before() {
    let mut world = World::new(Policy::reference());
    let creditor = json!({"creditor": {"name": "Elm Street Catering"}});
    let debtor = json!({"debtor": {"name": "Harbour Tools Ltd"}});
    for (at, kind, data) in [
        (0, "creditorputs", &creditor),
        (100, "debtoraccountputs", &debtor),
        (1000, "creditorlistqueries", &json!({})),
        (1100, "debtoraccountlistqueries", &json!({})),
        (2000, "creditordeletes", &creditor),
        (3000, "creditorlistqueries", &json!({})),
    ] {
        world.notify(at, &question(kind, data));
    }
    world.run();
    let answers = world.matching("listqueryresponses");
    let of = |index: usize| answers[index].body()["data"].take();
    assert_eq!(
        of(0),
        json!({"creditor": {"name": "Elm Street Catering", "creditorType": "Organisation"}})
    );
    assert_eq!(
        of(1),
        json!({
            "debtor": {
                "name": "Harbour Tools Ltd",
                "remittanceEmail": "remittances@specimen.invalid",
                "taxId": "GB000000000",
            },
            "legalEntity": "Specimen Ltd",
        })
    );
    assert_ne!(of(2)["creditor"]["name"], "Elm Street Catering");
}
