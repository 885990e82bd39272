//! What is known of the states of one resource.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use ecow::EcoString;
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::names::Names;
use super::told::{Told, is_update, profile_of};
use super::{Call, Purpose, each};
use crate::base::Timestamp;
use crate::event::Provocation;
use crate::exchange::Outcome;
use crate::profile::{Flow, Profile};

/// What has a status flow of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    /// A subscription.
    Subscription,
    /// A batch of payments.
    Batch,
    /// A payment of a batch.
    Payment,
}

impl ResourceKind {
    /// The name of its flow in the profile.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Batch => "batch",
            Self::Payment => "payment",
        }
    }

    /// Its flow.
    #[must_use]
    pub fn flow(self, profile: &Profile) -> &Flow {
        &profile.flows[self.name()]
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How an update was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 2xx: the status is set.
    Accepted,
    /// 2xx, but a payment was meant by `defaultStatus` only, whose reach is not documented.
    AcceptedByDefault,
    /// 409: the platform says that the flow forbids it.
    Refused,
    /// Another answer below 500: nothing happened, and nothing was said of the flow.
    Declined(u16),
    /// 408, 5xx or no answer: it may or may not have happened.
    Unknown,
}

/// How a status came into the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// The answer to its creation showed it.
    Created,
    /// A read showed it.
    Observed,
    /// An update asked for it.
    Asked(Answer),
}

/// One mention of a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The sequence number of the exchange.
    pub sequence: u64,
    /// When the request began.
    pub began: Timestamp,
    /// When the answer had come.
    pub ended: Timestamp,
    /// What was called: `PATCH /api-provider-v1/batchpayments/{batchId}`.
    pub operation: EcoString,
    /// The status.
    pub status: EcoString,
    /// The status code of the answer; none where there was no answer.
    pub answered: Option<u16>,
    /// How it came into the history.
    pub kind: NoteKind,
    /// Whether the step asks for a forbidden status on purpose.
    pub provoked: bool,
    /// What the update says of a payment beside its status, where it says anything.
    pub details: Option<Box<Details>>,
}

/// What an update says of a payment beside its id and its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// `paymentCompletedDate`, as it was sent.
    pub completed: Option<String>,
    /// The first reason that it gives, in one of the members that the profile names.
    pub reason: Option<String>,
    /// The members that belong to the payment itself.
    pub repeated: Map<String, Value>,
}

/// One resource and every mention of its status, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// What it is.
    pub kind: ResourceKind,
    /// Its id.
    pub id: EcoString,
    /// The batch of a payment.
    pub batch: Option<EcoString>,
    /// The Sage product that the first request names which mentions it.
    pub application: Option<EcoString>,
    /// The mentions.
    pub notes: Vec<Note>,
}

impl Walk {
    /// Its flow: that of its Sage product, where the profile has one of its own.
    #[must_use]
    pub fn flow<'p>(&self, profile: &'p Profile) -> &'p Flow {
        self.kind.flow(self.profile(profile))
    }

    /// What holds for its Sage product.
    #[must_use]
    pub fn profile<'p>(&self, profile: &'p Profile) -> &'p Profile {
        match &self.application {
            Some(application) => profile.for_application(application),
            None => profile,
        }
    }
}

/// How many bodies are read at once.
const TOGETHER: usize = 4096;

type Key = (ResourceKind, EcoString);

impl Walk {
    /// The walks of all resources that `calls` mention, in the order of first mention.
    pub(super) fn all(calls: &[&Call<'_>], profile: &Profile) -> Vec<Self> {
        let mut register = Register {
            profile,
            walks: IndexMap::default(),
            payments: HashMap::default(),
            names: Names::default(),
        };
        for calls in calls.chunks(TOGETHER) {
            let told = each(calls, |call| Told::by(call, profile));
            for (call, told) in calls.iter().zip(told) {
                let Some(told) = told else { continue };
                match &call.endpoint.purpose {
                    Purpose::Creation(kind) => {
                        register.read(call, told, *kind, None, NoteKind::Created);
                    }
                    Purpose::Resource(kind, id) if is_update(call) => {
                        register.asked(call, told, *kind, id);
                    }
                    Purpose::Resource(kind, id) => {
                        register.read(call, told, *kind, Some(id), NoteKind::Observed);
                    }
                    Purpose::Token | Purpose::Other => {}
                }
            }
        }
        let walks = register.walks.into_values();
        walks
            .map(|mut walk| {
                walk.notes.shrink_to_fit();
                walk
            })
            .collect()
    }
}

struct Register<'p> {
    profile: &'p Profile,
    walks: IndexMap<Key, Walk, RandomState>,
    /// The payments that were seen in each batch.
    payments: HashMap<EcoString, BTreeSet<EcoString>, RandomState>,
    names: Names,
}

