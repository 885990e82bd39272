//! How the process ends. Codes stay below 64 and away from 126 to 128, which shells use.

use std::process::ExitCode;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The gate is met; the run had no failures.
    Met,
    /// Non-conformant; a test failed.
    NonConformant,
    /// A mistake in what was typed or in a file; nothing was sent.
    Usage,
    /// Evidence is missing: something blocks because it was not exercised or is inconclusive.
    Incomplete,
    /// A person has to decide.
    Review,
    /// A baseline is stale.
    StaleBaseline,
    /// The target does not answer.
    Unreachable,
    /// preflight itself failed.
    Fault,
    /// Evidence does not verify.
    Mismatch,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// The code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Met => 0,
            Self::NonConformant => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Review => 4,
            Self::StaleBaseline => 5,
            Self::Unreachable => 6,
            Self::Fault => 7,
            Self::Mismatch => 8,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
