//! What the platform does by itself: it tells the provider, and plays the product where a product
//! does something for which no endpoint is public.

use thiserror::Error;
use uuid::Uuid;

use super::answer::Reply;
use super::notify::{
    Notification, NotificationCounters, NotificationDelivery, NotificationEndpoint, Occurrence,
};
use super::platform::Platform;
use crate::base::{Timestamp, later, uuid};
use crate::exchange::{Outcome, Request};
use crate::profile::Setter;

/// A product cannot give a subscription that status.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatusRefused {
    /// There is no such subscription.
    #[error("there is no subscription {subscription}")]
    Unknown {
        /// The id.
        subscription: Uuid,
    },
    /// The flow has no such step, or somebody else takes it.
    #[error(
        "the flow does not let a product take subscription {subscription} from {from} to {to}; a profile file can say `by = \"product\"`"
    )]
    Forbidden {
        /// The id.
        subscription: Uuid,
        /// Its status.
        from: String,
        /// What it was to become.
        to: String,
    },
}

/// The token that notifications carry.
#[derive(Clone, Debug)]
pub(super) struct NotificationToken {
    audience: String,
    text: String,
    /// From when on another one is signed.
    renewed: Timestamp,
}

impl Platform {
    /// Makes the platform what `initial` is. The tokens issued so far are not valid any more, and
    /// notifications are numbered on.
    pub fn reset(&mut self, initial: &Self, now: Timestamp) {
        let mut desk = self.desk.clone();
        desk.clear();
        desk.set_delivery(NotificationDelivery::default());
        self.clone_from(initial);
        self.gates.tokens.revoke_until(now);
        self.desk = desk;
    }

    /// Sends notifications to `endpoint` from now on, or none; what was not delivered to the one
    /// before is forgotten.
    pub fn set_notification_endpoint(&mut self, endpoint: Option<NotificationEndpoint>) {
        self.endpoint = endpoint;
        self.desk.clear();
    }

    /// Delivers the notifications that are made from now on in that way.
    pub fn set_notification_delivery(&mut self, delivery: NotificationDelivery) {
        self.desk.set_delivery(delivery);
    }

    /// What became of the notifications.
    #[must_use]
    pub fn notifications(&self) -> NotificationCounters {
        self.desk.counters()
    }

    /// When [`Platform::due`] has something to give, as far as is known now.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.desk.next_due()
    }

    /// The notifications that are to be sent at `now`. What becomes of each is to be told to
    /// [`Platform::notified`].
    pub fn due(&mut self, now: Timestamp) -> Vec<Notification> {
        let Some(endpoint) = self.endpoint.clone() else {
            return Vec::new();
        };
        let outgoing = self.desk.due(now, &self.profile.notifications);
        if outgoing.is_empty() {
            return Vec::new();
        }
        let own = self.tenant.provider.client_id;
        let policy = &self.profile.notifications;
        let audience = policy.audience.value.clone().unwrap_or_else(|| own.into());
        let token = self.notification_token(now, &audience);
        let ids = &mut self.notification_ids;
        outgoing
            .into_iter()
            .map(|outgoing| outgoing.address(&endpoint, &token, &self.profile, uuid(ids)))
            .collect()
    }

    /// Takes note of what became of an attempt to deliver the notification `number`.
    pub fn notified(&mut self, now: Timestamp, number: u64, outcome: &Outcome) {
        let policy = &self.profile.notifications;
        self.desk.answered(now, number, outcome, policy);
    }

    /// As [`Platform::handle`], but scripted answers are left to others: they are meant for the
    /// connector, not for the product that somebody plays.
    pub fn handle_undisturbed(&mut self, now: Timestamp, request: &Request) -> Reply {
        let faults = std::mem::take(&mut self.faults);
        let reply = self.handle(now, request);
        self.faults = faults;
        reply
    }

    /// Gives a subscription another status, as its product, which calls itself `application`, would;
    /// the provider is told. How a product does it is not public, so there is no endpoint for it.
    ///
    /// # Errors
    /// If there is no such subscription, or the flow does not let a product do it.
    pub fn change_subscription_as_product(
        &mut self,
        now: Timestamp,
        application: &str,
        id: Uuid,
        status: &str,
    ) -> Result<(), StatusRefused> {
        let flow = &self.profile.for_application(application).flows["subscription"];
        let subscription = self.store.subscriptions.get_mut(&id);
        let subscription = subscription.ok_or(StatusRefused::Unknown { subscription: id })?;
        if !flow.allows_to(Setter::Product, &subscription.status, status) {
            return Err(StatusRefused::Forbidden {
                subscription: id,
                from: subscription.status.clone(),
                to: status.to_owned(),
            });
        }
        status.clone_into(&mut subscription.status);
        if subscription.provider == self.tenant.provider_id {
            let occurrence = Occurrence::status_change(subscription);
            self.tell(now, &occurrence);
        }
        Ok(())
    }

    /// Lets the provider know what the product did.
    pub(super) fn tell(&mut self, now: Timestamp, occurrence: &Occurrence) {
        if self.endpoint.is_none() {
            self.desk.count_unaddressed();
        } else {
            let policy = &self.profile.notifications;
            self.desk.make(now, occurrence, policy);
        }
    }

    /// The token that notifications to `audience` carry: one until a fifth of its life is left, as
    /// the platform expects of others.
    fn notification_token(&mut self, now: Timestamp, audience: &str) -> String {
        match &self.notification_token {
            Some(known) if known.audience == audience && now < known.renewed => known.text.clone(),
            Some(_) | None => {
                let text = self.sign_notification_token(now, audience);
                let used = self.profile.token_lifetime.value.mul_f64(0.8);
                self.notification_token = Some(NotificationToken {
                    audience: audience.to_owned(),
                    text: text.clone(),
                    renewed: later(now, used),
                });
                text
            }
        }
    }

    /// A token for a notification to a provider that expects `audience`. No endpoint of the
    /// platform accepts it.
    pub fn sign_notification_token(&mut self, now: Timestamp, audience: &str) -> String {
        let lifetime = self.profile.token_lifetime.value;
        let subject = &self.profile.token.platform_subject.value;
        let (token, _) = self.gates.tokens.sign(subject, audience, now, lifetime);
        token
    }
}