impl Register<'_> {
    /// Takes note of a mention of a payment of the batch `batch`.
    fn note_payment(&mut self, call: &Call<'_>, batch: &str, mention: Mention<'_>) {
        let batch = self.names.shared(batch);
        let resource = (ResourceKind::Payment, mention.id);
        let walk = self.note(call, resource, mention.status, mention.kind);
        if walk.batch.is_none() {
            walk.batch = Some(batch);
        }
        if let Some(note) = walk.notes.last_mut() {
            note.details = mention.details;
        }
    }

    fn note(
        &mut self,
        call: &Call<'_>,
        (resource, id): (ResourceKind, &str),
        status: &str,
        kind: NoteKind,
    ) -> &mut Walk {
        let key = (resource, self.names.shared(id));
        let status = self.names.shared(status);
        let header = self.profile.headers.application.value.as_str();
        let walk = self.walks.entry(key).or_insert_with_key(|(kind, id)| Walk {
            kind: *kind,
            id: id.clone(),
            batch: None,
            application: call.header(header).map(EcoString::from),
            notes: Vec::new(),
        });
        walk.notes.push(Note {
            sequence: call.sequence,
            began: call.began(),
            ended: call.ended(),
            operation: call.endpoint.operation.clone(),
            status,
            answered: call.status(),
            kind,
            provoked: call.is_provoking(Provocation::IllegalTransition),
            details: None,
        });
        walk
    }

    /// What an answer shows of a resource.
    fn read(
        &mut self,
        call: &Call<'_>,
        told: Told,
        kind: ResourceKind,
        id: Option<&str>,
        note: NoteKind,
    ) {
        let Some(id) = id.or(told.id.as_deref()) else {
            return;
        };
        if let Some(status) = &told.status {
            self.note(call, (kind, id), status, note);
        }
        for payment in &told.payments {
            self.seen(id, &payment.id);
            if let Some(status) = &payment.status {
                self.note_payment(call, id, Mention::of(&payment.id, status, note));
            }
        }
    }

    /// Takes note that `payment` is one of those of `batch`.
    fn seen(&mut self, batch: &str, payment: &str) {
        let payment = self.names.shared(payment);
        let batch = self.names.shared(batch);
        self.payments.entry(batch).or_default().insert(payment);
    }

    /// What an update asks for.
    fn asked(&mut self, call: &Call<'_>, told: Told, kind: ResourceKind, id: &str) {
        let answer = match &call.exchange.outcome {
            Outcome::Failure(_) => Answer::Unknown,
            Outcome::Response(response) => match response.status {
                200..=299 => Answer::Accepted,
                409 => Answer::Refused,
                408 | 500.. => Answer::Unknown,
                other => Answer::Declined(other),
            },
        };
        let default = told.default.as_deref();
        // The batch itself takes the default status too, where batches know it;
        // /payments-out/announcements/2021-07-08.
        let flow = kind.flow(profile_of(call, self.profile));
        let of_itself = default.filter(|status| flow.is_known(status));
        if let Some(status) = told.status.as_deref().or(of_itself) {
            self.note(call, (kind, id), status, NoteKind::Asked(answer));
        }
        if kind != ResourceKind::Batch {
            return;
        }
        let mut named = BTreeSet::new();
        for payment in told.payments {
            self.seen(id, &payment.id);
            if let Some(status) = &payment.status {
                let mut mention = Mention::of(&payment.id, status, NoteKind::Asked(answer));
                mention.details = payment.details;
                self.note_payment(call, id, mention);
            }
            named.insert(payment.id);
        }
        let Some(status) = default else { return };
        let by_default = match answer {
            Answer::Accepted => Answer::AcceptedByDefault,
            // A refusal is of the whole update; the batch has it.
            Answer::Refused => Answer::Declined(409),
            Answer::AcceptedByDefault | Answer::Declined(_) | Answer::Unknown => answer,
        };
        let others: Vec<EcoString> = self
            .payments
            .get(id)
            .into_iter()
            .flatten()
            .filter(|payment| !named.contains(payment.as_str()))
            .cloned()
            .collect();
        for payment in others {
            let mention = Mention::of(&payment, status, NoteKind::Asked(by_default));
            self.note_payment(call, id, mention);
        }
    }
}

