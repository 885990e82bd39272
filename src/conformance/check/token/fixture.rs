//! The two histories of each check of this family.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conformance::fixture::Kind;
use crate::event::Subject;
use crate::exchange::{Body, Outcome};
use crate::history::composer::Composer;
use crate::profile::Declaration;

/// How long a token lives by the profile, in seconds.
const LONG: u64 = 28_800;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    match id {
        "TK-01" | "TK-05" => Some(replay(id, kind)),
        "TK-08" | "TK-09" | "TK-10" | "TK-11" | "TK-13" => Some(of_the_token(id, kind)),
        "TK-02" | "TK-03" | "TK-04" | "TK-06" | "TK-07" | "TK-12" => Some(of_the_client(id, kind)),
        _ => None,
    }
}

fn replay(id: &str, kind: Kind) -> Composer {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::replay();
    match (id, kind) {
        ("TK-01", Conforming) => {
            run.step("Get an access token").token("provider", LONG);
            for _ in 0..25 {
                run.get_provider();
            }
        }
        ("TK-01", Breaking) => {
            for _ in 0..25 {
                run.step("Get an access token").token("provider", LONG);
                run.get_provider();
            }
        }
        (_, Conforming) => {
            run.step("Get an access token")
                .token("provider", 60)
                .wait(Duration::from_secs(59))
                .get_provider()
                .wait(Duration::from_secs(10))
                .step("Get an access token")
                .token("provider", 60)
                .get_provider();
        }
        (_, Breaking) => {
            run.step("Get an access token")
                .token("provider", 60)
                .wait(Duration::from_secs(70))
                .get_provider();
        }
    }
    run
}

/// When tokens are fetched and used.
fn of_the_client(id: &str, kind: Kind) -> Composer {
    use Kind::{Breaking, Conforming};
    match (id, kind) {
        ("TK-02", Conforming) => renewed(LONG, LONG - 60),
        // Every hour, and hours are enough to be acquitted of one token for each request.
        ("TK-02", Breaking) => renewed(LONG, 3_600),
        ("TK-03", Conforming) => renewed(60, 50),
        ("TK-03", Breaking) => renewed(60, 2),
        ("TK-06", Conforming) => rush(1),
        ("TK-06", Breaking) => rush(4),
        ("TK-07", Conforming) => refused_token(Some("3"), Duration::from_secs(3)),
        ("TK-07", Breaking) => refused_token(Some("3"), Duration::from_millis(100)),
        (_, Conforming) => {
            let mut run = Composer::of(Subject::Connector);
            refuse(run.token("provider", LONG).get_provider());
            let group = run.group_of_last();
            run.token("provider", LONG)
                .get_provider()
                .in_group(group)
                .wait(Duration::from_mins(2))
                .get_provider();
            run
        }
        (_, Breaking) => {
            let mut run = Composer::of(Subject::Connector);
            refuse(run.token("provider", LONG).get_provider());
            // The same token again, and the operation is never done.
            refuse(run.wait(Duration::from_secs(3)).get_provider());
            run.wait(Duration::from_mins(2));
            run
        }
    }
}

/// What stands in a token's request, its answer, and the calls with it.
fn of_the_token(id: &str, kind: Kind) -> Composer {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("TK-08", Conforming) => {
            run = again(4);
            run.wait(Duration::from_secs(5))
                .token("provider", 20)
                .get_provider();
        }
        ("TK-08", Breaking) => {
            run = again(4);
            run.wait(Duration::from_secs(10)).get_provider();
        }
        ("TK-09", kind) => {
            for _ in 0..5 {
                without_lifetime(&mut run);
                run.get_provider();
                if kind == Conforming {
                    run.get_provider();
                    refuse(run.get_provider());
                }
            }
            without_lifetime(&mut run);
            run.get_provider();
        }
        ("TK-11", Breaking) => {
            run.token("provider", LONG).with(|exchange| {
                let body = json!({"grant_type": "client_credentials", "client_id": "provider"});
                exchange.request.body = body.to_string().into();
            });
        }
        (_, Conforming) => {
            run.token("provider", LONG).get_provider();
        }
        ("TK-10", Breaking) => {
            run.token("provider", LONG).get_provider().with(|exchange| {
                let token = exchange.request.headers.get("authorization");
                let token = token.unwrap_or_default().replace("Bearer ", "");
                exchange.request.url.push_str("?access_token=");
                exchange.request.url.push_str(&token);
            });
        }
        (_, Breaking) => {
            run.token("provider", LONG).get_provider().with(|exchange| {
                let token = "Bearer eyJhbGciOiJub25lIn0.eyJjb21wb3NlZCI6MX0.bm90IHNpZ25lZA";
                exchange.request.headers.set("Authorization", token);
            });
        }
    }
    run
}

