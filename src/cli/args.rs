//! What was typed, as clap reads it. What it means is decided by each command.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub use super::evidence_args::{
    CompareArgs, EvidenceArgs, KeyArgs, LedgerArgs, ReviewArgs, SealArgs, TermArgs, VerifyArgs,
};
pub use super::judging_args::{
    CatalogueArgs, DeclarationAction, DeclarationArgs, ExplainArgs, FailOn, JudgeArgs, LintArgs,
    SelfTestArgs,
};
use super::newman_args::NewmanArgs;
pub use super::observation_args::{
    DoorArgs, MeetingArgs, MockArgs, ObserveArgs, PlanAction, PlanArgs, SubjectArgs,
};
pub use super::probe_args::ProbeArgs;
pub use super::profile_args::{GraphForm, ProfileAction, ProfileArgs};
use crate::conformance::Gate;
use crate::event::Target;
use crate::mock::Defect;
use crate::run::Backoff;

/// Conformance harness for payments providers that integrate with the Sage Payments Out Service
/// Provider API. Runs Postman collections as they are.
#[derive(Debug, Parser)]
#[command(
    name = "preflight",
    version,
    about,
    long_about = None,
    disable_help_subcommand = true,
    help_template = "{about}\n\n{usage-heading} {usage}\n\n\
Replay\n  run          Send the requests of a Postman collection, as newman does\n  \
mock         Play the platform until stopped\n  \
snapshot     Look through snapshots that differ, accept or reject them\n\n\
Certify\n  certify      Replay collections, judge the run, write the evidence\n  \
observe      Play the platform for a connector, watch it, judge it\n  \
probe        Probe a notification endpoint: does it tell the platform from a stranger?\n  \
doctor       Say what is missing or odd before anything is sent\n\n\
Review\n  judge        Judge histories that were recorded before\n  \
evidence     Put histories and all that they are judged by into one signed file\n  \
verify       Check such a file: every byte, the signature, the verdict judged again\n  \
review       Decide what the rules leave to a person, and sign that\n  \
compare      Hold two such files against each other: what got worse, what moved, what drifts\n  \
explain      Say what a check, a clause or a rule of lint asks for, and why\n  \
catalogue    List clauses and checks, and which covers which\n\n\
Author\n  declaration  Write down what the provider says of itself, or check it\n  \
lint         Find credentials in files and their history, and requests in clear\n  \
plan         List the plans, or show one\n  \
profile      Show what differs by agreement, and what each value rests on\n  \
key          Make the keys that sign evidence\n  \
self-test    Try the rules on built-in connectors, sound and broken\n\n\
Options\n{options}\n\n\
`preflight <command> --help` says more. Exit codes are in the README.\n"
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send the requests of a Postman collection, as newman does.
    Run(Box<RunArgs>),
    /// Replay collections, judge the run, write the evidence.
    Certify(Box<CertifyArgs>),
    /// Play the platform for a connector, watch it, judge it.
    Observe(Box<ObserveArgs>),
    /// Probe a notification endpoint: does it tell the platform from a stranger?
    Probe(Box<ProbeArgs>),
    /// Play the platform until stopped.
    Mock(Box<MockArgs>),
    /// Say what is missing or odd before anything is sent.
    Doctor(Box<DoctorArgs>),
    /// Look through snapshots that differ, accept or reject them.
    Snapshot(SnapshotArgs),
    /// List the plans, or show one.
    Plan(PlanArgs),
    /// Judge histories that were recorded before.
    Judge(JudgeArgs),
    /// Put histories and all that they are judged by into one signed file.
    Evidence(EvidenceArgs),
    /// Check such a file: every byte, the signature, the verdict judged again.
    Verify(VerifyArgs),
    /// Decide what the rules leave to a person, and sign that.
    Review(ReviewArgs),
    /// Hold two such files against each other: what got worse, what moved, what drifts.
    Compare(CompareArgs),
    /// Make the keys that sign evidence.
    Key(KeyArgs),
    /// Find credentials in files and their history, and requests in clear.
    Lint(LintArgs),
    /// Say what a check, a clause or a rule of lint asks for, and why.
    Explain(ExplainArgs),
    /// List clauses and checks, and which covers which.
    Catalogue(CatalogueArgs),
    /// Write down what the provider says of itself, or check it.
    Declaration(DeclarationArgs),
    /// Show what differs by agreement, and what each value rests on.
    Profile(ProfileArgs),
    /// Try the rules on built-in connectors, sound and broken.
    SelfTest(SelfTestArgs),
}

