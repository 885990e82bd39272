//! A history that can be changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use regex::{Captures, Regex};

use crate::base::{Random, Timestamp};
use crate::conformance::fixture::{Kind, PROVIDER, finding_of, kinds};
use crate::conformance::{CHECKS, Check, Evidence, Finding, Level};
use crate::event::{Attempt, Event, EventKind, Origin, RunStart, Subject};
use crate::exchange::{Body, Exchange, Headers, Outcome, Request, Response, Timing, Vantage};
use crate::history::History;
use crate::profile::{Declaration, Profile};

/// How often something strange happens behind an event.
const STRANGERS: f64 = 0.3;

/// The history that was composed for a check, and what its provider declares.
pub(super) struct Case {
    pub(super) check: &'static Check,
    pub(super) kind: Kind,
    pub(super) history: History,
    pub(super) declaration: Declaration,
    /// What all checks find in it.
    pub(super) alone: Vec<Finding>,
}

/// By what all of it is judged.
static PROFILE: LazyLock<Profile> = LazyLock::new(Profile::built_in);

/// What happens in a run, between its start and its end.
#[derive(Clone)]
pub(super) struct Story {
    start: RunStart,
    pub(super) told: Vec<(Timestamp, EventKind)>,
    ended: EventKind,
    ends: Timestamp,
}

/// The cases of all checks that judge such a subject.
pub(super) fn cases(subject: Subject) -> Vec<Case> {
    let checks = CHECKS.iter();
    checks
        .flat_map(|check| kinds(check).iter().map(|kind| (*check, *kind)))
        .map(|(check, kind)| {
            let (history, declaration, _) = finding_of(check, kind, &PROFILE);
            (check, kind, history, declaration)
        })
        .filter(|(_, _, history, _)| history.start().subject == subject)
        .map(|(check, kind, history, declaration)| Case {
            check,
            kind,
            alone: findings(&history, &declaration),
            history,
            declaration,
        })
        .collect()
}

/// What every check that judges the subject of `history` finds in it.
pub(super) fn findings(history: &History, declaration: &Declaration) -> Vec<Finding> {
    let subject = history.start().subject;
    let evidence = Evidence::of(history, &PROFILE).declared(declaration.clone());
    CHECKS
        .iter()
        .filter(|check| check.subjects.contains(&subject))
        .map(|check| check.judge(&evidence, &PROFILE))
        .collect()
}

/// Where the outcomes of the same checks differ: `BK-02: PASS, then FAIL`.
pub(super) fn differences(before: &[Finding], after: &[Finding]) -> Vec<String> {
    let outcome = |finding: &Finding| (finding.raw, finding.reported, finding.provenance);
    before
        .iter()
        .zip(after)
        .filter(|(before, after)| outcome(before) != outcome(after))
        .map(|(before, after)| {
            format!(
                "{}: {} ({}), then {} ({})",
                before.check, before.raw, before.message, after.raw, after.message
            )
        })
        .collect()
}

/// Whether an outcome speaks against the subject.
pub(super) fn convicts(level: Level) -> bool {
    matches!(level, Level::Fail | Level::Warn | Level::Review)
}

impl Case {
    pub(super) fn story(&self) -> Story {
        Story::of(&self.history)
    }

    pub(super) fn name(&self) -> String {
        format!("{} {:?}", self.check.id, self.kind)
    }
}

impl Story {
    fn of(history: &History) -> Self {
        let (last, events) = history.events().split_last().expect("a whole history");
        assert!(matches!(last.kind, EventKind::RunEnded { .. }));
        Self {
            start: history.start().clone(),
            told: events[1..]
                .iter()
                .map(|event| (event.at, event.kind.clone()))
                .collect(),
            ended: last.kind.clone(),
            ends: last.at,
        }
    }

    fn began(&self) -> Timestamp {
        self.told.first().map_or(self.ends, |(at, _)| *at)
    }

    pub(super) fn history(&self) -> History {
        let start = EventKind::RunStarted(Box::new(self.start.clone()));
        let began = self.began();
        let all = [(began, start)]
            .into_iter()
            .chain(self.told.iter().cloned())
            .chain([(self.ends, self.ended.clone())]);
        let events = all
            .zip(1..)
            .map(|((at, kind), sequence)| Event { sequence, at, kind });
        History::of(events.collect()).unwrap()
    }

