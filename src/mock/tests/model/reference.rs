//! The model.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::step::{BatchUpdate, Side};
use crate::mock::tests::client::As;

/// What the model knows.
#[derive(Clone, Debug)]
pub struct Model {
    pub flows: BTreeMap<&'static str, ModelFlow>,
    pub subscriptions: BTreeMap<Uuid, ModelSubscription>,
    pub batches: BTreeMap<Uuid, ModelBatch>,
    /// The order in which they can be picked.
    pub subscription_ids: Vec<Uuid>,
    pub batch_ids: Vec<Uuid>,
    pub seconds: u64,
}

#[derive(Clone, Debug)]
pub struct ModelFlow {
    pub states: BTreeSet<String>,
    pub first: String,
    /// The steps that are the provider's.
    pub steps: BTreeSet<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct ModelSubscription {
    pub provider: Side,
    pub organisation: Side,
    pub status: String,
}

#[derive(Clone, Debug)]
pub struct ModelBatch {
    pub subscription: Uuid,
    pub status: String,
    pub payments: Vec<(Uuid, String)>,
    pub submitted: u64,
}

impl Model {
    pub fn may(&self, flow: &str, from: &str, to: &str) -> bool {
        from == to
            || self.flows[flow]
                .steps
                .contains(&(from.to_owned(), to.to_owned()))
    }

    pub fn knows(&self, flow: &str, status: &str) -> bool {
        self.flows[flow].states.contains(status)
    }

    pub fn owns_subscription(&self, who: As, id: Uuid) -> Result<(), u16> {
        let Some(subscription) = self.subscriptions.get(&id) else {
            return Err(404);
        };
        let own = match who {
            As::Provider => subscription.provider == Side::First,
            As::SecondProvider => subscription.provider == Side::Second,
            As::Product => subscription.organisation == Side::First,
            As::SecondProduct => subscription.organisation == Side::Second,
        };
        if own { Ok(()) } else { Err(403) }
    }

    pub fn owns_batch(&self, who: As, id: Uuid) -> Result<(), u16> {
        let Some(batch) = self.batches.get(&id) else {
            return Err(404);
        };
        if self.owns_subscription(who, batch.subscription).is_err() {
            return Err(403);
        }
        // 365 days after its submission it is gone.
        if self.seconds - batch.submitted >= 365 * 24 * 3600 {
            return Err(404);
        }
        Ok(())
    }

    pub fn patch_subscription(&mut self, who: As, id: Uuid, status: Option<&str>) -> u16 {
        let Some(status) = status else { return 400 };
        if !self.knows("subscription", status) {
            return 400;
        }
        if let Err(code) = self.owns_subscription(who, id) {
            return code;
        }
        let before = self.subscriptions[&id].status.clone();
        if !self.may("subscription", &before, status) {
            return 409;
        }
        self.subscriptions.get_mut(&id).unwrap().status = status.to_owned();
        204
    }

    pub fn patch_batch(
        &mut self,
        who: As,
        id: Uuid,
        update: &BatchUpdate,
        payments: &[(Option<Uuid>, Option<&str>)],
    ) -> u16 {
        let says_nothing =
            update.status.is_none() && update.default_status.is_none() && payments.is_empty();
        let mut named = BTreeMap::new();
        for (payment, status) in payments {
            match (payment, status) {
                (Some(payment), Some(status)) if self.knows("payment", status) => {
                    if named.insert(*payment, *status).is_some() {
                        return 400;
                    }
                }
                _ => return 400,
            }
        }
        if says_nothing
            || update
                .status
                .is_some_and(|status| !self.knows("batch", status))
            || update
                .default_status
                .is_some_and(|status| !self.knows("payment", status))
        {
            return 400;
        }
        if let Err(code) = self.owns_batch(who, id) {
            return code;
        }
        let mut batch = self.batches[&id].clone();
        let own: BTreeSet<Uuid> = batch.payments.iter().map(|(id, _)| *id).collect();
        if named.keys().any(|payment| !own.contains(payment)) {
            return 404;
        }
        for (payment, status) in &mut batch.payments {
            let wanted = named.get(payment).copied().or(update.default_status);
            if let Some(wanted) = wanted {
                if !self.may("payment", status, wanted) {
                    return 409;
                }
                wanted.clone_into(status);
            }
        }
        let wanted = match (update.status, update.default_status) {
            (Some(status), _) => Some(status),
            (None, Some(default)) if self.knows("batch", default) => Some(default),
            (None, _) => None,
        };
        if let Some(wanted) = wanted {
            if !self.may("batch", &batch.status, wanted) {
                return 409;
            }
            wanted.clone_into(&mut batch.status);
        }
        self.batches.insert(id, batch);
        204
    }
}
