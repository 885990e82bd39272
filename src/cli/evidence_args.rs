//! What was typed for the commands that make, sign and verify bundles, as clap reads it.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::args::{ExpectationArgs, GateChoice};

/// Who signs a bundle.
#[derive(Debug, ClapArgs)]
pub struct SealArgs {
    /// The private key that signs the bundle (PEM); that in the variable PREFLIGHT_SIGNING_KEY where
    /// none is named, and nobody signs without either
    #[arg(long, value_name = "FILE")]
    pub sign_key: Option<PathBuf>,
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
    /// A profile (TOML) that is laid over the built-in one
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// What the provider declares of itself (TOML)
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
    /// Your private key (PEM); that in the variable PREFLIGHT_SIGNING_KEY where none is named, and the
    /// bundle can only be read without either
    #[arg(long, value_name = "FILE")]
    pub sign_key: Option<PathBuf>,
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
    /// Print the fingerprint of a public key
    Fingerprint {
        /// The public key (PEM)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}
