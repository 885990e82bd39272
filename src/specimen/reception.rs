//! The notification endpoint: who may speak to it, and what is answered.

use serde_json::Value;

use crate::base::{Random, Timestamp, later, sha256};
use crate::exchange::{Body, Headers, Outcome, Request, Response};

use super::effort::{Effort, Fate};
use super::jwt::{self, Expected, Key, Verdict};
use super::matter::Matter;
use super::memory::Memory;
use super::{Call, Output, Policy, Refusal, Repetition, Settings, Validation};

/// The largest body that is read, in bytes: that of the platform's largest batch.
const LARGEST: usize = 5_000_000;

/// For how long keys are taken for the issuer's only ones.
const KEYS_STAY: std::time::Duration = std::time::Duration::from_mins(1);

/// For how long a message that comes again is taken for the same one.
const MESSAGES_STAY: std::time::Duration = std::time::Duration::from_mins(15);

/// For how long a subscription or batch that is told again is taken for known. After that the
/// platform is asked how far it is.
const RESOURCES_STAY: std::time::Duration = std::time::Duration::from_hours(24);

/// How often the keys are asked for before notifications are put off.
const KEY_ATTEMPTS: u32 = 3;

/// What a connector remembers of its notifications.
#[derive(Clone, Debug)]
pub(super) struct Reception {
    keys: Option<Vec<Key>>,
    /// When they were asked for last.
    asked: Option<Timestamp>,
    fetch: Fetch,
    effort: Effort,
    failures: u32,
    /// Those that wait for the keys.
    held: Vec<(Call, Request)>,
    /// Answers that are given later, by policy.
    late: Vec<(Timestamp, Call, Response)>,
    /// The messages that came.
    messages: Memory,
    /// The subscriptions and batches that came.
    resources: Memory,
}

impl Default for Reception {
    fn default() -> Self {
        Self {
            keys: None,
            asked: None,
            fetch: Fetch::Idle,
            effort: Effort::default(),
            failures: 0,
            held: Vec::new(),
            late: Vec::new(),
            messages: Memory::new(MESSAGES_STAY),
            resources: Memory::new(RESOURCES_STAY),
        }
    }
}

/// How far the fetch of the keys is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fetch {
    Idle,
    Asked,
    Resting(Timestamp),
}

impl Reception {
    /// Takes a notification in, and gives the matter that is to be attended to.
    pub(super) fn receive(
        &mut self,
        now: Timestamp,
        call: Call,
        request: Request,
        settings: &Settings,
        policy: &Policy,
        out: &mut Vec<Output>,
    ) -> Option<Matter> {
        let (response, matter) = match self.examine(now, &request, settings, policy) {
            Examined::Answered(response, matter) => (response, matter),
            Examined::Undecided => {
                self.held.push((call, request));
                return None;
            }
        };
        let delay = policy.reception.delay;
        if delay.is_zero() {
            out.push(Output::Answer(call, response));
        } else {
            self.late.push((later(now, delay), call, response));
        }
        matter
    }

    /// Whether the keys are to be asked for at `now`; if so they count as asked for.
    pub(super) fn begin_fetch(&mut self, now: Timestamp) -> bool {
        let may = match self.fetch {
            Fetch::Idle => !self.held.is_empty(),
            Fetch::Resting(until) => until <= now,
            Fetch::Asked => false,
        };
        if may {
            self.fetch = Fetch::Asked;
            self.asked = Some(now);
        }
        may
    }

    /// Takes note of what became of the fetch of the keys, and gives back the notifications that
    /// can be received now.
    pub(super) fn settle(
        &mut self,
        now: Timestamp,
        outcome: &Outcome,
        policy: &Policy,
        chance: &mut Random,
        out: &mut Vec<Output>,
    ) -> Vec<(Call, Request)> {
        let retry = &policy.retry;
        let fate = self
            .effort
            .judge(retry, Refusal::GivenUp, now, outcome, 0, chance);
        let keys = match outcome {
            Outcome::Response(response) => response
                .body
                .json()
                .filter(|_| fate == Fate::Done)
                .and_then(|set| jwt::keys(&set)),
            Outcome::Failure(_) => None,
        };
        self.fetch = Fetch::Idle;
        if let Some(keys) = keys {
            self.keys = Some(keys);
            self.effort = Effort::default();
            self.failures = 0;
            return std::mem::take(&mut self.held);
        }
        self.failures += 1;
        match fate {
            Fate::Again { at, .. } if self.failures < KEY_ATTEMPTS => {
                self.fetch = Fetch::Resting(at);
            }
            Fate::Again { .. } | Fate::Done | Fate::Renewed | Fate::Lost => {
                self.failures = 0;
                self.effort = Effort::default();
                for (call, _) in self.held.drain(..) {
                    out.push(Output::Answer(call, answer(503)));
                }
            }
        }
        Vec::new()
    }

