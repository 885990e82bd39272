//! One specimen, played and judged.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Workshop, doubt};
use crate::base::Seed;
use crate::cli::failure::CommandFailure;
use crate::cli::observation::{Setting, Stock, rehearse};
use crate::cli::probing::rehearse_probes;
use crate::conformance::{Finding, Scope, findings};
use crate::event::{Events, Target};
use crate::history::History;
use crate::observe::probe::{Forge, Stamina};
use crate::observe::{Director, Logbook, Plan, Stage};
use crate::profile::Profile;
use crate::run::cancellation;
use crate::specimen::{self, Nature, Specimen};

/// The Sage product whose connector a specimen is.
const APPLICATION: &str = "sage.specimen";

/// A specimen where it is tried; the same for all seeds.
pub struct Trial {
    /// Who is tried.
    pub specimen: &'static Specimen,
    profile: Arc<Profile>,
    stage: Where,
    stock: Arc<Stock>,
    /// How often chance alone has the rule on growth doubt that its waits grow.
    pub doubted: f64,
}

/// Where a specimen is tried.
enum Where {
    /// In a scenario.
    Scenario(Box<Plan>),
    /// By probes, which are signed there.
    Probes(Arc<Forge>),
}

/// A history that is kept in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn take(&self) -> Vec<u8> {
        // A writer that panicked has ended the trial already.
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Trial {
    /// Puts everything in its place.
    ///
    /// # Errors
    /// If the gallery contradicts itself: a fault of preflight.
    pub fn of(specimen: &'static Specimen, workshop: &Workshop) -> Result<Self, CommandFailure> {
        let name = specimen.name;
        let profile = match specimen.profile {
            "" => Profile::built_in(),
            text => Profile::with_override(text, &format!("the profile of {name}"))?,
        };
        let gallery = Plan::built_in("gallery")
            .ok_or_else(|| CommandFailure::Fault("the plan of the gallery is missing".into()))?;
        let stage = match specimen.trial {
            specimen::Trial::Scenario(scenario) => {
                Where::Scenario(Box::new(gallery.only(scenario).ok_or_else(|| {
                    CommandFailure::Fault(format!("{name}: there is no scenario «{scenario}»"))
                })?))
            }
            specimen::Trial::Probes => Where::Probes(Arc::clone(&workshop.forge)),
        };
        let doubted = match (&stage, specimen.nature) {
            (Where::Scenario(plan), Nature::Conforming) => {
                let policy = specimen.policy(&profile, APPLICATION);
                doubt::expected(&policy.retry.backoff, plan, &profile)
            }
            (Where::Scenario(_), Nature::Broken { .. }) | (Where::Probes(_), _) => 0.0,
        };
        Ok(Self {
            specimen,
            profile: Arc::new(profile),
            stage,
            stock: Arc::clone(&workshop.stock),
            doubted,
        })
    }

    /// Plays the scenario with all chance drawn from `seed`, and judges it.
    ///
    /// # Errors
    /// If it cannot be played to its end.
    pub fn findings(&self, seed: Seed) -> Result<Vec<Finding>, CommandFailure> {
        let history = self.history(seed)?;
        let scope = Scope {
            declaration: (self.specimen.declaration)(),
            ..Scope::default()
        };
        Ok(findings(&history, &self.profile, &scope))
    }

    /// What is recorded when the scenario is played.
    ///
    /// # Errors
    /// If it cannot be played to its end.
    pub fn history(&self, seed: Seed) -> Result<History, CommandFailure> {
        let setting = Setting::logical(Arc::clone(&self.profile), seed, &self.stock);
        let memory = Memory::default();
        match &self.stage {
            Where::Scenario(plan) => {
                let events = setting.events_into(memory.clone());
                self.play(&setting, events, plan)?;
            }
            Where::Probes(forge) => {
                let events = setting.events_openly_into(memory.clone());
                self.probe(&setting, events, forge)?;
            }
        }
        History::parse(&memory.take()).map_err(CommandFailure::from)
    }

    fn play(
        &self,
        setting: &Setting,
        mut events: Events,
        plan: &Plan,
    ) -> Result<(), CommandFailure> {
        events.emit(setting.start(Target::Mock, &plan.name, None, false))?;
        let director = Director::new(plan.clone(), setting.chance.fork("director"))
            .with_application(APPLICATION);
        let logbook = Logbook::new(events, &setting.profile);
        let stage = Stage::new(setting.platform(), Some(director), logbook);
        let policy = self.specimen.policy(&self.profile, APPLICATION);
        let (_nobody, never) = cancellation();
        rehearse(stage, setting, policy, APPLICATION, &never)?;
        Ok(())
    }

    fn probe(
        &self,
        setting: &Setting,
        events: Events,
        forge: &Arc<Forge>,
    ) -> Result<(), CommandFailure> {
        let policy = self.specimen.policy(&self.profile, APPLICATION);
        let (_nobody, never) = cancellation();
        rehearse_probes(setting, events, (policy, Stamina::Tried), forge, &never)?;
        Ok(())
    }
}
