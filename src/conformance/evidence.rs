//! What the checks read of a history: an index, built once.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher as _;
use std::sync::OnceLock;
use std::time::Duration;

use foldhash::fast::{FixedState, RandomState};
use serde_json::Value;

use super::notified::Post;
use crate::base::Timestamp;
use crate::event::{AssertionRecord, Event, EventKind, FaultProof, Subject};
use crate::exchange::Vantage;
use crate::history::{Api, Call, Groups, History, Purpose, Traffic, Walk};
use crate::profile::{Declaration, Profile};

/// A history, indexed.
#[derive(Clone, Debug)]
pub struct Evidence<'h> {
    subject: Subject,
    traffic: Traffic<'h>,
    walks: Vec<Walk>,
    tokens: Vec<IssuedToken>,
    /// Which of them have the same text, by what stands for it.
    issues: BTreeMap<String, Vec<usize>>,
    assertions: Vec<(u64, Timestamp, &'h AssertionRecord)>,
    script_failures: Vec<(u64, Timestamp, u64, &'h str)>,
    step_names: BTreeMap<u64, String>,
    proofs: Vec<&'h FaultProof>,
    /// By how much the times of the reference connector were off at most.
    noise: Duration,
    events: &'h [Event],
    /// The places of the calls by what stands for their method and path; nothing until it is asked for.
    targets: OnceLock<HashMap<u64, Vec<usize>, RandomState>>,
    /// From where calls were observed, and the place of the first that was.
    seen_from: Vec<(Vantage, usize)>,
    declaration: Declaration,
    pub(super) post: Post,
}

/// A token that was issued in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    /// The sequence number of the exchange that issued it.
    pub sequence: u64,
    /// What stands for it in the history.
    pub commitment: String,
    /// The client that asked for it.
    pub client: String,
    /// When the answer had come.
    pub received: Timestamp,
    /// How long it is valid by its `expires_in`.
    pub expires_in: Option<Duration>,
}

impl<'h> Evidence<'h> {
    /// Indexes `history` with the paths of `profile`.
    #[must_use]
    pub fn of(history: &'h History, profile: &Profile) -> Self {
        let traffic = Traffic::of(history, profile);
        let mut evidence = Self {
            subject: history.start().subject,
            walks: traffic.walks(profile),
            tokens: traffic.calls().iter().filter_map(issued).collect(),
            issues: BTreeMap::new(),
            traffic,
            assertions: Vec::new(),
            script_failures: Vec::new(),
            step_names: BTreeMap::new(),
            proofs: Vec::new(),
            noise: Duration::ZERO,
            events: history.events(),
            targets: OnceLock::new(),
            seen_from: Vec::new(),
            declaration: Declaration::default(),
            post: Post::default(),
        };
        for (place, token) in evidence.tokens.iter().enumerate() {
            let issues = evidence.issues.entry(token.commitment.clone());
            issues.or_default().push(place);
        }
        for vantage in Vantage::ALL {
            let mut calls = evidence.calls().iter();
            let first = calls.position(|call| call.vantage() == vantage);
            evidence
                .seen_from
                .extend(first.map(|place| (vantage, place)));
        }
        evidence.post = Post::of(evidence.notifications(), profile);
        for event in history.events() {
            evidence.index(event);
        }
        evidence
    }

