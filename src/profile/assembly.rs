//! Puts a profile together from the layers that say something of it.

use indexmap::IndexMap;

use super::kind::{
    AFTERWARDS, BYTES, CLIENT_AUTHENTICATION, COUNT, DEFAULT_STATUS, DURATION, DURATIONS,
    HEADER_NAME, HINT, HOSTS, NUMBER, OPTIONAL_COUNT, OPTIONAL_DURATION, OPTIONAL_RATE,
    OPTIONAL_TEXT, PATH, PRESENCE, RATE, REFUSAL, SCOPES, SHARE, SUCCESS, TEXT, TEXTS,
    TOKEN_THROTTLE, TREATMENT,
};
use super::layer::{Known, Layer};
use super::reader::Reader;
use super::{
    Backoff, HeaderNames, InteractionId, LatencyModel, Limits, Notifications, Paths, Probe,
    Problem, Profile, ProfileErrors, Refusals, Retention, RuleWords, Setting, StatusRules,
    Throttle, Token, TokenRules, Tolerances, Updates,
};
use crate::base::sha256;

/// The text of the built-in profile.
const BUILT_IN: &str = include_str!("payments-out.toml");

/// The built-in profile with the settings of a file (its text, its name) laid over it.
pub(super) fn read(file: Option<(&str, &str)>) -> Result<Profile, ProfileErrors> {
    let mut problems = Vec::new();
    let base = Layer::read(BUILT_IN, &Known::Any, &mut problems);
    let keys: Vec<String> = base.leaves.keys().cloned().collect();
    let mut overlay = file.map(|(text, _)| Layer::read(text, &Known::Only(&keys), &mut problems));
    let applications = overlay
        .as_mut()
        .map(|overlay| std::mem::take(&mut overlay.applications))
        .unwrap_or_default();
    let layers: Vec<_> = overlay.iter().chain([&base]).collect();
    let text = file.map(|(text, _)| text);

    let mut reader = Reader::new(layers.clone());
    let mut profile = assemble(&mut reader, text);
    problems.append(&mut reader.problems);
    for (application, layer) in &applications {
        let layers = std::iter::once(layer).chain(layers.iter().copied());
        let mut reader = Reader::new(layers.collect());
        let special = assemble(&mut reader, text);
        // What is wrong further down was found before.
        problems.extend(
            reader
                .problems
                .into_iter()
                .filter(|problem| problem.key.starts_with(&layer.prefix)),
        );
        let own = special
            .settings
            .iter()
            .filter(|setting| layer.leaves.contains_key(&setting.key))
            .map(|setting| Setting {
                key: format!("{}{}", layer.prefix, setting.key),
                ..setting.clone()
            });
        profile.settings.extend(own);
        profile.applications.insert(application.clone(), special);
    }
    profile.overridden = overridden(&profile.settings);
    if problems.is_empty() {
        return Ok(profile);
    }
    problems.sort_by_key(|problem: &Problem| problem.place);
    Err(ProfileErrors {
        file: file
            .map_or("payments-out.toml", |(_, name)| name)
            .to_owned(),
        problems,
    })
}

