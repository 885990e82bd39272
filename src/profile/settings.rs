//! The profile as the rest of the program reads it.

use std::time::Duration;

use indexmap::IndexMap;

use super::kind::{
    BYTES, COUNT, DURATION, HEADER_NAME, HINT, HOSTS, OPTIONAL_DURATION, OPTIONAL_TEXT, PATH, RATE,
    SCOPE, TREATMENT,
};
use super::layer::{Known, Layer};
use super::reader::Reader;
use super::{Flow, Notifications, ProfileErrors, Setting, Sourced};
use crate::base::{Sha256Hex, sha256};

/// The text of the built-in profile.
const BUILT_IN: &str = include_str!("payments-out.toml");

/// What may differ by agreement or is not public. See the prose of the room.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The name: `payments-out` unless a file gives its own.
    pub name: String,
    /// The dotted keys that a file replaced, in the order of the built-in profile.
    pub overridden: Vec<String>,
    /// The digest of the built-in text, followed by that of the file where there is one.
    pub sha256: Sha256Hex,
    /// The agreed rate, in requests a second.
    pub rate: Sourced<f64>,
    /// How many requests may come at once.
    pub burst: Sourced<u32>,
    /// How long a token is valid from its issue.
    pub token_lifetime: Sourced<Duration>,
    /// The scope that a token request names, if any.
    pub token_scope: Sourced<Option<String>>,
    /// Within which time an update must be sent, where a number is agreed.
    pub latency_target: Sourced<Option<Duration>>,
    /// Hosts of the production platform, in lower case: never tested against.
    pub production_hosts: Sourced<Vec<String>>,
    /// How long the Consumer API remembers an idempotency key.
    pub idempotency_lifetime: Sourced<Duration>,
    /// Base paths.
    pub paths: Paths,
    /// Names of headers.
    pub headers: HeaderNames,
    /// What becomes of a request with a bad interaction id.
    pub interaction_id: InteractionId,
    /// How the platform throttles.
    pub throttle: Throttle,
    /// What a suitable backoff is held against.
    pub backoff: Backoff,
    /// What the rules forgive.
    pub tolerances: Tolerances,
    /// Largest sizes.
    pub limits: Limits,
    /// What an exchange costs on the logical clock.
    pub latency_model: LatencyModel,
    /// Notifications to the provider.
    pub notifications: Notifications,
    /// The status flows: at least `subscription`, `batch` and `payment`.
    pub flows: IndexMap<String, Flow>,
    settings: Vec<Setting>,
}

/// Base paths of the platform's APIs, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Where tokens are asked for.
    pub token: Sourced<String>,
    /// The Provider API.
    pub provider_api: Sourced<String>,
    /// Provider messaging.
    pub provider_messaging: Sourced<String>,
    /// The Consumer API.
    pub consumer_api: Sourced<String>,
    /// Consumer messaging.
    pub consumer_messaging: Sourced<String>,
}

/// Names of headers, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderNames {
    /// The API key.
    pub api_key: Sourced<String>,
    /// The Sage product for which the request is made.
    pub application: Sourced<String>,
    /// A new UUID for each request.
    pub interaction_id: Sourced<String>,
    /// The idempotency key of a consumer's POST.
    pub idempotency_key: Sourced<String>,
}

/// What the platform does with a flawed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It is served all the same.
    Accepted,
    /// It is answered with 400.
    Refused,
}

/// What becomes of a request whose interaction id is not a new RFC 4122 UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionId {
    /// The header is not there.
    pub missing: Sourced<Treatment>,
    /// An earlier request had the same.
    pub repeated: Sourced<Treatment>,
    /// It is not a UUID.
    pub malformed: Sourced<Treatment>,
}

/// Who shares a bucket of the throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottleScope {
    /// Each credential has its own.
    Credential,
    /// All credentials of a provider share one.
    Provider,
}

