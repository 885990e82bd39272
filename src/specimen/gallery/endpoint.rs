//! Notification endpoints that let through what they should not, or refuse what they should not.

use std::time::Duration;

use super::specimen::PLAIN;
use super::{Nature, Specimen};
use crate::specimen::{
    Claim, HeaderQuirk, LockOut, Methods, Order, Policy, RefusalWords, Repetition, TokenQuirk,
    TokenValidation, Transport, Validation,
};

/// Smaller than what a provider's endpoint is given, to be quick; and tokens have a scope, so that
/// one without it can be told.
const SMALL: &str = "token.scope = \"notify\"\nprobe.refusals = 40\nprobe.large-body = 5_000_001\n";

/// What follows where every token is taken, if there is one.
const ANY_TOKEN_PRESENT: &[&str] = &[
    "NP-10", "NP-12", "NP-21", "NP-22", "NP-23", "NP-24", "NP-25", "NP-30", "NP-31", "NP-32",
    "NP-40", "NP-41", "NP-42", "NP-43", "NP-44", "NP-60",
];

/// What follows where the token is not looked at.
const ANY_TOKEN: &[&str] = &[
    "NP-12", "NP-20", "NP-21", "NP-22", "NP-23", "NP-24", "NP-25", "NP-30", "NP-31", "NP-32",
    "NP-40", "NP-41", "NP-42", "NP-43", "NP-44", "NP-60",
];

/// What follows where one of header and token suffices.
const ONE_ENOUGH: &[&str] = &[
    "NP-01", "NP-02", "NP-03", "NP-05", "NP-06", "NP-10", "NP-20", "NP-21", "NP-22", "NP-23",
    "NP-24", "NP-25", "NP-30", "NP-31", "NP-32", "NP-40", "NP-41", "NP-42", "NP-43", "NP-44",
    "NP-60",
];

/// What follows where every refusal is a crash.
const REFUSALS: &[&str] = &[
    "NP-01", "NP-02", "NP-03", "NP-05", "NP-06", "NP-12", "NP-20", "NP-21", "NP-22", "NP-23",
    "NP-24", "NP-25", "NP-30", "NP-31", "NP-32", "NP-40", "NP-41", "NP-42", "NP-44", "NP-60",
];

