//! The two histories of each check of this family.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conformance::fixture::{BATCH, Kind, PROVIDER};
use crate::event::{Origin, Subject};
use crate::history::composer::Composer;
use crate::profile::{Declaration, DeclaredGrowth, DeclaredJitter, DeclaredRetry};

/// Waits that double, each episode with other chances, in milliseconds.
const GROWING: [[u64; 4]; 8] = [
    [610, 1_700, 2_900, 7_400],
    [940, 1_200, 3_600, 4_900],
    [720, 1_900, 2_200, 6_100],
    [550, 1_400, 3_900, 5_500],
    [880, 1_100, 3_100, 7_900],
    [970, 1_600, 2_600, 4_300],
    [660, 1_300, 3_400, 6_800],
    [790, 1_800, 2_400, 5_900],
];

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    let run = match id {
        "BK-01" | "BK-02" | "BK-15" => of_everybody(id, kind),
        "BK-03" | "BK-04" | "BK-05" | "BK-06" | "BK-08" => of_hints(id, kind),
        "BK-07" | "BK-09" | "BK-10" | "BK-11" | "BK-16" | "BK-17" | "BK-18" => of_retries(id, kind),
        "BK-12" | "BK-13" | "BK-14" => of_spells(id, kind),
        "BK-20" | "BK-21" | "BK-22" | "BK-23" | "BK-30" | "BK-31" | "BK-32" | "BK-33" => {
            of_waits(id, kind)
        }
        _ => return None,
    };
    Some(run)
}

fn of_everybody(id: &str, kind: Kind) -> Composer {
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
        (_, Conforming) => {
            for _ in 0..110 {
                run.get_provider();
            }
            &mut run
        }
        (_, Breaking) => {
            for _ in 0..40 {
                run.get_provider();
                run.back(Duration::from_millis(40));
            }
            &mut run
        }
    };
    run
}

fn of_hints(id: &str, kind: Kind) -> Composer {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("BK-03", Conforming) => notified(&mut run)
            .throttled("7", Duration::from_secs(7))
            .get_provider(),
        ("BK-03", Breaking) => refused(&mut run, Some("7"))
            .wait(Duration::from_secs(3))
            .get_provider(),
        ("BK-04", Conforming) => refused(run.get_provider(), Some("7")).get_provider(),
        ("BK-04", Breaking) => refused(run.get_provider(), Some("7"))
            .get_provider()
            .get_provider()
            .get_provider(),
        ("BK-05", Conforming) => {
            episode(&mut run, Some("2"), &[2_000]);
            episode(&mut run, Some("7"), &[7_000]);
            episode(&mut run, Some("12"), &[12_000])
        }
        ("BK-05", Breaking) => {
            episode(&mut run, Some("2"), &[2_000]);
            episode(&mut run, Some("7"), &[5_000]);
            episode(&mut run, Some("12"), &[5_000])
        }
        ("BK-06", Conforming) => run.throttled(DATE, Duration::from_secs(6)),
        ("BK-06", Breaking) => run.throttled(DATE, Duration::from_secs(1)),
        (_, Conforming) => unavailable(&mut run, 3_000),
        (_, Breaking) => unavailable(&mut run, 900),
    };
    run
}

/// Five seconds after the beginning of a composed run, whose answer ends 60 ms after it.
const DATE: &str = "Thu, 01 Jan 2026 00:00:05 GMT";

