//! Episodes: an operation that is refused without a hint from its first attempt on, again and again.
//! Its waits are the client's own.
//!
//! Only those count in which nothing else had a say: no other operation of the same limit was refused
//! meanwhile or still waited for a hint, because clients that hold back a whole credential, as they
//! should, then wait longer than the one operation asks for.

use std::collections::BTreeMap;
use std::time::Duration;

use super::policy::most_attempts;
use super::scope::limit;
use crate::base::{Timestamp, later};
use crate::conformance::Evidence;
use crate::conformance::wait::Wait;
use crate::exchange::between;
use crate::history::Call;
use crate::profile::Profile;

/// The waits of one operation; the number of a wait is its place in the list.
pub(super) struct Episode<'e> {
    pub(super) waits: Vec<Wait<'e>>,
}

/// When something else had a say: from when, until when, and whose operation it was.
type Trouble = (Timestamp, Timestamp, u64);

impl Episode<'_> {
    /// Its waits in seconds, as many as `most` at most.
    pub(super) fn lengths(&self, most: usize) -> Vec<f64> {
        let waits = self.waits.iter().take(most);
        waits.map(|wait| wait.length.as_secs_f64()).collect()
    }
}

/// The episodes of a history, in the order in which their operations began.
pub(super) fn episodes<'e>(evidence: &'e Evidence<'_>, profile: &Profile) -> Vec<Episode<'e>> {
    let most = most_waits(evidence, profile);
    let groups = evidence.groups();
    let mut troubles: BTreeMap<_, Vec<Trouble>> = BTreeMap::new();
    for call in evidence.calls() {
        if !call.succeeded()
            && let Some(limit) = limit(call, profile)
        {
            let until = call
                .hint()
                .map_or(call.ended(), |hint| later(call.ended(), hint.wait));
            let trouble = (call.began(), until, call.attempt.group);
            troubles.entry(limit).or_default().push(trouble);
        }
    }
    // The longest trouble tells how far back one may have begun that still lasts.
    let mut longest = Duration::ZERO;
    for troubles in troubles.values_mut() {
        troubles.sort_unstable();
        let spans = troubles
            .iter()
            .map(|(began, until, _)| between(*began, *until));
        longest = longest.max(spans.max().unwrap_or_default());
    }
    groups
        .iter()
        .filter_map(|group| {
            let waits: Vec<Wait<'_>> = group
                .windows(2)
                .zip(1..)
                .map_while(|(pair, number)| {
                    let (refused, next) = (pair[0], pair[1]);
                    let own = refused.status() == Some(429)
                        && refused.hint().is_none()
                        && !names_zero(refused)
                        && refused.attempt.number == number;
                    Wait::between(refused, next).filter(|_| own)
                })
                .take(most)
                .collect();
            let (first, last) = (waits.first()?, waits.last()?);
            let own = first.refused.attempt.group;
            let (from, to) = (first.refused.began(), last.next.began());
            let of_it = troubles.get(&limit(first.refused, profile)?)?;
            let earliest = from.checked_sub(longest).unwrap_or(Timestamp::MIN);
            let near = of_it.partition_point(|(began, ..)| *began < earliest);
            let is_alone = of_it[near..]
                .iter()
                .take_while(|(began, ..)| *began <= to)
                .all(|(_, until, group)| *group == own || *until < from);
            is_alone.then_some(Episode { waits })
        })
        .collect()
}

/// Whether the hint is zero seconds: who reads it as leave to come back did not wait by its own
/// policy.
fn names_zero(call: &Call<'_>) -> bool {
    let Some(response) = call.exchange.response() else {
        return false;
    };
    let mut hints = response.headers.all("retry-after");
    let first = hints.next().map(|hint| hint.trim().parse());
    first == Some(Ok(0.0)) && hints.next().is_none()
}

/// How many waits follow each other before the operation rests.
fn most_waits(evidence: &Evidence<'_>, profile: &Profile) -> usize {
    match evidence.declaration().retry {
        Some(retry) if retry.attempts.is_none() => usize::MAX,
        Some(_) | None => most_attempts(evidence, profile) - 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::{BATCH, PROVIDER};
    use crate::event::Subject;
    use crate::history::composer::Composer;

    /// How many waits each episode has.
    fn found(run: &mut Composer) -> Vec<usize> {
        let history = run.history();
        let profile = Profile::built_in();
        let evidence = Evidence::of(&history, &profile);
        let found = episodes(&evidence, &profile);
        found.iter().map(|episode| episode.waits.len()).collect()
    }

    fn refused(run: &mut Composer, attempts: usize) -> &mut Composer {
        run.send("GET", PROVIDER, Value::Null, 429, Value::Null);
        for _ in 1..attempts {
            run.wait(Duration::from_secs(1))
                .again("GET", PROVIDER, Value::Null, 429, Value::Null);
        }
        run.wait(Duration::from_secs(1))
    }

    #[test]
    fn it_ends_with_a_success_a_hint_or_the_last_attempt() {
        let mut run = Composer::of(Subject::Connector);
        refused(&mut run, 3).again("GET", PROVIDER, Value::Null, 200, Value::Null);
        assert_eq!(found(&mut run), [3]);
        let mut run = Composer::of(Subject::Connector);
        refused(&mut run, 2)
            .again("GET", PROVIDER, Value::Null, 429, Value::Null)
            .answered_with("Retry-After", "2")
            .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        assert_eq!(found(&mut run), [2]);
        let mut run = Composer::of(Subject::Connector);
        refused(&mut run, 2)
            .again("GET", PROVIDER, Value::Null, 429, Value::Null)
            .answered_with("Retry-After", "0")
            .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        assert_eq!(found(&mut run), [2], "zero may be leave");
        let mut run = Composer::of(Subject::Connector);
        refused(&mut run, 8);
        assert_eq!(found(&mut run), [4], "five attempts have four waits");
    }

    #[test]
    fn it_does_not_begin_in_the_middle_of_an_operation() {
        let mut run = Composer::of(Subject::Connector);
        run.send("GET", PROVIDER, Value::Null, 503, Value::Null)
            .again("GET", PROVIDER, Value::Null, 429, Value::Null)
            .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        assert_eq!(found(&mut run), [0_usize; 0]);
    }

    #[test]
    fn nothing_else_had_a_say() {
        let mut run = Composer::of(Subject::Connector);
        run.send("PATCH", BATCH, json!({}), 429, Value::Null)
            .answered_with("Retry-After", "3");
        refused(&mut run, 2).again("GET", PROVIDER, Value::Null, 200, Value::Null);
        assert_eq!(
            found(&mut run),
            [0_usize; 0],
            "the hint of another still holds"
        );
        run.wait(Duration::from_secs(9));
        refused(&mut run, 2).again("GET", PROVIDER, Value::Null, 200, Value::Null);
        assert_eq!(found(&mut run), [2], "it is over");
    }
}
