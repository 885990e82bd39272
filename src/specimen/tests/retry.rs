//! Pace, retries, and what stands in the headers of repeated requests.

use std::collections::BTreeSet;

use super::*;
use crate::specimen::{Growth, InteractionId, Jitter, Pacing, Pause, RetryPolicy, Step};

const READ: &str = "GET /api-provider-v1/providers/p-1";

fn policy(change: impl FnOnce(&mut RetryPolicy)) -> Policy {
    let mut policy = Policy::reference();
    policy.retry.backoff.jitter = Jitter::None;
    change(&mut policy.retry);
    policy
}

/// The first so many requests that match are answered so.
fn first(
    count: usize,
    operation: &'static str,
    status: u16,
    headers: &'static [(&str, &str)],
) -> impl FnMut(&Sent) -> Option<Outcome> {
    let mut answered = 0;
    move |sent| {
        (sent.operation() == operation && answered < count).then(|| {
            answered += 1;
            answer_with(status, headers, &Value::Null)
        })
    }
}

/// The waits between the answer to one request and the next, in milliseconds.
fn waits(world: &World, operation: &str) -> Vec<i64> {
    let moments = world.moments(operation);
    moments
        .windows(2)
        .map(|pair| pair[1] - pair[0] - 50)
        .collect()
}

#[test]
fn a_throttled_operation_is_repeated_with_growing_waits_as_the_same_operation() {
    let mut world = World::new(policy(|_| ())).scripted(first(4, READ, 429, &[]));
    world.run();
    assert_eq!(waits(&world, READ), [1000, 2000, 4000, 8000]);
    let reads = world.matching(READ);
    let ids: BTreeSet<_> = reads
        .iter()
        .map(|sent| sent.header("x-fapi-interaction-id"))
        .collect();
    assert_eq!(ids.len(), 5, "each attempt has an id of its own");
}

#[test]
fn a_family_of_waits_is_a_change_of_one_trait() {
    let table = [
        (Growth::None, [0, 0, 0]),
        (Growth::Fixed, [1000, 1000, 1000]),
        (Growth::Linear, [1000, 2000, 3000]),
    ];
    for (growth, expected) in table {
        let mut world = World::new(Policy {
            pacing: Pacing::Off,
            ..policy(|retry| retry.backoff.growth = growth)
        })
        .scripted(first(3, READ, 500, &[]));
        world.run();
        assert_eq!(waits(&world, READ), expected, "{growth:?}");
    }
}

#[test]
fn a_retry_keeps_its_body() {
    const UPDATE: &str = "PATCH /api-provider-v1/batchpayments/b-1";
    let mut world =
        World::new(policy(|_| ())).scripted(first(3, UPDATE, 503, &[("retry-after", "7")]));
    world.notify(0, &created("batch", "b-1"));
    world.run();
    let updates = world.matching(UPDATE);
    for update in &updates[1..4] {
        assert_eq!(update.request.body, updates[0].request.body);
    }
    assert_eq!(waits(&world, UPDATE)[..3], [7000, 7000, 7000]);
}

#[test]
fn while_a_hint_holds_nothing_else_is_sent_unless_the_policy_says_otherwise() {
    for (pause, others) in [(Pause::Credential, 0), (Pause::Operation, 1)] {
        let mut world = World::new(policy(|retry| retry.pause = pause)).scripted(first(
            1,
            READ,
            429,
            &[("retry-after", "7")],
        ));
        world.notify(1000, &created("subscription", "s-1"));
        world.run();
        let meanwhile = world
            .matching("GET /api-provider-v1/subscriptions")
            .iter()
            .filter(|sent| (50..7050).contains(&sent.at))
            .count();
        assert_eq!(meanwhile.min(1), others, "{pause:?}");
        assert_eq!(world.moments(READ)[1], 7100, "the read itself waits");
    }
}

