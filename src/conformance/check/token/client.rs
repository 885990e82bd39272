//! What each client did with its tokens.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::Timestamp;
use crate::conformance::{Evidence, IssuedToken};
use crate::exchange::between;
use crate::history::{Api, Call};
use crate::profile::{Profile, TokenRules};

/// What one client did.
#[derive(Default)]
pub(super) struct Client<'e> {
    /// In the order in which they were answered.
    pub(super) fetches: Vec<Fetch<'e>>,
    /// The calls with each token, by the sequence number of its issue.
    calls: BTreeMap<u64, Vec<&'e Call<'e>>>,
    /// The tokens with which a call was refused by 401, and the sequence number of the first such
    /// call.
    refused: BTreeMap<u64, u64>,
    /// How much earlier than a client meant to a request may arrive, because another was slower.
    slack: Duration,
    /// When it was seen last.
    pub(super) last: Option<Timestamp>,
}

/// A token, and when it was asked for.
#[derive(Clone, Copy)]
pub(super) struct Fetch<'e> {
    pub(super) token: &'e IssuedToken,
    pub(super) began: Timestamp,
}

/// A fetch that took the place of an earlier one.
pub(super) struct Renewal<'e> {
    pub(super) old: &'e IssuedToken,
    /// When the old token was asked for: a careful client counts its life from there.
    asked: Timestamp,
    pub(super) new: Fetch<'e>,
    pub(super) cause: Cause,
}

/// Why a token was renewed, as far as the history shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The platform had refused the old one.
    Refused,
    /// The old one was about to expire.
    Aged,
    /// Nothing is seen that would explain it.
    Early,
}

impl<'e> Client<'e> {
    fn saw(&mut self, at: Timestamp) {
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    /// The calls with `token`.
    pub(super) fn calls_with(&self, token: &IssuedToken) -> &[&'e Call<'e>] {
        self.calls.get(&token.sequence).map_or(&[], Vec::as_slice)
    }

    /// All its calls, in no particular order.
    pub(super) fn calls(&self) -> impl Iterator<Item = &'e Call<'e>> {
        self.calls.values().flatten().copied()
    }

    /// Whether the platform refused `token` before `next` was fetched.
    fn was_refused(&self, token: &IssuedToken, next: &IssuedToken) -> bool {
        let refused = self.refused.get(&token.sequence);
        refused.is_some_and(|call| *call < next.sequence)
    }

    /// Which fetch took the place of which, where `instances` keep a token each and a token may be
    /// renewed once `usable` of it has passed. Of the tokens that are held a fetch replaces one that
    /// was refused, else the oldest that was about to expire, else the oldest; as long as fewer are
    /// held than there are instances it replaces none.
    pub(super) fn renewals(
        &self,
        instances: usize,
        usable: impl Fn(&IssuedToken) -> Duration,
    ) -> Vec<Renewal<'e>> {
        let mut held: Vec<Fetch<'e>> = Vec::new();
        let mut renewals = Vec::new();
        for new in &self.fetches {
            let refused = held
                .iter()
                .position(|old| self.was_refused(old.token, new.token))
                .map(|place| (place, Cause::Refused));
            let aged = || {
                held.iter()
                    .position(|old| between(old.began, new.began) + self.slack >= usable(old.token))
                    .map(|place| (place, Cause::Aged))
            };
            let early =
                || (held.len() >= instances && !held.is_empty()).then_some((0, Cause::Early));
            if let Some((place, cause)) = refused.or_else(aged).or_else(early) {
                let old = held.remove(place);
                renewals.push(Renewal {
                    old: old.token,
                    asked: old.began,
                    new: *new,
                    cause,
                });
            }
            held.push(*new);
        }
        renewals
    }
}

impl Renewal<'_> {
    /// How old the old token was when the new one was asked for.
    pub(super) fn age(&self) -> Duration {
        between(self.asked, self.new.began)
    }

    /// How long before the end of the old token the new one was asked for; none where its end is not
    /// known, or had passed.
    pub(super) fn skew(&self) -> Option<Duration> {
        self.old.expires_in?.checked_sub(self.age())
    }
}

/// The clients of a history, by name.
pub(super) fn clients<'e>(
    evidence: &'e Evidence<'_>,
    profile: &Profile,
) -> BTreeMap<&'e str, Client<'e>> {
    let mut clients: BTreeMap<&str, Client<'_>> = BTreeMap::new();
    for token in evidence.tokens() {
        let client = clients.entry(&token.client).or_default();
        client.slack = profile.tolerances.rate_bunching.value;
        let asked = evidence.call(token.sequence);
        client.fetches.push(Fetch {
            token,
            began: asked.map_or(token.received, Call::began),
        });
        client.saw(token.received);
    }
    for call in evidence.calls() {
        if let Some(token) = evidence.token_of(call) {
            let client = clients.entry(&token.client).or_default();
            client.calls.entry(token.sequence).or_default().push(call);
            client.saw(call.began());
            // A refusal on purpose is no reason for a new token.
            if call.status() == Some(401) && call.provokes.is_empty() {
                client
                    .refused
                    .entry(token.sequence)
                    .or_insert(call.sequence);
            }
        }
    }
    clients
}