/// Those that conform, then those that each break one check, by its id.
pub const SPECIMENS: &[Specimen] = &[
    conforming(
        "endpoint-reference",
        "It is probed instead of played with",
        |_| {},
    ),
    conforming(
        "endpoint-with-leeway",
        "Its clock may be off by a minute",
        |policy| {
            policy.reception.leeway = Duration::from_mins(1);
        },
    ),
    conforming(
        "endpoint-takes-its-time",
        "It answers after two seconds",
        |policy| {
            policy.reception.delay = Duration::from_secs(2);
        },
    ),
    conforming("endpoint-forbids", "It refuses with 403", |policy| {
        policy.reception.refusal.status = 403;
    }),
    conforming(
        "endpoint-says-nothing",
        "It refuses without a challenge",
        |policy| {
            policy.reception.refusal.words = RefusalWords::Silence;
        },
    ),
    conforming("endpoint-says-why", "It refuses with a reason", |policy| {
        policy.reception.refusal.words = RefusalWords::Reason;
    }),
    broken(
        "endpoint-refuses-all",
        "It is configured for another audience, and refuses everything",
        ("NP-00", &[]),
        |policy| {
            policy.reception.audience = Some("somebody else".into());
        },
    ),
    broken(
        "header-optional",
        "It looks at the header only where there is one",
        ("NP-01", &["NP-06"]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::Optional);
        },
    ),
    broken(
        "header-any-value",
        "It asks for the header, with whatever value",
        ("NP-02", &["NP-03", "NP-05", "NP-12"]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::AnyValue);
        },
    ),
    broken(
        "header-prefix",
        "It takes a beginning of the value for the value",
        ("NP-02", &["NP-05"]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::Prefix);
        },
    ),
    broken(
        "header-unchecked",
        "It does not look at the header",
        ("NP-01", &["NP-02", "NP-03", "NP-05", "NP-06", "NP-12"]),
        |policy| {
            policy.reception.header = Validation::Ignored;
        },
    ),
    broken(
        "header-value-without-case",
        "It takes upper and lower case of the value for the same",
        ("NP-03", &[]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::ValueCase);
        },
    ),
    broken(
        "header-name-with-case",
        "It finds the header only where its name is spelled as it was agreed",
        ("NP-04", &[]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::NameCase);
        },
    ),
    broken(
        "header-first-of-two",
        "It looks at the first of two values",
        ("NP-05", &[]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::First);
        },
    ),
    broken(
        "header-last-of-two",
        "It looks at the last of two values",
        ("NP-05", &[]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::Last);
        },
    ),
    broken(
        "header-in-query",
        "It looks for the value in the query too",
        ("NP-06", &[]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::Query);
        },
    ),
    broken(
        "header-in-cookie",
        "It looks for the value in cookies too",
        ("NP-06", &[]),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::Cookie);
        },
    ),
    broken(
        "token-unchecked",
        "It does not look at the token",
        ("NP-10", ANY_TOKEN),
        |policy| {
            policy.reception.token = TokenValidation::Ignored;
        },
    ),
    broken(
        "token-present",
        "It asks for a token, whatever it is",
        ("NP-20", ANY_TOKEN_PRESENT),
        |policy| {
            policy.reception.token = TokenValidation::Present;
        },
    ),
    broken(
        "endpoint-crashes-on-strangers",
        "It answers with 500 whoever may not speak",
        ("NP-10", REFUSALS),
        |policy| {
            policy.reception.refusal.status = 500;
        },
    ),
    broken(
        "scheme-with-case",
        "It wants the scheme spelled Bearer",
        ("NP-11", &[]),
        |policy| {
            policy.reception.token = TokenValidation::Quirky(TokenQuirk::SchemeCase);
        },
    ),
    broken(
        "header-or-token",
        "It asks for the header or for the token",
        ("NP-12", ONE_ENOUGH),
        |policy| {
            policy.reception.header = Validation::Quirky(HeaderQuirk::OrToken);
        },
    ),
    broken(
        "algorithm-none",
        "It believes a token that says that it is unsigned",
        ("NP-20", &[]),
        |policy| {
            policy.reception.token = TokenValidation::Quirky(TokenQuirk::Unsigned);
        },
    ),
    broken(
        "signature-unchecked",
        "It does not verify the signature",
        (
            "NP-21",
            &[
                "NP-12", "NP-20", "NP-22", "NP-23", "NP-24", "NP-25", "NP-60",
            ],
        ),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::Signature);
        },
    ),
    broken(
        "unknown-key-believed",
        "It believes a token whose key nobody published",
        ("NP-22", &["NP-24"]),
        |policy| {
            policy.reception.token = TokenValidation::Quirky(TokenQuirk::UnknownKey);
        },
    ),
    broken(
        "public-key-as-secret",
        "It takes the public key for a shared secret",
        ("NP-23", &[]),
        |policy| {
            policy.reception.token = TokenValidation::Quirky(TokenQuirk::SharedSecret);
        },
    ),
    broken(
        "own-key-believed",
        "It takes the key that a token brings along",
        ("NP-24", &[]),
        |policy| {
            policy.reception.token = TokenValidation::Quirky(TokenQuirk::OwnKey);
        },
    ),
    broken(
        "own-address-believed",
        "It fetches keys from where a token says that they are",
        ("NP-24", &[]),
        |policy| {
            policy.reception.token = TokenValidation::Quirky(TokenQuirk::OwnAddress);
        },
    ),
    broken(
        "critical-passed-over",
        "It passes over what a token calls critical",
        ("NP-25", &[]),
        |policy| {
            policy.reception.token = TokenValidation::Quirky(TokenQuirk::Critical);
        },
    ),
    broken(
        "expiry-unchecked",
        "It does not look at the expiry",
        ("NP-30", &["NP-31"]),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::Expiry);
        },
    ),
    broken(
        "leeway-of-six-minutes",
        "It gives expired tokens six minutes",
        ("NP-31", &[]),
        |policy| {
            policy.reception.leeway = Duration::from_mins(6);
        },
    ),
    broken(
        "not-before-unchecked",
        "It does not look at when a token begins",
        ("NP-32", &[]),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::NotBefore);
        },
    ),
    broken(
        "issued-at-unchecked",
        "It does not look at when a token was issued",
        ("NP-32", &[]),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::IssuedAt);
        },
    ),
    broken(
        "issuer-unchecked",
        "It does not look at the issuer",
        ("NP-40", &[]),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::Issuer);
        },
    ),
    broken(
        "audience-unchecked",
        "It does not look at the audience",
        ("NP-41", &[]),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::Audience);
        },
    ),
    broken(
        "audience-list-refused",
        "It does not understand a list of audiences",
        ("NP-41", &[]),
        |policy| {
            policy.reception.token = TokenValidation::Quirky(TokenQuirk::SingleAudience);
        },
    ),
    broken(
        "kind-unchecked",
        "It does not look at what a token is a token of",
        ("NP-42", &[]),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::Kind);
        },
    ),
    broken(
        "scope-unchecked",
        "It does not look at the scope",
        ("NP-43", &[]),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::Scope);
        },
    ),
    broken(
        "subject-unchecked",
        "It does not look at the subject",
        ("NP-44", &[]),
        |policy| {
            policy.reception.token = TokenValidation::CheckedExcept(Claim::Subject);
        },
    ),
    broken(
        "replay-has-two-effects",
        "It does everything again that comes again",
        ("NP-50", &["NP-53"]),
        |policy| {
            policy.reception.repetition = Repetition::Repeated;
        },
    ),
    broken(
        "replay-told-by-body",
        "It tells what comes again by its bytes",
        ("NP-53", &[]),
        |policy| {
            policy.reception.repetition = Repetition::ByBody;
        },
    ),
    broken(
        "any-method",
        "It takes every method for POST",
        ("NP-60", &[]),
        |policy| {
            policy.reception.methods = Methods::Any;
        },
    ),
    broken(
        "body-first",
        "It reads the body before it looks who sent it",
        ("NP-60", &[]),
        |policy| {
            policy.reception.order = Order::BodyFirst;
        },
    ),
    broken(
        "crash-on-garbage",
        "It answers with 500 to what is no JSON",
        ("NP-60", &[]),
        |policy| {
            policy.reception.unreadable = 500;
        },
    ),
    broken(
        "old-tls",
        "It takes part in TLS 1.1",
        ("NP-61", &[]),
        |policy| {
            policy.reception.transport = Transport::Old;
        },
    ),
    broken(
        "plain-http",
        "It serves requests without TLS too",
        ("NP-61", &[]),
        |policy| {
            policy.reception.transport = Transport::Plain;
        },
    ),
    broken(
        "lock-out",
        "It refuses everybody for five minutes after thirty failures",
        ("NP-63", &[]),
        |policy| {
            policy.reception.lock_out = Some(LockOut {
                after: 30,
                span: Duration::from_mins(5),
            });
        },
    ),
];

/// A specimen that nothing may be said against.
const fn conforming(
    name: &'static str,
    differs: &'static str,
    change: fn(&mut Policy),
) -> Specimen {
    Specimen {
        name,
        differs,
        change,
        profile: SMALL,
        ..PLAIN
    }
}

/// A specimen that `check` convicts, and others that follow.
const fn broken(
    name: &'static str,
    differs: &'static str,
    (check, consequences): (&'static str, &'static [&'static str]),
    change: fn(&mut Policy),
) -> Specimen {
    Specimen {
        nature: Nature::broken(check, consequences),
        ..conforming(name, differs, change)
    }
}
