//! A specimen that is probed in logical time.

use std::sync::Arc;

use crate::cli::failure::CommandFailure;
use crate::cli::observation::Setting;
use crate::event::{End, EventKind, Events, Subject, Target};
use crate::observe::Logbook;
use crate::observe::probe::{Forge, Rehearsal, RehearsalError, Stamina, rehearse};
use crate::run::Cancellation;
use crate::specimen::Policy;

/// Probes a specimen. The first and the last event are written in any case.
///
/// # Errors
/// If the record cannot be written.
pub fn rehearse_probes(
    setting: &Setting,
    mut events: Events,
    (policy, stamina): (Policy, Stamina),
    forge: &Arc<Forge>,
    cancellation: &Cancellation,
) -> Result<End, CommandFailure> {
    let start = setting.start_of(Subject::Endpoint, Target::Mock, "probe", None, false);
    events.emit(start)?;
    let mut logbook = Logbook::new(events, &setting.profile);
    let rehearsal = Rehearsal {
        policy,
        header: (setting.header.name.clone(), setting.header.value.clone()),
        stamina,
        profile: Arc::clone(&setting.profile),
        forge: Arc::clone(forge),
        chance: setting.chance.fork("probing"),
    };
    for disguise in rehearsal.disguises() {
        setting.redactor.learn("notification header", &disguise);
    }
    let ended = rehearse(rehearsal, &setting.clock, &mut logbook, &|| {
        cancellation.is_cancelled()
    });
    let end = match &ended {
        Ok(end) => *end,
        Err(_) => End::HarnessFault,
    };
    let closed = logbook.emit(EventKind::RunEnded { end });
    match ended {
        Ok(end) => {
            closed?;
            Ok(end)
        }
        Err(RehearsalError::Record(failure)) => Err(failure.into()),
        Err(error) => Err(CommandFailure::Fault(error.to_string())),
    }
}
