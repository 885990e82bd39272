//! What a connector does, as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reception_policy::ReceptionPolicy;
use super::telling_policy::TellingPolicy;
use super::{Backoff, Exposure, Growth, Jitter, Link, Publication, TokenPolicy};

/// The traits of a connector. [`Policy::reference`] conforms; a broken connector differs from it in
/// one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// What stands in the header for the interaction id.
    pub interaction_id: InteractionId,
    /// How access tokens are kept.
    pub tokens: TokenPolicy,
    /// What follows on a request that failed.
    pub retry: RetryPolicy,
    /// How requests are spaced.
    pub pacing: Pacing,
    /// How many requests to the Provider API are under way at most.
    pub concurrency: usize,
    /// How long the answer to a request is waited for.
    pub patience: Duration,
    /// How notifications are received.
    pub reception: ReceptionPolicy,
    /// Whether requests name the Sage product.
    pub application: Application,
    /// Where credentials stand that should not stand there.
    pub exposure: Exposure,
    /// What is done with the configuration when it starts.
    pub configuration: Vec<Step>,
    /// What is done for a new subscription.
    pub subscription: Vec<Step>,
    /// The link at which a user authorises a subscription.
    pub link: Link,
    /// What is done for a new batch.
    pub batch: Vec<Step>,
    /// What is done of work that was begun before.
    pub resumption: Resumption,
    /// How many payments one update names at most.
    pub payments_per_update: usize,
    /// What the update of each payment says beside; nothing where it is empty.
    pub remark: String,
    /// The account numbers of creditors whose payments fail.
    pub rejects: Vec<String>,
    /// How states are told of.
    pub telling: TellingPolicy,
    /// Whether the product's messages are answered.
    pub messages: Messages,
    /// The platform's words for states.
    pub statuses: Statuses,
}

/// Whether requests name the Sage product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Application {
    /// Each does.
    Named,
    /// The header is left out.
    Absent,
}

/// What stands in the header for the interaction id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InteractionId {
    /// A new UUID on each request.
    Fresh,
    /// A new UUID for each operation; its retries repeat it.
    PerOperation,
    /// Always the same UUID.
    Constant,
    /// Something that is no UUID.
    Malformed,
    /// The header is left out.
    Absent,
}

/// What follows on a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RetryPolicy {
    /// How long it waits.
    pub backoff: Backoff,
    /// What it makes of `Retry-After`.
    pub hint: Hint,
    /// What waits.
    pub pause: Pause,
    /// What is tried again.
    pub retried: Retried,
    /// How a request looks that is sent again.
    pub resent: Resent,
    /// How often one operation is tried, the first time included.
    pub attempts: u32,
    /// What becomes of an operation after that.
    pub exhausted: Exhausted,
}

/// What a connector makes of `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hint {
    /// It waits as long as asked.
    Obeyed,
    /// It waits by its own policy.
    Ignored,
    /// It waits as asked, but not longer than this.
    Clamped(Duration),
    /// It understands seconds and no dates.
    SecondsOnly,
    /// It obeys on 429 and on nothing else.
    ThrottledOnly,
    /// It takes for zero what it cannot understand.
    UnreadIsZero,
}

/// How a request looks that is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resent {
    /// As it was.
    AsItWas,
    /// Its moments are those of the new attempt.
    Anew,
}

/// What waits while an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pause {
    /// After 429, and wherever there is a hint: everything that the credential would send.
    Credential,
    /// The operation alone.
    Operation,
}

/// What is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retried {
    /// What may pass by itself: 408, 429, 500, 502, 503, 504, and broken connections.
    Transient,
    /// Every failure, also those that stay.
    Everything,
    /// Nothing.
    Nothing,
}

/// What becomes of an operation whose attempts are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exhausted {
    /// It rests so long and is tried as often again, so many times over.
    Parked {
        /// How long it rests.
        rest: Duration,
        /// How many times over.
        times: u32,
    },
    /// It is given up, and with it what it belongs to.
    GivenUp,
}

/// How requests to the Provider API are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pacing {
    /// Not at all.
    Off,
    /// By the generic cell rate algorithm.
    At {
        /// Requests a second.
        rate: f64,
        /// How many may come at once.
        burst: u32,
    },
}