    fn index(&mut self, event: &'h Event) {
        match &event.kind {
            EventKind::Assertion(record) => {
                self.assertions.push((event.sequence, event.at, record));
            }
            EventKind::ScriptFailed { step, message, .. } => {
                let failure = (event.sequence, event.at, *step, message.as_str());
                self.script_failures.push(failure);
            }
            EventKind::RequestFailed { step, failure } => {
                let failure = (event.sequence, event.at, *step, failure.message.as_str());
                self.script_failures.push(failure);
            }
            EventKind::StepStarted { step, item, .. } => {
                self.step_names.insert(*step, item.path.join(" / "));
            }
            EventKind::FaultProof(proof) => self.proofs.push(proof),
            EventKind::NoiseFloor(floor) => self.noise = self.noise.max(floor.worst()),
            // Exchanges are read as traffic.
            EventKind::Exchange { .. }
            | EventKind::RunStarted(_)
            | EventKind::ScenarioStarted { .. }
            | EventKind::ScenarioEnded { .. }
            | EventKind::Connector { .. }
            | EventKind::Waited { .. }
            | EventKind::Console { .. }
            | EventKind::StepSkipped { .. }
            | EventKind::StepEnded { .. }
            // The family that judges probes reads them from the events.
            | EventKind::ProbeStarted(_)
            | EventKind::ProbeWithheld(_)
            | EventKind::ProbeNoticed { .. }
            | EventKind::Notice { .. }
            | EventKind::RunEnded { .. } => {}
        }
    }

    /// The same of a provider that says this of itself.
    #[must_use]
    pub fn declared(mut self, declaration: Declaration) -> Self {
        self.declaration = declaration;
        self
    }

    /// By how much the times of the reference connector were off on the host of the run; nothing where
    /// that was not measured.
    #[must_use]
    pub fn noise(&self) -> Duration {
        self.noise
    }