/// The built-in profile with what the layers say, the strongest first.
fn assemble(reader: &mut Reader<'_, '_>, file: Option<&str>) -> Profile {
    let name = reader
        .layers
        .iter()
        .find_map(|layer| layer.name.clone())
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
            key_set: reader.read("paths.key-set", &PATH),
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
        missing_application: reader.read("application-header.missing", &TREATMENT),
        refusals: Refusals {
            illegal_transition: reader.read("refusals.illegal-transition", &REFUSAL),
            unauthorised_subscription: reader.read("refusals.unauthorised-subscription", &REFUSAL),
        },
        updates: Updates {
            repeated_status: reader.read("updates.repeated-status", &TREATMENT),
            default_status: reader.read("updates.default-status", &DEFAULT_STATUS),
            configuration_answer: reader.read("updates.configuration-answer", &SUCCESS),
        },
        token: Token {
            issuer: reader.read("token.issuer", &TEXT),
            platform_subject: reader.read("token.platform-subject", &TEXT),
            client_authentication: reader
                .read("token.client-authentication", &CLIENT_AUTHENTICATION),
            audience: reader.read("token.audience", &PRESENCE),
            expires_in: reader.read("token.expires-in", &PRESENCE),
        },
        token_rules: TokenRules {
            longest_skew: reader.read("token-rules.longest-skew", &DURATION),
            skew_share: reader.read("token-rules.skew-share", &SHARE),
            enough_calls: reader.read("token-rules.enough-calls", &COUNT),
            fetch_share: reader.read("token-rules.fetch-share", &SHARE),
            early_share: reader.read("token-rules.early-share", &SHARE),
            rush: reader.read("token-rules.rush", &DURATION),
            resends: reader.read("token-rules.resends", &COUNT),
        },
        throttle: Throttle {
            scope: reader.read("throttle.scope", &SCOPES),
            token_endpoint: reader.read("throttle.token-endpoint", &TOKEN_THROTTLE),
            address_rate: reader.read("throttle.address-rate", &OPTIONAL_RATE),
            address_burst: reader.read("throttle.address-burst", &OPTIONAL_COUNT),
            group_rate: reader.read("throttle.group-rate", &OPTIONAL_RATE),
            group_burst: reader.read("throttle.group-burst", &OPTIONAL_COUNT),
            retry_after: reader.read("throttle.retry-after", &HINT),
        },
        backoff: Backoff {
            minimum_wait: reader.read("backoff.minimum-wait", &DURATION),
            maximum_attempts: reader.read("backoff.maximum-attempts", &COUNT),
            base: reader.read("backoff.base", &DURATION),
            cap: reader.read("backoff.cap", &DURATION),
            minimum_multiplier: reader.read("backoff.minimum-multiplier", &NUMBER),
            minimum_cap: reader.read("backoff.minimum-cap", &DURATION),
            hints: reader.read("backoff.hints", &DURATIONS),
            long_hints: reader.read("backoff.long-hints", &DURATIONS),
            waits: reader.read("backoff.waits", &COUNT),
            shortest_wait: reader.read("backoff.shortest-wait", &DURATION),
            flat_slope: reader.read("backoff.flat-slope", &NUMBER),
            growing_slope: reader.read("backoff.growing-slope", &NUMBER),
            false_failures: reader.read("backoff.false-failures", &SHARE),
            certainty: reader.read("backoff.certainty", &SHARE),
            dispersal: reader.read("backoff.dispersal", &SHARE),
            dispersal_sample: reader.read("backoff.dispersal-sample", &COUNT),
            concurrency_window: reader.read("backoff.concurrency-window", &DURATION),
            catching_up: reader.read("backoff.catching-up", &DURATION),
            recovery: reader.read("backoff.recovery", &DURATION),
        },
        tolerances: Tolerances {
            early: reader.read("tolerances.early", &DURATION),
            in_flight: reader.read("tolerances.in-flight", &DURATION),
            late: reader.read("tolerances.late", &DURATION),
            rate_bunching: reader.read("tolerances.rate-bunching", &DURATION),
        },
        limits: Limits {
            payments_per_batch: reader.read("limits.payments-per-batch", &COUNT),
            body_bytes: reader.read("limits.body-bytes", &BYTES),
            address_line_characters: reader.read("limits.address-line-characters", &COUNT),
            country_subdivision_characters: reader
                .read("limits.country-subdivision-characters", &COUNT),
        },
        rules: RuleWords {
            subscriptions: reader.read("rules.subscriptions", &TEXTS),
            creditors: reader.read("rules.creditors", &TEXTS),
            batches: reader.read("rules.batches", &TEXTS),
            required: reader.read("rules.required", &TEXT),
            optional: reader.read("rules.optional", &TEXT),
            not_allowed: reader.read("rules.not-allowed", &TEXT),
        },
        retention: Retention {
            batches: reader.read("retention.batches", &DURATION),
            afterwards: reader.read("retention.afterwards", &AFTERWARDS),
        },
        latency_model: LatencyModel {
            base: reader.read("latency-model.base", &DURATION),
            spread: reader.read("latency-model.spread", &DURATION),
        },
        notifications: Notifications::read(reader),
        status: StatusRules::read(reader),
        probe: Probe::read(reader),
        flows: reader.flows(),
        settings: Vec::new(),
        applications: IndexMap::new(),
    };
    if profile.backoff.base.value > profile.backoff.cap.value {
        reader.contradiction(
            ["backoff.base", "backoff.cap"],
            "the first wait is longer than the longest",
            "raise `backoff.cap` or lower `backoff.base`",
        );
    }
    if profile.backoff.flat_slope.value > profile.backoff.growing_slope.value {
        reader.contradiction(
            ["backoff.flat-slope", "backoff.growing-slope"],
            "waits that do not grow would have a larger slope than waits that do",
            "raise `backoff.growing-slope` or lower `backoff.flat-slope`",
        );
    }
    profile.settings = std::mem::take(&mut reader.settings);
    for setting in &mut profile.settings {
        setting.overridden = reader.is_overridden(&setting.key);
    }
    profile.overridden = overridden(&profile.settings);
    profile
}

