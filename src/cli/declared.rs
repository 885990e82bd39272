//! What the provider declares, as a command is told.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::{Clock, Redactor, later};
use crate::profile::Declaration;

/// By how much the day that begins first on earth is ahead of UTC.
const FIRST_DAY: Duration = Duration::from_hours(14);

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
