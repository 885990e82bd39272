//! The notifications of a history: what each is about, and how its attempts were answered.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::Evidence;
use crate::base::Timestamp;
use crate::history::{Call, NoteKind, ResourceKind, Walk, each};
use crate::profile::{Notifications, Profile};

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Something new: a subscription or a batch.
    Creation(ResourceKind),
    /// A status that the product changed.
    StatusChange,
    /// A message of the product.
    Message,
    /// Something that the profile does not describe.
    Unknown,
}

/// A notification and the attempts to deliver it that left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notified {
    /// What it is about.
    pub about: About,
    /// The resource that it names, where it names one.
    pub id: Option<String>,
    /// Its attempts: places in [`Evidence::notifications`], in order; never empty.
    attempts: Vec<usize>,
}

/// The notifications of a history, and those by which each new resource was made known.
#[derive(Clone, Debug, Default)]
pub(super) struct Post {
    notified: Vec<Notified>,
    subscriptions: BTreeMap<String, usize>,
    batches: BTreeMap<String, usize>,
}

impl Post {
    /// The notifications among `calls`, which the platform sent.
    pub(super) fn of(calls: &[Call<'_>], profile: &Profile) -> Self {
        let mut groups: IndexMap<u64, Notified> = IndexMap::new();
        let read = each(calls, |call| Notified::read(call, &profile.notifications));
        for (place, (call, read)) in calls.iter().zip(read).enumerate() {
            groups
                .entry(call.attempt.group)
                .or_insert(read)
                .attempts
                .push(place);
        }
        let mut post = Self::default();
        for notified in groups.into_values() {
            if let (About::Creation(kind), Some(id)) = (notified.about, &notified.id) {
                let of_its_kind = match kind {
                    ResourceKind::Subscription => &mut post.subscriptions,
                    ResourceKind::Batch | ResourceKind::Payment => &mut post.batches,
                };
                of_its_kind.entry(id.clone()).or_insert(post.notified.len());
            }
            post.notified.push(notified);
        }
        post
    }

    fn of_resource(&self, kind: ResourceKind, id: &str) -> Option<&Notified> {
        let place = match kind {
            ResourceKind::Subscription => self.subscriptions.get(id),
            ResourceKind::Batch | ResourceKind::Payment => self.batches.get(id),
        };
        place.map(|place| &self.notified[*place])
    }
}

impl Notified {
    /// What `call` is about, without its attempts.
    fn read(call: &Call<'_>, templates: &Notifications) -> Self {
        let body = call.exchange.request.body.json().unwrap_or_default();
        let text = |values: &BTreeMap<&str, Value>, name: &str| {
            values.get(name).and_then(Value::as_str).map(str::to_owned)
        };
        let batch = templates.batch.value.values_in(&body);
        let subscription = || templates.subscription.value.values_in(&body);
        let change = || templates.status_change.value.values_in(&body);
        let message = || templates.message.value.values_in(&body);
        let (about, id) = if let Some(values) = batch {
            let about = About::Creation(ResourceKind::Batch);
            (about, text(&values, "batchId"))
        } else if let Some(values) = subscription() {
            let about = About::Creation(ResourceKind::Subscription);
            (about, text(&values, "subscriptionId"))
        } else if let Some(values) = change() {
            (About::StatusChange, text(&values, "subscriptionId"))
        } else if let Some(values) = message() {
            (About::Message, text(&values, "subscriptionId"))
        } else {
            (About::Unknown, None)
        };
        Self {
            about,
            id,
            attempts: Vec::new(),
        }
    }
}

impl<'h> Evidence<'h> {
    /// The notifications, in the order in which each was sent first.
    #[must_use]
    pub fn notified(&self) -> &[Notified] {
        &self.post.notified
    }

    /// The attempts to deliver `notified`, in order.
    pub fn attempts(&self, notified: &Notified) -> impl Iterator<Item = &Call<'h>> + use<'_, 'h> {
        let all = self.notifications();
        let places = notified.attempts.clone();
        places.into_iter().map(move |place| &all[place])
    }

    /// The attempt at which the provider took `notified` (2xx) for the first time.
    #[must_use]
    pub fn taken(&self, notified: &Notified) -> Option<&Call<'h>> {
        self.attempts(notified).find(|call| call.succeeded())
    }

    /// The notification by which the resource of `walk` was made known; of a payment, its batch.
    #[must_use]
    pub fn notified_of(&self, walk: &Walk) -> Option<&Notified> {
        let id = match walk.kind {
            ResourceKind::Payment => walk.batch.as_ref()?,
            ResourceKind::Subscription | ResourceKind::Batch => &walk.id,
        };
        self.post.of_resource(walk.kind, id)
    }

    /// From when on the provider knew of the resource of `walk`: since it took the notification;
    /// where none was ever sent, since it was first read or updated. None where it was sent and never
    /// taken.
    #[must_use]
    pub fn known_since(&self, walk: &Walk) -> Option<(u64, Timestamp)> {
        if let Some(notified) = self.notified_of(walk) {
            let taken = self.taken(notified)?;
            Some((taken.sequence, taken.ended()))
        } else {
            let mut notes = walk.notes.iter();
            let first = notes.find(|note| note.kind != NoteKind::Created)?;
            Some((first.sequence, first.ended))
        }
    }

    /// When the history ends.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        let last = self.events().last();
        last.map_or(Timestamp::MIN, |event| event.at)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::{Origin, Subject};
    use crate::history::composer::Composer;

    #[test]
    fn a_notification_is_told_by_its_template_and_known_by_its_attempts() {
        let mut run = Composer::of(Subject::Connector);
        let body = |id: &str| json!({"type": "resourceCreated", "resource": {"id": id, "type": "batch", "url": "NA"}});
        run.notify_batch("b-1", 500)
            .again("POST", "/notifications", body("b-1"), 201, Value::Null)
            .sent_by(Origin::Platform)
            .notify("subscription", "s-1", 201)
            .notify("creditorputs", "s-1", 202)
            .notify_with(json!({"hello": 1}), 400);
        let history = run.history();
        let profile = Profile::built_in();
        let evidence = Evidence::of(&history, &profile);
        let told: Vec<_> = evidence
            .notified()
            .iter()
            .map(|one| {
                let taken = evidence.taken(one).and_then(Call::status);
                (
                    one.about,
                    one.id.as_deref(),
                    evidence.attempts(one).count(),
                    taken,
                )
            })
            .collect();
        use About::{Creation, Message, Unknown};
        assert_eq!(
            told,
            [
                (Creation(ResourceKind::Batch), Some("b-1"), 2, Some(201)),
                (
                    Creation(ResourceKind::Subscription),
                    Some("s-1"),
                    1,
                    Some(201)
                ),
                (Message, Some("s-1"), 1, Some(202)),
                (Unknown, None, 1, None),
            ]
        );
    }
}
