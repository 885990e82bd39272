//! Broken in messages, interaction ids, links and configuration.

use std::time::Duration;

use super::specimen::{Specimen, broken};
use crate::profile::{Declaration, Endpoints};
use crate::specimen::{Application, InteractionId, Link, Messages, Policy, Publication, Step};

const MESSAGES: &str = "Messages";
const SUBSCRIPTION: &str = "A new subscription";
const WORK: &str = "Work for two minutes";

/// Where the reference connector has its users authorise.
fn endpoints() -> Declaration {
    Declaration {
        authorisation_endpoint: Endpoints {
            sandbox: Some("https://specimen.invalid/authorise".into()),
            production: Some("https://production.specimen.invalid/authorise".into()),
        },
        ..Declaration::default()
    }
}

/// Reads the configuration and publishes something else.
fn publish(policy: &mut Policy, publication: Publication) {
    policy.configuration = vec![Step::Read, Step::Publish(publication)];
}

/// Each breaks one check.
pub const SPECIMENS: &[Specimen] = &[
    broken(
        "interaction-id-per-operation",
        ("IX-01", &[]),
        "A retry repeats the interaction id",
        "Everything in small",
        |policy| policy.interaction_id = InteractionId::PerOperation,
    ),
    broken(
        "interaction-id-constant",
        ("IX-01", &[]),
        "All requests have the same interaction id",
        WORK,
        |policy| policy.interaction_id = InteractionId::Constant,
    ),
    broken(
        "interaction-id-absent",
        ("IX-02", &[]),
        "Requests have no interaction id",
        WORK,
        |policy| policy.interaction_id = InteractionId::Absent,
    ),
    broken(
        "interaction-id-malformed",
        ("IX-03", &[]),
        "Interaction ids are numbers",
        WORK,
        |policy| policy.interaction_id = InteractionId::Malformed,
    ),
    broken(
        "messages-ignored",
        ("MG-01", &[]),
        "It does not answer the product's messages",
        MESSAGES,
        |policy| policy.messages = Messages::Ignored,
    ),
    broken(
        "messages-echoed",
        ("MG-02", &[]),
        "It answers queries at the operation of the question",
        MESSAGES,
        |policy| policy.messages = Messages::Echoed,
    ),
    Specimen {
        declaration: || Declaration {
            latency_target: Some(Duration::from_secs(5)),
            ..Declaration::default()
        },
        ..broken(
            "messages-late",
            ("MG-03", &[]),
            "It answers messages after twenty seconds, and declares five",
            MESSAGES,
            |policy| policy.messages = Messages::Late(Duration::from_secs(20)),
        )
    },
    broken(
        "messages-misrouted",
        ("MG-04", &[]),
        "It answers with its own id in place of the subscription's",
        MESSAGES,
        |policy| policy.messages = Messages::Misrouted,
    ),
    broken(
        "messages-doubled",
        ("MG-05", &[]),
        "It sends each answer twice",
        MESSAGES,
        |policy| policy.messages = Messages::Doubled,
    ),
    broken(
        "configuration-changes-only",
        ("PC-01", &[]),
        "It updates its configuration with what changes, and so removes the rest",
        WORK,
        |policy| publish(policy, Publication::Changes),
    ),
    broken(
        "rule-that-does-not-compile",
        ("PC-02", &[]),
        "It publishes a rule whose pattern does not compile",
        WORK,
        |policy| publish(policy, Publication::BrokenPattern),
    ),
    Specimen {
        profile: "limits.body-bytes = 4000\n",
        ..broken(
            "update-too-large",
            ("PC-03", &["BK-10"]),
            "It says so much of each payment that an update is larger than a request may be",
            "A batch of five",
            |policy| policy.remark = "to be continued; ".repeat(100),
        )
    },
    broken(
        "product-not-named",
        ("PC-04", &[]),
        "Its requests do not name the Sage product",
        WORK,
        |policy| policy.application = Application::Absent,
    ),
    broken(
        "country-is-a-text",
        ("PC-05", &[]),
        "It publishes its country as a text, not as a list",
        WORK,
        |policy| publish(policy, Publication::BrokenCountry),
    ),
    broken(
        "link-without-tls",
        ("AE-01", &[]),
        "Its users authorise without TLS",
        SUBSCRIPTION,
        |policy| policy.link = Link::Plain,
    ),
    Specimen {
        declaration: endpoints,
        ..broken(
            "link-elsewhere",
            ("AE-02", &[]),
            "Its users authorise at a host that is not declared",
            SUBSCRIPTION,
            |policy| policy.link = Link::Elsewhere,
        )
    },
    broken(
        "link-expired",
        ("AE-03", &[]),
        "It offers a link that has expired",
        SUBSCRIPTION,
        |policy| policy.link = Link::Expired,
    ),
    broken(
        "link-telling",
        ("AE-04", &[]),
        "Its link tells an account number",
        SUBSCRIPTION,
        |policy| policy.link = Link::Telling,
    ),
    Specimen {
        declaration: || {
            let mut declared = endpoints();
            let endpoint = &mut declared.authorisation_endpoint;
            endpoint.production.clone_from(&endpoint.sandbox);
            declared
        },
        ..broken(
            "one-endpoint-for-both",
            ("AE-05", &[]),
            "It declares one authorisation endpoint for both environments",
            SUBSCRIPTION,
            |_| {},
        )
    },
];
