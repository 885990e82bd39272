//! How a connector tells of states, as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How states are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TellingPolicy {
    /// What is waited for between two updates of one resource.
    pub sequence: Sequence,
    /// What stands in the header for idempotency keys.
    pub key: IdempotencyKey,
    /// The date of a payment that succeeded.
    pub completion: Completion,
    /// What an update repeats of a payment.
    pub echo: Echo,
    /// Whether a payment that failed says why.
    pub reasons: Reasons,
    /// By which id a payment is named.
    pub naming: Naming,
}

/// What is waited for between two updates of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sequence {
    /// The answer to the one before.
    Awaited,
    /// Nothing but the work in between.
    Overlapping,
}

/// What stands in the header for idempotency keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdempotencyKey {
    /// The header is left out.
    Absent,
    /// One for each operation; its retries repeat it.
    PerOperation,
    /// Always the same.
    Constant,
}

/// The date of a payment that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// The moment at which it was paid.
    Told,
    /// So long after that: the clock is wrong.
    Ahead(Duration),
    /// It is left out.
    Omitted,
}

/// What an update repeats of a payment that is the product's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Echo {
    /// Nothing.
    Nothing,
    /// Amount and currency.
    Faithful,
    /// Amount and currency, the amount without what follows its point.
    Rounded,
}

/// Whether a payment that failed says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reasons {
    /// It does.
    Given,
    /// It does not.
    Withheld,
}

/// By which id a payment is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Naming {
    /// The platform's.
    Platform,
    /// One of the provider's own.
    Own,
}

impl TellingPolicy {
    /// The one that conforms.
    #[must_use]
    pub fn reference() -> Self {
        Self {
            sequence: Sequence::Awaited,
            key: IdempotencyKey::Absent,
            completion: Completion::Told,
            echo: Echo::Nothing,
            reasons: Reasons::Given,
            naming: Naming::Platform,
        }
    }
}
