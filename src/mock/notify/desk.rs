//! Keeps notifications until they were delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use super::{
    Notification, NotificationCounters, NotificationDelivery, NotificationEndpoint, Occurrence,
};
use crate::base::{Random, Timestamp, later};
use crate::exchange::{Body, Headers, Outcome, Request, Response, RetryAfter};
use crate::profile::{Notifications, Profile, Retried};

/// How far apart shuffled notifications leave, so that they arrive in the order in which they left.
const SPACING: Duration = Duration::from_millis(100);

/// The notifications of one platform.
#[derive(Clone, Debug)]
pub(in crate::mock) struct Desk {
    chance: Random,
    delivery: NotificationDelivery,
    counters: NotificationCounters,
    /// By the moment of the next attempt, then in the order in which they were put there.
    waiting: BTreeMap<(Timestamp, u64), Entry>,
    /// Sent, and not answered yet; by number.
    under_way: BTreeMap<u64, Entry>,
    /// Those that wait for the end of a window, and that end.
    window: Option<(Timestamp, Vec<Entry>)>,
    turn: u64,
}

/// A notification that is not delivered yet, or is to be delivered again.
#[derive(Clone, Debug)]
struct Entry {
    number: u64,
    body: Body,
    expects_an_answer: bool,
    /// Attempts made, lost ones included.
    attempts: u32,
    /// Attempts made since it was last taken.
    tries: u32,
    lost: u32,
    duplicates: u32,
    redelivered_after: Option<Duration>,
    taken: Taken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    NotYet,
    Before,
}

/// An attempt that is to be made now.
#[derive(Clone, Debug)]
pub(in crate::mock) struct Outgoing {
    pub(in crate::mock) number: u64,
    pub(in crate::mock) attempt: u32,
    pub(in crate::mock) body: Body,
}

impl Outgoing {
    /// What is sent to `endpoint` with `token`, under an interaction id of its own.
    pub(in crate::mock) fn address(
        self,
        endpoint: &NotificationEndpoint,
        token: &str,
        profile: &Profile,
        interaction: Uuid,
    ) -> Notification {
        let headers = Headers::from_iter([
            ("authorization", format!("Bearer {token}").as_str()),
            (&endpoint.header, endpoint.value.expose()),
            ("content-type", "application/json"),
            (
                &profile.headers.interaction_id.value,
                &interaction.to_string(),
            ),
        ]);
        Notification {
            number: self.number,
            attempt: self.attempt,
            request: Request {
                method: "POST".into(),
                url: endpoint.url.clone(),
                headers,
                body: self.body,
            },
            timeout: profile.notifications.timeout.value,
        }
    }
}

impl Desk {
    /// How many notifications wait at most.
    pub(super) const ROOM: usize = 10_000;

    pub(in crate::mock) fn new(chance: Random) -> Self {
        Self {
            chance,
            delivery: NotificationDelivery::default(),
            counters: NotificationCounters::default(),
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            window: None,
            turn: 0,
        }
    }

    /// Delivers what is made from now on in that way.
    pub(in crate::mock) fn set_delivery(&mut self, delivery: NotificationDelivery) {
        self.delivery = delivery;
    }

    pub(in crate::mock) fn counters(&self) -> NotificationCounters {
        NotificationCounters {
            waiting: u64::try_from(self.len()).unwrap_or(u64::MAX),
            ..self.counters
        }
    }

    /// Forgets everything that was not delivered: the endpoint is another one.
    pub(in crate::mock) fn clear(&mut self) {
        self.waiting.clear();
        self.under_way.clear();
        self.window = None;
    }

    /// Something happened of which the provider is told, had it an endpoint.
    pub(in crate::mock) fn count_unaddressed(&mut self) {
        self.counters.unaddressed += 1;
    }

    /// Makes the notification of `occurrence`.
    pub(in crate::mock) fn make(
        &mut self,
        now: Timestamp,
        occurrence: &Occurrence,
        profile: &Notifications,
    ) {
        let Some(body) = occurrence.body(profile) else {
            return;
        };
        self.counters.made += 1;
        if !self.has_room() {
            self.counters.given_up += 1;
            return;
        }
        let entry = Entry {
            number: self.counters.made,
            body: Body::from(body.to_string()),
            expects_an_answer: occurrence.expects_an_answer(),
            attempts: 0,
            tries: 0,
            lost: self.delivery.lost,
            duplicates: self.delivery.duplicates,
            redelivered_after: self.delivery.redelivered_after,
            taken: Taken::NotYet,
        };
        let first = later(now, self.delivery.hold);
        match (&mut self.window, self.delivery.shuffled_within) {
            (Some((_, entries)), Some(_)) => entries.push(entry),
            (window @ None, Some(within)) => *window = Some((later(first, within), vec![entry])),
            (_, None) => self.schedule(first, entry),
        }
    }

    /// When something is to be sent, if nothing happens before.
    pub(in crate::mock) fn next_due(&self) -> Option<Timestamp> {
        let waiting = self.waiting.keys().next().map(|(due, _)| *due);
        let window = self.window.as_ref().map(|(end, _)| *end);
        [waiting, window].into_iter().flatten().min()
    }

