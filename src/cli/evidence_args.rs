//! What was typed for the commands that make, sign and verify bundles, as clap reads it.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::args::{ExpectationArgs, GateChoice};
use super::terms::TermPaths;

/// Who signs a bundle.
#[derive(Debug, ClapArgs)]
pub struct SealArgs {
    /// The private key that signs the bundle (PEM); that in the variable PREFLIGHT_SIGNING_KEY where
    /// none is named, and nobody signs without either
    #[arg(long, value_name = "FILE")]
    pub sign_key: Option<PathBuf>,
    /// A command that signs the bundle with a key that it holds; that in the variable
    /// PREFLIGHT_SIGNING_AGENT where none is named. With the argument `public-key` behind its own it
    /// prints the public key (PEM), with `sign` it reads a message and prints its signature (base64)
    #[arg(long, value_name = "COMMAND", conflicts_with = "sign_key")]
    pub sign_agent: Option<String>,
}

/// On what terms histories are judged that were recorded before.
#[derive(Debug, ClapArgs)]
pub struct TermArgs {
    /// A profile (TOML) that is laid over the built-in one
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// What the provider declares of itself (TOML); `preflight declaration init` writes one
    #[arg(long, value_name = "FILE")]
    pub declaration: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub expectations: ExpectationArgs,
    /// What must hold for exit code 0
    #[arg(long, value_enum, default_value = "certify")]
    pub gate: GateChoice,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub seal: SealArgs,
}

impl TermArgs {
    /// The files that were named.
    #[must_use]
    pub fn paths(&self) -> TermPaths<'_> {
        TermPaths {
            profile: self.profile.as_deref(),
            declaration: self.declaration.as_deref(),
            expectations: &self.expectations,
            seal: &self.seal,
        }
    }
}

/// Where attempts are counted.
#[derive(Debug, ClapArgs)]
pub struct LedgerArgs {
    /// The ledger of attempts, to which this one is added; FOLDER.ledger.ndjson beside the folder of the
    /// evidence where none is named
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}

/// `preflight evidence`
#[derive(Debug, ClapArgs)]
pub struct EvidenceArgs {
    /// The histories (history.ndjson, observation.ndjson)
    #[arg(required = true, value_name = "HISTORY")]
    pub histories: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub terms: TermArgs,
    /// The bundle; FOLDER.preflight.zip beside the folder of the first history where none is named
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `preflight verify`
#[derive(Debug, ClapArgs)]
pub struct VerifyArgs {
    /// The bundle (.preflight.zip)
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// The public key that must have signed it (PEM), as the provider gave it to you
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// The public key that must have signed a review of it (PEM), as the reviewer gave it to you
    #[arg(long, value_name = "FILE")]
    pub trust_reviewer: Option<PathBuf>,
    /// Judge it by the rules of this preflight, whichever made it, and say which outcomes differ: where one
    /// does it ends with 8
    #[arg(long, conflicts_with = "trust_reviewer")]
    pub rejudge: bool,
}

/// `preflight review`
#[derive(Debug, ClapArgs)]
pub struct ReviewArgs {
    /// The bundle (.preflight.zip)
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// The public key that must have signed it (PEM), as the provider gave it to you
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub seal: SealArgs,
    /// Take the decisions from a file (TOML) rather than from a page in the browser
    #[arg(long, value_name = "FILE", conflicts_with_all = ["items", "port"])]
    pub decisions: Option<PathBuf>,
    /// Print such a file with all that waits for a decision, to be filled in, and do no more
    #[arg(long, conflicts_with_all = ["port", "output"])]
    pub items: bool,
    /// Where the reviewed bundle goes; in place of the bundle where none is named
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Put your review in place of the one that the bundle has
    #[arg(long)]
    pub replace: bool,
    /// The port of the page, on the loopback interface [default: a free one]
    #[arg(long, value_name = "NUMBER")]
    pub port: Option<u16>,
}

/// `preflight compare`
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Ends with 0 where nothing got worse, 1 where an outcome, a golden transcript or the \
gate did, 8 where a bundle does not hold together. An outcome that shows less is worse too: one that was \
not exercised any more, or not asked. Figures that moved and exchanges that were answered differently are \
told and do not count."
)]
pub struct CompareArgs {
    /// The older bundle (.preflight.zip), or the folder beside which it lies
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The newer one
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// The public key that must have signed both (PEM)
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// Tell everything, however much it is
    #[arg(long)]
    pub all: bool,
    /// Print JSON, with everything
    #[arg(long, conflicts_with_all = ["markdown", "all"])]
    pub json: bool,
    /// Print Markdown, for a pull request
    #[arg(long, conflicts_with = "all")]
    pub markdown: bool,
}

/// `preflight key`
#[derive(Debug, ClapArgs)]
pub struct KeyArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: KeyAction,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyAction {
    /// Make a pair: NAME.key, for you alone, and NAME.pub, for the reviewer
    New {
        /// Its name, with a folder if you like; neither file may be there yet
        #[arg(default_value = "provider", value_name = "NAME")]
        name: PathBuf,
    },
    /// Sign for a preflight elsewhere that names this command as its --sign-agent
    Agent {
        /// The private key (PEM)
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What to do, as that preflight asks
        #[arg(value_enum)]
        action: AgentAction,
    },
    /// Print the fingerprint of a public key
    Fingerprint {
        /// The public key (PEM)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What a signing agent is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AgentAction {
    /// Print the public key (PEM).
    PublicKey,
    /// Read a message on standard input and print its signature (base64).
    Sign,
}
