//! Why a command could not do its work, and how the process ends then.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use super::signing_agent::AgentError;
use crate::base::SheetErrors;
use crate::collection::{Problems, UnknownFolder};
use crate::conformance::ExitStatus;
use crate::event::ListenerError;
use crate::evidence::{SealError, VerifyError};
use crate::history::HistoryError;
use crate::mock::DoorError;
use crate::profile::ProfileErrors;
use crate::run::{PlanError, RunError};
use crate::snapshot::StoreError;
use crate::transport::{CertificateError, MapError};

/// A command could not do its work. Failed tests are no such thing.
#[derive(Debug, thiserror::Error)]
pub enum CommandFailure {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A Postman file has problems.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// A profile has problems.
    #[error(transparent)]
    Profile(#[from] ProfileErrors),
    /// A declaration, a baseline or a list of waivers has problems.
    #[error(transparent)]
    Sheet(#[from] SheetErrors),
    /// A plan cannot be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// An observation plan cannot be read.
    #[error(transparent)]
    ObservationPlan(#[from] crate::observe::PlanError),
    /// `--folder` names nothing.
    #[error(transparent)]
    Folder(#[from] UnknownFolder),
    /// `--map` cannot be understood.
    #[error("--map cannot be understood")]
    Map(#[from] MapError),
    /// A certificate file cannot be used.
    #[error("--ssl-extra-ca-certs: the file cannot be used")]
    Certificates(#[source] CertificateError),
    /// The connector cannot be started.
    #[error(transparent)]
    Connector(#[from] crate::observe::StartError),
    /// A template of the connector's configuration cannot be filled.
    #[error(transparent)]
    Template(#[from] crate::observe::TemplateError),
    /// A simulation cannot be played to its end.
    #[error(transparent)]
    Simulation(#[from] crate::observe::SimulationError),
    /// What was typed makes no sense together.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// The mock cannot be opened.
    #[error("the embedded mock cannot be opened")]
    Door(#[from] DoorError),
    /// Nothing can listen where it was typed.
    #[error("nothing is served")]
    Listen(#[source] DoorError),
    /// The run cannot go on.
    #[error("the run cannot go on")]
    Run(#[from] RunError),
    /// The run cannot be recorded.
    #[error("the run cannot be recorded")]
    Recording(#[from] ListenerError),
    /// The history that was just written cannot be read.
    #[error("the history cannot be judged")]
    History(#[from] HistoryError),
    /// A history that was named cannot be read, or does not hold together.
    #[error("{} cannot be judged", path.display())]
    ForeignHistory {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: HistoryError,
    },
    /// An HTTP archive that was named cannot be read.
    #[error("{} cannot be judged", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: crate::history::ArchiveError,
    },
    /// A key cannot be read.
    #[error("{place} cannot be used")]
    Key {
        /// The file or the variable.
        place: String,
        /// Why.
        #[source]
        source: crate::evidence::KeyError,
    },
    /// A program that should sign does not give its key.
    #[error("the signing agent cannot be used")]
    Agent {
        /// Why.
        #[source]
        source: AgentError,
    },
    /// A ledger of attempts cannot be used.
    #[error("the ledger {} does not hold together", path.display())]
    Ledger {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: crate::evidence::LedgerError,
    },
    /// The evidence cannot be sealed.
    #[error("the evidence is not sealed")]
    Seal(#[from] SealError),
    /// A bundle does not hold together.
    #[error("{} does not hold together", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: VerifyError,
    },
    /// A snapshot cannot be read, written or decided on.
    #[error(transparent)]
    Snapshot(#[from] StoreError),
    /// The golden snapshots cannot be used, and the run is over.
    #[error("the run is judged, but not compared with its golden snapshots")]
    Golden(#[source] StoreError),
    /// Something that cannot happen did.
    #[error("preflight failed: {0}")]
    Fault(String),
}

impl CommandFailure {
    /// How the process ends: 2 where nothing was sent, 7 where preflight failed at its own work.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        match self {
            // What was written down is not what is there.
            Self::ForeignHistory {
                source:
                    HistoryError::Chain { .. }
                    | HistoryError::Unlinked { .. }
                    | HistoryError::Sequence { .. },
                ..
            }
            | Self::Seal(SealError::Judge(VerifyError::History {
                source:
                    HistoryError::Chain { .. }
                    | HistoryError::Unlinked { .. }
                    | HistoryError::Sequence { .. },
                ..
            }))
            | Self::Bundle { .. } => ExitStatus::Mismatch,
            Self::Read { .. }
            | Self::ForeignHistory { .. }
            | Self::Archive { .. }
            | Self::Problems(_)
            | Self::Profile(_)
            | Self::Sheet(_)
            | Self::Plan(_)
            | Self::ObservationPlan(_)
            | Self::Folder(_)
            | Self::Connector(_)
            | Self::Listen(_)
            | Self::Template(_)
            | Self::Map(_)
            | Self::Certificates(_)
            | Self::Snapshot(_)
            | Self::Key { .. }
            | Self::Agent { .. }
            | Self::Ledger { .. }
            | Self::Seal(SealError::Judge(_))
            | Self::Usage { .. } => ExitStatus::Usage,
            Self::Write { .. }
            | Self::Door(_)
            | Self::Run(_)
            | Self::Recording(_)
            | Self::History(_)
            | Self::Golden(_)
            | Self::Seal(_)
            | Self::Simulation(_)
            | Self::Fault(_) => ExitStatus::HarnessFault,
        }
    }

    /// As [`CommandFailure::exit`] where something was sent before it.
    #[must_use]
    pub fn exit_once_begun(&self) -> ExitStatus {
        match (self, self.exit()) {
            (Self::Connector(_), _) => ExitStatus::Unreachable,
            (_, ExitStatus::Usage) => ExitStatus::HarnessFault,
            (_, status) => status,
        }
    }

    /// What the user can do, where the error itself does not say.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "check the path; it counts from the folder in which preflight was started"
            }
            Self::Read { .. } => "check that the file is yours to read",
            Self::Write { .. } => "check the folder, its permissions and the space on the disk",
            Self::Usage { remedy, .. } => remedy,
            Self::Map(_) => {
                "name an http or https URL and where its requests go, for example --map \
                 https://api.example=mock"
            }
            Self::Listen(_) => {
                "name another address with --listen, --admin, --notify or --port; port 0 takes a free one"
            }
            Self::Ledger { .. } => {
                "keep this file for whoever asks, and name another with --ledger: attempts are counted \
                 from one again, and a reviewer sees that"
            }
            Self::Key { .. } => {
                "`preflight key new` makes a pair; --sign-key takes the .key, --trust the .pub"
            }
            Self::Agent { .. } => {
                "call the command with public-key behind it; `preflight key agent FILE` is one to try"
            }
            Self::Connector(_) => {
                "write --connector as you would type it in a shell, with the path of the program"
            }
            Self::Template(_) => {
                "mend the template; `preflight observe --help` names the variables"
            }
            Self::Folder(_) => "name a folder or request of the collection, by name or id",
            Self::Recording(_) | Self::Run(RunError::Listener(_)) => {
                "make room on the disk or name another folder; what is already in the history can \
                 be read"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// The error with its sources, on one line each.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  because {error}");
            source = error.source();
        }
        text
    }
}
