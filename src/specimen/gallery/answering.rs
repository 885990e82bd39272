//! Broken in how notifications are answered, and one that conforms.

use std::time::Duration;

use super::{Nature, Specimen, Trial};
use crate::profile::Declaration;
use crate::specimen::{Policy, Repetition};

const MIXED: Trial = Trial::Scenario("Two mixed batches");
const AGAIN: Trial = Trial::Scenario("Notifications come twice and out of order");

const fn answering(
    name: &'static str,
    nature: Nature,
    differs: &'static str,
    trial: Trial,
    change: fn(&mut Policy),
) -> Specimen {
    Specimen {
        name,
        nature,
        differs,
        change,
        declaration: Declaration::default,
        profile: "",
        trial,
    }
}

const fn broken(check: &'static str, consequences: &'static [&'static str]) -> Nature {
    Nature::Broken {
        check,
        consequences,
    }
}

/// Those that conform, then those that each break one check, by its id.
pub const SPECIMENS: &[Specimen] = &[
    answering(
        "answers-in-half-a-second",
        Nature::Conforming,
        "It answers notifications after half a second",
        AGAIN,
        |policy| policy.reception.delay = Duration::from_millis(500),
    ),
    answering(
        "answers-all-with-202",
        broken("NA-01", &[]),
        "It answers something new with 202",
        MIXED,
        |policy| policy.reception.created = 202,
    ),
    answering(
        "answers-with-404",
        broken("NA-02", &[]),
        "It answers something new with 404, although it works on it",
        MIXED,
        |policy| policy.reception.created = 404,
    ),
    answering(
        "answers-too-late",
        broken("NA-03", &["NA-02"]),
        "It answers notifications after fifteen seconds",
        MIXED,
        |policy| policy.reception.delay = Duration::from_secs(15),
    ),
    answering(
        "repetitions-worked-on",
        broken("NA-04", &["ST-07"]),
        "It works again on what it is told of again",
        AGAIN,
        |policy| policy.reception.repetition = Repetition::Repeated,
    ),
    answering(
        "answers-after-the-work",
        broken("NA-05", &[]),
        "It answers notifications after the work, which takes three seconds",
        MIXED,
        |policy| policy.reception.delay = Duration::from_secs(3),
    ),
];
