//! Those that conform, each in its own way.

use std::time::Duration;

use super::specimen::{Specimen, conforming};
use crate::profile::Declaration;
use crate::specimen::{Policy, TokenReuse};

/// Renews a token so long before its end, but not before four fifths of its life.
fn skewed(policy: &mut Policy, seconds: u64) {
    let skew = Duration::from_secs(seconds);
    policy.tokens.reuse = TokenReuse::UntilExpiry { skew };
}

/// They are acquitted of everything.
pub const SPECIMENS: &[Specimen] = &[
    conforming(
        "reference",
        "It is the one that the others differ from",
        "Everything in small",
        |_| {},
    ),
    conforming(
        "skew-of-nothing",
        "It renews a token at its end",
        "Tokens of a minute",
        |policy| skewed(policy, 0),
    ),
    conforming(
        "skew-of-five-seconds",
        "It renews a token five seconds before its end",
        "Tokens of a minute",
        |policy| skewed(policy, 5),
    ),
    conforming(
        "skew-of-five-minutes",
        "It renews a token five minutes before its end, or at four fifths of a short life",
        "Tokens of a minute",
        |policy| skewed(policy, 300),
    ),
    Specimen {
        declaration: || Declaration {
            token_skew: Some(Duration::from_mins(1)),
            ..Declaration::default()
        },
        ..conforming(
            "fixed-skew-of-a-minute",
            "It renews a token a minute before its end, whatever its life",
            "Tokens of six minutes",
            |policy| policy.tokens.reuse = TokenReuse::FixedSkew(Duration::from_mins(1)),
        )
    },
    conforming(
        "fixed-skew-of-five-minutes",
        "It renews a token five minutes before its end, whatever its life",
        "Tokens of six minutes",
        |policy| policy.tokens.reuse = TokenReuse::FixedSkew(Duration::from_mins(5)),
    ),
    Specimen {
        declaration: || Declaration {
            instances: Some(3),
            ..Declaration::default()
        },
        ..conforming(
            "three-instances",
            "It declares three instances and is one",
            "Work waits for a token",
            |_| {},
        )
    },
];
