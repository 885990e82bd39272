//! How tokens are kept.

use serde_json::json;

use super::*;
use crate::specimen::{Flight, Patience, Refusal, Step, TokenPolicy, TokenReuse};

const TOKEN: &str = "POST /oauth/token";
const CALLS: &str = "/api-provider-v1/";

fn policy(change: impl FnOnce(&mut TokenPolicy)) -> Policy {
    let mut policy = Policy::reference();
    change(&mut policy.tokens);
    policy
}

/// Tokens that live for so many seconds, none where nothing is said of it.
fn living(seconds: Option<u64>) -> impl FnMut(&Sent) -> Option<Outcome> {
    let mut issued = 0;
    move |sent| {
        (sent.operation() == TOKEN).then(|| {
            issued += 1;
            let mut body = json!({"access_token": format!("t-{issued}")});
            if let Some(seconds) = seconds {
                body["expires_in"] = json!(seconds);
            }
            answer(200, &body)
        })
    }
}

/// A read every so many seconds.
fn reads(world: &mut World, every: u64, until: u64) {
    for (number, at) in (0..until)
        .step_by(usize::try_from(every).unwrap())
        .enumerate()
    {
        let id = format!("s-{number}");
        world.notify(at * 1000, &updated(&id));
    }
}

/// When tokens were asked for, in whole seconds, in an hour with a read every ten seconds.
fn fetches(policy: Policy, lifetime: Option<u64>) -> Vec<i64> {
    let mut world = World::new(policy).scripted(living(lifetime));
    reads(&mut world, 10, 600);
    world.run();
    assert_eq!(
        world.matching("GET /api-provider-v1/subscriptions").len(),
        60
    );
    let moments = world.moments(TOKEN);
    moments.iter().map(|moment| moment / 1000).collect()
}

#[test]
fn a_token_is_used_until_shortly_before_it_expires() {
    // lifetime, when tokens are asked for
    let table = [
        (Some(3600), vec![0]),
        // A minute before.
        (Some(400), vec![0, 340]),
        // Never before four fifths.
        (Some(100), vec![0, 80, 160, 240, 320, 400, 480, 560]),
        (None, vec![0]),
    ];
    for (lifetime, expected) in table {
        assert_eq!(
            fetches(Policy::reference(), lifetime),
            expected,
            "{lifetime:?}"
        );
    }
}

#[test]
fn a_token_is_never_used_after_it_expired() {
    let mut world = World::new(Policy::reference()).scripted(living(Some(60)));
    reads(&mut world, 1, 590);
    world.run();
    let mut asked = std::collections::BTreeMap::new();
    for (number, sent) in (1..).zip(world.matching(TOKEN)) {
        asked.insert(format!("Bearer t-{number}"), sent.at);
    }
    assert!(asked.len() > 8);
    for sent in world.matching(CALLS) {
        let age = sent.at - asked[sent.header("authorization")];
        assert!(age < 60_000, "{age} ms");
    }
}

#[test]
fn while_a_new_token_is_asked_for_the_old_one_is_used() {
    let mut issued = 0;
    let mut world = World::new(Policy::reference()).scripted(move |sent| {
        if sent.operation() != TOKEN {
            return None;
        }
        issued += 1;
        Some(if issued == 2 {
            answer_with(503, &[("retry-after", "10")], &Value::Null)
        } else {
            answer(
                200,
                &json!({"access_token": format!("t-{issued}"), "expires_in": 100}),
            )
        })
    });
    reads(&mut world, 1, 95);
    world.run();
    let seconds: Vec<_> = world.moments(TOKEN).iter().map(|at| at / 1000).collect();
    assert_eq!(
        seconds,
        [0, 80, 91],
        "the hint of the token endpoint is obeyed"
    );
    let calls = world.matching(CALLS);
    assert_eq!(calls.len(), 97, "nothing waited for it");
    let with_old = calls
        .iter()
        .filter(|sent| sent.header("authorization") == "Bearer t-1");
    assert!(with_old.map(|sent| sent.at).max() > Some(89_000));
}

#[test]
fn the_other_ways_to_keep_a_token_do_what_they_say() {
    let refused = policy(|tokens| tokens.reuse = TokenReuse::UntilRefused);
    assert_eq!(fetches(refused, Some(60)), [0]);
    let fixed = |seconds| {
        policy(|tokens| tokens.reuse = TokenReuse::FixedSkew(Duration::from_secs(seconds)))
    };
    assert_eq!(fetches(fixed(60), Some(400)), [0, 340]);
    assert_eq!(fetches(fixed(300), Some(60)).len(), 62, "as TK-03 knows it");
    let once = policy(|tokens| tokens.reuse = TokenReuse::Once);
    assert_eq!(fetches(once, Some(3600)).len(), 62);
}