/// A payment and what is said of it.
struct Mention<'m> {
    id: &'m str,
    status: &'m str,
    kind: NoteKind,
    details: Option<Box<Details>>,
}

impl<'m> Mention<'m> {
    fn of(id: &'m str, status: &'m str, kind: NoteKind) -> Self {
        Self {
            id,
            status,
            kind,
            details: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::event::Subject;
    use crate::history::Traffic;
    use crate::history::composer::Composer;

    const BATCH: &str = "/api-provider-v1/batchpayments/b-1";

    /// What an update with `body`, answered with `status`, says of each resource. Two payments
    /// were read before.
    fn notes(body: Value, status: u16) -> Vec<(String, String, NoteKind)> {
        let mut run = Composer::replay();
        let payments = json!([{"paymentId": "p-1"}, {"paymentId": "p-2"}]);
        run.step("Read").send(
            "GET",
            BATCH,
            Value::Null,
            200,
            json!({"data": {"payments": payments}}),
        );
        run.step("Update")
            .send("PATCH", BATCH, body, status, Value::Null);
        let history = run.history();
        let profile = Profile::built_in();
        Traffic::of(&history, &profile)
            .walks(&profile)
            .into_iter()
            .flat_map(|walk| {
                let id = walk.id;
                let notes = walk.notes.into_iter();
                notes.map(move |note| (id.to_string(), note.status.to_string(), note.kind))
            })
            .collect()
    }

    fn note(id: &str, status: &str, answer: Answer) -> (String, String, NoteKind) {
        (id.into(), status.into(), NoteKind::Asked(answer))
    }

    #[test]
    fn a_default_status_reaches_the_batch_and_the_payments_that_are_not_named() {
        let body = json!({"data": {
            "defaultStatus": "Completed",
            "payments": [{"paymentId": "p-2", "status": "Failed"}],
        }});
        assert_eq!(
            notes(body.clone(), 204),
            [
                note("b-1", "Completed", Answer::Accepted),
                note("p-2", "Failed", Answer::Accepted),
                note("p-1", "Completed", Answer::AcceptedByDefault),
            ]
        );
        assert_eq!(
            notes(body, 409),
            [
                note("b-1", "Completed", Answer::Refused),
                note("p-2", "Failed", Answer::Refused),
                note("p-1", "Completed", Answer::Declined(409)),
            ]
        );
    }

    #[test]
    fn a_status_of_its_own_comes_before_the_default_and_an_unknown_default_is_not_the_batchs() {
        let body = json!({"data": {"defaultStatus": "Completed", "status": "PartiallyCompleted"}});
        assert_eq!(
            notes(body, 204)[0],
            note("b-1", "PartiallyCompleted", Answer::Accepted)
        );
        let body = json!({"data": {"defaultStatus": "Returned"}});
        assert!(notes(body, 204).iter().all(|(id, _, _)| id != "b-1"));
    }

    #[test]
    fn how_an_update_was_answered() {
        let table = [
            (200, Answer::Accepted),
            (204, Answer::Accepted),
            (409, Answer::Refused),
            (400, Answer::Declined(400)),
            (429, Answer::Declined(429)),
            (408, Answer::Unknown),
            (500, Answer::Unknown),
        ];
        for (status, answer) in table {
            let body = json!({"data": {"status": "Processing"}});
            assert_eq!(notes(body, status), [note("b-1", "Processing", answer)]);
        }
    }

    #[test]
    fn what_says_nothing_of_a_state_is_no_mention() {
        for body in [json!({}), json!({"data": "x"}), json!("x"), json!(null)] {
            assert_eq!(notes(body, 204), []);
        }
    }

    #[test]
    fn what_arrived_first_took_effect_first_whenever_its_answer_came() {
        let ask = |run: &mut Composer, status: &str| {
            let body = json!({"data": {"status": status}});
            run.send("PATCH", BATCH, body, 204, Value::Null);
        };
        for (subject, expected) in [
            (Subject::Connector, ["Completed", "Processing"]),
            (Subject::Replay, ["Processing", "Completed"]),
        ] {
            let mut run = Composer::of(subject);
            ask(&mut run, "Processing");
            run.back(Duration::from_millis(150));
            ask(&mut run, "Completed");
            let history = run.history();
            let profile = Profile::built_in();
            let walks = Traffic::of(&history, &profile).walks(&profile);
            let order: Vec<&str> = walks[0]
                .notes
                .iter()
                .map(|note| note.status.as_str())
                .collect();
            assert_eq!(order, expected);
        }
    }
}
