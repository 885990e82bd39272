//! What is asked for a declaration, and why.

use self::Answer::{Needed, Optional, Proposed, Today};
use self::Asked::{After, Always, If};
use self::Form::{Bare, Text, TextOrTable};

/// How an answer is written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Between quotes.
    Text,
    /// As it was typed: a number, a day.
    Bare,
    /// Between quotes, unless it is a table.
    TextOrTable,
}

/// Whether a question may be left without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It may: the key is left out.
    Optional,
    /// It may not, once it is asked.
    Needed,
    /// An empty line takes what is proposed; `-` leaves the key out.
    Proposed(&'static str),
    /// An empty line takes the day of today.
    Today,
}

/// When a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Always,
    /// Where one of these was answered.
    After(&'static [&'static str]),
    /// Where this was answered so.
    If(&'static str, &'static str),
}

pub(super) struct Question {
    /// The dotted key.
    pub(super) key: &'static str,
    /// What is asked.
    pub(super) text: &'static str,
    /// Why.
    pub(super) why: &'static str,
    pub(super) form: Form,
    pub(super) answer: Answer,
    pub(super) asked: Asked,
}

const fn ask(
    key: &'static str,
    text: &'static str,
    why: &'static str,
    form: Form,
    answer: Answer,
    asked: Asked,
) -> Question {
    Question {
        key,
        text,
        why,
        form,
        answer,
        asked,
    }
}

const NOTIFICATION: Asked = After(&["notification.sandbox", "notification.production"]);
const RETRY: Asked = After(&["retry.growth"]);
const PROMISE: &str = "a responsible person attests it; no traffic shows it";

