//! The throttle: token buckets, each kept as the moment at which it would be full again (GCRA;
//! ITU-T I.371), so that rule BK-15 and the mock count alike.

use std::collections::HashMap;
use std::time::Duration;

use super::client::Owner;
use super::route::Group;
use crate::base::{Timestamp, later};
use crate::profile::{Profile, ThrottleScope};

/// How many buckets there may be: addresses come and go.
const BUCKETS: usize = 10_000;

/// The buckets.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttle {
    /// The theoretical arrival time of the next request.
    expected: HashMap<Bucket, Timestamp>,
}

/// Who asks for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a> {
    pub(super) client_id: &'static str,
    pub(super) owner: Owner,
    /// The address; none where it is not known.
    pub(super) peer: Option<&'a str>,
    pub(super) group: Group,
    /// The Sage product, where the profile has settings of its own for it.
    pub(super) application: Option<&'a str>,
}

/// Whose bucket it is, and for which of the applications with settings of their own.
type Bucket = (Sharer, Option<String>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Sharer {
    Credential(&'static str),
    Owner(Owner),
    /// Of a provider, or of a product.
    Address(Side, String),
    /// Of the providers, or of the products.
    Group(Side, Group),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Provider,
    Product,
}

/// A request is too early.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TooEarly {
    /// By how much.
    pub(super) wait: Duration,
    /// The rate of the bucket, in requests a second.
    pub(super) rate: f64,
}

impl Throttle {
    /// Counts a request at `now` in all of its buckets, or says how long it is too early. A refused
    /// request is counted in none.
    pub(super) fn admit(
        &mut self,
        profile: &Profile,
        asker: &Asker<'_>,
        now: Timestamp,
    ) -> Result<(), TooEarly> {
        let mut next = Vec::with_capacity(2);
        let mut longest: Option<TooEarly> = None;
        for scope in &profile.throttle.scope.value {
            let (bucket, rate, burst) = asker.bucket(profile, *scope);
            // The time after which one more request is allowed.
            let interval =
                Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::from_hours(24));
            // How far ahead of its pace the bucket may be: (burst − 1) / rate.
            let tolerance = interval.saturating_mul(burst.saturating_sub(1));
            let expected = self.expected.get(&bucket).copied().unwrap_or(now).max(now);
            let ahead = Duration::try_from(expected.duration_since(now)).unwrap_or_default();
            let wait = ahead.saturating_sub(tolerance);
            if !wait.is_zero() && longest.is_none_or(|longest| longest.wait < wait) {
                longest = Some(TooEarly { wait, rate });
            }
            let expected = later(expected, interval);
            next.push((bucket, expected));
        }
        if let Some(too_early) = longest {
            return Err(too_early);
        }
        for (bucket, expected) in next {
            self.expected.insert(bucket, expected);
        }
        if self.expected.len() > BUCKETS {
            self.forget(now);
        }
        Ok(())
    }

    /// Forgets the buckets that are full again, and if that is not enough those that soon will be.
    fn forget(&mut self, now: Timestamp) {
        self.expected.retain(|_, expected| *expected > now);
        if self.expected.len() > BUCKETS {
            let mut moments: Vec<_> = self.expected.values().copied().collect();
            moments.sort_unstable();
            let middle = moments[moments.len() / 2];
            self.expected.retain(|_, expected| *expected > middle);
        }
    }
}

impl Asker<'_> {
    /// Its bucket of `scope`, with rate and burst.
    fn bucket(&self, profile: &Profile, scope: ThrottleScope) -> (Bucket, f64, u32) {
        let throttle = &profile.throttle;
        let agreed = (profile.rate.value, profile.burst.value);
        let side = match self.owner {
            Owner::Provider(_) => Side::Provider,
            Owner::Product(_) => Side::Product,
        };
        let own = |rate: Option<f64>, burst: Option<u32>| {
            (rate.unwrap_or(agreed.0), burst.unwrap_or(agreed.1))
        };
        let (sharer, (rate, burst)) = match scope {
            ThrottleScope::Credential => (Sharer::Credential(self.client_id), agreed),
            ThrottleScope::Provider => (Sharer::Owner(self.owner), agreed),
            ThrottleScope::Address => (
                Sharer::Address(side, self.peer.unwrap_or_default().to_owned()),
                own(throttle.address_rate.value, throttle.address_burst.value),
            ),
            ThrottleScope::EndpointGroup => (
                Sharer::Group(side, self.group),
                own(throttle.group_rate.value, throttle.group_burst.value),
            ),
        };
        ((sharer, self.application.map(str::to_owned)), rate, burst)
    }
}

