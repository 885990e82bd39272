//! Broken in how they keep tokens and credentials.

use std::time::Duration;

use super::specimen::{Specimen, broken};
use crate::specimen::{Exposure, Flight, LifeCount, Patience, Refusal, TokenReuse, UnknownLife};

/// Where a usual amount of work is done with tokens of the profile's life.
const WORK: &str = "Work for two minutes";

/// Each breaks one check.
pub const SPECIMENS: &[Specimen] = &[
    broken(
        "token-per-request",
        ("TK-01", &["TK-02", "TK-06"]),
        "It asks for a token for each request",
        WORK,
        |policy| policy.tokens.reuse = TokenReuse::Once,
    ),
    broken(
        "token-renewed-at-will",
        ("TK-02", &[]),
        "It asks for a new token when ten seconds of the old one have passed",
        WORK,
        |policy| {
            policy.tokens.reuse = TokenReuse::FixedSkew(Duration::from_secs(8 * 3_600 - 10));
        },
    ),
    broken(
        "skew-longer-than-life",
        ("TK-03", &[]),
        "It renews five minutes before the end, also where a token lives for one",
        "Tokens of a minute",
        |policy| policy.tokens.reuse = TokenReuse::FixedSkew(Duration::from_mins(5)),
    ),
    broken(
        "refused-token-again",
        ("TK-04", &["BK-10", "TK-12"]),
        "It sends the same token again after 401",
        "A token is revoked",
        |policy| policy.tokens.refusal = Refusal::Resent,
    ),
    broken(
        "expired-token",
        ("TK-05", &[]),
        "It uses a token until the platform refuses it",
        "Tokens of a minute",
        |policy| policy.tokens.reuse = TokenReuse::UntilRefused,
    ),
    broken(
        "token-for-each-waiting",
        ("TK-06", &["TK-02"]),
        "Each operation that waits for a token asks for one of its own",
        "Work waits for a token",
        |policy| policy.tokens.flight = Flight::Each,
    ),
    broken(
        "token-endpoint-hammered",
        ("TK-07", &["BK-02", "BK-17"]),
        "It asks for a token again at once when it is refused one",
        "Tokens are throttled with and without a hint",
        |policy| policy.tokens.patience = Patience::None,
    ),
    broken(
        "first-life-remembered",
        ("TK-08", &["TK-05"]),
        "It takes the life of a token that it was given before for that of the first time",
        "The same token again",
        |policy| policy.tokens.life = LifeCount::First,
    ),
    broken(
        "unknown-life-is-none",
        ("TK-09", &[]),
        "It takes a token whose life it is not told for one that has expired",
        "Tokens of unknown life",
        |policy| policy.tokens.unknown = UnknownLife::Once,
    ),
    broken(
        "token-in-url",
        ("TK-10", &[]),
        "It puts the token into the URL too",
        WORK,
        |policy| policy.exposure = Exposure::TokenInUrl,
    ),
    broken(
        "scope-of-its-own",
        ("TK-11", &[]),
        "It asks for a scope that nobody agreed to",
        WORK,
        |policy| policy.tokens.scope = Some("payments:all".into()),
    ),
    broken(
        "given-up-on-401",
        ("TK-12", &["TK-04"]),
        "It gives an operation up whose token was refused",
        "A token is revoked",
        |policy| policy.tokens.refusal = Refusal::GivenUp,
    ),
    broken(
        "secret-in-header",
        ("CR-01", &[]),
        "It sends the client secret in a header that helped somebody once",
        WORK,
        |policy| policy.exposure = Exposure::SecretInHeader,
    ),
    broken(
        "key-in-url",
        ("CR-02", &[]),
        "It puts the API key into the URL too",
        WORK,
        |policy| policy.exposure = Exposure::KeyInUrl,
    ),
    broken(
        "secret-in-answer",
        ("CR-03", &[]),
        "It answers a notification with what it was sent",
        WORK,
        |policy| policy.exposure = Exposure::InAnswers,
    ),
    broken(
        "token-without-tls",
        ("CR-04", &[]),
        "It asks for tokens without TLS",
        WORK,
        |policy| policy.exposure = Exposure::WithoutTls,
    ),
];
