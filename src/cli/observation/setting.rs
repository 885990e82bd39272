//! What `mock` and `observe` begin with.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::notification_header::{ChosenBy, NotificationHeader};
use crate::base::{Clock, Random, Redactor, Seed};
use crate::cli::args::{PlatformArgs, TimeChoice};
use crate::cli::certification::LOGICAL_SEED;
use crate::cli::failure::CommandFailure;
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::event::{EventKind, Events, Listener, ListenerError, RunStart, Subject, Target};
use crate::history::{BackgroundRecorder, Knowledge, Recorder, Redaction};
use crate::mock::{Defects, Platform, Signatures, Tenant};
use crate::observe::{Discretion, conceal_tokens};
use crate::profile::{Declaration, Profile};

/// Whose credentials are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// The mock's, which are published.
    Published,
    /// The provider's own too: at the sandbox, or in its declaration.
    Theirs,
}

impl Credentials {
    /// The mock's, and what `declaration` holds.
    #[must_use]
    pub fn of(declaration: &Declaration) -> Self {
        let notification = declaration.notification.as_ref();
        match notification.and_then(|notification| notification.value.as_ref()) {
            Some(_) => Self::Theirs,
            None => Self::Published,
        }
    }
}

/// What is dear to make and the same in many rehearsals: share one among them. It knows the mock's
/// secrets, which are published.
pub struct Stock {
    signatures: Signatures,
    redactor: Redactor,
}

impl Default for Stock {
    fn default() -> Self {
        let redactor = Redactor::ancestor();
        learn_published(&redactor);
        Self {
            signatures: Signatures::default(),
            redactor,
        }
    }
}

/// Profile, clock, chance and secrets of an observation.
pub struct Setting {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Whose time counts.
    pub time: TimeChoice,
    /// The clock.
    pub clock: Clock,
    /// The seed of all chance.
    pub seed: Seed,
    /// All chance.
    pub chance: Random,
    /// What notifications carry.
    pub header: NotificationHeader,
    /// Knows every secret.
    pub redactor: Redactor,
    defects: Defects,
    defect_names: Vec<String>,
    /// Signatures of other platforms.
    signatures: Option<Signatures>,
}

impl Setting {
    /// Reads what was typed.
    ///
    /// # Errors
    /// If the notification header cannot be understood.
    pub fn read(
        profile: Arc<Profile>,
        platform: &PlatformArgs,
        header: Option<&str>,
        time: TimeChoice,
        credentials: Credentials,
        surroundings: Surroundings,
    ) -> Result<Self, CommandFailure> {
        let (clock, fixed) = match time {
            TimeChoice::Logical => (Clock::logical(Clock::logical_start()), Some(LOGICAL_SEED)),
            TimeChoice::Real => (Clock::system(), None),
        };
        let seed = target::seed(platform, fixed);
        let chance = Random::from_seed(seed);
        let header = NotificationHeader::read(header, &chance, surroundings)?;
        let redactor = redactor(&header, &chance, credentials);
        Ok(Self {
            profile,
            time,
            clock,
            seed,
            chance,
            header,
            redactor,
            defects: platform.mock_defect.iter().copied().collect(),
            defect_names: platform
                .mock_defect
                .iter()
                .map(ToString::to_string)
                .collect(),
            signatures: None,
        })
    }

    /// Logical time from its beginning, with all chance drawn from `seed`: nothing of it is typed.
    /// What is in `stock` changes nothing of what is recorded.
    #[must_use]
    pub fn logical(profile: Arc<Profile>, seed: Seed, stock: &Stock) -> Self {
        let chance = Random::from_seed(seed);
        let header = NotificationHeader::drawn(&chance);
        let redactor = stock.redactor.rekeyed(public_key(&chance));
        redactor.learn("notification header", header.value.expose());
        Self {
            profile,
            time: TimeChoice::Logical,
            clock: Clock::logical(Clock::logical_start()),
            seed,
            chance,
            header,
            redactor,
            defects: Defects::default(),
            defect_names: Vec::new(),
            signatures: Some(stock.signatures.clone()),
        }
    }

    /// Another setting by the same clock, with a `profile` and chance of its own: for what is no part of
    /// the observation.
    #[must_use]
    pub fn apart(&self, profile: Arc<Profile>, chance: Random) -> Self {
        let header = NotificationHeader::drawn(&chance);
        Self {
            profile,
            time: self.time,
            clock: self.clock.clone(),
            seed: self.seed,
            redactor: redactor(&header, &chance, Credentials::Published),
            chance,
            header,
            defects: Defects::default(),
            defect_names: Vec::new(),
            signatures: None,
        }
    }

    /// A platform that nobody has spoken to.
    #[must_use]
    pub fn platform(&self) -> Platform {
        let platform = Platform::new(
            Arc::clone(&self.profile),
            self.chance.fork("platform"),
            self.defects.clone(),
        );
        match &self.signatures {
            Some(signatures) => platform.sharing(signatures.clone()),
            None => platform,
        }
    }

