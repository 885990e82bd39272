//! The notification endpoint: who may speak to it, and what is answered.

use serde_json::Value;

use crate::base::{Random, Timestamp, later, sha256};
use crate::exchange::{Body, Headers, Outcome, Request, Response};

use super::effort::{Effort, Fate};
use super::gatekeeping::header_is_right;
use super::jwt::{self, Expected, Key, Known, Verdict};
use super::matter::Matter;
use super::memory::Memory;
use super::{
    Call, HeaderQuirk, Methods, Order, Output, Policy, Refusal, RefusalWords, Repetition, Settings,
    Validation,
};

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
    /// Keys at an address that a token named, by policy.
    strangers: Option<(String, Vec<Key>)>,
    /// The address that a token named, as long as it was not asked.
    elsewhere: Option<String>,
    /// How many were refused in a row, and until when everybody is.
    refusals: u32,
    locked: Option<Timestamp>,
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
            strangers: None,
            elsewhere: None,
            refusals: 0,
            locked: None,
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
            Examined::Answered(answered) => *answered,
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

    /// Where keys are to be asked for at `now`, if they are; then they count as asked for.
    pub(super) fn begin_fetch(&mut self, now: Timestamp, settings: &Settings) -> Option<String> {
        let may = match self.fetch {
            Fetch::Idle => !self.held.is_empty(),
            Fetch::Resting(until) => until <= now,
            Fetch::Asked => false,
        };
        if !may {
            return None;
        }
        self.fetch = Fetch::Asked;
        if let Some(address) = &self.elsewhere {
            return Some(address.clone());
        }
        self.asked = Some(now);
        Some(settings.jwks_url.clone())
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
        let elsewhere = self.elsewhere.take();
        if let Some(address) = elsewhere {
            // Where there is nothing, nothing more is asked for.
            self.strangers = Some((address, keys.unwrap_or_default()));
            self.effort = Effort::default();
            return std::mem::take(&mut self.held);
        }
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
        if request.method != "POST" && policy.reception.methods == Methods::PostOnly {
            let mut response = answer(405);
            response.headers.push("allow", "POST");
            return Examined::answered(response, None);
        }
        if self.locked.is_some_and(|until| now < until) {
            return Examined::refused(policy, "too many failures");
        }
        if policy.reception.order == Order::BodyFirst
            && let Err(refusal) = readable(request, policy)
        {
            return refusal;
        }
        let examined = self.admit(now, request, settings, policy);
        match &examined {
            Ok(()) => self.refusals = 0,
            Err(Examined::Answered(_)) => self.count_refusal(now, policy),
            Err(Examined::Undecided) => {}
        }
        match examined {
            Ok(()) => self.read(now, request, settings, policy),
            Err(refused) => refused,
        }
    }

    /// Whether somebody may speak; if not, what he is told.
    fn admit(
        &mut self,
        now: Timestamp,
        request: &Request,
        settings: &Settings,
        policy: &Policy,
    ) -> Result<(), Examined> {
        let reception = &policy.reception;
        let header = header_is_right(request, settings, reception.header);
        let either = reception.header == Validation::Quirky(HeaderQuirk::OrToken);
        if either && header {
            return Ok(());
        }
        if !either && !header {
            return Err(Examined::refused(policy, "wrong key"));
        }
        let authorization: Vec<_> = request.headers.all("authorization").collect();
        let strangers = self.strangers.as_ref();
        let verdict = jwt::verify(
            &authorization,
            reception.token,
            Known {
                issuers: self.keys.as_deref(),
                strangers: strangers.map(|(address, keys)| (address.as_str(), keys.as_slice())),
            },
            Expected {
                issuer: &settings.issuer,
                audience: reception.audience.as_deref().unwrap_or(&settings.client_id),
                subject: reception.subject.as_deref(),
                scope: reception.scope.as_deref(),
                now,
                leeway: reception.leeway,
            },
        );
        match verdict {
            Verdict::Good => Ok(()),
            Verdict::UnknownKey if self.keys_may_be_old(now) => Err(Examined::Undecided),
            Verdict::KeysAt(address) if self.fetch == Fetch::Idle => {
                self.elsewhere = Some(address);
                Err(Examined::Undecided)
            }
            Verdict::Insufficient => {
                let mut response = answer(403);
                let challenge = r#"Bearer error="insufficient_scope""#;
                response.headers.push("www-authenticate", challenge);
                Err(Examined::answered(response, None))
            }
            Verdict::Bad | Verdict::UnknownKey | Verdict::KeysAt(_) => {
                Err(Examined::refused(policy, "wrong token"))
            }
        }
    }

    fn count_refusal(&mut self, now: Timestamp, policy: &Policy) {
        self.refusals += 1;
        if let Some(lock_out) = policy.reception.lock_out
            && self.refusals >= lock_out.after
        {
            self.refusals = 0;
            self.locked = Some(later(now, lock_out.span));
        }
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
        let only = |status| Examined::answered(answer(status), None);
        let body = match readable(request, policy) {
            Ok(body) => body,
            Err(refusal) => return refusal,
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
        let repeated = match policy.reception.repetition {
            Repetition::Recognised | Repetition::Repeated => {
                self.is_repeated(now, &matter, request)
            }
            Repetition::ByBody => {
                let body = sha256(request.body.bytes());
                self.resources.meets(now, body)
            }
        };
        let attended = match policy.reception.repetition {
            Repetition::Recognised | Repetition::ByBody => !repeated,
            Repetition::Repeated => true,
        };
        Examined::answered(answer(status), attended.then_some(matter))
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
    Answered(Box<(Response, Option<Matter>)>),
    /// The keys have to be fetched first.
    Undecided,
}

impl Examined {
    fn answered(response: Response, matter: Option<Matter>) -> Self {
        Self::Answered(Box::new((response, matter)))
    }

    /// The same answer whatever is wrong: it tells nobody how far he came, unless by policy.
    fn refused(policy: &Policy, reason: &str) -> Self {
        let refusal = policy.reception.refusal;
        let mut response = answer(refusal.status);
        let challenge = r#"Bearer realm="notifications""#;
        match refusal.words {
            RefusalWords::Challenge => response.headers.push("www-authenticate", challenge),
            RefusalWords::Silence => {}
            RefusalWords::Reason => {
                response.headers.push("www-authenticate", challenge);
                response.body = Body::from(reason.to_owned());
            }
        }
        Self::answered(response, None)
    }
}

/// The JSON object in the body of `request`; where there is none, what is answered.
fn readable(request: &Request, policy: &Policy) -> Result<Value, Examined> {
    let only = |status| Examined::answered(answer(status), None);
    if request.body.len() > LARGEST {
        return Err(only(413));
    }
    let is_json = request
        .headers
        .get("content-type")
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(only(415));
    }
    let body = request.body.json().filter(Value::is_object);
    body.ok_or_else(|| only(policy.reception.unreadable))
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
