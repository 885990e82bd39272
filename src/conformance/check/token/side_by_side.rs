//! How many of a client's instances are seen to keep a token each.
//!
//! Instances share a client id, so a history tells them apart by two things only: an older token is
//! still in use after a newer one was first used, and requests for tokens come from several hosts.
//! Neither proves that several are meant to run; both are a reason to ask before failing anybody.

use std::collections::BTreeSet;

use super::client::{Client, landed};
use crate::base::Timestamp;
use crate::conformance::Evidence;
use crate::profile::Profile;

/// What would let a rule count the instances.
pub(super) const DECLARE: &str =
    "the declaration says how many instances run, and there are fewer than tokens in use at a time";

/// How many instances may be at work by what is seen of `client`; none where the provider says it.
pub(super) fn seen(
    client: &Client<'_>,
    evidence: &Evidence<'_>,
    profile: &Profile,
) -> Option<usize> {
    if evidence.declaration().instances.is_some() {
        return None;
    }
    Some(at_a_time(client, profile).max(hosts(client, evidence)))
}

/// The greatest number of tokens that were in use at a time. What was on its way when a token was first
/// used may still carry the one before it.
fn at_a_time(client: &Client<'_>, profile: &Profile) -> usize {
    // Where a use ends and another begins in one moment, the first has ended.
    let mut turns: Vec<(Timestamp, bool)> = Vec::new();
    for fetch in &client.fetches {
        let uses = client
            .calls_with(fetch.token)
            .iter()
            .map(|call| call.began());
        let (Some(first), Some(last)) = (uses.clone().min(), uses.max()) else {
            continue;
        };
        let first = landed(first, profile);
        if first < last {
            turns.extend([(first, true), (last, false)]);
        }
    }
    turns.sort_unstable();
    let mut used: usize = 0;
    let mut most = 1;
    for (_, begins) in turns {
        if begins {
            used += 1;
            most = most.max(used);
        } else {
            used -= 1;
        }
    }
    most
}

/// From how many hosts tokens were asked for, where that was seen.
fn hosts(client: &Client<'_>, evidence: &Evidence<'_>) -> usize {
    let asked = client
        .fetches
        .iter()
        .filter_map(|fetch| evidence.call(fetch.token.sequence));
    let hosts: BTreeSet<&str> = asked
        .filter_map(|call| call.exchange.connection.as_ref())
        .filter_map(|connection| connection.peer.rsplit_once(':'))
        .map(|(host, _)| host)
        .collect();
    hosts.len()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::check::token::client::clients;
    use crate::conformance::check::token::fixture::instances;
    use crate::event::Subject;
    use crate::exchange::Connection;
    use crate::history::composer::Composer;
    use crate::profile::Declaration;

    fn seen_in(run: &mut Composer, declared: Option<u32>) -> Option<usize> {
        let profile = Profile::built_in();
        let history = run.history();
        let evidence = Evidence::of(&history, &profile).declared(Declaration {
            instances: declared,
            ..Declaration::default()
        });
        seen(
            &clients(&evidence, &profile)["provider"],
            &evidence,
            &profile,
        )
    }

    #[test]
    fn tokens_that_are_used_by_turns_are_of_several_instances() {
        for count in [1, 2, 4] {
            let apart = Duration::from_secs(30);
            assert_eq!(seen_in(&mut instances(count, apart), None), Some(count));
            assert_eq!(seen_in(&mut instances(count, apart), Some(1)), None);
        }
    }

    #[test]
    fn a_token_for_each_call_is_of_one() {
        let mut run = Composer::of(Subject::Connector);
        for _ in 0..5 {
            run.token("provider", 28_800).get_provider();
        }
        assert_eq!(seen_in(&mut run, None), Some(1));
    }

    #[test]
    fn each_host_that_asks_is_an_instance() {
        let mut run = Composer::of(Subject::Connector);
        for peer in ["10.0.0.1:4001", "10.0.0.2:4002", "10.0.0.1:4003"] {
            run.token("provider", 28_800).with(|exchange| {
                exchange.connection = Some(Connection {
                    number: 1,
                    peer: peer.to_owned(),
                });
            });
            run.get_provider();
        }
        assert_eq!(seen_in(&mut run, None), Some(2));
    }
}