/// How many instances the provider says that it runs.
pub(super) fn instances(evidence: &Evidence<'_>) -> usize {
    let declared = evidence.declaration().instances.unwrap_or(1).max(1);
    usize::try_from(declared).unwrap_or(usize::MAX)
}

/// How long before its end a token with this life may be renewed: the longest skew, or its share of
/// a short life.
pub(super) fn skew(rules: &TokenRules, lifetime: Duration) -> Duration {
    rules
        .longest_skew
        .value
        .min(lifetime.mul_f64(rules.skew_share.value))
}

/// Whether a token lives so short that a usual skew may use up its life.
pub(super) fn is_short(rules: &TokenRules, token: &IssuedToken) -> bool {
    token
        .expires_in
        .is_some_and(|lifetime| lifetime <= rules.longest_skew.value)
}

/// Whether a token is known to live longer than any usual skew: only then a client that fetches
/// another one has no excuse.
pub(super) fn is_long(rules: &TokenRules, token: &IssuedToken) -> bool {
    token.expires_in.is_some() && !is_short(rules, token)
}

/// The calls that the platform refused because of their token (401, and nothing that says another
/// reason), in order; those that were meant to be refused are left out.
pub(super) fn refusals<'e>(evidence: &'e Evidence<'_>) -> Vec<&'e Call<'e>> {
    evidence
        .calls()
        .iter()
        .filter(|call| {
            call.endpoint.api != Api::Identity
                && call.status() == Some(401)
                && call.provokes.is_empty()
                && call.bearer().is_some()
                && is_about_the_token(call)
        })
        .collect()
}

/// RFC 6750 §3.1: an error code other than `invalid_token` is about something else; none says
/// nothing.
fn is_about_the_token(call: &Call<'_>) -> bool {
    let challenge = call
        .exchange
        .response()
        .and_then(|response| response.headers.get("www-authenticate"));
    challenge.is_none_or(|challenge| {
        !challenge.contains("error=") || challenge.contains("invalid_token")
    })
}

/// The requests for a token, in order.
pub(super) fn requests<'e>(evidence: &'e Evidence<'_>) -> impl Iterator<Item = &'e Call<'e>> {
    evidence
        .calls()
        .iter()
        .filter(|call| call.endpoint.purpose == crate::history::Purpose::Token)
}

/// The moment in which nothing is under way any more that was sent at `at`.
pub(super) fn landed(at: Timestamp, profile: &Profile) -> Timestamp {
    at.checked_add(profile.tolerances.in_flight.value)
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Subject;
    use crate::exchange::{Outcome, Vantage};
    use crate::history::composer::Composer;

    /// The causes of the renewals in `run`, where so many instances run and four fifths of a life
    /// are usable.
    fn causes(run: &mut Composer, instances: usize) -> Vec<Cause> {
        let profile = Profile::built_in();
        let history = run.history();
        let evidence = Evidence::of(&history, &profile);
        let clients = clients(&evidence, &profile);
        clients["provider"]
            .renewals(instances, |token| {
                token.expires_in.unwrap_or_default().mul_f64(0.8)
            })
            .iter()
            .map(|renewal| renewal.cause)
            .collect()
    }

    /// Tokens of a minute, fetched so many seconds after the first.
    fn fetching(seconds: &[u64]) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        let mut before = 0;
        for second in seconds {
            run.wait(Duration::from_secs(second - before))
                .token("provider", 60);
            before = *second;
        }
        run
    }

    #[test]
    fn a_renewal_is_explained_by_age_and_else_early() {
        use Cause::{Aged, Early};
        // when, instances, causes
        let table: [(&[u64], usize, &[Cause]); 6] = [
            (&[0], 1, &[]),
            (&[0, 50, 100], 1, &[Aged, Aged]),
            (&[0, 10, 60], 1, &[Early, Aged]),
            (&[0, 1, 50, 51], 2, &[Aged, Aged]),
            (&[0, 1, 50, 51], 1, &[Early, Aged, Early]),
            (&[0, 1, 10, 20], 2, &[Early, Early]),
        ];
        for (seconds, instances, expected) in table {
            let mut run = fetching(seconds);
            assert_eq!(
                causes(&mut run, instances),
                expected,
                "{seconds:?} {instances}"
            );
        }
    }

    #[test]
    fn a_401_explains_a_renewal() {
        let mut run = fetching(&[0]);
        run.get_provider()
            .with(|exchange| {
                exchange.vantage = Vantage::Mock;
                if let Outcome::Response(response) = &mut exchange.outcome {
                    response.status = 401;
                }
            })
            .token("provider", 60);
        assert_eq!(causes(&mut run, 1), [Cause::Refused]);
    }
}
