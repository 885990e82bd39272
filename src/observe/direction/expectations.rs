//! What a scenario waits for.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use uuid::Uuid;

use crate::event::FaultProof;
use crate::mock::{Batch, Platform};
use crate::observe::MessageKind;
use crate::profile::{Flow, Profile};

/// How many things that are missing are named one by one.
const NAMED: usize = 20;

/// What was asked for in a scenario and is to be done before it ends.
#[derive(Clone, Debug)]
pub(super) struct Expectations {
    /// For which Sage product.
    application: String,
    subscriptions: Vec<Uuid>,
    batches: Vec<Uuid>,
    /// By subscription and kind: how often it was asked, how often it was answered.
    questions: BTreeMap<(Uuid, MessageKind), (usize, usize)>,
    /// How many messages of the platform's were looked at.
    messages: u64,
    /// How many notifications were given up before.
    given_up: u64,
    /// Operations whose scripted answers need not be delivered.
    optional: BTreeSet<String>,
}

impl Expectations {
    /// Nothing is expected; what happened on `platform` so far does not count.
    pub(super) fn new(platform: &Platform, application: &str) -> Self {
        Self {
            application: application.to_owned(),
            subscriptions: Vec::new(),
            batches: Vec::new(),
            questions: BTreeMap::new(),
            messages: platform.store().messages.taken(),
            given_up: platform.notifications().given_up,
            optional: BTreeSet::new(),
        }
    }

    /// The scripted answers of `operation` need not be delivered.
    pub(super) fn forgive(&mut self, operation: String) {
        self.optional.insert(operation);
    }

    /// Whether every scripted answer was delivered that has to be. Asked after every exchange.
    pub(super) fn faults_are_delivered(&self, platform: &Platform) -> bool {
        platform.faults_are_drained()
            || (!self.optional.is_empty() && self.undelivered(platform).next().is_none())
    }

    /// The queues that have answers left and should not.
    fn undelivered(&self, platform: &Platform) -> impl Iterator<Item = FaultProof> {
        platform.fault_proofs().into_iter().filter(|proof| {
            proof.delivered < proof.answers.len() && !self.optional.contains(&proof.operation)
        })
    }

    pub(super) fn subscription(&mut self, id: Uuid) {
        self.subscriptions.push(id);
    }

    pub(super) fn batch(&mut self, id: Uuid) {
        self.batches.push(id);
    }

    pub(super) fn message(&mut self, kind: MessageKind, subscription: Uuid) {
        self.questions.entry((subscription, kind)).or_default().0 += 1;
    }

    /// The subscriptions and the batches of the scenario, in the order of their making.
    pub(super) fn resources(&self) -> (&[Uuid], &[Uuid]) {
        (&self.subscriptions, &self.batches)
    }

    /// Takes note of the messages that came since it last did.
    pub(super) fn hear(&mut self, platform: &Platform) {
        let paths = &platform.profile().paths;
        let base = format!("POST {}/", paths.provider_messaging.value);
        let messages = &platform.store().messages;
        for message in messages.since(self.messages) {
            let Some(name) = message.operation.strip_prefix(&base) else {
                continue;
            };
            for kind in MessageKind::ALL {
                if kind.answer() == name
                    && let Some((_, answered)) =
                        self.questions.get_mut(&(message.subscription, kind))
                {
                    *answered += 1;
                }
            }
        }
        self.messages = messages.taken();
    }

    /// Whether everything that was asked for is done; scripted answers may be left.
    pub(super) fn are_met(&self, platform: &Platform) -> bool {
        self.unmet(platform).next().is_none()
    }

    /// What is not done yet, in words, each sentence once; scripted answers included.
    pub(super) fn missing(&self, platform: &Platform) -> Vec<String> {
        let faults = self.undelivered(platform).map(|proof| {
            let all = proof.answers.len();
            let left = all.saturating_sub(proof.delivered);
            let operation = proof.operation;
            format!("nobody asked for {operation}: {left} of {all} scripted answers are left")
        });
        let sentences: IndexSet<String> = self.unmet(platform).chain(faults).collect();
        let mut missing: Vec<String> = sentences.into_iter().collect();
        if missing.len() > NAMED {
            let more = missing.len() - NAMED;
            missing.truncate(NAMED);
            missing.push(format!("and {more} more"));
        }
        missing
    }

    fn unmet<'a>(&'a self, platform: &'a Platform) -> impl Iterator<Item = String> + 'a {
        let profile = platform.profile().for_application(&self.application);
        let store = platform.store();
        let subscriptions = self.subscriptions.iter().filter_map(|id| {
            let status = &store.subscriptions.get(id)?.status;
            (!is_settled(&profile.flows["subscription"], status)).then(|| {
                let hint = if status == "AwaitingAuthorisation" {
                    ", and nobody authorises it"
                } else {
                    ""
                };
                format!("subscription {id} is still {status}{hint}")
            })
        });
        let batches = self
            .batches
            .iter()
            .filter_map(|id| unfinished(store.batches.get(id)?, profile));
        let messaging = &profile.paths.provider_messaging.value;
        let questions = self.questions.iter().filter_map(move |(key, (asked, answered))| {
            let (subscription, kind) = key;
            (answered < asked).then(|| {
                format!(
                    "nobody asked for POST {messaging}/{}: {answered} of {asked} messages `{}` under \
                     subscription {subscription} are answered",
                    kind.answer(),
                    kind.question(),
                )
            })
        });
        let notifications = platform.notifications();
        let given_up = notifications.given_up - self.given_up;
        let notifications = [
            (notifications.waiting > 0).then(|| {
                let waiting = notifications.waiting;
                format!("notifications still to be delivered: {waiting}")
            }),
            (given_up > 0)
                .then(|| format!("notifications that the provider did not take: {given_up}")),
        ];
        subscriptions
            .chain(batches)
            .chain(questions)
            .chain(notifications.into_iter().flatten())
    }
}

/// Whether a subscription needs nothing more of the provider: it is authorised, or was, or will
/// never be.
fn is_settled(flow: &Flow, status: &str) -> bool {
    if flow.is_known(Flow::AUTHORISED) {
        flow.is_terminal(status) || flow.reaches(Flow::AUTHORISED, status)
    } else {
        !flow.is_initial(status)
    }
}

fn unfinished(batch: &Batch, profile: &Profile) -> Option<String> {
    let id = batch.id;
    if !profile.flows["batch"].is_terminal(&batch.status) {
        return Some(format!("batch {id} is still {}", batch.status));
    }
    let flow = &profile.flows["payment"];
    let mut open = batch
        .payments
        .values()
        .filter(|payment| !flow.is_terminal(&payment.status));
    let first = open.next()?;
    let count = open.count() + 1;
    let all = batch.payments.len();
    Some(format!(
        "batch {id} is {}, but {count} of its {all} payments are not final: the first is {}",
        batch.status, first.status
    ))
}