/// Where requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TargetChoice {
    /// To the embedded mock.
    Mock,
    /// To the URLs of the collection and its environment.
    Sandbox,
}

impl From<TargetChoice> for Target {
    fn from(choice: TargetChoice) -> Self {
        match choice {
            TargetChoice::Mock => Self::Mock,
            TargetChoice::Sandbox => Self::Sandbox,
        }
    }
}

/// Whose time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimeChoice {
    /// A clock that stands still until somebody waits: hours take seconds, and two runs give the
    /// same bytes. Only with the embedded mock.
    Logical,
    /// The machine's.
    Real,
}

/// Whose outcomes count where newman and honesty differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompatChoice {
    /// Honest results (the default).
    Strict,
    /// newman's.
    Newman,
}

/// What must hold for exit code 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GateChoice {
    /// A regression gate.
    Ci,
    /// Ready to be shown to the platform.
    Certify,
}

impl From<GateChoice> for Gate {
    fn from(choice: GateChoice) -> Self {
        match choice {
            GateChoice::Ci => Self::Ci,
            GateChoice::Certify => Self::Certify,
        }
    }
}

/// `auto`, `on` or `off`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// Where the terminal has colours.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// What every command that sends something takes.
#[derive(Debug, ClapArgs)]
pub struct TargetArgs {
    /// Send URL's requests to the embedded mock, to its own host (sandbox), or to another URL
    #[arg(long = "map", value_name = "URL=mock|sandbox|URL")]
    pub map: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub platform: PlatformArgs,
    /// What to do on 429 and 503: honour, exponential, fixed:TIME or none
    #[arg(long, value_name = "POLICY")]
    pub backoff: Option<Backoff>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub trust: TrustArgs,
}

/// What every command that plays the platform takes.
#[derive(Debug, ClapArgs)]
pub struct PlatformArgs {
    /// A profile (TOML) that is laid over the built-in one
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Make the embedded mock wrong on purpose, to see the harness notice
    #[arg(long = "mock-defect", value_name = "DEFECT", value_parser = parse_defect)]
    pub mock_defect: Vec<Defect>,
    /// The number from which all chance is drawn
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
}

/// What a verdict is held against.
#[derive(Debug, ClapArgs)]
pub struct ExpectationArgs {
    /// The outcomes that are known (TOML): the gate `ci` then asks for what is new, and for what is
    /// out of date
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// The outcomes that the platform lets pass for a time (TOML)
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
}

/// Whom to trust.
#[derive(Debug, ClapArgs)]
pub struct TrustArgs {
    /// Accept any TLS certificate
    #[arg(short = 'k', long)]
    pub insecure: bool,
    /// A file of certificate authorities (PEM) to trust beside the system's
    #[arg(long = "ssl-extra-ca-certs", value_name = "FILE")]
    pub extra_certificates: Option<PathBuf>,
}

/// Variables.
#[derive(Debug, ClapArgs)]
pub struct VariableArgs {
    /// The environment (Postman's export)
    #[arg(short, long, value_name = "FILE")]
    pub environment: Option<PathBuf>,
    /// The globals (Postman's export)
    #[arg(short, long, value_name = "FILE")]
    pub globals: Option<PathBuf>,
    /// Set a variable of the environment
    #[arg(long = "env-var", value_name = "KEY=VALUE")]
    pub environment_variables: Vec<String>,
    /// Set a global
    #[arg(long = "global-var", value_name = "KEY=VALUE")]
    pub global_variables: Vec<String>,
}

