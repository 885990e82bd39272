//! What was typed for `mock`, `observe` and `plan`, as clap reads it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};

use super::args::{
    ColorChoice, ExpectationArgs, GateChoice, LedgerArgs, PlatformArgs, SealArgs, TimeChoice,
    TrustArgs,
};

/// Where the platform is played.
#[derive(Debug, ClapArgs)]
pub struct DoorArgs {
    /// Serve TLS with a certificate made at start
    #[arg(long)]
    pub tls: bool,
    /// Where the authority of that certificate is written (PEM)
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub ca_file: Option<PathBuf>,
    /// Open the admin interface under /_preflight/ on this loopback address
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub admin: Option<SocketAddr>,
    /// The header that every notification carries; with the value `env:NAME` it is read from the
    /// variable NAME of preflight's own environment, which no process list shows
    #[arg(long, value_name = "NAME=VALUE")]
    pub notification_header: Option<String>,
    /// The URL to which notifications go
    #[arg(long, value_name = "URL")]
    pub notify: Option<String>,
}

/// `preflight mock`
#[derive(Debug, ClapArgs)]
pub struct MockArgs {
    /// Where to listen; port 0 for a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub door: DoorArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub platform: PlatformArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub trust: TrustArgs,
    /// Where the Postman environment goes
    #[arg(
        long,
        value_name = "FILE",
        default_value = "preflight-mock.postman_environment.json"
    )]
    pub export_environment: PathBuf,
    /// Write the history of what is asked and answered
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Colours
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorChoice,
}

/// Who is observed: exactly one.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub struct SubjectArgs {
    /// The command line that starts the connector; it is split as a shell does, and no shell runs it
    #[arg(long, value_name = "COMMAND")]
    pub connector: Option<String>,
    /// A connector that already runs, or that you start yourself; name a fixed --listen to
    /// configure it for
    #[arg(long, requires = "notify")]
    pub attach: bool,
    /// A built-in connector
    #[arg(long, value_name = "NAME")]
    pub specimen: Option<String>,
    /// Forward to this sandbox and record; no plan, no faults
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
}

/// How a connector and the platform that is played for it meet.
#[derive(Debug, ClapArgs)]
pub struct MeetingArgs {
    /// Where to listen; port 0 for a free one [default: 127.0.0.1:0]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub door: DoorArgs,
    /// The path of the notification endpoint of a connector that is started here [default:
    /// /notifications]
    #[arg(long, value_name = "PATH", conflicts_with = "notify")]
    pub notify_path: Option<String>,
    /// The value of `x-application` that the connector is told [default: sage.intacct]
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
    /// Write what the connector is told as an .env file, readable by you alone
    #[arg(long, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// Fill `{{PREFLIGHT_API_URL}}` and its like into a configuration file; may be repeated
    #[arg(long, value_name = "IN=OUT")]
    pub config_template: Vec<String>,
    /// How long the connector may take until it is ready (60s; 10m where you start it yourself)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub ready_timeout: Option<Duration>,
    /// How long the connector may take to stop before it is killed [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub grace: Option<Duration>,
    /// How long the whole plan may take: 10m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub time_budget: Option<Duration>,
}

impl MeetingArgs {
    /// Where to listen.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// The path of the notification endpoint of a connector that is started here.
    #[must_use]
    pub fn notify_path(&self) -> &str {
        self.notify_path.as_deref().unwrap_or("/notifications")
    }

    /// The value of `x-application` that the connector is told.
    #[must_use]
    pub fn application(&self) -> &str {
        self.application.as_deref().unwrap_or("sage.intacct")
    }

    /// How long the connector may take to stop before it is killed.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.grace.unwrap_or(Duration::from_secs(5))
    }

    /// The options that were typed.
    #[must_use]
    pub fn typed(&self) -> Vec<&'static str> {
        let door = &self.door;
        [
            ("--listen", self.listen.is_some()),
            ("--tls", door.tls),
            ("--ca-file", door.ca_file.is_some()),
            ("--admin", door.admin.is_some()),
            ("--notify", door.notify.is_some()),
            ("--notify-path", self.notify_path.is_some()),
            ("--notification-header", door.notification_header.is_some()),
            ("--application", self.application.is_some()),
            ("--env-file", self.env_file.is_some()),
            ("--config-template", !self.config_template.is_empty()),
            ("--ready-timeout", self.ready_timeout.is_some()),
            ("--grace", self.grace.is_some()),
            ("--time-budget", self.time_budget.is_some()),
        ]
        .into_iter()
        .filter_map(|(option, typed)| typed.then_some(option))
        .collect()
    }
}

