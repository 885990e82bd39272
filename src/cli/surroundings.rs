//! What a command takes from the process around it: read once, in one place.

/// The parts of the process environment that change what a command does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings {
    /// Whether a CI service runs us (`CI=true`): nothing is ever accepted there.
    pub ci: bool,
}

impl Surroundings {
    /// The value of a variable that the user named; none where it is not set or is no text.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    #[must_use]
    pub fn variable(self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// Reads the process environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    #[must_use]
    pub fn of_process() -> Self {
        let ci = std::env::var("CI").unwrap_or_default();
        Self {
            ci: !matches!(ci.to_ascii_lowercase().as_str(), "" | "0" | "false"),
        }
    }
}