    /// The same work on other resources, with other tokens, steps and operations than those of
    /// `other`.
    pub(super) fn beside(mut self, other: &Self) -> Self {
        let names = self.names();
        let (group, step) = other.numbers();
        for (_, kind) in &mut self.told {
            match kind {
                EventKind::Exchange {
                    step: number,
                    attempt,
                    exchange,
                    ..
                } => {
                    attempt.group += group;
                    shift(number, step);
                    rename(exchange, &names);
                }
                EventKind::Assertion(record) => shift(&mut record.step, step),
                EventKind::StepStarted { step: number, .. }
                | EventKind::Waited { step: number, .. }
                | EventKind::RequestFailed { step: number, .. }
                | EventKind::ScriptFailed { step: number, .. }
                | EventKind::Console { step: number, .. }
                | EventKind::StepSkipped { step: number }
                | EventKind::StepEnded { step: number }
                | EventKind::ProbeNoticed { step: number, .. } => shift(number, step),
                EventKind::ProbeStarted(probe) => shift(&mut probe.step, step),
                EventKind::RunStarted(_)
                | EventKind::ScenarioStarted { .. }
                | EventKind::ScenarioEnded { .. }
                | EventKind::Connector { .. }
                | EventKind::FaultProof(_)
                | EventKind::ProbeWithheld(_)
                | EventKind::NoiseFloor(_)
                | EventKind::Notice { .. }
                | EventKind::RunEnded { .. } => {}
            }
        }
        self
    }

    /// The same with things put in at places that are drawn, none of which has anything to do with
    /// it; and the sequence number that each event had before, where it is no stranger.
    pub(super) fn among_strangers(&self, random: &mut Random) -> (Self, BTreeMap<u64, u64>) {
        let mut both = self.clone();
        both.told.clear();
        let mut before = BTreeMap::from([(1, 1)]);
        let mut group = self.numbers().0;
        for (number, (at, kind)) in (2..).zip(&self.told) {
            both.told.push((*at, kind.clone()));
            // The first event is the start.
            before.insert(both.told.len() as u64 + 1, number);
            if random.unit() < STRANGERS {
                group += 1;
                both.told.push((*at, self.stranger(*at, group, random)));
            }
        }
        (both, before)
    }

    /// Something that ended at a moment and concerns nobody.
    fn stranger(&self, at: Timestamp, group: u64, random: &mut Random) -> EventKind {
        let (own, vantage) = match self.start.subject {
            Subject::Connector => (Origin::Connector, Vantage::Mock),
            Subject::Replay | Subject::Endpoint => (Origin::Item, Vantage::Client),
        };
        let has_product = self.told.iter().any(|(_, kind)| {
            matches!(kind, EventKind::Exchange { origin, .. } if *origin == Origin::Product)
        });
        let (origin, url) = match random.between(0, 2) {
            0 => (own, "https://elsewhere.invalid/weather".to_owned()),
            // Whether the product is seen at all is no small thing.
            1 if has_product => {
                let path = "/v3/subscriptions/organisations/16f4/companies";
                (
                    Origin::Product,
                    format!("https://api-payout.mock.invalid{path}"),
                )
            }
            _ => {
                return EventKind::Notice {
                    message: "somebody came by".into(),
                };
            }
        };
        EventKind::Exchange {
            step: 0,
            origin,
            attempt: Attempt { group, number: 1 },
            exchange: Box::new(Exchange {
                request: Request {
                    method: "GET".into(),
                    url,
                    headers: Headers::new(),
                    body: Body::default(),
                },
                outcome: Outcome::Response(Response {
                    status: 200,
                    reason: "OK".into(),
                    headers: Headers::new(),
                    body: "{}".into(),
                }),
                timing: instant(at),
                vantage,
                connection: None,
            }),
        }
    }

    /// The highest operation and the highest step.
    fn numbers(&self) -> (u64, u64) {
        let exchanges = self.told.iter().filter_map(|(_, kind)| match kind {
            EventKind::Exchange { step, attempt, .. } => Some((attempt.group, *step)),
            _ => None,
        });
        exchanges.fold((0, 0), |most, (group, step)| {
            (most.0.max(group), most.1.max(step))
        })
    }

    /// What its resources and tokens are called, and what they are called where somebody else does
    /// the same.
    fn names(&self) -> Names {
        let history = self.history();
        let evidence = Evidence::of(&history, &PROFILE);
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for walk in evidence.walks() {
            ids.insert(walk.id.to_string());
            ids.extend(walk.batch.as_ref().map(ToString::to_string));
        }
        let notified = evidence.notified().iter();
        ids.extend(notified.filter_map(|notified| notified.id.clone()));
        let others = ids.into_iter().filter(|id| !UUID.is_match(id));
        let mut others: BTreeMap<String, String> =
            others.map(|id| (id.clone(), format!("{id}-x"))).collect();
        let bearers = evidence.calls().iter().filter_map(|call| call.bearer());
        let issued = evidence.tokens().iter().map(|it| it.commitment.as_str());
        let clients = evidence.tokens().iter().map(|it| it.client.clone());
        others.extend(clients.map(|client| (client.clone(), format!("{client}-x"))));
        for token in bearers.chain(issued) {
            others.insert(token.to_owned(), other_digits(token));
        }
        let escaped: Vec<String> = others
            .keys()
            .rev()
            .map(|name| regex::escape(name))
            .collect();
        let pattern = format!(r"(^|[^\w-])({})($|[^\w-])", escaped.join("|"));
        Names {
            pattern: Regex::new(&pattern).expect("what is escaped is a pattern"),
            others,
        }
    }