    /// What the provider says of itself.
    #[must_use]
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// All events, in order: for what no index holds.
    #[must_use]
    pub fn events(&self) -> &'h [Event] {
        self.events
    }

    /// The notifications that the platform sent, each with its answer, in order.
    #[must_use]
    pub fn notifications(&self) -> &[Call<'h>] {
        self.traffic.notifications()
    }

    /// What the product asked that a plan plays, in order: nobody's behaviour, but what the
    /// connector's work follows from.
    #[must_use]
    pub fn product_calls(&self) -> &[Call<'h>] {
        self.traffic.product_calls()
    }

    /// The probes of a notification endpoint, each with its answer, in order.
    #[must_use]
    pub fn probes(&self) -> &[Call<'h>] {
        self.traffic.probes()
    }

    /// Who is judged.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// All exchanges that a client sent, in order.
    #[must_use]
    pub fn calls(&self) -> &[Call<'h>] {
        self.traffic.calls()
    }

    /// The first of them that was observed from elsewhere than `vantages`.
    #[must_use]
    pub fn seen_elsewhere(&self, vantages: &[Vantage]) -> Option<&Call<'h>> {
        let elsewhere = self.seen_from.iter();
        let firsts = elsewhere.filter(|(vantage, _)| !vantages.contains(vantage));
        firsts
            .map(|(_, place)| *place)
            .min()
            .map(|place| &self.calls()[place])
    }

    /// The exchange with this sequence number, if a client sent it.
    #[must_use]
    pub fn call(&self, sequence: u64) -> Option<&Call<'h>> {
        let calls = self.calls();
        let place = calls.binary_search_by_key(&sequence, |call| call.sequence);
        place.ok().map(|place| &calls[place])
    }

    /// Those to the Provider API, its messaging included.
    pub fn provider_calls(&self) -> impl Iterator<Item = &Call<'h>> {
        self.calls()
            .iter()
            .filter(|call| call.endpoint.api == Api::Provider)
    }

    /// The exchanges of each operation, attempt by attempt.
    #[must_use]
    pub fn groups(&self) -> Groups<'_, 'h> {
        self.traffic.groups()
    }

    /// What is known of each resource.
    #[must_use]
    pub fn walks(&self) -> &[Walk] {
        &self.walks
    }

    /// The tokens that were issued, in order.
    #[must_use]
    pub fn tokens(&self) -> &[IssuedToken] {
        &self.tokens
    }

    /// The issue of the token that `call` uses: the latest before it. None where the token was
    /// not issued in this history, where the call has none, and for calls that ask for one.
    #[must_use]
    pub fn token_of(&self, call: &Call<'_>) -> Option<&IssuedToken> {
        let bearer = call
            .bearer()
            .filter(|_| call.endpoint.api != Api::Identity)?;
        let issues = self.issues.get(bearer)?;
        let before = issues.partition_point(|place| self.tokens[*place].sequence < call.sequence);
        Some(&self.tokens[issues[before.checked_sub(1)?]])
    }

    /// The first issue after `sequence` of the token that `commitment` stands for.
    #[must_use]
    pub fn issued_after(&self, commitment: &str, sequence: u64) -> Option<&IssuedToken> {
        let issues = self.issues.get(commitment)?;
        let before = issues.partition_point(|place| self.tokens[*place].sequence <= sequence);
        issues.get(before).map(|place| &self.tokens[*place])
    }

    /// The calls with this method and path, in order.
    pub fn of_target(&self, method: &str, path: &str) -> impl Iterator<Item = &Call<'h>> {
        let targets = self.targets.get_or_init(|| {
            let mut targets = HashMap::<_, Vec<usize>, _>::default();
            for (place, call) in self.calls().iter().enumerate() {
                let target = target(&call.exchange.request.method, call.path());
                targets.entry(target).or_default().push(place);
            }
            targets
        });
        let wanted = (method.to_owned(), path.to_owned());
        let places = targets.get(&target(method, path)).into_iter().flatten();
        places
            .map(|place| &self.calls()[*place])
            .filter(move |call| {
                let request = &call.exchange.request;
                request.method == wanted.0 && call.path() == wanted.1
            })
    }

    /// The assertions, each with its sequence number and time.
    #[must_use]
    pub fn assertions(&self) -> &[(u64, Timestamp, &'h AssertionRecord)] {
        &self.assertions
    }

    /// The scripts that failed: sequence number, time, step and message.
    #[must_use]
    pub fn script_failures(&self) -> &[(u64, Timestamp, u64, &'h str)] {
        &self.script_failures
    }

    /// The name of each step: the path of its item.
    #[must_use]
    pub fn step_names(&self) -> &BTreeMap<u64, String> {
        &self.step_names
    }

    /// What was proved of the queues of scripted answers.
    #[must_use]
    pub fn proofs(&self) -> &[&'h FaultProof] {
        &self.proofs
    }
}

/// What stands for a method and a path; others may have the same.
fn target(method: &str, path: &str) -> u64 {
    FixedState::default().hash_one((method, path))
}

/// The token that `call` was answered with.
fn issued(call: &Call<'_>) -> Option<IssuedToken> {
    if call.endpoint.purpose != Purpose::Token || !call.succeeded() {
        return None;
    }
    let answer = call.answer()?;
    Some(IssuedToken {
        sequence: call.sequence,
        commitment: answer["access_token"].as_str()?.to_owned(),
        client: client(call),
        received: call.ended(),
        expires_in: seconds(&answer["expires_in"]),
    })
}

/// The client that asks for a token: `client_id` in the body, or the basic credentials.
fn client(call: &Call<'_>) -> String {
    let body = &call.exchange.request.body;
    let from_json = body
        .json()
        .and_then(|json| json["client_id"].as_str().map(str::to_owned));
    from_json
        .or_else(|| {
            let form: Vec<(String, String)> = serde_urlencoded::from_bytes(body.bytes()).ok()?;
            let (_, id) = form.into_iter().find(|(name, _)| name == "client_id")?;
            Some(id)
        })
        .or_else(|| call.header("authorization").map(str::to_owned))
        .unwrap_or_else(|| "(unnamed)".to_owned())
}

/// Whole seconds as a number, or as the text that some servers send.
fn seconds(value: &Value) -> Option<Duration> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.parse().ok())
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_read_as_number_or_text() {
        use serde_json::json;
        assert_eq!(seconds(&json!(60)), Some(Duration::from_mins(1)));
        assert_eq!(seconds(&json!("60")), Some(Duration::from_mins(1)));
        assert_eq!(seconds(&json!(-1)), None);
        assert_eq!(seconds(&json!("soon")), None);
    }
}