/// `preflight run`
#[derive(Debug, ClapArgs)]
pub struct RunArgs {
    /// The collection (Postman v2.0 or v2.1)
    pub collection: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub variables: VariableArgs,
    /// Where the requests go
    #[arg(long, value_enum, default_value = "sandbox")]
    pub target: TargetChoice,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub target_args: TargetArgs,
    /// Whose outcomes count where newman and honesty differ
    #[arg(long, value_enum, default_value = "strict")]
    pub compat: CompatChoice,
    /// The reports: cli, json, junit, separated by commas
    #[arg(
        short,
        long,
        value_name = "LIST",
        default_value = "cli",
        value_delimiter = ','
    )]
    pub reporters: Vec<String>,
    /// How often the collection is run
    #[arg(short = 'n', long = "iteration-count", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub iteration_count: Option<u32>,
    /// The data of the iterations: JSON or CSV
    #[arg(short = 'd', long = "iteration-data", value_name = "FILE")]
    pub iteration_data: Option<PathBuf>,
    /// The folder or request to run, by name or id; may be repeated
    #[arg(long, value_name = "NAME")]
    pub folder: Vec<String>,
    /// Write the environment at the end of the run
    #[arg(long, value_name = "FILE")]
    pub export_environment: Option<PathBuf>,
    /// Write the globals at the end of the run
    #[arg(long, value_name = "FILE")]
    pub export_globals: Option<PathBuf>,
    /// Write the values of `secret` variables into the exports too
    #[arg(long)]
    pub export_secrets: bool,
    /// Stop after the first failure
    #[arg(long, value_name = "folder,failure", num_args = 0..=1, default_missing_value = "failure",
        value_parser = ["folder", "failure"], require_equals = false)]
    pub bail: Option<String>,
    /// Follow no redirects
    #[arg(long)]
    pub ignore_redirects: bool,
    /// Exit with 0 even where tests fail
    #[arg(short = 'x', long)]
    pub suppress_exit_code: bool,
    /// Print nothing
    #[arg(long)]
    pub silent: bool,
    /// Print ASCII only
    #[arg(long)]
    pub disable_unicode: bool,
    /// Colours
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorChoice,
    /// Accepted as newman accepts it; nothing more is printed yet
    #[arg(long)]
    pub verbose: bool,
    /// The wait between two requests
    #[arg(long, value_name = "MILLISECONDS", default_value = "0")]
    pub delay_request: u64,
    /// How long the run may take; 0 for as long as it takes
    #[arg(long, value_name = "MILLISECONDS", default_value = "0")]
    pub timeout: u64,
    /// How long a request may take; 0 for as long as it takes
    #[arg(long, value_name = "MILLISECONDS", default_value = "0")]
    pub timeout_request: u64,
    /// How long a script may take; 0 for the built-in limit of a minute
    #[arg(long, value_name = "MILLISECONDS", default_value = "0")]
    pub timeout_script: u64,
    /// The folder from which uploads are read
    #[arg(long, value_name = "FOLDER")]
    pub working_dir: Option<PathBuf>,
    /// Read no upload from outside the working folder
    #[arg(long)]
    pub no_insecure_file_read: bool,
    /// Where the JSON report goes
    #[arg(long, value_name = "FILE")]
    pub reporter_json_export: Option<PathBuf>,
    /// Where the JUnit report goes
    #[arg(long, value_name = "FILE")]
    pub reporter_junit_export: Option<PathBuf>,
    /// Leave the list of failures out of the console report
    #[arg(long)]
    pub reporter_cli_no_failures: bool,
    /// Leave the assertions out of the console report
    #[arg(long)]
    pub reporter_cli_no_assertions: bool,
    /// Leave the table of totals out of the console report
    #[arg(long)]
    pub reporter_cli_no_summary: bool,
    /// Leave what scripts write to the console out of the console report
    #[arg(long)]
    pub reporter_cli_no_console: bool,
    /// Leave the heading out of the console report
    #[arg(long)]
    pub reporter_cli_no_banner: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub newman: NewmanArgs,
}