/// What a 429 says of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfterHint {
    /// `Retry-After: 7`.
    Seconds,
    /// `Retry-After: Thu, 01 Jan 2026 00:00:07 GMT`.
    Date,
    /// Nothing.
    Absent,
}

/// How the platform throttles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Who shares a bucket.
    pub scope: Sourced<ThrottleScope>,
    /// What a 429 says.
    pub retry_after: Sourced<RetryAfterHint>,
}

/// What a suitable backoff is held against (`spec/judging.md`, 5.1 and 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// A retry sooner than this is immediate (`b_min`).
    pub minimum_wait: Sourced<Duration>,
    /// The largest number of attempts, the first included.
    pub maximum_attempts: Sourced<u32>,
    /// The first wait of the default policy.
    pub base: Sourced<Duration>,
    /// The longest wait of the default policy.
    pub cap: Sourced<Duration>,
}

/// What the rules forgive (`spec/judging.md`, 5.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tolerances {
    /// How much too early a retry may come (`ε`).
    pub early: Sourced<Duration>,
    /// How long after a 429 requests may still arrive that were on the wire (`δ`).
    pub in_flight: Sourced<Duration>,
    /// How far the network may bunch requests (`τ`).
    pub rate_bunching: Sourced<Duration>,
}

/// Largest sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Payments in a batch.
    pub payments_per_batch: Sourced<u32>,
    /// Bytes in a request's body.
    pub body_bytes: Sourced<usize>,
    /// Characters in `addressLine1` to `addressLine3`.
    pub address_line_characters: Sourced<u32>,
    /// Characters in `countrySubdivision`.
    pub country_subdivision_characters: Sourced<u32>,
}

/// What an exchange costs on the logical clock: `base` plus a seeded part of `spread`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyModel {
    /// The least.
    pub base: Sourced<Duration>,
    /// How much more at most.
    pub spread: Sourced<Duration>,
}

impl Profile {
    /// The built-in profile, `payments-out`.
    #[must_use]
    pub fn built_in() -> Self {
        Self::read(None).expect("a test reads the built-in profile")
    }

    /// The built-in profile with the settings of a file laid over it.
    ///
    /// # Errors
    /// Everything that is wrong with the file at once, each with its place under `file_name`.
    pub fn with_override(toml_text: &str, file_name: &str) -> Result<Self, ProfileErrors> {
        Self::read(Some((toml_text, file_name)))
    }

    /// All settings in the form of a table, flows last.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    fn read(file: Option<(&str, &str)>) -> Result<Self, ProfileErrors> {
        let mut problems = Vec::new();
        let base = Layer::read(BUILT_IN, &Known::Any, &mut problems);
        let keys: Vec<String> = base.leaves.keys().cloned().collect();
        let overlay = file.map(|(text, _)| Layer::read(text, &Known::Only(&keys), &mut problems));
        let mut reader = Reader {
            base,
            overlay,
            problems,
            settings: Vec::new(),
        };
        let profile = assemble(&mut reader, file.map(|(text, _)| text));
        let Reader { mut problems, .. } = reader;
        if problems.is_empty() {
            return Ok(profile);
        }
        problems.sort_by_key(|problem| problem.place);
        Err(ProfileErrors {
            file: file
                .map_or("payments-out.toml", |(_, name)| name)
                .to_owned(),
            problems,
        })
    }
}