    /// The attempts that are to be made at `now`.
    pub(in crate::mock) fn due(
        &mut self,
        now: Timestamp,
        profile: &Notifications,
    ) -> Vec<Outgoing> {
        if self.window.as_ref().is_some_and(|(end, _)| *end <= now) {
            self.close_window();
        }
        let mut outgoing = Vec::new();
        while let Some(first) = self.waiting.first_entry()
            && first.key().0 <= now
        {
            let mut entry = first.remove();
            entry.attempts += 1;
            entry.tries += 1;
            if entry.attempts <= entry.lost {
                // It left, and nobody will ever answer.
                if profile.retried.value.contains(&Retried::NoAnswer) {
                    let end = later(now, profile.timeout.value);
                    self.fail(end, entry, Duration::ZERO, profile);
                } else {
                    self.give_up(&entry);
                }
                continue;
            }
            outgoing.push(Outgoing {
                number: entry.number,
                attempt: entry.attempts,
                body: entry.body.clone(),
            });
            self.under_way.insert(entry.number, entry);
        }
        outgoing
    }

    /// Takes note of what became of an attempt.
    pub(in crate::mock) fn answered(
        &mut self,
        now: Timestamp,
        number: u64,
        outcome: &Outcome,
        profile: &Notifications,
    ) {
        let Some(entry) = self.under_way.remove(&number) else {
            return;
        };
        let retried = |reason| profile.retried.value.contains(&reason);
        match outcome {
            Outcome::Response(response) if (200..300).contains(&response.status) => {
                self.taken(now, entry, response, profile);
            }
            Outcome::Response(response)
                if response.status == 429 && retried(Retried::Throttled) =>
            {
                let asked = RetryAfter::of(&response.headers, now)
                    .map_or(Duration::ZERO, |hint| hint.wait)
                    .min(profile.longest_wait.value);
                self.fail(now, entry, asked, profile);
            }
            Outcome::Response(response)
                if response.status >= 500 && retried(Retried::ServerError) =>
            {
                self.fail(now, entry, Duration::ZERO, profile);
            }
            Outcome::Failure(_) if retried(Retried::NoAnswer) => {
                self.fail(now, entry, Duration::ZERO, profile);
            }
            Outcome::Response(_) | Outcome::Failure(_) => {
                self.give_up(&entry);
            }
        }
    }

    fn taken(
        &mut self,
        now: Timestamp,
        mut entry: Entry,
        response: &Response,
        profile: &Notifications,
    ) {
        match entry.taken {
            Taken::NotYet => {
                self.counters.delivered += 1;
                if entry.expects_an_answer && response.status != profile.expected_answer.value {
                    self.counters.unexpected += 1;
                }
            }
            Taken::Before => self.counters.repeated += 1,
        }
        entry.taken = Taken::Before;
        entry.tries = 0;
        if entry.duplicates > 0 {
            entry.duplicates -= 1;
            self.schedule(now, entry);
        } else if let Some(wait) = entry.redelivered_after.take() {
            self.schedule(later(now, wait), entry);
        }
    }

    /// Another attempt, or the end of it.
    fn fail(&mut self, now: Timestamp, entry: Entry, asked: Duration, profile: &Notifications) {
        let made = usize::try_from(entry.tries).unwrap_or(usize::MAX);
        match profile.waits.value.get(made.saturating_sub(1)) {
            Some(wait) => self.schedule(later(now, asked.max(*wait)), entry),
            None => self.give_up(&entry),
        }
    }

    /// A repetition that fails does no harm: the notification was delivered.
    fn give_up(&mut self, entry: &Entry) {
        match entry.taken {
            Taken::NotYet => self.counters.given_up += 1,
            Taken::Before => {}
        }
    }

    fn schedule(&mut self, due: Timestamp, entry: Entry) {
        self.turn += 1;
        self.waiting.insert((due, self.turn), entry);
    }

    /// Lets what gathered in the window go, in an order that is never that of its making.
    fn close_window(&mut self) {
        let Some((end, mut entries)) = self.window.take() else {
            return;
        };
        // Fisher and Yates.
        for last in (1..entries.len()).rev() {
            let last_index = u64::try_from(last).unwrap_or(u64::MAX);
            let other = self.chance.between(0, last_index);
            entries.swap(last, usize::try_from(other).unwrap_or(last));
        }
        if entries.is_sorted_by_key(|entry| entry.number) {
            entries.reverse();
        }
        let mut due = end;
        for entry in entries {
            self.schedule(due, entry);
            due = later(due, SPACING);
        }
    }

    fn len(&self) -> usize {
        let gathered = self.window.as_ref().map_or(0, |(_, entries)| entries.len());
        self.waiting.len() + self.under_way.len() + gathered
    }

    /// Whether another can be kept; the oldest of those that wait is given up for it.
    fn has_room(&mut self) -> bool {
        if self.len() < Self::ROOM {
            return true;
        }
        self.close_window();
        let oldest = self.waiting.pop_first();
        if let Some((_, entry)) = &oldest {
            self.give_up(entry);
        }
        oldest.is_some()
    }
}