    /// Gives the answers whose time has come.
    pub(super) fn answer_late(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.late.retain(|(at, call, response)| {
            if *at <= now {
                out.push(Output::Answer(*call, response.clone()));
            }
            *at > now
        });
    }

    /// When something is to be done.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let rest = match self.fetch {
            Fetch::Resting(until) => Some(until),
            Fetch::Idle | Fetch::Asked => None,
        };
        let late = self.late.iter().map(|(at, _, _)| *at);
        late.chain(rest).min()
    }

    fn examine(
        &mut self,
        now: Timestamp,
        request: &Request,
        settings: &Settings,
        policy: &Policy,
    ) -> Examined {
        if request.method != "POST" {
            let mut response = answer(405);
            response.headers.push("allow", "POST");
            return Examined::Answered(response, None);
        }
        let header: Vec<_> = request.headers.all(&settings.notification_header).collect();
        if policy.reception.header == Validation::Checked
            && header != [settings.notification_value.expose()]
        {
            return Examined::refused();
        }
        let authorization: Vec<_> = request.headers.all("authorization").collect();
        let verdict = jwt::verify(
            &authorization,
            policy.reception.token,
            self.keys.as_deref(),
            Expected {
                issuer: &settings.issuer,
                audience: policy
                    .reception
                    .audience
                    .as_deref()
                    .unwrap_or(&settings.client_id),
                now,
            },
        );
        match verdict {
            Verdict::Good => {}
            Verdict::UnknownKey if self.keys_may_be_old(now) => return Examined::Undecided,
            Verdict::Bad | Verdict::UnknownKey => return Examined::refused(),
        }
        self.read(now, request, settings, policy)
    }

    /// Whether the issuer may have other keys by now.
    fn keys_may_be_old(&self, now: Timestamp) -> bool {
        self.keys.is_none()
            || self.fetch != Fetch::Idle
            || self
                .asked
                .is_none_or(|asked| later(asked, KEYS_STAY) <= now)
    }

    /// Reads the body of a request from somebody who may speak.
    fn read(
        &mut self,
        now: Timestamp,
        request: &Request,
        settings: &Settings,
        policy: &Policy,
    ) -> Examined {
        let only = |status| Examined::Answered(answer(status), None);
        if request.body.len() > LARGEST {
            return only(413);
        }
        let is_json = request
            .headers
            .get("content-type")
            .and_then(|kind| kind.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return only(415);
        }
        let Some(body) = request.body.json().filter(Value::is_object) else {
            return only(400);
        };
        let Some(matter) = Matter::read(&body, &settings.dialect.notifications) else {
            // It may be of a kind that came later than this connector.
            return only(policy.reception.accepted);
        };
        let status = if matter.is_creation() {
            policy.reception.created
        } else {
            policy.reception.accepted
        };
        let repeated = self.is_repeated(now, &matter, request);
        let attended = match policy.reception.repetition {
            Repetition::Recognised => !repeated,
            Repetition::Repeated => true,
        };
        Examined::Answered(answer(status), attended.then_some(matter))
    }

    /// Whether `matter` was received before, and remembers it.
    fn is_repeated(&mut self, now: Timestamp, matter: &Matter, request: &Request) -> bool {
        let key = match matter {
            Matter::Subscription(id) => sha256(format!("subscription {id}").as_bytes()),
            Matter::Batch(id) => sha256(format!("batch {id}").as_bytes()),
            Matter::Message(message) if message.question.changes_something() => {
                return self.messages.meets(now, sha256(request.body.bytes()));
            }
            // Whoever asks again is told again.
            Matter::Message(_) | Matter::Change(_) | Matter::Configuration => return false,
        };
        self.resources.meets(now, key)
    }
}

/// What became of a notification.
enum Examined {
    /// It is answered, and there is something to do.
    Answered(Response, Option<Matter>),
    /// The keys have to be fetched first.
    Undecided,
}

impl Examined {
    /// The same answer whatever is wrong: it tells nobody how far he came.
    fn refused() -> Self {
        let mut response = answer(401);
        response
            .headers
            .push("www-authenticate", r#"Bearer realm="notifications""#);
        Self::Answered(response, None)
    }
}

fn answer(status: u16) -> Response {
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    Response {
        status,
        reason: reason.unwrap_or_default().to_owned(),
        headers: Headers::new(),
        body: Body::default(),
    }
}