/// Tokens for so many seconds, each used for two calls and renewed at that age.
fn renewed(lifetime: u64, age: u64) -> Composer {
    let mut run = Composer::of(Subject::Connector);
    for _ in 0..6 {
        run.token("provider", lifetime)
            .get_provider()
            .get_provider()
            // Three exchanges take 300 ms.
            .wait(Duration::from_millis(age * 1_000 - 300));
    }
    run
}

/// A token is refused while much is to be done; so many are fetched side by side, and each is used.
pub(crate) fn rush(tokens: usize) -> Composer {
    let mut run = Composer::of(Subject::Connector);
    refuse(run.token("provider", LONG).get_provider());
    let mut held = Vec::new();
    for _ in 0..tokens {
        run.token("provider", LONG);
        held.push(run.bearer());
        // All begin within a moment.
        run.back(Duration::from_millis(95));
    }
    run.wait(Duration::from_millis(95));
    for token in held.iter().cycle().take(tokens.max(2)) {
        let token = token.clone();
        run.get_provider()
            .with(move |exchange| exchange.request.headers.set("Authorization", token));
    }
    run
}

/// Instances of one client that begin so far apart, and use a token each by turns.
pub(crate) fn instances(count: usize, apart: Duration) -> Composer {
    let mut run = Composer::of(Subject::Connector);
    let mut held = Vec::new();
    for _ in 0..count {
        run.token("provider", LONG);
        held.push(run.bearer());
        // A request for a token and the pause behind it take 100 ms.
        run.back(Duration::from_millis(95)).wait(apart);
    }
    run.wait(Duration::from_millis(95));
    for token in held.iter().cycle().take(count * 20) {
        let token = token.clone();
        run.get_provider()
            .with(move |exchange| exchange.request.headers.set("Authorization", token))
            .wait(Duration::from_secs(1));
    }
    run
}

/// A refused request for a token, and its next attempt so much later.
pub(crate) fn refused_token(hint: Option<&str>, wait: Duration) -> Composer {
    let mut run = Composer::of(Subject::Connector);
    run.token("provider", LONG).with(|exchange| {
        if let Outcome::Response(response) = &mut exchange.outcome {
            response.status = 429;
            response.body = Body::default();
        }
    });
    if let Some(hint) = hint {
        run.answered_with("Retry-After", hint);
    }
    let group = run.group_of_last();
    // An exchange is followed by a pause of 40 ms.
    run.wait(wait.saturating_sub(Duration::from_millis(40)))
        .token("provider", LONG)
        .in_group(group)
        .get_provider();
    run
}

/// A token for 20 s, and 16 s later the same token for so many more.
pub(crate) fn again(expires_in: u64) -> Composer {
    let mut run = Composer::of(Subject::Connector);
    run.token("provider", 20)
        .get_provider()
        .wait(Duration::from_secs(16))
        .repeat_token(expires_in)
        .get_provider();
    run
}

/// A token whose answer does not say how long it lives.
pub(crate) fn without_lifetime(run: &mut Composer) {
    run.token("provider", LONG).with(|exchange| {
        if let Outcome::Response(response) = &mut exchange.outcome {
            let mut answer = response.body.json().unwrap_or_default();
            if let Value::Object(members) = &mut answer {
                members.remove("expires_in");
            }
            response.body = answer.to_string().into();
        }
    });
}

/// The platform refused the token of the last exchange.
pub(crate) fn refuse(run: &mut Composer) -> &mut Composer {
    run.with(|exchange| {
        if let Outcome::Response(response) = &mut exchange.outcome {
            response.status = 401;
            response.body = Body::default();
        }
    })
}

/// What the provider of the histories of `id` declares.
pub(crate) fn declaration(id: &str) -> Declaration {
    Declaration {
        token_skew: (id == "TK-02").then_some(Duration::from_mins(1)),
        ..Declaration::default()
    }
}
