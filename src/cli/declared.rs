//! What the provider declares, as a command is told.

use std::path::Path;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::failure::CommandFailure;
use super::files;
use super::surroundings::Surroundings;
use crate::base::{Clock, Redactor, later};
use crate::profile::{Around, Declaration, Variables};

/// By how much the day that begins first on earth is ahead of UTC.
const FIRST_DAY: Duration = Duration::from_hours(14);

/// The declaration in `file`; one that says nothing where none is named.
///
/// # Errors
/// If the file cannot be read, or something is wrong with it: then everything is told at once.
pub fn declaration(
    file: Option<&Path>,
    surroundings: Surroundings,
) -> Result<Declaration, CommandFailure> {
    read(file, Some(&|name| surroundings.variable(name)))
}

/// As [`declaration`], for whoever judges what was recorded: a verdict needs no secret, and who
/// judges again has none.
///
/// # Errors
/// As [`declaration`].
pub fn declaration_without_secrets(file: Option<&Path>) -> Result<Declaration, CommandFailure> {
    read(file, None)
}

fn read(
    file: Option<&Path>,
    variable: Option<Variables<'_>>,
) -> Result<Declaration, CommandFailure> {
    let Some(path) = file else {
        return Ok(Declaration::default());
    };
    let around = Around {
        today: latest_today(),
        variable,
    };
    let text = files::read_text(path)?;
    Ok(Declaration::read(
        &path.display().to_string(),
        &text,
        around,
    )?)
}

/// Makes known what no artefact may show.
pub fn learn_declared(redactor: &Redactor, declaration: &Declaration) {
    let notification = declaration.notification.as_ref();
    if let Some(value) = notification.and_then(|notification| notification.value.as_ref()) {
        redactor.learn("declared notification header", value.expose());
    }
}

/// Today, where the day begins first: what somebody wrote today anywhere does not lie in the
/// future.
pub fn latest_today() -> Date {
    later(Clock::system().now(), FIRST_DAY)
        .to_zoned(TimeZone::UTC)
        .date()
}