/// The keys that a file replaced.
fn overridden(settings: &[Setting]) -> Vec<String> {
    settings
        .iter()
        .filter(|setting| setting.overridden)
        .map(|setting| setting.key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn an_application_has_the_settings_of_its_own_over_those_of_the_file() {
        let text = r#"
rate = 25
[application."sage.intacct"]
provenance = "stated"
source = "agreement of 2026-03-01"
burst = 3
limits.payments-per-batch = 50
[application."sage.intacct".flows.payment]
initial = ["Received"]
terminal = ["Paid"]
edges = [{ from = "Received", to = ["Paid"] }]
"#;
        let profile = Profile::with_override(text, "own.toml").unwrap();
        let intacct = profile.for_application("sage.intacct");
        assert_eq!((intacct.rate.value, intacct.burst.value), (25.0, 3));
        assert_eq!(intacct.burst.source, "agreement of 2026-03-01");
        assert_eq!(intacct.limits.payments_per_batch.value, 50);
        assert!(intacct.flows["payment"].is_known("Paid"));
        assert_eq!(profile.burst.value, 10);
        assert_eq!(profile.for_application("sage.x3"), &profile);
        assert_eq!(profile.applications().collect::<Vec<_>>(), ["sage.intacct"]);
        assert_eq!(
            profile.overridden,
            [
                "rate",
                r#"application."sage.intacct".burst"#,
                r#"application."sage.intacct".limits.payments-per-batch"#,
                r#"application."sage.intacct".flows.payment"#,
            ]
        );
        let shown = profile.settings().last().unwrap();
        assert_eq!(shown.key, r#"application."sage.intacct".flows.payment"#);
        assert_eq!(
            (shown.provenance, shown.overridden),
            (Provenance::Stated, true)
        );
    }

    #[test]
    fn what_is_wrong_with_an_application_is_reported_with_its_place_and_once() {
        let text = r#"rate = "slow"
[application."sage.intacct"]
brust = 3
rate = "fast"
paths.token = "/token"
backoff.cap = "500ms"
[application.sage.x3]
burst = 7
[application]
it = 7
"#;
        insta::assert_snapshot!(problems(text));
        insta::assert_snapshot!(
            problems("application = 7"),
            @r#"own.toml:1:15: application: an application is a table of settings; write `[application."sage.intacct"]`, then its settings"#
        );
    }

    #[test]
    fn what_may_be_left_open_or_listed_is_read() {
        let text = r#"
[throttle]
scope = ["address", "credential"]
address-rate = 2.5
group-burst = 7
"#;
        let throttle = Profile::with_override(text, "own.toml").unwrap().throttle;
        assert_eq!(throttle.scope.value.len(), 2);
        assert_eq!(throttle.address_rate.value, Some(2.5));
        assert_eq!(throttle.address_burst.value, None);
        assert_eq!(throttle.group_burst.value, Some(7));
        for (wrong, expected) in [
            ("scope = []", "one or a list of"),
            ("scope = \"nobody\"", "one or a list of"),
            ("address-rate = \"much\"", "or \"agreed\""),
            ("token-endpoint = true", "\"exempt\" or \"throttled\""),
        ] {
            let text = problems(&format!("[throttle]\n{wrong}"));
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        insta::assert_snapshot!(
            problems("[backoff]\ncap = \"500ms\"\n"),
            @"own.toml:2:7: backoff.cap: the first wait is longer than the longest; raise `backoff.cap` or lower `backoff.base`"
        );
        insta::assert_snapshot!(
            problems("[backoff]\nflat-slope = 0.7\n"),
            @"own.toml:2:14: backoff.flat-slope: waits that do not grow would have a larger slope than waits that do; raise `backoff.growing-slope` or lower `backoff.flat-slope`"
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
