//! Which commitments stand for which secret.

use std::collections::BTreeSet;

use crate::conformance::Evidence;
use crate::conformance::commitment::{commitments, is_commitment};
use crate::history::{Api, Call, Purpose};
use crate::profile::Profile;

/// The client secrets with which tokens were asked for: in the body, or the credentials of HTTP
/// Basic.
pub(super) fn client_secrets<'e>(evidence: &'e Evidence<'_>) -> BTreeSet<&'e str> {
    let requests = evidence
        .calls()
        .iter()
        .filter(|call| call.endpoint.purpose == Purpose::Token);
    requests
        .flat_map(|call| {
            let request = &call.exchange.request;
            let body = request.body.text().unwrap_or_default();
            let named = body
                .match_indices("client_secret")
                .filter_map(|(start, _)| {
                    // The value is the first that follows, whether in JSON or in a form.
                    commitments(&body[start..]).next()
                });
            let basic = request.headers.get("authorization").into_iter();
            named.chain(basic.flat_map(commitments))
        })
        .collect()
}

/// The API keys that calls carry.
pub(super) fn api_keys<'e>(evidence: &'e Evidence<'_>, profile: &Profile) -> BTreeSet<&'e str> {
    let name = &profile.headers.api_key.value;
    let keys = evidence.calls().iter().filter_map(|call| call.header(name));
    keys.filter(|key| is_commitment(key)).collect()
}

/// The tokens that calls and notifications carry.
pub(super) fn tokens<'e>(evidence: &'e Evidence<'_>) -> BTreeSet<&'e str> {
    let all = evidence.calls().iter().chain(evidence.notifications());
    all.filter_map(Call::bearer)
        .filter(|token| is_commitment(token))
        .collect()
}

/// The origins to which calls of the platform's APIs went.
pub(super) fn origins<'e>(evidence: &'e Evidence<'_>) -> BTreeSet<&'e str> {
    let calls = evidence.calls().iter();
    calls
        .filter(|call| call.endpoint.api != Api::Elsewhere)
        .map(|call| call.exchange.request.origin())
        .collect()
}
