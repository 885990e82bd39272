//! Which requests count against one limit, and which of them may still be on the wire.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::{Timestamp, nearest_rank};
use crate::conformance::Evidence;
use crate::exchange::Vantage;
use crate::history::{Api, Call};
use crate::profile::{Profile, ThrottleScope};

/// What stands for a limit: what it covers, and whose it is.
pub(super) type Limit<'c> = (&'static str, &'c str);

/// What stands for the limit that `call` counts against; none where it is no limit of a provider.
///
/// The token endpoint is a limit of its own: its requests carry no API key. Where a limit is that of
/// a group of endpoints alone, messaging has its own too.
pub(super) fn limit<'c>(call: &'c Call<'_>, profile: &Profile) -> Option<Limit<'c>> {
    match call.endpoint.api {
        Api::Identity => Some(("token endpoint", "")),
        Api::Provider => {
            let by_group = profile
                .throttle
                .scope
                .value
                .iter()
                .all(|scope| match scope {
                    ThrottleScope::EndpointGroup => true,
                    ThrottleScope::Credential
                    | ThrottleScope::Provider
                    | ThrottleScope::Address => false,
                });
            let path = call.path();
            let messaging = path.starts_with(&profile.paths.provider_messaging.value);
            match (by_group, messaging) {
                (true, true) => Some(("messaging", "")),
                (true, false) => Some(("Provider API", "")),
                (false, _) => {
                    let key = call.header(&profile.headers.api_key.value);
                    Some(("credential", key.or(call.bearer()).unwrap_or_default()))
                }
            }
        }
        Api::Consumer | Api::Elsewhere => None,
    }
}

/// The calls against each limit, in the order in which they began.
pub(super) fn by_limit<'e>(
    evidence: &'e Evidence<'_>,
    profile: &Profile,
) -> BTreeMap<Limit<'e>, Vec<&'e Call<'e>>> {
    let mut limits: BTreeMap<Limit<'_>, Vec<&Call<'_>>> = BTreeMap::new();
    for call in evidence.calls() {
        if let Some(limit) = limit(call, profile) {
            limits.entry(limit).or_default().push(call);
        }
    }
    for calls in limits.values_mut() {
        calls.sort_by_key(|call| (call.began(), call.sequence));
    }
    limits
}

/// Of `calls`, which are in the order in which they began, those that began in `[from, until)`.
pub(super) fn begun<'s, 'e>(
    calls: &'s [&'e Call<'e>],
    from: Timestamp,
    until: Timestamp,
) -> &'s [&'e Call<'e>] {
    let first = calls.partition_point(|call| call.began() < from);
    let last = calls.partition_point(|call| call.began() < until);
    &calls[first..last.max(first)]
}

/// How long after a 429 requests may still arrive that were sent before it was seen (δ): twice the
/// time of a slow exchange, and no more than the profile says. At the platform the time on the wire
/// is not seen, so it is what the profile says.
pub(super) fn in_flight(evidence: &Evidence<'_>, profile: &Profile) -> Duration {
    let most = profile.tolerances.in_flight.value;
    let calls = evidence.calls();
    let at_client = calls
        .iter()
        .all(|call| call.exchange.vantage == Vantage::Client);
    if !at_client {
        return most;
    }
    let mut times: Vec<Duration> = calls
        .iter()
        .map(|call| call.exchange.timing.total())
        .collect();
    times.sort_unstable();
    nearest_rank(&times, 95).map_or(most, |slow| most.min(*slow * 2))
}