fn of_retries(id: &str, kind: Kind) -> Composer {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("BK-07", Conforming) => episode(&mut run, Some("abc"), &GROWING[0]),
        ("BK-07", Breaking) => episode(&mut run, Some("0"), &[30, 25, 28, 31]),
        ("BK-09", Conforming) => run.throttled("2", Duration::from_secs(2)),
        ("BK-09", Breaking) => run
            .send("PATCH", BATCH, paid("10:02:01"), 503, Value::Null)
            .wait(Duration::from_secs(1))
            .send("PATCH", BATCH, paid("10:02:02"), 204, Value::Null),
        ("BK-10", Conforming) => wrong(&mut run).get_provider(),
        ("BK-10", Breaking) => {
            wrong(&mut run).wait(Duration::from_secs(1));
            wrong(&mut run)
        }
        ("BK-11", Conforming) => episode(&mut run, None, &[900, 2_000, 4_000, 8_000, 96_000]),
        ("BK-11", Breaking) => episode(&mut run, None, &[900, 2_000, 4_000, 8_000, 16_000, 30_000]),
        ("BK-16", _) => run
            .get_provider()
            .answered_with("RateLimit-Remaining", "7")
            .get_provider(),
        ("BK-17", Conforming) => token(&mut run, 3_000).throttled("2", Duration::from_secs(2)),
        ("BK-17", Breaking) => token(&mut run, 500).throttled("2", Duration::from_secs(2)),
        (_, Conforming | Breaking) => run.throttled("2", Duration::from_millis(2_400)),
    };
    run
}

fn of_spells(id: &str, kind: Kind) -> Composer {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("BK-12" | "BK-13", Conforming) => {
            refusals(&mut run, &[1_000, 2_000, 4_000, 8_000, 32_000]);
            refusals(&mut run, &[32_000, 32_000, 32_000, 32_000]);
            run.send("PATCH", BATCH, json!({"data": {}}), 204, Value::Null)
                .proof(&["429, for 150s"], 1)
        }
        ("BK-12", Breaking) => {
            for _ in 0..16 {
                refusals(&mut run, &[3_000; 3]);
            }
            run.proof(&["429, for 150s"], 1)
        }
        ("BK-13", Breaking) => {
            refusals(&mut run, &[600_000]);
            run.get_provider().proof(&["429, for 150s"], 1)
        }
        (_, Conforming) => {
            refusals(&mut run, &[2_000, 4_000, 8_000, 8_000]);
            run.again("PATCH", BATCH, json!({"data": {}}), 204, Value::Null);
            for _ in 0..110 {
                run.get_provider();
            }
            run.proof(&["429, for 20s"], 1)
        }
        (_, Breaking) => {
            refusals(&mut run, &[2_000, 4_000, 8_000, 8_000]);
            run.again("PATCH", BATCH, json!({"data": {}}), 204, Value::Null);
            for _ in 0..60 {
                run.get_provider().back(Duration::from_millis(50));
            }
            run.proof(&["429, for 20s"], 1)
        }
    };
    run
}

fn of_waits(id: &str, kind: Kind) -> Composer {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    let episodes: Vec<&[u64]> = match (id, kind) {
        ("BK-20", Breaking) => vec![&[600, 1_500, 900, 6_000]],
        ("BK-21", Breaking) => vec![&[600, 1_500, 9_000]],
        ("BK-23", Breaking) => vec![&[30, 30, 30, 30]; 3],
        ("BK-30", Breaking) => vec![&[1_000, 1_050, 950, 1_010]; 8],
        ("BK-31", Breaking) => vec![&[1_000, 2_000, 4_000, 8_000]; 8],
        ("BK-32", Conforming) => vec![&[800, 1_500, 3_000, 6_000, 7_000, 5_000]],
        ("BK-32", Breaking) => vec![&[800, 1_500, 3_000, 6_000, 7_000, 900]],
        (_, Conforming | Breaking) => GROWING.iter().map(<[u64; 4]>::as_slice).collect(),
    };
    for waits in episodes {
        episode(&mut run, None, waits);
    }
    run
}