/// `preflight certify`
#[derive(Debug, ClapArgs)]
pub struct CertifyArgs {
    /// The collections; the shipped ones and their plan where none is named
    pub collections: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub variables: VariableArgs,
    /// Where the requests go
    #[arg(long, value_enum, default_value = "mock")]
    pub target: TargetChoice,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub target_args: TargetArgs,
    /// A plan (TOML): scenarios, faults, what steps do wrong on purpose
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Observe this connector too: the command line that starts it, which no shell runs
    #[arg(long, value_name = "COMMAND", conflicts_with = "specimen")]
    pub connector: Option<String>,
    /// Observe a built-in connector too
    #[arg(long, value_name = "NAME")]
    pub specimen: Option<String>,
    /// The plan of the observation: the name of a built-in one, or a file (TOML) [default:
    /// certification]
    #[arg(long, value_name = "NAME|FILE")]
    pub observe_plan: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub meeting: MeetingArgs,
    /// Whose time counts; logical with the mock unless told otherwise
    #[arg(long, value_enum)]
    pub time: Option<TimeChoice>,
    /// What the provider declares of itself (TOML); `preflight declaration init` writes one
    #[arg(long, value_name = "FILE")]
    pub declaration: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub expectations: ExpectationArgs,
    /// What must hold for exit code 0
    #[arg(long, value_enum, default_value = "certify")]
    pub gate: GateChoice,
    /// Where history.ndjson, results.json and the other reports go; the bundle goes beside the folder
    #[arg(long, value_name = "FOLDER", default_value = "evidence")]
    pub evidence: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub seal: SealArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub ledger: LedgerArgs,
    /// The folder of the golden snapshots
    #[arg(long, value_name = "FOLDER")]
    pub snapshots: Option<PathBuf>,
    /// Exit with 3 where no such subject is judged: connector
    #[arg(long, value_name = "SUBJECT", value_parser = ["connector"])]
    pub require: Option<String>,
    /// Send to production hosts too
    #[arg(long)]
    pub allow_production: bool,
    /// Run scenarios that exceed the agreed rate against a sandbox too
    #[arg(long)]
    pub allow_throttling: bool,
    /// How long a request may take, by the machine's time
    #[arg(long, value_name = "MILLISECONDS", default_value = "60000")]
    pub timeout_request: u64,
    /// Print results.json instead of the matrix
    #[arg(long)]
    pub json: bool,
    /// Colours
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorChoice,
}

/// `preflight doctor`
#[derive(Debug, ClapArgs)]
pub struct DoctorArgs {
    /// The collections; the shipped ones where none is named
    pub collections: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub variables: VariableArgs,
    /// Where the requests would go
    #[arg(long, value_enum, default_value = "sandbox")]
    pub target: TargetChoice,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub target_args: TargetArgs,
    /// Look at the files only and speak to nobody
    #[arg(long)]
    pub offline: bool,
    /// Speak to production hosts too
    #[arg(long)]
    pub allow_production: bool,
    /// Colours
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorChoice,
}

/// `preflight snapshot`
#[derive(Debug, ClapArgs)]
pub struct SnapshotArgs {
    /// What to do with the snapshots that differ.
    #[command(subcommand)]
    pub action: SnapshotAction,
}

/// What to do with snapshots that differ.
#[derive(Debug, Subcommand)]
pub enum SnapshotAction {
    /// Show each difference and, on a terminal, ask what to do with it
    Review(SnapshotFolder),
    /// Accept every difference, or those of the snapshots that are named
    Accept(SnapshotFolder),
    /// Throw every new snapshot away, or those that are named
    Reject(SnapshotFolder),
}

/// Where the snapshots are, and which are meant.
#[derive(Debug, ClapArgs)]
pub struct SnapshotFolder {
    /// The snapshots that are meant; all where none is named
    pub names: Vec<String>,
    /// The folder of the golden snapshots
    #[arg(long, value_name = "FOLDER", default_value = "fixtures/snapshots")]
    pub snapshots: PathBuf,
}

fn parse_defect(text: &str) -> Result<Defect, String> {
    text.parse()
        .map_err(|error: crate::mock::UnknownDefect| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_overview_names_every_command() {
        let mut command = Args::command();
        let help = command.render_help().to_string();
        for subcommand in command.get_subcommands() {
            assert!(
                help.contains(subcommand.get_name()),
                "{}",
                subcommand.get_name()
            );
        }
    }
}
