//! Signs decisions, and writes the bundle anew.

use std::path::PathBuf;

use super::words::review_text;
use crate::base::{Clock, Sha256Hex, sha256};
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::conformance::{Decisions, ExitStatus};
use crate::evidence::{Exhibit, ReviewError, SealError, Sign};

/// A key, and where what it signs goes.
pub struct Pen {
    key: Box<dyn Sign>,
    output: Destination,
}

/// Where a reviewed bundle goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// In place of the bundle, if that is still the one that was looked at.
    InPlace {
        /// The bundle.
        bundle: PathBuf,
        /// The digest of what was looked at.
        was: Sha256Hex,
    },
    /// Into a file that there is not yet.
    Beside(PathBuf),
}

/// A review that was signed and written.
#[derive(Clone, Debug)]
pub struct Written {
    /// What there is to say of it.
    pub text: String,
    /// What the verdict comes to with the decisions.
    pub exit: ExitStatus,
}

impl Pen {
    /// A pen for `exhibit`.
    ///
    /// # Errors
    /// If the key is that of whoever sealed it, it was reviewed already and that is not to be replaced,
    /// or the bundle cannot go where it shall.
    pub fn new(
        key: Box<dyn Sign>,
        output: Destination,
        exhibit: &Exhibit,
        replace: bool,
    ) -> Result<Self, CommandFailure> {
        exhibit.check_reviewer(key.as_ref()).map_err(refusal)?;
        if let Some(review) = exhibit.review().filter(|_| !replace) {
            return Err(CommandFailure::Usage {
                message: format!(
                    "the bundle was reviewed already, by {}",
                    review.decisions.by()
                ),
                remedy:
                    "say --replace to put your review in place of that one, which is then gone \
                         from the file; `preflight verify` says what was decided"
                        .into(),
            });
        }
        if let Destination::Beside(path) = &output {
            files::check_folder(path)?;
            if path.is_file() {
                return Err(CommandFailure::Usage {
                    message: format!("{} is there already", path.display()),
                    remedy: "name another file with --output".into(),
                });
            }
        }
        Ok(Self { key, output })
    }

    /// Signs `decisions` and writes the bundle.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn sign(
        &self,
        exhibit: &Exhibit,
        decisions: &Decisions,
    ) -> Result<Written, CommandFailure> {
        let at = Clock::system().now();
        let bytes = exhibit
            .reviewed(decisions, self.key.as_ref(), at)
            .map_err(refusal)?;
        let path = match &self.output {
            Destination::InPlace { bundle, was } => {
                if sha256(&files::read(bundle)?) != *was {
                    return Err(CommandFailure::Usage {
                        message: format!("{} was changed since it was looked at", bundle.display()),
                        remedy: "review it again as it is now".into(),
                    });
                }
                bundle
            }
            Destination::Beside(path) => path,
        };
        files::write(path, &bytes, Readers::Everybody)?;
        let outcome = exhibit.as_decided(decisions);
        Ok(Written {
            text: format!(
                "review    {}, signed with the key {}\n  {}bundle    {}\n",
                decisions.by(),
                self.fingerprint(),
                review_text(decisions, &outcome),
                path.display()
            ),
            exit: outcome.exit,
        })
    }

    /// The fingerprint of the key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.key.public().fingerprint().to_string()
    }
}

fn refusal(error: ReviewError) -> CommandFailure {
    match error {
        ReviewError::Own => CommandFailure::Usage {
            message: "the bundle was sealed with this key: a review is somebody else's".into(),
            remedy: "sign with a key of the reviewer's own; `preflight key new reviewer` makes one"
                .into(),
        },
        ReviewError::Sign(source) => CommandFailure::Seal(SealError::Sign(source)),
        ReviewError::Statement => CommandFailure::Fault(error.to_string()),
    }
}
