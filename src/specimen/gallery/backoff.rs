//! Broken in how they try again, and how fast they are.

use std::time::Duration;

use super::specimen::PLAIN;
use super::{Nature, Specimen, Trial};
use crate::profile::{Declaration, DeclaredGrowth, DeclaredJitter, DeclaredRetry};
use crate::specimen::{Exhausted, Growth, Hint, Jitter, Pacing, Patience, Pause, Resent, Retried};

const HINTS: Trial = Trial::Scenario("A hint while other work waits");
const MINUTES: Trial = Trial::Scenario("Throttled for minutes");
const UNHINTED: Trial = Trial::Scenario("Backoff without a hint");

/// Each breaks one check.
pub const SPECIMENS: &[Specimen] = &[
    Specimen {
        name: "hint-ignored",
        nature: Nature::broken("BK-02", &["BK-03", "BK-05"]),
        differs: "It waits by its own policy, whatever Retry-After asks",
        change: |policy| policy.retry.hint = Hint::Ignored,
        trial: HINTS,
        ..PLAIN
    },
    Specimen {
        name: "other-work-goes-on",
        nature: Nature::broken("BK-03", &[]),
        differs: "Only the operation that was refused waits for its hint",
        change: |policy| policy.retry.pause = Pause::Operation,
        trial: HINTS,
        ..PLAIN
    },
    Specimen {
        name: "other-work-follows",
        nature: Nature::broken("BK-04", &["BK-03"]),
        differs: "It goes on with other operations right after a refusal",
        change: |policy| policy.retry.pause = Pause::Operation,
        trial: HINTS,
        ..PLAIN
    },
    Specimen {
        name: "hint-shortened",
        nature: Nature::broken("BK-05", &["BK-02", "BK-03"]),
        differs: "It waits for no hint longer than five seconds",
        change: |policy| policy.retry.hint = Hint::Clamped(Duration::from_secs(5)),
        trial: Trial::Scenario("Hints of every length"),
        ..PLAIN
    },
    Specimen {
        name: "dates-unknown",
        nature: Nature::broken("BK-06", &["BK-03"]),
        differs: "It understands hints in seconds and no dates",
        change: |policy| policy.retry.hint = Hint::SecondsOnly,
        trial: Trial::Scenario("A hint as a date"),
        ..PLAIN
    },
    Specimen {
        name: "unread-is-zero",
        nature: Nature::broken("BK-07", &[]),
        differs: "A hint that it cannot understand is a hint of zero seconds",
        change: |policy| policy.retry.hint = Hint::UnreadIsZero,
        trial: Trial::Scenario("Hints that say nothing"),
        ..PLAIN
    },
    Specimen {
        name: "hint-on-429-only",
        nature: Nature::broken("BK-08", &[]),
        differs: "It obeys Retry-After on 429 and not on 503",
        change: |policy| policy.retry.hint = Hint::ThrottledOnly,
        trial: Trial::Scenario("A hint on 503"),
        ..PLAIN
    },
    Specimen {
        name: "written-anew",
        nature: Nature::broken("BK-09", &[]),
        differs: "What it sends again carries the time of the new attempt",
        change: |policy| policy.retry.resent = Resent::Anew,
        trial: Trial::Scenario("An update is refused"),
        ..PLAIN
    },
    Specimen {
        name: "everything-again",
        nature: Nature::broken("BK-10", &[]),
        differs: "It tries again whatever failed, also what was refused for good",
        change: |policy| policy.retry.retried = Retried::Everything,
        trial: Trial::Scenario("Refused for good"),
        ..PLAIN
    },
    Specimen {
        name: "never-tired",
        nature: Nature::broken("BK-11", &[]),
        differs: "It tries an operation a thousand times before it rests",
        change: |policy| policy.retry.attempts = 1_000,
        trial: MINUTES,
        ..PLAIN
    },
    Specimen {
        name: "each-for-itself",
        nature: Nature::broken("BK-12", &[]),
        differs: "Every operation backs off for itself, and all together keep on",
        change: |policy| policy.retry.pause = Pause::Operation,
        trial: Trial::Scenario("A dozen batches throttled for minutes"),
        ..PLAIN
    },
    Specimen {
        name: "given-up",
        nature: Nature::broken("BK-13", &[]),
        differs: "It gives up what was refused five times and never comes back to it",
        change: |policy| policy.retry.exhausted = Exhausted::GivenUp,
        trial: MINUTES,
        ..PLAIN
    },
    Specimen {
        name: "all-at-once",
        nature: Nature::broken("BK-14", &["BK-15"]),
        differs: "It sends what has queued up without any pace",
        change: |policy| policy.pacing = Pacing::Off,
        trial: Trial::Scenario("Work queues up"),
        ..PLAIN
    },
    Specimen {
        name: "no-pace",
        nature: Nature::broken("BK-15", &[]),
        differs: "It sends whatever there is as soon as it can",
        change: |policy| policy.pacing = Pacing::Off,
        trial: Trial::Scenario("A rush"),
        ..PLAIN
    },
    Specimen {
        name: "twice-too-fast",
        nature: Nature::broken("BK-15", &[]),
        differs: "It sends twenty requests a second",
        change: |policy| {
            policy.pacing = Pacing::At {
                rate: 20.0,
                burst: 1,
            };
        },
        trial: Trial::Scenario("A rush"),
        ..PLAIN
    },
    Specimen {
        name: "tokens-at-once",
        nature: Nature::broken("BK-17", &["BK-02", "TK-07"]),
        differs: "It asks for a token again at once, whatever was answered",
        change: |policy| policy.tokens.patience = Patience::None,
        trial: Trial::Scenario("Tokens are throttled"),
        ..PLAIN
    },
    Specimen {
        name: "shorter-than-declared",
        nature: Nature::broken("BK-20", &[]),
        differs: "Its base is a quarter of the declared one",
        change: |policy| policy.retry.backoff.base = Duration::from_millis(250),
        declaration: || declared(SOUND),
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "longer-than-declared",
        nature: Nature::broken("BK-21", &[]),
        differs: "Its base is six times the declared one",
        change: |policy| policy.retry.backoff.base = Duration::from_secs(6),
        declaration: || declared(SOUND),
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "declared-flat",
        nature: Nature::broken("BK-22", &[]),
        differs: "It waits as declared, and the declared waits do not grow",
        change: |policy| policy.retry.backoff.growth = Growth::Fixed,
        declaration: || {
            declared(DeclaredRetry {
                growth: DeclaredGrowth::Fixed,
                ..SOUND
            })
        },
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "no-wait-called-full-jitter",
        nature: Nature::broken("BK-23", &["BK-07"]),
        differs: "It does not wait at all and calls that full jitter",
        change: |policy| policy.retry.backoff.growth = Growth::None,
        declaration: || {
            declared(DeclaredRetry {
                jitter: DeclaredJitter::Full,
                ..SOUND
            })
        },
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "flat",
        nature: Nature::broken("BK-30", &[]),
        differs: "Its waits do not grow",
        change: |policy| policy.retry.backoff.growth = Growth::Fixed,
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "no-wait",
        nature: Nature::broken("BK-30", &["BK-07"]),
        differs: "It does not wait at all",
        change: |policy| policy.retry.backoff.growth = Growth::None,
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "starts-over",
        nature: Nature::broken("BK-30", &[]),
        differs: "Its waits begin anew after every refusal",
        change: |policy| {
            policy.retry.backoff.growth = Growth::Restarting {
                multiplier: 2.0,
                after: 1,
            };
        },
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "in-step",
        nature: Nature::broken("BK-31", &[]),
        differs: "Chance has no part in its waits",
        change: |policy| policy.retry.backoff.jitter = Jitter::None,
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "plateau-left",
        nature: Nature::broken("BK-32", &["BK-20"]),
        differs: "Its waits begin anew after five, although nothing succeeded",
        change: |policy| {
            policy.retry.attempts = 20;
            policy.retry.backoff.cap = SHORT_CAP;
            policy.retry.backoff.growth = Growth::Restarting {
                multiplier: 2.0,
                after: 5,
            };
        },
        declaration: || declared(PATIENT),
        trial: Trial::Scenario("One batch refused for a minute"),
        ..PLAIN
    },
];

/// A cap that waits reach.
pub(super) const SHORT_CAP: Duration = Duration::from_secs(8);

/// The reference policy, declared.
pub(super) const SOUND: DeclaredRetry = DeclaredRetry {
    growth: DeclaredGrowth::Exponential(2.0),
    base: Duration::from_secs(1),
    cap: Duration::from_secs(32),
    jitter: DeclaredJitter::Equal,
    attempts: Some(5),
};

/// The same with the short cap and more attempts.
pub(super) const PATIENT: DeclaredRetry = DeclaredRetry {
    cap: SHORT_CAP,
    attempts: Some(20),
    ..SOUND
};

pub(super) fn declared(retry: DeclaredRetry) -> Declaration {
    Declaration {
        retry: Some(retry),
        ..Declaration::default()
    }
}
