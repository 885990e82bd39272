//! What is sent next, and what follows from its answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::draft::{Draft, Materials};
use super::forge::Forge;
use super::lattice::{Making, Recipe};
use super::sequence::Sequence;
use super::target::Target;
use crate::base::{Random, Timestamp, uuid};
use crate::event::{Expectation, ProbeRole, ProbeStart, ProbeWithheld};
use crate::exchange::{Body, FailureKind, Headers, Outcome, Request, RetryAfter};
use crate::profile::Profile;

/// How often a probe is sent at most.
const ATTEMPTS: u32 = 2;

/// How long an effect is waited for before it is looked for.
const SETTLING: Duration = Duration::from_secs(1);

/// A block of probes.
pub struct Probing {
    target: Target,
    profile: Arc<Profile>,
    forge: Arc<Forge>,
    chance: Random,
    turns: VecDeque<Turn>,
    withheld: Vec<ProbeWithheld>,
    step: u64,
    /// What was sent last, for what follows on it.
    last: Option<(Request, String)>,
    /// The shot that is to be made again.
    again: Option<Shot>,
    /// Whether anything was ever answered.
    reached: Reached,
}

/// Whether the endpoint was ever reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Nothing was delivered yet.
    NotYet,
    /// Something was.
    Once,
    /// Nothing was, and a request could not be delivered twice: nothing more is sent.
    Never,
}

/// What comes next.
#[derive(Clone)]
enum Turn {
    Probe(&'static Recipe),
    ReadBack { check: String, resource: String },
}

/// A request that is to be sent.
#[derive(Clone, Debug)]
pub struct Shot {
    /// The probe that it makes.
    pub start: ProbeStart,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// How long to wait before it is sent.
    pub wait: Duration,
    /// The request.
    pub request: Request,
    /// How it is sent.
    pub manner: Manner,
}

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As any other.
    Usual,
    /// Byte for byte as it is spelled.
    Verbatim,
    /// Only the greeting of a client that speaks TLS 1.1 at most.
    OldHandshake,
}

impl Probing {
    /// The probes of `target`, in an order that `chance` says.
    #[must_use]
    pub fn new(
        target: Target,
        profile: Arc<Profile>,
        forge: Arc<Forge>,
        mut chance: Random,
    ) -> Self {
        let Sequence { order, withheld } = Sequence::arrange(&target, &profile, &mut chance);
        let mut turns: VecDeque<Turn> = order.into_iter().map(Turn::Probe).collect();
        if target.read_back.is_some() {
            // What nobody ever mentioned, for comparison.
            turns.push_front(Turn::ReadBack {
                check: "NP-00".into(),
                resource: uuid(&mut chance).to_string(),
            });
        }
        Self {
            target,
            profile,
            forge,
            chance,
            turns,
            withheld,
            step: 0,
            last: None,
            again: None,
            reached: Reached::NotYet,
        }
    }

    /// The probes that are not sent, with the reasons.
    #[must_use]
    pub fn withheld(&self) -> &[ProbeWithheld] {
        &self.withheld
    }

    /// How many requests are left, repetitions and read-backs not counted.
    #[must_use]
    pub fn left(&self) -> usize {
        self.turns.len()
    }

    /// Whether the endpoint was ever reached.
    #[must_use]
    pub fn reached(&self) -> Reached {
        self.reached
    }

