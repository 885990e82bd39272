//! Those that wait, hold back and hurry each in another way, and conform.

use std::time::Duration;

use super::backoff::{PATIENT, SHORT_CAP, SOUND, declared};
use super::specimen::PLAIN;
use super::{Specimen, Trial};
use crate::profile::{DeclaredGrowth, DeclaredJitter, DeclaredRetry};
use crate::specimen::{Growth, Jitter, Pacing};

const HINTS: Trial = Trial::Scenario("A hint while other work waits");
const UNHINTED: Trial = Trial::Scenario("Backoff without a hint");
const MEANINGLESS: Trial = Trial::Scenario("Hints that say nothing");
const MINUTES: Trial = Trial::Scenario("Throttled for minutes");
const QUEUE: Trial = Trial::Scenario("Work queues up");

/// They are acquitted of everything.
pub const SPECIMENS: &[Specimen] = &[
    Specimen {
        name: "waits-double-exactly",
        differs: "Its waits double, without jitter",
        change: |policy| policy.retry.backoff.jitter = Jitter::None,
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "waits-near",
        differs: "Its jitter is a fifth more or less",
        change: |policy| policy.retry.backoff.jitter = Jitter::Proportional(0.2),
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "waits-equal-jitter",
        differs: "Its jitter is the upper half of each wait, and its base half a second",
        change: |policy| policy.retry.backoff.base = Duration::from_millis(500),
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "waits-full-jitter",
        differs: "Its waits are anything up to what is planned",
        change: |policy| policy.retry.backoff.jitter = Jitter::Full,
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "waits-full-jitter-after-nonsense",
        differs: "The same, after hints that say nothing",
        change: |policy| policy.retry.backoff.jitter = Jitter::Full,
        trial: MEANINGLESS,
        ..PLAIN
    },
    Specimen {
        name: "waits-full-jitter-for-minutes",
        differs: "The same, while throttling lasts",
        change: |policy| policy.retry.backoff.jitter = Jitter::Full,
        trial: MINUTES,
        ..PLAIN
    },
    Specimen {
        name: "waits-decorrelated",
        differs: "Each wait is drawn from up to three times the one before",
        change: |policy| policy.retry.backoff.jitter = Jitter::Decorrelated,
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "waits-decorrelated-for-minutes",
        differs: "The same, while throttling lasts",
        change: |policy| policy.retry.backoff.jitter = Jitter::Decorrelated,
        trial: MINUTES,
        ..PLAIN
    },
    Specimen {
        name: "waits-like-google",
        differs: "Its waits double, and up to a second is added",
        change: |policy| policy.retry.backoff.jitter = Jitter::Additive(Duration::from_secs(1)),
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "waits-like-grpc",
        differs: "Its waits grow by 1.6 with a fifth of jitter, up to two minutes",
        change: |policy| {
            policy.retry.backoff.growth = Growth::Exponential(1.6);
            policy.retry.backoff.jitter = Jitter::Proportional(0.2);
            policy.retry.backoff.cap = Duration::from_mins(2);
        },
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "waits-linear",
        differs: "Its waits grow by the base each time",
        change: |policy| policy.retry.backoff.growth = Growth::Linear,
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "as-declared",
        differs: "It declares its policy and keeps to it",
        declaration: || declared(SOUND),
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "as-declared-full-jitter",
        differs: "The same with full jitter",
        change: |policy| policy.retry.backoff.jitter = Jitter::Full,
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
        name: "as-declared-decorrelated",
        differs: "The same with decorrelated jitter",
        change: |policy| policy.retry.backoff.jitter = Jitter::Decorrelated,
        declaration: || {
            declared(DeclaredRetry {
                jitter: DeclaredJitter::Decorrelated,
                ..SOUND
            })
        },
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "as-declared-like-google",
        differs: "The same with up to a second added",
        change: |policy| policy.retry.backoff.jitter = Jitter::Additive(Duration::from_secs(1)),
        declaration: || {
            declared(DeclaredRetry {
                jitter: DeclaredJitter::Additive(Duration::from_secs(1)),
                ..SOUND
            })
        },
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "as-declared-like-grpc",
        differs: "The same with a growth of 1.6 and a fifth of jitter",
        change: |policy| {
            policy.retry.backoff.growth = Growth::Exponential(1.6);
            policy.retry.backoff.jitter = Jitter::Proportional(0.2);
        },
        declaration: || {
            declared(DeclaredRetry {
                growth: DeclaredGrowth::Exponential(1.6),
                jitter: DeclaredJitter::Proportional(0.2),
                ..SOUND
            })
        },
        trial: UNHINTED,
        ..PLAIN
    },
    Specimen {
        name: "plateau-kept",
        differs: "It declares a cap of eight seconds and stays there",
        change: |policy| {
            policy.retry.attempts = 20;
            policy.retry.backoff.cap = SHORT_CAP;
        },
        declaration: || declared(PATIENT),
        trial: Trial::Scenario("One batch refused for a minute"),
        ..PLAIN
    },
    Specimen {
        name: "one-at-a-time",
        differs: "It has one request under way at most",
        change: |policy| policy.concurrency = 1,
        trial: HINTS,
        ..PLAIN
    },
    Specimen {
        name: "one-at-a-time-with-a-queue",
        differs: "The same, with work that has queued up",
        change: |policy| policy.concurrency = 1,
        trial: QUEUE,
        ..PLAIN
    },
    Specimen {
        name: "four-at-a-time",
        differs: "It has up to four requests under way, and sends ten at once where it may",
        change: |policy| {
            policy.pacing = Pacing::At {
                rate: 10.0,
                burst: 10,
            };
        },
        trial: HINTS,
        ..PLAIN
    },
    Specimen {
        name: "many-at-a-time",
        differs: "It has up to thirty-two requests under way",
        change: |policy| policy.concurrency = 32,
        trial: HINTS,
        ..PLAIN
    },
    Specimen {
        name: "many-at-a-time-with-a-queue",
        differs: "The same, with work that has queued up",
        change: |policy| policy.concurrency = 32,
        trial: QUEUE,
        ..PLAIN
    },
    Specimen {
        name: "many-at-a-time-for-minutes",
        differs: "The same with a dozen batches, while throttling lasts",
        change: |policy| policy.concurrency = 32,
        trial: Trial::Scenario("A dozen batches throttled for minutes"),
        ..PLAIN
    },
    Specimen {
        name: "hints-of-every-length",
        differs: "It obeys hints of every length, and one is under way at most",
        change: |policy| policy.concurrency = 1,
        trial: Trial::Scenario("Hints of every length"),
        ..PLAIN
    },
];