#[test]
fn several_operations_share_one_fetch_unless_the_policy_says_otherwise() {
    for (flight, fetches) in [(Flight::Single, 1), (Flight::Each, 4)] {
        let mut world = World::new(policy(|tokens| tokens.flight = flight));
        for id in ["s-1", "s-2", "s-3", "s-4"] {
            world.notify(0, &created("subscription", id));
        }
        world.run_until(60);
        assert_eq!(world.matching(TOKEN).len(), 1, "the start fetches its own");
        let mut world = World::new(policy(|tokens| tokens.flight = flight));
        // Known keys: all four can be attended to at once, when the token has expired.
        world.notify(100, &created("subscription", "s-0"));
        for id in ["s-1", "s-2", "s-3", "s-4"] {
            world.notify(7_200_000, &created("subscription", id));
        }
        world.run_until(7_200_000 + 40);
        let late = world
            .moments(TOKEN)
            .iter()
            .filter(|at| **at > 7_000_000)
            .count();
        assert_eq!(late, fetches, "{flight:?}");
    }
}

#[test]
fn a_refused_token_is_replaced_once_and_never_used_again() {
    // refusal, tokens with which the configuration is read and published
    let table = [
        (
            Refusal::Renewed,
            vec!["Bearer t-1", "Bearer t-2", "Bearer t-2"],
        ),
        (Refusal::GivenUp, vec!["Bearer t-1"]),
        (Refusal::Resent, vec!["Bearer t-1"; 5]),
    ];
    for (refusal, expected) in table {
        let mut world = World::new(policy(|tokens| tokens.refusal = refusal)).scripted(|sent| {
            (sent.header("authorization") == "Bearer t-1").then(|| answer(401, &Value::Null))
        });
        world.run_until(60_000);
        let calls = world.matching(CALLS);
        let used: Vec<_> = calls
            .iter()
            .map(|sent| sent.header("authorization"))
            .collect();
        assert_eq!(used, expected, "{refusal:?}");
    }
}

#[test]
fn a_token_that_was_refused_to_several_operations_is_replaced_once() {
    let mut world = World::new(Policy {
        pacing: crate::specimen::Pacing::Off,
        subscription: vec![Step::Read],
        ..Policy::reference()
    })
    .scripted(|sent| {
        let revoked = sent.at >= 1000 && sent.header("authorization") == "Bearer t-1";
        revoked.then(|| answer(401, &Value::Null))
    });
    world.notify(500, &created("subscription", "s-0"));
    for id in ["s-1", "s-2", "s-3", "s-4"] {
        world.notify(1000, &created("subscription", id));
    }
    world.run();
    assert_eq!(world.matching(TOKEN).len(), 2);
    assert_eq!(
        world.matching("GET /api-provider-v1/subscriptions").len(),
        9
    );
}

#[test]
fn a_token_without_a_life_is_used_once() {
    assert_eq!(fetches(Policy::reference(), Some(0)).len(), 62);
}

#[test]
fn without_hope_of_a_token_everything_is_given_up_and_wrong_credentials_are_not_repeated() {
    let mut world = World::new(Policy::reference())
        .scripted(|sent| (sent.operation() == TOKEN).then(|| answer(401, &Value::Null)));
    world.run();
    assert_eq!(world.operations(), [TOKEN]);
}

#[test]
fn a_client_proves_who_it_is_in_the_way_of_the_profile() {
    // way, whether the secret is in the body, whether it is in the header
    for (way, in_body, in_header) in [
        ("body", true, false),
        ("either", true, false),
        ("basic", false, true),
    ] {
        let text = format!("token.client-authentication = \"{way}\"");
        let profile = Profile::with_override(&text, "own.toml").unwrap();
        let mut settings = settings();
        settings.dialect = Dialect::of(&profile, "sage.test");
        let mut world = World::at(settings, Policy::reference());
        world.run();
        let [request] = world.matching(TOKEN)[..] else {
            panic!("{way}: one token");
        };
        assert_eq!(
            request.body()["client_secret"] == "secret-1",
            in_body,
            "{way}"
        );
        let basic = request.header("authorization");
        assert_eq!(
            basic == crate::auth::client_basic("client", "secret-1"),
            in_header,
            "{way}"
        );
        assert_eq!(request.body()["audience"], "audience");
    }
}

#[test]
fn a_token_is_asked_for_again_as_the_policy_says() {
    for (patience, waits) in [
        (Patience::AsElsewhere, vec![7_000]),
        (Patience::None, vec![0]),
    ] {
        let mut refused = 0;
        let mut world =
            World::new(policy(|tokens| tokens.patience = patience)).scripted(move |sent| {
                if sent.operation() != TOKEN || refused == 1 {
                    return None;
                }
                refused += 1;
                Some(answer_with(
                    429,
                    &[("Retry-After", "7")],
                    &serde_json::Value::Null,
                ))
            });
        world.run();
        let moments = world.moments(TOKEN);
        let apart: Vec<i64> = moments
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) / 1_000 * 1_000)
            .collect();
        assert_eq!(apart, waits, "{patience:?}");
    }
}
