//! Who is observed.

use crate::cli::args::SubjectArgs;

/// Who is observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A connector that is started with this command line.
    Command(String),
    /// A connector that somebody else starts.
    Attached,
    /// A built-in connector.
    Specimen(String),
    /// A connector that speaks to the sandbox at this URL, through us.
    Proxied(String),
}

impl Subject {
    /// What was typed; clap sees to it that it is exactly one. None where nothing was.
    #[must_use]
    pub fn of(args: &SubjectArgs) -> Option<Self> {
        if args.attach {
            return Some(Self::Attached);
        }
        let command = args.connector.clone().map(Self::Command);
        let specimen = args.specimen.clone().map(Self::Specimen);
        let proxied = args.proxy.clone().map(Self::Proxied);
        command.or(specimen).or(proxied)
    }
}
