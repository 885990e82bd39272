//! How a run goes.

use std::time::Duration;

use crate::collection::Compatibility;
use crate::transport::RedirectPolicy;

/// When a run ends early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bail {
    /// Never because of a failure.
    #[default]
    Never,
    /// After the script in which something failed.
    Failure,
}

/// How a run goes.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// How often the collection is run; `None` for as often as there are data rows, or once.
    pub iterations: Option<u32>,
    /// The wait between two requests.
    pub delay: Duration,
    /// How long one exchange may take by the machine's time.
    pub request_timeout: Option<Duration>,
    /// How long one script may take by the machine's time.
    pub script_timeout: Option<Duration>,
    /// How long the whole run may take.
    pub timeout: Option<Duration>,
    /// How redirects are followed where an item says nothing.
    pub redirects: RedirectPolicy,
    /// When the run ends early.
    pub bail: Bail,
    /// Whose outcomes count where newman and honesty differ.
    pub compatibility: Compatibility,
    /// What the `User-Agent` header says.
    pub user_agent: String,
}
