//! What a connector reads of its configuration, and what it writes.

use serde_json::{Map, Value};

use crate::conformance::{Evidence, Level, Ruling};
use crate::history::Call;
use crate::profile::Profile;

/// The elements that are the platform's and stay (`/payments-out/guides/understand-provider-json`).
pub(super) const FIXED: [&str; 2] = ["providerId", "clientID"];

/// A configuration in the history.
pub(super) struct Configuration<'e> {
    pub(super) call: &'e Call<'e>,
    pub(super) how: How,
    pub(super) data: Map<String, Value>,
}

/// How it came there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A read showed it.
    Shown,
    /// An update asked for it, and the platform took it.
    Accepted,
    /// An update asked for it, and the platform did not take it, or nobody knows.
    Declined,
}

/// The configurations that reads show and updates ask for, in order. Steps that send a bad body on
/// purpose are left out.
pub(super) fn configurations<'e>(
    evidence: &'e Evidence<'_>,
    profile: &Profile,
) -> Vec<Configuration<'e>> {
    let base = format!("{}/providers/", profile.paths.provider_api.value);
    let configurations = evidence.provider_calls().filter_map(|call| {
        let request = &call.exchange.request;
        let id = call.path().strip_prefix(&base)?;
        if id.is_empty() || id.contains('/') || !call.provokes.is_empty() {
            return None;
        }
        let (how, body) = match (request.method.as_str(), call.succeeded()) {
            ("GET", true) => (How::Shown, call.answer()?),
            ("PATCH", true) => (How::Accepted, request.body.json()?),
            ("PATCH", false) => (How::Declined, request.body.json()?),
            _ => return None,
        };
        let data = body["data"].as_object()?.clone();
        Some(Configuration { call, how, data })
    });
    configurations.collect()
}

/// What is said where the connector never touches its configuration.
pub(super) fn untouched() -> Ruling {
    Ruling::new(
        Level::NotApplicable,
        "The connector neither reads nor updates its configuration; where people keep it there is \
         nothing to judge.",
    )
}
