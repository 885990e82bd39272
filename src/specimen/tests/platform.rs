//! The connector straight on the mock of the platform.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::mock::{Defects, Fault, Platform, Tenant};
use crate::profile::Profile;
use crate::specimen::TokenValidation;

/// A connector with the mock behind it, to which the notifications of these tests are good enough.
fn world() -> (World, Rc<RefCell<Platform>>) {
    let tenant = Tenant::seeded();
    let provider = tenant.provider;
    let settings = Settings {
        api_url: "https://api-payout.mock.invalid".into(),
        token_url: "https://id.mock.invalid/oauth/token".into(),
        client_id: provider.client_id.into(),
        client_secret: Secret::new(provider.client_secret),
        audience: provider.audience.into(),
        api_key: Secret::new(provider.api_key),
        provider_id: tenant.provider_id.to_string(),
        ..settings()
    };
    let mut policy = Policy::reference();
    policy.reception.token = TokenValidation::Ignored;
    let platform = Rc::new(RefCell::new(Platform::new(
        Arc::new(Profile::built_in()),
        Random::from_seed(Seed(1)),
        Defects::none(),
    )));
    let behind = Rc::clone(&platform);
    let world = World::at(settings, policy).scripted(move |sent| {
        let now = start() + Duration::from_millis(u64::try_from(sent.at).unwrap());
        let reply = behind.borrow_mut().handle(now, &sent.request);
        let response = reply.response().cloned();
        Some(response.map_or_else(cut, Outcome::Response))
    });
    (world, platform)
}

fn cut() -> Outcome {
    Outcome::Failure(crate::exchange::Failure {
        kind: crate::exchange::FailureKind::Cut,
        message: "cut".into(),
    })
}

#[test]
fn a_subscription_and_a_batch_reach_their_ends_on_the_platform() {
    let tenant = Tenant::seeded();
    let (mut world, platform) = world();
    world.notify(
        0,
        &created("subscription", &tenant.subscription_id.to_string()),
    );
    world.notify(0, &created("batch", &tenant.batch_id.to_string()));
    world.run();
    let platform = platform.borrow();
    let store = platform.store();
    let subscription = &store.subscriptions[&tenant.subscription_id];
    assert_eq!(subscription.status, "Authorised");
    assert!(subscription.links.contains_key("authorise"));
    let batch = &store.batches[&tenant.batch_id];
    assert_eq!(batch.status, "Completed");
    assert!(
        batch
            .payments
            .values()
            .all(|payment| payment.status == "Completed")
    );
    assert_eq!(platform.counters().tokens, 1);
    assert_eq!(platform.counters().throttled, 0);
}

#[test]
fn scripted_faults_of_every_kind_are_survived() {
    let tenant = Tenant::seeded();
    let (mut world, platform) = world();
    let update = "PATCH /api-provider-v1/batchpayments/{batchId}";
    let read = "GET /api-provider-v1/batchpayments/{batchId}";
    for (operation, answers) in [
        ("POST /oauth/token", ["500", "429 retry-after=2"].as_slice()),
        (read, &["cut", "503 retry-after=date+7"]),
        (
            update,
            &["429", "429 retry-after=12", "cut-after-effect", "500"],
        ),
    ] {
        let answers: Vec<Fault> = answers.iter().map(|text| text.parse().unwrap()).collect();
        platform
            .borrow_mut()
            .queue_faults("test", operation, answers)
            .unwrap();
    }
    world.notify(0, &created("batch", &tenant.batch_id.to_string()));
    world.run();
    let platform = platform.borrow();
    assert_eq!(
        platform.store().batches[&tenant.batch_id].status,
        "Completed"
    );
    for proof in platform.fault_proofs() {
        assert_eq!(proof.delivered, proof.answers.len(), "{}", proof.operation);
    }
}
