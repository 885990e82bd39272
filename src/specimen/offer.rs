//! The link at which a user authorises a subscription, and the configuration that a connector
//! publishes, as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::base::{Timestamp, later};

/// Where a user authorises a subscription.
const AUTHORISE: &str = "specimen.invalid/authorise/";

/// How long he can.
const AUTHORISE_FOR: Duration = Duration::from_mins(20);

/// The link at which a user authorises a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// As it should be.
    Good,
    /// With the scheme `http`.
    Plain,
    /// At a host that nobody declared.
    Elsewhere,
    /// It expired a minute before it is offered.
    Expired,
    /// With an account number in its query.
    Telling,
}

/// What a connector publishes of its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Publication {
    /// All that it read.
    Complete,
    /// What it would change, and nothing else.
    Changes,
    /// All, and the pattern of a rule does not compile.
    BrokenPattern,
    /// All, and the country is a text.
    BrokenCountry,
}

impl Link {
    /// The links of the subscription `id`, offered at `now`.
    pub(super) fn offered(self, id: &str, now: Timestamp) -> Value {
        let good = format!("https://{AUTHORISE}{id}");
        let href = match self {
            Self::Good | Self::Expired => good,
            Self::Plain => format!("http://{AUTHORISE}{id}"),
            Self::Elsewhere => format!("https://elsewhere.invalid/{id}"),
            Self::Telling => format!("{good}?accountNumber=55779911"),
        };
        let (issued, expires) = match self {
            Self::Good | Self::Plain | Self::Elsewhere | Self::Telling => {
                (now, later(now, AUTHORISE_FOR))
            }
            Self::Expired => {
                let before = |time| now.checked_sub(time).unwrap_or(Timestamp::MIN);
                let minute = Duration::from_mins(1);
                (before(AUTHORISE_FOR + minute), before(minute))
            }
        };
        json!({"authorise": {
            "href": href,
            "authoriseIssuedAt": date(issued),
            "authoriseExpiresAt": date(expires),
        }})
    }
}

impl Publication {
    /// What is published of `data`, the configuration as it was read.
    pub(super) fn of(self, data: &Value) -> Value {
        let mut published = data.clone();
        match self {
            Self::Complete => {}
            Self::Changes => published = json!({ "name": data["name"] }),
            Self::BrokenPattern => {
                let rule = json!({"ruleId": "account-number", "validation": {
                    "apiPath": "Creditors",
                    "jsonPath": "$.data.creditor.bankAccount.accountNumber",
                    "regex": "^([0-9]{8}$",
                }});
                published["accountType"] = json!({ "validationRules": [rule] });
            }
            Self::BrokenCountry => published["country"] = json!("GB"),
        }
        published
    }
}

/// RFC 3339, in whole seconds.
pub(super) fn date(moment: Timestamp) -> String {
    Timestamp::from_second(moment.as_second())
        .unwrap_or(moment)
        .to_string()
}