/// All questions, section by section.
pub(super) const QUESTIONS: &[Question] = &[
    ask(
        "provider",
        "The name of your organisation",
        "evidence names whom it is about",
        Text,
        Optional,
        Always,
    ),
    ask(
        "key-delivery",
        "How do the API key and the client secret reach you, as agreed with Live Services Management?",
        "clause PO-KEY-DELIVERY asks for an agreement",
        Text,
        Optional,
        Always,
    ),
    ask(
        "token-skew",
        "How long before its expiry does your connector renew a token?",
        "an early renewal is right where it is meant",
        Text,
        Proposed("60s"),
        Always,
    ),
    ask(
        "latency-target",
        "Within which time does a status update follow its cause, for 95 of 100?",
        "clause PO-STATUS-TIME asks for near real time and names no number; you are held against yours",
        Text,
        Proposed("5s"),
        Always,
    ),
    ask(
        "instances",
        "How many instances of the connector run, each with a token of its own?",
        "each of them may ask for a token",
        Bare,
        Proposed("1"),
        Always,
    ),
    ask(
        "product.name",
        "The name of the software that is judged",
        "evidence names what it is about",
        Text,
        Optional,
        Always,
    ),
    ask(
        "product.version",
        "Its version",
        "a verdict holds for one version",
        Text,
        Needed,
        After(&["product.name"]),
    ),
    ask(
        "product.digest",
        "The digest of what is deployed (sha256:…)",
        "evidence then names it exactly",
        Text,
        Optional,
        After(&["product.name"]),
    ),
    ask(
        "authorisation-endpoint.sandbox",
        "The URL where users authorise a subscription, in the sandbox",
        "clause PO-AUTH-ENDPOINT asks for it in both environments",
        Text,
        Optional,
        Always,
    ),
    ask(
        "authorisation-endpoint.production",
        "The same in production",
        "it must be another one",
        Text,
        Optional,
        Always,
    ),
    ask(
        "notification.sandbox",
        "The URL of your notification endpoint in the sandbox, if you have one",
        "the platform tells it what happens; it is optional",
        Text,
        Optional,
        Always,
    ),
    ask(
        "notification.production",
        "The same in production",
        "it must be another one",
        Text,
        Optional,
        Always,
    ),
    ask(
        "notification.header",
        "The name of the header that every notification must carry",
        "clause PO-NOTIFY-AUTH: you must validate it, and probes try without",
        Text,
        Optional,
        NOTIFICATION,
    ),
    ask(
        "notification.value",
        "Its value in the sandbox; env:NAME reads it from the variable NAME",
        "probes send it; with env:NAME the file holds no secret",
        Text,
        Proposed("env:PREFLIGHT_NOTIFICATION_VALUE"),
        After(&["notification.header"]),
    ),
    ask(
        "notification.read-back",
        "A URL that shows the state of a resource, with {id} for its id",
        "probes look there whether a refused notification had an effect",
        Text,
        Optional,
        NOTIFICATION,
    ),
    ask(
        "notification.test-issuer",
        "Is the issuer that preflight serves trusted or untrusted in your test build?",
        "without trust no probe can be accepted, and few can be judged",
        Text,
        Proposed("untrusted"),
        NOTIFICATION,
    ),
    ask(
        "retry.growth",
        "How does the wait between attempts grow: exponential, linear or fixed?",
        "clause PO-BACKOFF asks for suitable waits; you are held against what you declare",
        Text,
        Proposed("exponential"),
        Always,
    ),
    ask(
        "retry.factor",
        "By which factor?",
        "it says when each attempt may come",
        Bare,
        Proposed("2.0"),
        If("retry.growth", "exponential"),
    ),
    ask(
        "retry.base",
        "The first wait",
        "an attempt before it is too early",
        Text,
        Proposed("1s"),
        RETRY,
    ),
    ask(
        "retry.cap",
        "The longest wait",
        "after twice as long the connector counts as having given up",
        Text,
        Proposed("60s"),
        RETRY,
    ),
    ask(
        "retry.jitter",
        "The jitter: none, equal, full, decorrelated, { proportional = 0.2 } or { additive = \"1s\" }",
        "chance makes waits shorter, and only a declared chance is told from impatience",
        TextOrTable,
        Proposed("full"),
        RETRY,
    ),
    ask(
        "retry.attempts",
        "How often is an operation tried, the first time included?",
        "more attempts than declared are a finding",
        Bare,
        Proposed("5"),
        RETRY,
    ),
    ask(
        "features.authorise-link",
        "Do users authorise by a link of yours: supported or unsupported?",
        "what is unsupported is not asked for",
        Text,
        Optional,
        Always,
    ),
    ask(
        "features.messaging",
        "Are questions about vendors and bank accounts answered: supported or unsupported?",
        "what is unsupported is not asked for",
        Text,
        Optional,
        Always,
    ),
    ask(
        "features.notifications",
        "Is there a notification endpoint: supported or unsupported?",
        "what is unsupported is not asked for",
        Text,
        Optional,
        Always,
    ),
    ask(
        "features.payment-files",
        "Can batches be taken as a file: supported or unsupported?",
        "what is unsupported is not asked for",
        Text,
        Optional,
        Always,
    ),
    ask(
        "features.rules",
        "Does your configuration state rules for fields: supported or unsupported?",
        "what is unsupported is not asked for",
        Text,
        Optional,
        Always,
    ),
    ask(
        "attestation.credential-storage.statement",
        "How are client credentials and API keys kept?",
        "clause PO-CREDENTIALS: a responsible person attests it",
        Text,
        Optional,
        Always,
    ),
    ask(
        "attestation.credential-storage.name",
        "Who attests it?",
        PROMISE,
        Text,
        Needed,
        After(&["attestation.credential-storage.statement"]),
    ),
    ask(
        "attestation.credential-storage.date",
        "On which day?",
        PROMISE,
        Bare,
        Today,
        After(&["attestation.credential-storage.statement"]),
    ),
    ask(
        "attestation.breach-contact.statement",
        "How is a breach of credentials notified?",
        "clause PO-BREACH asks for it at once",
        Text,
        Optional,
        Always,
    ),
    ask(
        "attestation.breach-contact.name",
        "Who notifies it, and how is that contact reached?",
        PROMISE,
        Text,
        Needed,
        After(&["attestation.breach-contact.statement"]),
    ),
    ask(
        "attestation.breach-contact.date",
        "Attested on which day?",
        PROMISE,
        Bare,
        Today,
        After(&["attestation.breach-contact.statement"]),
    ),
    ask(
        "attestation.owner.statement",
        "Who maintains the connector, as a team?",
        "clause PO-MAINTAIN: an owner is named",
        Text,
        Optional,
        Always,
    ),
    ask(
        "attestation.owner.name",
        "Who is responsible for it?",
        PROMISE,
        Text,
        Needed,
        After(&["attestation.owner.statement"]),
    ),
    ask(
        "attestation.owner.date",
        "Attested on which day?",
        PROMISE,
        Bare,
        Today,
        After(&["attestation.owner.statement"]),
    ),
];
