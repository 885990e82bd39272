//! What was typed for `probe`, as clap reads it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::args::{ColorChoice, ExpectationArgs, GateChoice, SealArgs, TimeChoice, TrustArgs};

/// What `probe --help` says behind the options.
const TOLD: &str = "\
A valid notification needs a token that the endpoint believes. Let a test build trust the issuer that
preflight plays, and say --trusted-issuer with the address at which it is to listen:
  issuer     what --issuer says; the origin of --issuer-listen with a slash without it
  key set    /.well-known/jwks.json there (RS256, two keys)
  metadata   /.well-known/openid-configuration there
The keys are published with preflight: no build but a test build may ever trust them. Without that trust
only what needs no valid token is sent, and most checks say NOT_EXERCISED.

The value of the header is read from a variable or a file, never from the command line.";

/// `preflight probe`
#[derive(Debug, ClapArgs)]
#[command(after_help = TOLD)]
pub struct ProbeArgs {
    /// The notification endpoint; that of the declaration's sandbox where none is named
    #[arg(value_name = "URL", conflicts_with = "specimen")]
    pub url: Option<String>,
    /// Probe a built-in endpoint instead
    #[arg(long, value_name = "NAME")]
    pub specimen: Option<String>,
    /// Whose time counts; logical only with a specimen
    #[arg(long, value_enum)]
    pub time: Option<TimeChoice>,
    /// What the provider declares of itself (TOML); `preflight declaration init` writes one
    #[arg(long, value_name = "FILE")]
    pub declaration: Option<PathBuf>,
    /// The header that the endpoint asks for
    #[arg(long, value_name = "NAME")]
    pub header: Option<String>,
    /// The variable of the environment that holds the header's value
    #[arg(long, value_name = "VARIABLE", conflicts_with = "value_file")]
    pub value_env: Option<String>,
    /// The file that holds the header's value, in one line
    #[arg(long, value_name = "FILE")]
    pub value_file: Option<PathBuf>,
    /// The endpoint trusts the issuer that preflight plays
    #[arg(long)]
    pub trusted_issuer: bool,
    /// Where that issuer listens
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub issuer_listen: Option<SocketAddr>,
    /// What its tokens say of their issuer, where that is not where it listens
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// The audience of the tokens; that of the profile where none is named
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: Option<String>,
    /// A URL that shows the state of the resource whose id takes the place of {id}
    #[arg(long, value_name = "URL")]
    pub read_back: Option<String>,
    /// Leave out what takes hundreds of requests (NP-62, NP-63)
    #[arg(long)]
    pub spare: bool,
    /// Probe production hosts too
    #[arg(long)]
    pub allow_production: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub trust: TrustArgs,
    /// A profile (TOML) that is laid over the built-in one
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// The number from which all chance is drawn
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub expectations: ExpectationArgs,
    /// What must hold for exit code 0
    #[arg(long, value_enum, default_value = "ci")]
    pub gate: GateChoice,
    /// Where history.ndjson, results.json, junit.xml and report.html go; the bundle goes beside the
    /// folder
    #[arg(long, value_name = "FOLDER", default_value = "evidence")]
    pub evidence: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub seal: SealArgs,
    /// Print results.json instead of the matrix
    #[arg(long)]
    pub json: bool,
    /// Colours
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorChoice,
}