/// A step of what is done for a subscription or a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Reads it.
    Read,
    /// Sets its status.
    Set(String),
    /// Sets the status of a subscription and the link at which its user authorises it.
    Offer(String),
    /// Sets the default status of a batch, which its payments take too.
    Mark(String),
    /// Sets the status of each payment of a batch by name.
    MarkEach(String),
    /// Works so long.
    Work(Duration),
    /// Sets the final status of each payment.
    Pay,
    /// Sets the final status of each payment that it does not have.
    Reverse,
    /// Sets the final status of the batch that its payments ask for.
    Close,
    /// Replaces the configuration.
    Publish(Publication),
}

/// What is done of work that was begun before, as a read shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resumption {
    /// What is left to do.
    Rest,
    /// All of it, whatever the status.
    Everything,
}

/// Whether the product's messages are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Messages {
    /// Each by its pair.
    Answered,
    /// Each by its pair, so long after it came.
    Late(Duration),
    /// Each by its pair, twice.
    Doubled,
    /// Each by its pair, with the provider's id in place of the subscription's.
    Misrouted,
    /// Each by the message of the same name, also queries.
    Echoed,
    /// Not at all.
    Ignored,
}

/// The platform's words for states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Statuses {
    /// Of subscriptions and batches, before the provider has done anything.
    pub received: Vec<String>,
    /// A payment that succeeded.
    pub paid: String,
    /// A payment that failed.
    pub rejected: String,
    /// A batch whose payments all succeeded.
    pub completed: String,
    /// A batch of which some payments failed.
    pub partially_completed: String,
    /// A batch whose payments all failed.
    pub failed: String,
}

impl Policy {
    /// The one that conforms.
    #[must_use]
    pub fn reference() -> Self {
        let cap = Duration::from_secs(32);
        Self {
            interaction_id: InteractionId::Fresh,
            tokens: TokenPolicy::reference(),
            retry: RetryPolicy {
                backoff: Backoff {
                    growth: Growth::Exponential(2.0),
                    jitter: Jitter::Equal,
                    base: Duration::from_secs(1),
                    cap,
                },
                hint: Hint::Obeyed,
                pause: Pause::Credential,
                retried: Retried::Transient,
                resent: Resent::AsItWas,
                attempts: 5,
                exhausted: Exhausted::Parked {
                    rest: cap * 3,
                    times: 2,
                },
            },
            pacing: Pacing::At {
                rate: 10.0,
                burst: 1,
            },
            concurrency: 4,
            patience: Duration::from_secs(30),
            reception: ReceptionPolicy::reference(),
            application: Application::Named,
            exposure: Exposure::Nowhere,
            configuration: vec![Step::Read, Step::Publish(Publication::Complete)],
            subscription: vec![
                Step::Read,
                Step::Offer("AwaitingAuthorisation".into()),
                // The user authorises it.
                Step::Work(Duration::from_secs(2)),
                Step::Set("Authorised".into()),
                Step::Read,
            ],
            link: Link::Good,
            batch: vec![
                Step::Read,
                Step::Mark("Processing".into()),
                Step::Work(Duration::from_secs(1)),
                Step::Pay,
                Step::Close,
                Step::Read,
            ],
            resumption: Resumption::Rest,
            payments_per_update: 500,
            remark: String::new(),
            rejects: vec!["00000000".into()],
            telling: TellingPolicy::reference(),
            messages: Messages::Answered,
            statuses: Statuses {
                received: vec!["Received".into()],
                paid: "Completed".into(),
                rejected: "Failed".into(),
                completed: "Completed".into(),
                partially_completed: "PartiallyCompleted".into(),
                failed: "Failed".into(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Completion;
    use crate::specimen::{Claim, HeaderQuirk, TokenValidation, Validation};

    #[test]
    fn a_policy_can_be_written_down_and_read_again() {
        let mut policy = Policy::reference();
        policy.telling.completion = Completion::Ahead(Duration::from_secs(5));
        policy.retry.hint = Hint::Clamped(Duration::from_secs(5));
        policy.reception.token = TokenValidation::CheckedExcept(Claim::Expiry);
        policy.reception.header = Validation::Quirky(HeaderQuirk::First);
        policy.batch.push(Step::Set("Processing".into()));
        let text = toml::to_string(&policy).unwrap();
        assert_eq!(toml::from_str::<Policy>(&text).unwrap(), policy, "{text}");
    }
}