/// What the provider of the histories of `id` declares.
pub(crate) fn declaration(id: &str, kind: Kind) -> Declaration {
    let sound = DeclaredRetry {
        growth: DeclaredGrowth::Exponential(2.0),
        base: Duration::from_secs(1),
        cap: Duration::from_secs(32),
        jitter: DeclaredJitter::Equal,
        attempts: Some(5),
    };
    let retry = match (id, kind) {
        ("BK-22", Kind::Breaking) => DeclaredRetry {
            growth: DeclaredGrowth::Fixed,
            ..sound
        },
        ("BK-23", _) => DeclaredRetry {
            jitter: DeclaredJitter::Full,
            ..sound
        },
        ("BK-32", _) => DeclaredRetry {
            cap: Duration::from_secs(8),
            attempts: Some(10),
            ..sound
        },
        ("BK-20" | "BK-21" | "BK-22", _) => sound,
        _ => return Declaration::default(),
    };
    Declaration {
        retry: Some(retry),
        ..Declaration::default()
    }
}

/// The next exchange begins so long after the last ended.
fn pause(run: &mut Composer, milliseconds: u64) -> &mut Composer {
    // An exchange is followed by a pause of 40 ms.
    run.back(Duration::from_millis(40))
        .wait(Duration::from_millis(milliseconds))
}

/// An update that is refused with 429.
fn refused<'r>(run: &'r mut Composer, hint: Option<&str>) -> &'r mut Composer {
    run.send("PATCH", BATCH, json!({"data": {}}), 429, Value::Null);
    match hint {
        Some(hint) => run.answered_with("Retry-After", hint),
        None => run,
    }
}

/// An operation that is refused and tried again after each of these waits, at last with success.
fn episode<'r>(run: &'r mut Composer, hint: Option<&str>, waits: &[u64]) -> &'r mut Composer {
    for (number, wait) in waits.iter().enumerate() {
        if number == 0 {
            run.send("GET", PROVIDER, Value::Null, 429, Value::Null);
        } else {
            run.again("GET", PROVIDER, Value::Null, 429, Value::Null);
        }
        if let Some(hint) = hint {
            run.answered_with("Retry-After", hint);
        }
        pause(run, *wait);
    }
    run.again("GET", PROVIDER, Value::Null, 200, json!({"data": {}}))
}

/// An update that is refused again and again, with these waits behind the refusals.
fn refusals(run: &mut Composer, waits: &[u64]) {
    for (number, wait) in waits.iter().enumerate() {
        let body = json!({"data": {}});
        if number == 0 {
            run.send("PATCH", BATCH, body, 429, Value::Null);
        } else {
            run.again("PATCH", BATCH, body, 429, Value::Null);
        }
        pause(run, *wait);
    }
}

/// A notification of the platform's.
fn notified(run: &mut Composer) -> &mut Composer {
    let body = json!({"type": "resourceCreated", "resource": {"type": "batch"}});
    run.send("POST", "/notifications", body, 201, Value::Null)
        .sent_by(Origin::Platform)
}

/// A 503 with a hint of three seconds, and the next attempt.
fn unavailable(run: &mut Composer, wait: u64) -> &mut Composer {
    run.send("GET", PROVIDER, Value::Null, 503, Value::Null)
        .answered_with("Retry-After", "3");
    pause(run, wait).again("GET", PROVIDER, Value::Null, 200, json!({"data": {}}))
}

/// A request for a token that is refused with a hint of three seconds, and the next attempt.
fn token(run: &mut Composer, wait: u64) -> &mut Composer {
    let ask =
        || json!({"grant_type": "client_credentials", "client_id": "provider", "audience": "a"});
    run.send("POST", "/oauth/token", ask(), 429, Value::Null)
        .answered_with("Retry-After", "3");
    let answer = json!({"access_token": "[secret:0123456789ab]", "expires_in": 28_800});
    pause(run, wait).again("POST", "/oauth/token", ask(), 200, answer)
}

/// An update that says when a payment was completed.
fn paid(time: &str) -> Value {
    json!({"data": {"additionalData": {"reference": "SP-1"}, "at": format!("2026-01-01T{time}Z")}})
}

/// An update that is refused for good.
fn wrong(run: &mut Composer) -> &mut Composer {
    let body = json!({"data": {"additionalData": "x"}});
    run.send("PATCH", BATCH, body, 422, Value::Null)
}