fn assemble(reader: &mut Reader<'_>, file: Option<&str>) -> Profile {
    let name = reader
        .overlay
        .as_ref()
        .and_then(|overlay| overlay.name.clone())
        .or_else(|| reader.base.name.clone())
        .expect("the built-in profile has a name");
    let sha256 = sha256(
        match file {
            Some(text) => format!("{BUILT_IN}\0{text}"),
            None => BUILT_IN.to_owned(),
        }
        .as_bytes(),
    );
    let mut profile = Profile {
        name,
        overridden: Vec::new(),
        sha256,
        rate: reader.read("rate", &RATE),
        burst: reader.read("burst", &COUNT),
        latency_target: reader.read("latency-target", &OPTIONAL_DURATION),
        production_hosts: reader.read("production-hosts", &HOSTS),
        idempotency_lifetime: reader.read("idempotency-lifetime", &DURATION),
        token_lifetime: reader.read("token.lifetime", &DURATION),
        token_scope: reader.read("token.scope", &OPTIONAL_TEXT),
        paths: Paths {
            token: reader.read("paths.token", &PATH),
            provider_api: reader.read("paths.provider-api", &PATH),
            provider_messaging: reader.read("paths.provider-messaging", &PATH),
            consumer_api: reader.read("paths.consumer-api", &PATH),
            consumer_messaging: reader.read("paths.consumer-messaging", &PATH),
        },
        headers: HeaderNames {
            api_key: reader.read("headers.api-key", &HEADER_NAME),
            application: reader.read("headers.application", &HEADER_NAME),
            interaction_id: reader.read("headers.interaction-id", &HEADER_NAME),
            idempotency_key: reader.read("headers.idempotency-key", &HEADER_NAME),
        },
        interaction_id: InteractionId {
            missing: reader.read("interaction-id.missing", &TREATMENT),
            repeated: reader.read("interaction-id.repeated", &TREATMENT),
            malformed: reader.read("interaction-id.malformed", &TREATMENT),
        },
        throttle: Throttle {
            scope: reader.read("throttle.scope", &SCOPE),
            retry_after: reader.read("throttle.retry-after", &HINT),
        },
        backoff: Backoff {
            minimum_wait: reader.read("backoff.minimum-wait", &DURATION),
            maximum_attempts: reader.read("backoff.maximum-attempts", &COUNT),
            base: reader.read("backoff.base", &DURATION),
            cap: reader.read("backoff.cap", &DURATION),
        },
        tolerances: Tolerances {
            early: reader.read("tolerances.early", &DURATION),
            in_flight: reader.read("tolerances.in-flight", &DURATION),
            rate_bunching: reader.read("tolerances.rate-bunching", &DURATION),
        },
        limits: Limits {
            payments_per_batch: reader.read("limits.payments-per-batch", &COUNT),
            body_bytes: reader.read("limits.body-bytes", &BYTES),
            address_line_characters: reader.read("limits.address-line-characters", &COUNT),
            country_subdivision_characters: reader
                .read("limits.country-subdivision-characters", &COUNT),
        },
        latency_model: LatencyModel {
            base: reader.read("latency-model.base", &DURATION),
            spread: reader.read("latency-model.spread", &DURATION),
        },
        notifications: Notifications::read(reader),
        flows: reader.flows(),
        settings: Vec::new(),
    };
    if profile.backoff.base.value > profile.backoff.cap.value {
        reader.contradiction(
            ["backoff.base", "backoff.cap"],
            "the first wait is longer than the longest",
            "raise `backoff.cap` or lower `backoff.base`",
        );
    }
    profile.settings = std::mem::take(&mut reader.settings);
    if let Some(overlay) = &reader.overlay {
        for setting in &mut profile.settings {
            setting.overridden = overlay.leaves.contains_key(&setting.key);
        }
    }
    profile.overridden = profile
        .settings
        .iter()
        .filter(|setting| setting.overridden)
        .map(|setting| setting.key.clone())
        .collect();
    profile
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Provenance;

    fn problems(text: &str) -> String {
        Profile::with_override(text, "own.toml")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_built_in_profile_is_what_the_pages_say() {
        let profile = Profile::built_in();
        assert_eq!(profile.name, "payments-out");
        assert_eq!(
            (profile.rate.value, profile.rate.provenance),
            (10.0, Provenance::Stated)
        );
        assert_eq!(profile.token_lifetime.value, Duration::from_hours(8));
        assert_eq!(profile.token_lifetime.provenance, Provenance::Inferred);
        assert_eq!(profile.latency_target.value, None);
        assert_eq!(profile.limits.body_bytes.value, 5_000_000);
        assert_eq!(profile.overridden, Vec::<String>::new());
        assert_eq!(
            profile.flows.keys().collect::<Vec<_>>(),
            ["subscription", "batch", "payment"]
        );
        assert!(
            profile
                .settings()
                .iter()
                .all(|setting| !setting.source.is_empty())
        );
    }

    #[test]
    fn a_bare_value_counts_as_assumed() {
        let profile = Profile::with_override("rate = 25\n", "own.toml").unwrap();
        assert_eq!(
            (profile.rate.value, profile.rate.provenance),
            (25.0, Provenance::Assumed)
        );
        assert_eq!(profile.overridden, ["rate"]);
        assert_eq!(profile.burst, Profile::built_in().burst);
        assert_ne!(profile.sha256, Profile::built_in().sha256);
    }

    #[test]
    fn a_value_or_its_file_may_say_what_it_rests_on() {
        let profile = Profile::with_override(
            "name = \"acme\"\nprovenance = \"stated\"\nsource = \"agreement of 2026-03-01\"\n\
             rate = 25\n[backoff]\ncap = { value = \"1m\", provenance = \"inferred\", source = \"mail\" }\n",
            "own.toml",
        )
        .unwrap();
        assert_eq!(profile.name, "acme");
        assert_eq!(profile.rate.provenance, Provenance::Stated);
        assert_eq!(profile.rate.source, "agreement of 2026-03-01");
        assert_eq!(profile.backoff.cap.value, Duration::from_mins(1));
        assert_eq!(profile.backoff.cap.provenance, Provenance::Inferred);
        assert_eq!(profile.overridden, ["rate", "backoff.cap"]);
    }

    #[test]
    fn a_flow_is_replaced_as_a_whole_and_another_may_be_added() {
        let text = r#"
[flows.payment]
provenance = "stated"
source = "Enablement, 2026-11-02"
initial = ["Received"]
terminal = ["Paid"]
edges = [{ from = "Received", to = ["Paid"] }]

[flows.creditor]
initial = ["Active"]
terminal = ["Deleted"]
edges = [{ from = "Active", to = ["Deleted"], by = "product" }]
"#;
        let profile = Profile::with_override(text, "own.toml").unwrap();
        let payment = &profile.flows["payment"];
        assert_eq!(
            payment.states().collect::<Vec<_>>(),
            ["Received", "Paid"],
            "nothing of the built-in flow is left"
        );
        assert_eq!(payment.provenance, Provenance::Stated);
        assert_eq!(profile.flows["creditor"].provenance, Provenance::Assumed);
        assert_eq!(profile.overridden, ["flows.payment", "flows.creditor"]);
    }

    #[test]
    fn everything_wrong_is_reported_at_once_with_its_place() {
        let text = r#"rate = "fast"
brust = 3
backoff = 7
throttle.retry-after = "sometimes"
token = { lifetime = { valeu = "1h" } }
[limits]
body-bytes = { value = 0, provenance = "guessed", why = 1 }
[flows.batch]
initial = ["Received"]
terminal = ["Done", "Received"]
edges = [
  { from = "Received", to = ["Processing", "Processing"], by = "nobody" },
  { from = "Processing", to = ["Processing"] },
]
"#;
        insta::assert_snapshot!(problems(text));
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        insta::assert_snapshot!(
            problems("[backoff]\ncap = \"500ms\"\n"),
            @"own.toml:2:7: backoff.cap: the first wait is longer than the longest; raise `backoff.cap` or lower `backoff.base`"
        );
    }

    #[test]
    fn a_text_that_is_not_toml_is_refused_with_its_place() {
        let problems = problems("rate = \n");
        assert!(problems.starts_with("own.toml:1:"), "{problems}");
        assert!(
            problems.ends_with("write the file as TOML 1.0"),
            "{problems}"
        );
    }
}
