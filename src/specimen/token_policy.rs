//! How access tokens are kept, as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How access tokens are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenPolicy {
    /// How long one is used.
    pub reuse: TokenReuse,
    /// How many are asked for at once.
    pub flight: Flight,
    /// What follows on 401.
    pub refusal: Refusal,
    /// From when a token's life counts that was issued again.
    pub life: LifeCount,
    /// How long one is used whose life is not known.
    pub unknown: UnknownLife,
    /// What follows where none is issued.
    pub patience: Patience,
    /// The scope that is asked for; none for none.
    pub scope: Option<String>,
}

/// How long an access token is used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenReuse {
    /// Until it expires. A new one is asked for so long before, but never before four fifths of
    /// its life; meanwhile the old one is used.
    UntilExpiry {
        /// How long before.
        skew: Duration,
    },
    /// Until so long before it expires, however short its life; with a life that is shorter, for one
    /// request.
    FixedSkew(Duration),
    /// As long as the platform takes it, whatever `expires_in` says.
    UntilRefused,
    /// For one request.
    Once,
}

/// How many tokens are asked for when several operations need one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flight {
    /// One for all.
    Single,
    /// One for each operation.
    Each,
}

/// What follows on 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Another token is asked for and the request is sent once more.
    Renewed,
    /// The operation is given up, and the token is kept.
    GivenUp,
    /// The request is sent again with the same token, as a failure that passes.
    Resent,
}

/// From when a token's life counts that was issued again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LifeCount {
    /// From the latest answer, as long as that says.
    Latest,
    /// From the latest answer, as long as the first one said.
    First,
}

/// How long a token is used whose life is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownLife {
    /// Until the platform refuses it.
    UntilRefused,
    /// For one request.
    Once,
}

/// What follows where no token is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Patience {
    /// The same as on any other failure.
    AsElsewhere,
    /// One is asked for again at once.
    None,
}

impl TokenPolicy {
    /// That of the connector that conforms.
    pub(super) fn reference() -> Self {
        Self {
            reuse: TokenReuse::UntilExpiry {
                skew: Duration::from_mins(1),
            },
            flight: Flight::Single,
            refusal: Refusal::Renewed,
            life: LifeCount::Latest,
            unknown: UnknownLife::UntilRefused,
            patience: Patience::AsElsewhere,
            scope: None,
        }
    }
}