    /// The same, so much later.
    pub(super) fn later(mut self, by: Duration) -> Self {
        for (at, kind) in &mut self.told {
            *at += by;
            if let EventKind::Exchange { exchange, .. } = kind {
                let timing = &mut exchange.timing;
                for moment in [
                    &mut timing.request_first,
                    &mut timing.request_last,
                    &mut timing.response_first,
                    &mut timing.response_last,
                ] {
                    *moment += by;
                }
            }
        }
        self.ends += by;
        self
    }

    /// Whether it names a day or a moment, so that it cannot happen later.
    pub(super) fn is_dated(&self) -> bool {
        self.told.iter().any(|(_, kind)| match kind {
            EventKind::Exchange { exchange, .. } => {
                let mut undated = exchange.clone();
                undated.timing = instant(Timestamp::UNIX_EPOCH);
                DATE.is_match(&serde_json::json!(undated).to_string())
            }
            _ => false,
        })
    }

    /// This, and `other` so long after its end; and the sequence number of the mark between them.
    pub(super) fn then(&self, gap: Duration, other: &Self) -> (Self, u64) {
        let began = other.began();
        let wait = (self.ends + gap).duration_since(began);
        let wait = Duration::try_from(wait).expect("a later story begins later");
        let other = other.clone().beside(self).later(wait);
        let mut both = self.clone();
        let message = "the first half ended".into();
        both.told.push((self.ends, EventKind::Notice { message }));
        let middle = both.told.len() as u64 + 1;
        both.told.extend(other.told);
        both.ends = other.ends;
        (both, middle)
    }

    /// This and `other` at the same time. What ended at the same instant stands in an order that is
    /// drawn; each of the two keeps its own.
    pub(super) fn woven(&self, other: &Self, random: &mut Random) -> Self {
        let other = other.clone().beside(self);
        let mut both = self.clone();
        both.told.clear();
        let mut left = self.told.iter().peekable();
        let mut right = other.told.iter().peekable();
        loop {
            let from_left = match (left.peek(), right.peek()) {
                (Some((one, _)), Some((two, _))) if one == two => random.unit() < 0.5,
                (Some((one, _)), Some((two, _))) => one < two,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            let next = if from_left { left.next() } else { right.next() };
            both.told.push(next.expect("it was seen").clone());
        }
        both.ends = self.ends.max(other.ends);
        both
    }
}

/// What resources and tokens are called, and what those of another story are called.
struct Names {
    pattern: Regex,
    others: BTreeMap<String, String>,
}

static UUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)([0-9a-f]{12})\b").unwrap()
});

static DATE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"20\d\d-\d\d-\d\d|GMT").unwrap());

/// The text with each hexadecimal digit turned into the next.
fn other_digits(text: &str) -> String {
    let Some((before, digits)) = text.rsplit_once(':') else {
        return format!("{text}-x");
    };
    format!("{before}:{}", next_digits(digits))
}

fn next_digits(text: &str) -> String {
    let digits = "0123456789abcdef0";
    text.chars()
        .map(|digit| {
            let place = digits.find(digit.to_ascii_lowercase());
            place.map_or(digit, |place| char::from(digits.as_bytes()[place + 1]))
        })
        .collect()
}

/// What takes no time.
fn instant(at: Timestamp) -> Timing {
    Timing {
        request_first: at,
        request_last: at,
        response_first: at,
        response_last: at,
    }
}

/// A step of another story; what belongs to no step does so there too.
fn shift(step: &mut u64, by: u64) {
    if *step > 0 {
        *step += by;
    }
}

fn rename(exchange: &mut Exchange, names: &Names) {
    let request = &mut exchange.request;
    request.url = renamed(&request.url, names);
    rename_all(&mut request.headers, names);
    rename_body(&mut request.body, names);
    if let Outcome::Response(response) = &mut exchange.outcome {
        rename_all(&mut response.headers, names);
        rename_body(&mut response.body, names);
    }
}

fn rename_all(headers: &mut Headers, names: &Names) {
    let mut others = Headers::new();
    for (name, value) in headers.iter() {
        others.push(name, renamed(value, names));
    }
    *headers = others;
}

fn rename_body(body: &mut Body, names: &Names) {
    if let Some(text) = body.text().map(|text| renamed(text, names)) {
        *body = text.into();
    }
}

fn renamed(text: &str, names: &Names) -> String {
    let text = UUID.replace_all(text, |found: &Captures<'_>| {
        // There is one provider.
        if PROVIDER.ends_with(&found[0]) {
            found[0].to_owned()
        } else {
            format!("{}{}", &found[1], next_digits(&found[2]))
        }
    });
    names
        .pattern
        .replace_all(&text, |found: &Captures<'_>| {
            // Where there are no names, nothing is found between two other characters.
            let name = names.others.get(&found[2]).map_or("", String::as_str);
            format!("{}{name}{}", &found[1], &found[3])
        })
        .into_owned()
}