    /// How long is waited before the next request is made; none where there is no next. Make it with
    /// [`Probing::next`] when that time has passed: tokens tell the moment.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        let pace = Duration::from_secs_f64(1.0 / self.profile.rate.value);
        match (&self.again, self.turns.front()) {
            (Some(again), _) => Some(again.wait.max(pace)),
            (None, Some(Turn::ReadBack { .. })) => Some(SETTLING),
            (None, Some(Turn::Probe(_))) => Some(pace),
            (None, None) => None,
        }
    }

    /// The next request at `now`; none where there is none left.
    pub fn next(&mut self, now: Timestamp) -> Option<Shot> {
        if let Some(again) = self.again.take() {
            return Some(again);
        }
        self.step += 1;
        match self.turns.pop_front()? {
            Turn::Probe(recipe) => Some(self.make(recipe, now)),
            Turn::ReadBack { check, resource } => Some(self.read_back(check, resource)),
        }
    }

    fn make(&mut self, recipe: &'static Recipe, now: Timestamp) -> Shot {
        let resource = match (&self.last, recipe.making) {
            (Some((_, resource)), Making::Again | Making::OfTheSame(_)) => resource.clone(),
            (
                _,
                Making::Again
                | Making::OfTheSame(_)
                | Making::Changed(_)
                | Making::Spelled(_)
                | Making::OldHandshake,
            ) => uuid(&mut self.chance).to_string(),
        };
        let interaction = uuid(&mut self.chance).to_string();
        let mut draft = Draft::new(Materials {
            target: &self.target,
            profile: &self.profile,
            forge: &self.forge,
            resource: &resource,
            interaction: &interaction,
            now,
        });
        let mut manner = Manner::Usual;
        let request = match (recipe.making, &self.last) {
            (Making::Again, Some((request, _))) => request.clone(),
            (Making::Again, None) => draft.finish(),
            (Making::Changed(change) | Making::OfTheSame(change), _) => {
                change(&mut draft);
                draft.finish()
            }
            (Making::Spelled(change), _) => {
                manner = Manner::Verbatim;
                change(&mut draft);
                draft.finish()
            }
            (Making::OldHandshake, _) => {
                manner = Manner::OldHandshake;
                draft.finish()
            }
        };
        self.last = Some((request.clone(), resource.clone()));
        if self.target.read_back.is_some() && leaves_a_trace(recipe) {
            self.turns.push_front(Turn::ReadBack {
                check: recipe.check.to_owned(),
                resource: resource.clone(),
            });
        }
        Shot {
            start: ProbeStart {
                step: self.step,
                check: recipe.check.to_owned(),
                probe: recipe.name.to_owned(),
                factor: recipe.factor.to_owned(),
                role: recipe.role,
                expect: recipe.expect,
                resource,
            },
            attempt: 1,
            wait: Duration::ZERO,
            request,
            manner,
        }
    }

    fn read_back(&mut self, check: String, resource: String) -> Shot {
        let template = self.target.read_back.as_deref().unwrap_or_default();
        let request = Request {
            method: "GET".into(),
            url: template.replace("{id}", &resource),
            headers: Headers::from_iter([("accept", "application/json")]),
            body: Body::default(),
        };
        Shot {
            start: ProbeStart {
                step: self.step,
                check,
                probe: "read-back".into(),
                factor: "the state of the resource is read".into(),
                role: ProbeRole::ReadBack,
                expect: Expectation::Shown,
                resource,
            },
            attempt: 1,
            wait: Duration::ZERO,
            request,
            manner: Manner::Usual,
        }
    }

    /// Takes note of what became of `shot` at `now`: what was throttled or not delivered is sent once
    /// more, after a while.
    pub fn answered(&mut self, now: Timestamp, mut shot: Shot, outcome: &Outcome) {
        let undelivered = matches!(
            outcome,
            Outcome::Failure(failure) if matches!(
                failure.kind,
                FailureKind::Connect
                    | FailureKind::Resolve
                    | FailureKind::Tls
                    | FailureKind::Address
                    | FailureKind::Refused
            )
        );
        if !undelivered {
            self.reached = Reached::Once;
        }
        if shot.attempt == ATTEMPTS {
            if undelivered && self.reached == Reached::NotYet {
                self.reached = Reached::Never;
                self.turns.clear();
            }
            return;
        }
        if let Some(wait) = self.patience(now, &shot, outcome) {
            shot.attempt += 1;
            shot.wait = wait;
            self.again = Some(shot);
        }
    }

    /// How long is waited before `shot` is sent again; none where it is not.
    fn patience(&self, now: Timestamp, shot: &Shot, outcome: &Outcome) -> Option<Duration> {
        let patience = self.profile.backoff.base.value;
        if matches!(
            shot.start.expect,
            Expectation::Shown | Expectation::NotServed
        ) {
            return None;
        }
        match outcome {
            Outcome::Response(response) if response.status == 429 => {
                let asked = RetryAfter::of(&response.headers, now).map(|hint| hint.wait);
                let longest = self.profile.notifications.longest_wait.value;
                Some(asked.unwrap_or(patience).clamp(patience, longest))
            }
            Outcome::Response(_) => None,
            Outcome::Failure(failure)
                if shot.start.expect == Expectation::TooLarge
                    && failure.kind == FailureKind::Cut =>
            {
                None
            }
            Outcome::Failure(_) => Some(patience),
        }
    }
}

/// Whether the state of the resource is looked at after a probe.
fn leaves_a_trace(recipe: &Recipe) -> bool {
    match (recipe.role, recipe.expect) {
        (ProbeRole::Control | ProbeRole::ReadBack, _) | (_, Expectation::Shown) => false,
        (ProbeRole::Negative, _) => true,
        (ProbeRole::Positive, _) => matches!(recipe.check, "NP-50" | "NP-53"),
    }
}