    /// The stream of events, into a history at `path` where there is one, and to `others`.
    ///
    /// # Errors
    /// If the history cannot be made.
    pub fn events(
        &self,
        path: Option<&Path>,
        others: Vec<Box<dyn Listener + Send>>,
    ) -> Result<Events, ListenerError> {
        let mut listeners: Vec<Box<dyn Listener + Send>> = Vec::new();
        if let Some(path) = path {
            let knowledge = self.knowledge();
            let redaction = self.redaction();
            listeners.push(match self.time {
                // The connector must not wait for the disk.
                TimeChoice::Real => {
                    Box::new(BackgroundRecorder::create(path, redaction, knowledge)?)
                }
                // Nobody waits, and what is known when a line is written must not be left to chance.
                TimeChoice::Logical => Box::new(Recorder::create(path, redaction)?),
            });
        }
        listeners.extend(others);
        Ok(self.discreet(listeners))
    }

    /// The stream of events, into a history that `sink` takes.
    pub fn events_into(&self, sink: impl std::io::Write + Send + 'static) -> Events {
        let (redaction, knowledge) = (self.redaction(), self.knowledge());
        let recorder = Recorder::remembering(sink, "the history", redaction, knowledge);
        self.discreet(vec![Box::new(recorder)])
    }

    /// The stream of events into `sink`, with nothing taken out but tokens: where nobody's secrets
    /// come up, and thousands of histories are written.
    pub fn events_openly_into(&self, sink: impl std::io::Write + Send + 'static) -> Events {
        let redactor = self.redactor.clone();
        let redaction: Redaction = Arc::new(move |text| {
            let concealed = conceal_tokens(&redactor, text.as_bytes());
            String::from_utf8_lossy(&concealed).into_owned()
        });
        // What stands for a token follows from the token.
        let recorder = Recorder::remembering(sink, "the history", redaction, Arc::new(|| 0));
        Events::new(self.clock.clone(), vec![Box::new(recorder)])
    }

    fn knowledge(&self) -> Knowledge {
        let redactor = self.redactor.clone();
        Arc::new(move || redactor.knowledge())
    }

    fn redaction(&self) -> Redaction {
        let redactor = self.redactor.clone();
        Arc::new(move |text| {
            let concealed = conceal_tokens(&redactor, text.as_bytes());
            redactor.redact(&String::from_utf8_lossy(&concealed))
        })
    }

    fn discreet(&self, listeners: Vec<Box<dyn Listener + Send>>) -> Events {
        let discretion = Discretion::new(
            self.redactor.clone(),
            self.profile.headers.api_key.value.as_str(),
            listeners,
        );
        Events::new(self.clock.clone(), vec![Box::new(discretion)])
    }

    /// The first event of the history.
    #[must_use]
    pub fn start(
        &self,
        target: Target,
        plan: &str,
        exercises: Option<BTreeSet<String>>,
        insecure: bool,
    ) -> EventKind {
        self.start_of(Subject::Connector, target, plan, exercises, insecure)
    }

    /// The first event of the history of a `subject`.
    #[must_use]
    pub fn start_of(
        &self,
        subject: Subject,
        target: Target,
        plan: &str,
        exercises: Option<BTreeSet<String>>,
        insecure: bool,
    ) -> EventKind {
        EventKind::RunStarted(Box::new(RunStart {
            format: 1,
            harness: env!("CARGO_PKG_VERSION").into(),
            target,
            subject,
            profile: self.profile.name.clone(),
            profile_sha256: self.profile.sha256.clone(),
            profile_overridden: !self.profile.overridden.is_empty(),
            time: match self.time {
                TimeChoice::Logical => "logical".into(),
                TimeChoice::Real => "real".into(),
            },
            seed: self.seed,
            map: Vec::new(),
            mock_defects: self.defect_names.clone(),
            backoff: None,
            insecure,
            plan: plan.to_owned(),
            exercises,
            collections: Vec::new(),
            environment: None,
        }))
    }
}

/// Knows the secrets of the mock and of the notification header.
fn redactor(header: &NotificationHeader, chance: &Random, credentials: Credentials) -> Redactor {
    let key = match (header.chosen_by, credentials) {
        (ChosenBy::Preflight, Credentials::Published) => public_key(chance),
        (ChosenBy::User, _) | (_, Credentials::Theirs) => {
            let mut key = [0; 32];
            Random::from_entropy().fill(&mut key);
            key
        }
    };
    let redactor = Redactor::new(key);
    learn_published(&redactor);
    redactor.learn("notification header", header.value.expose());
    redactor
}

/// The key of commitments where every secret is published: they need not hide anything, and two runs
/// with one seed give the same bytes.
fn public_key(chance: &Random) -> [u8; 32] {
    let mut key = [0; 32];
    chance.fork("commitments").fill(&mut key);
    key
}

/// The secrets of the mock.
fn learn_published(redactor: &Redactor) {
    let tenant = Tenant::seeded();
    for credential in [
        tenant.provider,
        tenant.product,
        tenant.foreign_provider,
        tenant.foreign_product,
    ] {
        redactor.learn("client secret", credential.client_secret);
        redactor.learn("API key", credential.api_key);
    }
    redactor.learn("expired token", &Tenant::expired_token());
}