/// What `observe --help` says behind the options.
const TOLD: &str = "\
The connector is told in variables of its environment, in the --env-file and in each --config-template:
  PREFLIGHT_API_URL                 origin of the Provider API and its messaging
  PREFLIGHT_PROVIDER_API_URL        with the base path of the Provider API
  PREFLIGHT_PROVIDER_MESSAGING_URL  with that of its messaging
  PREFLIGHT_TOKEN_URL               where tokens are asked for
  PREFLIGHT_CLIENT_AUTHENTICATION   with id and secret in the body, by HTTP basic, or either
  PREFLIGHT_CLIENT_ID               its client id
  PREFLIGHT_CLIENT_SECRET           its client secret
  PREFLIGHT_AUDIENCE                the audience of its tokens
  PREFLIGHT_API_KEY                 its API key
  PREFLIGHT_APPLICATION             the Sage product
  PREFLIGHT_API_KEY_HEADER          the header of the API key
  PREFLIGHT_APPLICATION_HEADER      the header of the product
  PREFLIGHT_INTERACTION_ID_HEADER   the header of the interaction id
  PREFLIGHT_PROVIDER_ID             its own id
  PREFLIGHT_NOTIFICATION_PORT       the port on which it receives notifications
  PREFLIGHT_NOTIFICATION_HEADER     the header that each of them carries
  PREFLIGHT_NOTIFICATION_VALUE      and its value
  PREFLIGHT_ISSUER                  who issues the tokens of notifications
  PREFLIGHT_JWKS_URL                where the issuer's keys are
  PREFLIGHT_CA_FILE                 with --tls, the authority of the platform's certificate

It is ready when its notification port can be reached, or when it asks for a token. It is stopped with
SIGTERM, with all its children, and killed after --grace.";

/// `preflight observe`
#[derive(Debug, ClapArgs)]
#[command(after_help = TOLD)]
pub struct ObserveArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub subject: SubjectArgs,
    /// The plan: the name of a built-in one (`preflight plan list`), or a file (TOML) [default: ci]
    #[arg(long, value_name = "NAME|FILE")]
    pub plan: Option<String>,
    /// Whose time counts; logical only with a specimen
    #[arg(long, value_enum)]
    pub time: Option<TimeChoice>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub meeting: MeetingArgs,
    /// Stop a proxy after so long instead of at Ctrl-C: 10m
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub for_time: Option<Duration>,
    /// The origin of the sandbox's token endpoint, where it is another than --proxy
    #[arg(long, value_name = "URL")]
    pub proxy_token: Option<String>,
    /// Forward to production hosts too
    #[arg(long)]
    pub allow_production: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub trust: TrustArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub platform: PlatformArgs,
    /// What the provider declares of itself (TOML); `preflight declaration init` writes one
    #[arg(long, value_name = "FILE")]
    pub declaration: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub expectations: ExpectationArgs,
    /// What must hold for exit code 0
    #[arg(long, value_enum, default_value = "ci")]
    pub gate: GateChoice,
    /// Where history.ndjson, the reports and connector.log go; the bundle goes beside the
    /// folder
    #[arg(long, value_name = "FOLDER", default_value = "evidence")]
    pub evidence: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub seal: SealArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub ledger: LedgerArgs,
    /// Print results.json instead of the matrix
    #[arg(long)]
    pub json: bool,
    /// Colours
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorChoice,
}

/// `preflight plan`
#[derive(Debug, ClapArgs)]
pub struct PlanArgs {
    /// What to do with plans.
    #[command(subcommand)]
    pub action: PlanAction,
}

/// What to do with plans.
#[derive(Debug, Subcommand)]
pub enum PlanAction {
    /// Say which plans are built in, and which checks they exercise
    List,
    /// Say what happens in a plan, scenario by scenario
    Show {
        /// The name of a built-in plan, or a file (TOML)
        #[arg(value_name = "NAME|FILE")]
        plan: String,
        /// The profile (TOML) whose paths the operations of the plan are held against
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
    },
}

/// A length of time in words: `500ms`, `60s`, `10m`.
fn duration(text: &str) -> Result<Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| "write a length of time like 500ms, 60s or 10m".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::Args;

    fn refused(line: &str) -> String {
        let words = std::iter::once("preflight").chain(line.split(' '));
        Args::try_parse_from(words).unwrap_err().to_string()
    }

    #[test]
    fn lengths_of_time_are_words() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        for wrong in ["10", "soon", "-1s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_variable_that_a_connector_is_told_is_in_the_help() {
        let help = refused("observe --help");
        for name in crate::observe::Briefing::NAMES {
            assert!(help.contains(&format!("\n  {name} ")), "{name}");
        }
    }

    #[test]
    fn exactly_one_subject_is_observed() {
        assert!(refused("observe").contains("--connector"));
        assert!(refused("observe --connector x --specimen reference").contains("cannot be used"));
        assert!(refused("observe --attach").contains("--notify"));
    }
}
