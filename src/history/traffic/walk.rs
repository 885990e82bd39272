//! What is known of the states of one resource.

use std::collections::BTreeSet;
use std::fmt;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{Call, Purpose};
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
    /// 5xx or no answer: it may or may not have happened.
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
    pub operation: String,
    /// The status.
    pub status: String,
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
    pub id: String,
    /// The batch of a payment.
    pub batch: Option<String>,
    /// The Sage product that the first request names which mentions it.
    pub application: Option<String>,
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

type Key = (ResourceKind, String);

impl Walk {
    /// The walks of all resources that `calls` mention, in the order of first mention.
    pub(super) fn all(calls: &[&Call<'_>], profile: &Profile) -> Vec<Self> {
        let mut register = Register {
            profile,
            walks: IndexMap::new(),
            payments: IndexMap::new(),
        };
        for call in calls {
            match &call.endpoint.purpose {
                Purpose::Creation(kind) if call.succeeded() => {
                    register.read(call, *kind, None, NoteKind::Created);
                }
                Purpose::Resource(kind, id) if call.exchange.request.method == "PATCH" => {
                    register.asked(call, *kind, id);
                }
                Purpose::Resource(kind, id) if call.succeeded() => {
                    register.read(call, *kind, Some(id), NoteKind::Observed);
                }
                Purpose::Token | Purpose::Creation(_) | Purpose::Resource(..) | Purpose::Other => {}
            }
        }
        register.walks.into_values().collect()
    }
}

struct Register<'p> {
    profile: &'p Profile,
    walks: IndexMap<Key, Walk>,
    /// The payments that were seen in each batch.
    payments: IndexMap<String, BTreeSet<String>>,
}

impl Register<'_> {
    /// What holds for the Sage product that `call` names.
    fn profile(&self, call: &Call<'_>) -> &Profile {
        match call.header(&self.profile.headers.application.value) {
            Some(application) => self.profile.for_application(application),
            None => self.profile,
        }
    }

    /// Takes note of a mention of a payment of the batch `batch`.
    fn note_payment(&mut self, call: &Call<'_>, batch: &str, mention: Mention<'_>) {
        let key = (ResourceKind::Payment, mention.id.to_owned());
        let walk = self.note(call, key, mention.status, mention.kind);
        if walk.batch.is_none() {
            walk.batch = Some(batch.to_owned());
        }
        if let Some(note) = walk.notes.last_mut() {
            note.details = mention.details;
        }
    }

    fn note(&mut self, call: &Call<'_>, key: Key, status: &str, kind: NoteKind) -> &mut Walk {
        let header = self.profile.headers.application.value.as_str();
        let walk = self.walks.entry(key).or_insert_with_key(|(kind, id)| Walk {
            kind: *kind,
            id: id.clone(),
            batch: None,
            application: call.header(header).map(str::to_owned),
            notes: Vec::new(),
        });
        walk.notes.push(Note {
            sequence: call.sequence,
            began: call.began(),
            ended: call.ended(),
            operation: call.endpoint.operation.clone(),
            status: status.to_owned(),
            answered: call.status(),
            kind,
            provoked: call.is_provoking(Provocation::IllegalTransition),
            details: None,
        });
        walk
    }

    /// What an answer shows of a resource.
    fn read(&mut self, call: &Call<'_>, kind: ResourceKind, id: Option<&str>, note: NoteKind) {
        let Some(answer) = call.answer() else { return };
        let data = &answer["data"];
        let shown = match kind {
            ResourceKind::Subscription => &data["subscriptionId"],
            ResourceKind::Batch => &data["batchId"],
            ResourceKind::Payment => &data["paymentId"],
        };
        let Some(id) = id.or(shown.as_str()) else {
            return;
        };
        if let Some(status) = data["status"].as_str() {
            self.note(call, (kind, id.to_owned()), status, note);
        }
        if kind == ResourceKind::Batch {
            for (payment, status) in payments(data) {
                self.payments
                    .entry(id.to_owned())
                    .or_default()
                    .insert(payment.to_owned());
                if let Some(status) = status {
                    self.note_payment(call, id, Mention::of(payment, status, note));
                }
            }
        }
    }

    /// What an update asks for.
    fn asked(&mut self, call: &Call<'_>, kind: ResourceKind, id: &str) {
        let answer = match &call.exchange.outcome {
            Outcome::Failure(_) => Answer::Unknown,
            Outcome::Response(response) => match response.status {
                200..=299 => Answer::Accepted,
                409 => Answer::Refused,
                500.. => Answer::Unknown,
                other => Answer::Declined(other),
            },
        };
        let Some(body) = call.exchange.request.body.json() else {
            return;
        };
        let data = &body["data"];
        let default = data["defaultStatus"]
            .as_str()
            .filter(|_| kind == ResourceKind::Batch);
        // The batch itself takes the default status too, where batches know it;
        // /payments-out/announcements/2021-07-08.
        let of_itself = default.filter(|status| kind.flow(self.profile(call)).is_known(status));
        if let Some(status) = data["status"].as_str().or(of_itself) {
            self.note(call, (kind, id.to_owned()), status, NoteKind::Asked(answer));
        }
        if kind != ResourceKind::Batch {
            return;
        }
        let mut named = BTreeSet::new();
        for item in data["payments"].as_array().into_iter().flatten() {
            let Some(payment) = item["paymentId"].as_str() else {
                continue;
            };
            named.insert(payment.to_owned());
            self.payments
                .entry(id.to_owned())
                .or_default()
                .insert(payment.to_owned());
            if let Some(status) = item["status"].as_str() {
                let mut mention = Mention::of(payment, status, NoteKind::Asked(answer));
                mention.details =
                    Details::of(item, &self.profile(call).status.reason_members.value);
                self.note_payment(call, id, mention);
            }
        }
        let Some(status) = default else { return };
        let by_default = match answer {
            Answer::Accepted => Answer::AcceptedByDefault,
            // A refusal is of the whole update; the batch has it.
            Answer::Refused => Answer::Declined(409),
            Answer::AcceptedByDefault | Answer::Declined(_) | Answer::Unknown => answer,
        };
        let others: Vec<String> = self
            .payments
            .get(id)
            .into_iter()
            .flatten()
            .filter(|payment| !named.contains(*payment))
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

impl Details {
    /// What `item` says beside id and status, if anything; a reason may stand in `reason_members`.
    fn of(item: &Value, reason_members: &[String]) -> Option<Box<Self>> {
        let mut details = Self::default();
        for (name, value) in item.as_object()? {
            match name.as_str() {
                "paymentId" | "status" | "extendedStatus" | "additionalData" => {}
                "paymentCompletedDate" => details.completed = value.as_str().map(str::to_owned),
                _ => drop(details.repeated.insert(name.clone(), value.clone())),
            }
        }
        details.reason = reason_members
            .iter()
            .find_map(|member| text_in(&item[member.as_str()]));
        (details != Self::default()).then(|| Box::new(details))
    }
}

/// The first text with something in it: `value` itself, or a member of it.
fn text_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        Value::Array(items) => items.iter().find_map(text_in),
        Value::Object(members) => members.values().find_map(text_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Id and status of each payment in a batch's `data`.
fn payments(data: &Value) -> impl Iterator<Item = (&str, Option<&str>)> {
    data["payments"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|payment| Some((payment["paymentId"].as_str()?, payment["status"].as_str())))
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
                notes.map(move |note| (id.clone(), note.status, note.kind))
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