#[test]
fn a_credential_that_is_throttled_all_the_time_asks_less_and_less_however_much_waits() {
    let mut world = World::new(Policy::reference()).scripted(|sent| {
        let calls = sent.operation().contains("/api-provider-v1/");
        calls.then(|| answer(429, &Value::Null))
    });
    for number in 0..50 {
        world.notify(1000, &created("subscription", &format!("s-{number}")));
    }
    world.run_until(320_000);
    // BK-12: waits of at least 16 s once they have grown.
    let requests = world.matching("/api-provider-v1/").len();
    assert!((10..=6 + 20).contains(&requests), "{requests}");
}

#[test]
fn attempts_are_used_up_and_the_operation_rests() {
    let mut world = World::new(policy(|_| ())).scripted(first(usize::MAX, READ, 503, &[]));
    world.run_until(3_600_000);
    assert_eq!(world.matching(READ).len(), 15);
    assert_eq!(waits(&world, READ)[3..6], [8000, 96_000, 1000]);
}

#[test]
fn requests_keep_to_the_agreed_rate_and_the_bound_on_those_under_way() {
    let mut world = World::new(Policy {
        subscription: vec![Step::Read],
        ..Policy::reference()
    });
    for number in 0..50 {
        world.notify(1000, &created("subscription", &format!("s-{number}")));
    }
    world.run();
    let moments = world.moments("/api-provider-v1/");
    assert_eq!(moments.len(), 52);
    assert!(moments.windows(2).all(|pair| pair[1] - pair[0] >= 100));

    // Without pacing the bound on those under way is all that holds them back.
    let mut world = World::new(Policy {
        pacing: Pacing::Off,
        concurrency: 3,
        subscription: vec![Step::Read],
        ..Policy::reference()
    });
    for number in 0..9 {
        world.notify(1000, &created("subscription", &format!("s-{number}")));
    }
    world.run();
    let moments = world.moments("GET /api-provider-v1/subscriptions");
    let start = moments[0];
    let moments: Vec<_> = moments.iter().map(|at| at - start).collect();
    assert_eq!(moments, [0, 0, 0, 50, 50, 50, 100, 100, 100]);
}

#[test]
fn interaction_ids_are_what_the_policy_says() {
    // policy, different ids in two operations of two attempts each
    let table = [
        (InteractionId::Fresh, 4),
        (InteractionId::PerOperation, 2),
        (InteractionId::Constant, 1),
        (InteractionId::Malformed, 4),
        (InteractionId::Absent, 1),
    ];
    for (interaction_id, different) in table {
        let mut seen = 0;
        let mut world = World::new(Policy {
            interaction_id,
            configuration: vec![Step::Read],
            subscription: vec![Step::Read],
            ..policy(|_| ())
        })
        .scripted(move |sent| {
            if !sent.operation().starts_with("GET /api-provider-v1") {
                return None;
            }
            seen += 1;
            (seen % 2 == 1).then(|| answer(500, &Value::Null))
        });
        world.notify(20_000, &created("subscription", "s-1"));
        world.run();
        let calls = world.matching("/api-provider-v1/");
        assert_eq!(calls.len(), 4);
        let ids: BTreeSet<_> = calls
            .iter()
            .map(|sent| sent.header("x-fapi-interaction-id"))
            .collect();
        assert_eq!(ids.len(), different, "{interaction_id:?}");
        let are_uuids = ids.iter().all(|id| uuid::Uuid::try_parse(id).is_ok());
        let expected = !matches!(
            interaction_id,
            InteractionId::Malformed | InteractionId::Absent
        );
        assert_eq!(are_uuids, expected, "{interaction_id:?}");
    }
}

#[test]
fn what_cannot_pass_by_itself_is_not_repeated_and_ends_its_errand() {
    for status in [400, 403, 404, 409, 422] {
        let mut world = World::new(Policy::reference()).scripted(first(
            usize::MAX,
            "PATCH /api-provider-v1/subscriptions/s-1",
            status,
            &[],
        ));
        world.notify(0, &created("subscription", "s-1"));
        world.run();
        let of_it = world.matching("/subscriptions/s-1");
        let methods: Vec<_> = of_it.iter().map(|sent| &sent.request.method).collect();
        assert_eq!(methods, ["GET", "PATCH"], "{status}");
    }
}
