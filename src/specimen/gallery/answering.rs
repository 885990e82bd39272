//! Broken in how notifications are answered, and one that conforms.

use std::time::Duration;

use super::specimen::{Specimen, broken, conforming};
use crate::specimen::Repetition;

const MIXED: &str = "Two mixed batches";
const AGAIN: &str = "Notifications come twice and out of order";

/// Those that conform, then those that each break one check, by its id.
pub const SPECIMENS: &[Specimen] = &[
    conforming(
        "answers-in-half-a-second",
        "It answers notifications after half a second",
        AGAIN,
        |policy| policy.reception.delay = Duration::from_millis(500),
    ),
    broken(
        "answers-all-with-202",
        ("NA-01", &[]),
        "It answers something new with 202",
        MIXED,
        |policy| policy.reception.created = 202,
    ),
    broken(
        "answers-with-404",
        ("NA-02", &[]),
        "It answers something new with 404, although it works on it",
        MIXED,
        |policy| policy.reception.created = 404,
    ),
    broken(
        "answers-too-late",
        ("NA-03", &["NA-02"]),
        "It answers notifications after fifteen seconds",
        MIXED,
        |policy| policy.reception.delay = Duration::from_secs(15),
    ),
    broken(
        "repetitions-worked-on",
        ("NA-04", &["ST-07"]),
        "It works again on what it is told of again",
        AGAIN,
        |policy| policy.reception.repetition = Repetition::Repeated,
    ),
    broken(
        "answers-after-the-work",
        ("NA-05", &[]),
        "It answers notifications after the work, which takes three seconds",
        MIXED,
        |policy| policy.reception.delay = Duration::from_secs(3),
    ),
];
