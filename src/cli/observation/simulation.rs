//! A plan that is played for a built-in connector in logical time.

use super::{Setting, brief};
use crate::cli::failure::CommandFailure;
use crate::event::End;
use crate::mock::NotificationEndpoint;
use crate::observe::{SimulationError, Stage, simulate};
use crate::profile::Profile;
use crate::run::Cancellation;
use crate::specimen::{Connector, Policy, specimen};

/// Where the platform is in a simulation: nobody looks it up.
const ORIGIN: &str = "https://api-payout.mock.invalid";

/// Where the specimen is.
const ENDPOINT: &str = "https://connector.invalid/notifications";

/// The traits of the specimen called `name` on a platform that follows `profile`, for the Sage
/// product `application`.
///
/// # Errors
/// If there is none.
pub fn policy(name: &str, profile: &Profile, application: &str) -> Result<Policy, CommandFailure> {
    let specimen = specimen(name).ok_or_else(|| CommandFailure::Usage {
        message: format!("there is no specimen «{name}»"),
        remedy: "use reference; `preflight self-test --list` names the others".into(),
    })?;
    Ok(specimen.policy(profile, application))
}

/// Plays the plan of `stage` for a specimen. The last event is written in any case.
///
/// # Errors
/// If the record cannot be written, or the play would never end.
pub fn rehearse(
    mut stage: Stage,
    setting: &Setting,
    policy: Policy,
    application: &str,
    cancellation: &Cancellation,
) -> Result<End, CommandFailure> {
    let briefing = brief(setting, ORIGIN, None, application, None);
    let endpoint = NotificationEndpoint {
        url: ENDPOINT.to_owned(),
        header: setting.header.name.clone(),
        value: setting.header.value.clone(),
    };
    stage
        .platform_mut()
        .set_notification_endpoint(Some(endpoint));
    let chance = setting.chance.fork("specimen");
    let mut connector = Connector::new(briefing.settings, policy, chance);
    let played = simulate(&mut stage, &mut connector, &setting.clock, &|| {
        cancellation.is_cancelled()
    });
    let end = match &played {
        Ok(end) => *end,
        Err(_) => End::HarnessFault,
    };
    stage.close(end);
    match (played, stage.failure()) {
        (Err(SimulationError::Record(failure)), _) | (Ok(_), Some(failure)) => Err(failure.into()),
        (Err(error), _) => Err(error.into()),
        (Ok(end), None) => Ok(end),
    }
}
