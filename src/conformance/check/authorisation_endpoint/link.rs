//! The links at which a user authorises something, as a connector gives them out.

use serde_json::{Map, Value};
use url::Url;

use crate::conformance::{Evidence, Level, Ruling};
use crate::history::Call;

/// What is said where no link was offered.
pub(super) const NONE_OFFERED: &str = "No update and no message offers a link at which a user authorises; where authorisation goes \
     another way there is nothing to judge.";

/// A link that was offered.
pub(super) struct Offer<'e> {
    pub(super) call: &'e Call<'e>,
    /// Where it leads.
    pub(super) href: String,
    /// The members beside and inside of the link.
    members: Map<String, Value>,
}

impl Offer<'_> {
    /// The URL, where it is an absolute one.
    pub(super) fn url(&self) -> Option<Url> {
        self.href.parse().ok().filter(Url::has_host)
    }

    /// The text of a member of the link, or of one that stands beside it.
    pub(super) fn member(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// Whether there is such a member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }
}

/// The links that updates and messages of the connector offer, in order, whatever the platform
/// answered.
pub(super) fn offers<'e>(evidence: &'e Evidence<'_>) -> Vec<Offer<'e>> {
    evidence
        .provider_calls()
        .filter(|call| call.provokes.is_empty())
        .filter_map(|call| {
            let body = &call.exchange.request.body;
            let body = body.may_name("authorise").then(|| body.json())??;
            let links = body["data"]["links"].as_object()?;
            let authorise = links.get("authorise")?;
            let mut members = links.clone();
            members.remove("authorise");
            let href = match authorise {
                Value::String(href) => href.clone(),
                Value::Object(inner) => {
                    members.extend(inner.clone());
                    inner.get("href").and_then(Value::as_str)?.to_owned()
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
            };
            Some(Offer {
                call,
                href,
                members,
            })
        })
        .collect()
}

/// What is said where there is nothing to judge.
pub(super) fn nothing_offered() -> Ruling {
    Ruling::new(Level::NotApplicable, NONE_OFFERED)
}