/// `wait` in whole seconds, rounded up, at least one.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;

    fn profile(text: &str) -> Profile {
        Profile::with_override(text, "own.toml").unwrap()
    }

    fn asker(client_id: &'static str, peer: &'static str, group: Group) -> Asker<'static> {
        let owner = match client_id {
            "product" => Owner::Product(uuid::Uuid::nil()),
            _ => Owner::Provider(uuid::Uuid::nil()),
        };
        Asker {
            client_id,
            owner,
            peer: Some(peer),
            group,
            application: None,
        }
    }

    #[test]
    fn a_burst_passes_and_the_next_request_waits_one_interval() {
        let profile = profile("rate = 10\nburst = 3");
        let mut throttle = Throttle::default();
        let now = Clock::logical_start();
        let mut admit = |client_id, now| {
            let asker = asker(client_id, "::1", Group::ProviderApi);
            throttle
                .admit(&profile, &asker, now)
                .map_err(|too_early| too_early.wait.as_millis())
        };
        for _ in 0..3 {
            assert_eq!(admit("a", now), Ok(()));
        }
        assert_eq!(admit("a", now), Err(100));
        assert_eq!(admit("b", now), Ok(()), "another bucket");
        let later = now + Duration::from_millis(100);
        assert_eq!(admit("a", later), Ok(()));
        assert!(admit("a", later).is_err());
    }

    #[test]
    fn the_agreed_rate_is_never_throttled() {
        let profile = profile("rate = 4\nburst = 1");
        let mut throttle = Throttle::default();
        let mut now = Clock::logical_start();
        for _ in 0..100 {
            let asker = asker("a", "::1", Group::ProviderApi);
            assert_eq!(throttle.admit(&profile, &asker, now), Ok(()));
            now += Duration::from_millis(250);
        }
    }

    #[test]
    fn each_scope_has_its_own_sharers() {
        // scope, the second request, whether it shares the bucket of the first
        let first = asker("a", "::1", Group::ProviderApi);
        let table = [
            ("credential", asker("a", "::2", Group::Token), true),
            ("credential", asker("b", "::1", Group::ProviderApi), false),
            ("provider", asker("b", "::2", Group::Token), true),
            (
                "provider",
                asker("product", "::1", Group::ProviderApi),
                false,
            ),
            ("address", asker("b", "::1", Group::Token), true),
            ("address", asker("a", "::2", Group::ProviderApi), false),
            (
                "address",
                asker("product", "::1", Group::ConsumerApi),
                false,
            ),
            (
                "endpoint-group",
                asker("b", "::2", Group::ProviderApi),
                true,
            ),
            (
                "endpoint-group",
                asker("a", "::1", Group::ProviderMessaging),
                false,
            ),
            (
                "endpoint-group",
                asker("product", "::1", Group::ProviderApi),
                false,
            ),
        ];
        for (scope, second, shared) in table {
            let profile = profile(&format!("rate = 1\nburst = 1\nthrottle.scope = {scope:?}"));
            let mut throttle = Throttle::default();
            let now = Clock::logical_start();
            assert_eq!(throttle.admit(&profile, &first, now), Ok(()));
            let verdict = throttle.admit(&profile, &second, now);
            assert_eq!(verdict.is_err(), shared, "{scope} {second:?}");
        }
    }

    #[test]
    fn a_request_that_one_bucket_refuses_is_counted_in_none() {
        let profile = profile(
            "rate = 10\nburst = 2\nthrottle.scope = [\"credential\", \"address\"]\n\
             throttle.address-rate = 1\nthrottle.address-burst = 1",
        );
        let mut throttle = Throttle::default();
        let now = Clock::logical_start();
        let mut admit = |peer| {
            throttle
                .admit(&profile, &asker("a", peer, Group::ProviderApi), now)
                .map_err(|too_early| (too_early.wait.as_millis(), too_early.rate))
        };
        assert_eq!(admit("::1"), Ok(()));
        for _ in 0..5 {
            assert_eq!(admit("::1"), Err((1000, 1.0)));
        }
        assert_eq!(admit("::2"), Ok(()), "the credential has one left");
        assert_eq!(admit("::3"), Err((100, 10.0)));
    }

    #[test]
    fn an_application_with_settings_of_its_own_has_buckets_of_its_own() {
        let profile = profile("rate = 1\nburst = 1");
        let mut throttle = Throttle::default();
        let now = Clock::logical_start();
        let asker = asker("a", "::1", Group::ProviderApi);
        let special = Asker {
            application: Some("sage.intacct"),
            ..asker
        };
        assert_eq!(throttle.admit(&profile, &asker, now), Ok(()));
        assert_eq!(throttle.admit(&profile, &special, now), Ok(()));
        assert!(throttle.admit(&profile, &special, now).is_err());
    }

    #[test]
    fn a_flood_of_addresses_needs_no_memory() {
        let profile = profile("throttle.scope = \"address\"\nrate = 0.001");
        let mut throttle = Throttle::default();
        let now = Clock::logical_start();
        for number in 0..3 * BUCKETS {
            let peer = number.to_string();
            let asker = Asker {
                peer: Some(&peer),
                ..asker("a", "::1", Group::ProviderApi)
            };
            assert_eq!(throttle.admit(&profile, &asker, now), Ok(()));
        }
        assert!(throttle.expected.len() <= BUCKETS);
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
    }
}
