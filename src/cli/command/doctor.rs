//! `preflight doctor`: what is missing or odd, before anything is sent in earnest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::run::USER_AGENT;
use crate::base::{Clock, Random, Redactor};
use crate::cli::args::{DoctorArgs, TargetChoice};
use crate::cli::examination::{Remark, Severity, examine};
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::printer::Printer;
use crate::cli::shipped::{self, stem};
use crate::cli::target::{self, Guard, OpenMock};
use crate::cli::workshop::{learn_secrets, scope};
use crate::collection::{Collection, Compatibility, Document, Environment};
use crate::conformance::ExitStatus;
use crate::exchange::{Body, Failure, FailureKind, Headers, Outcome, Request, Response};
use crate::profile::Profile;
use crate::transport::{Client, ClientOptions, TargetMap};
use crate::variable::{Resolver, Scopes};

/// How long a host may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A clock that is off by more makes tokens and dates doubtful.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// Examines the files, then the hosts, then asks for a token. Exits with 0 where the run can
/// begin, 1 where it would fail, 6 where a host does not answer.
pub async fn doctor(args: &DoctorArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let profile = Arc::new(target::profile(
        args.target_args.platform.profile.as_deref(),
    )?);
    let collections = collections(args)?;
    let mut environment = match (&args.variables.environment, args.target) {
        (Some(path), _) => files::environment(Some(path), Compatibility::Strict)?,
        (None, TargetChoice::Mock) => {
            let file = &shipped::MOCK_ENVIRONMENT;
            let document = Document::parse(file.name, file.text.as_bytes())?;
            Environment::read(&document, Compatibility::Strict)?
        }
        (None, TargetChoice::Sandbox) => {
            return Err(CommandFailure::Usage {
                message: "there is nothing to examine without an environment".into(),
                remedy: "name one with -e, or use --target mock".into(),
            });
        }
    };
    let mut globals = files::environment(args.variables.globals.as_deref(), Compatibility::Strict)?;
    target::set_variables(&mut environment, &args.variables.environment_variables);
    target::set_variables(&mut globals, &args.variables.global_variables);
    let mut key = [0; 32];
    Random::from_entropy().fill(&mut key);
    let redactor = Redactor::new(key);
    learn_secrets(
        &redactor,
        &[&environment, &globals],
        &collections.values().collect::<Vec<_>>(),
    );

    let mut remarks = examine(&collections, &environment, &globals);
    let origins = target::origins_of_environment(&environment);
    if origins.is_empty() {
        remarks.push(Remark::new(
            Severity::Warning,
            "environment",
            "names no host",
            "set the base URLs as values that begin with https://",
        ));
    }
    let production = target::production_hosts(&origins, &profile);
    for host in &production {
        remarks.push(Remark::new(
            if args.allow_production {
                Severity::Warning
            } else {
                Severity::Error
            },
            host.clone(),
            "is a production host",
            "use the sandbox's environment; certify refuses production without --allow-production",
        ));
    }
    let may_speak = !args.offline && (production.is_empty() || args.allow_production);
    if may_speak {
        remarks.extend(speak(args, &profile, &environment, &globals, &origins).await?);
    }
    Ok(report(&remarks, printer, &redactor, may_speak))
}

fn collections(args: &DoctorArgs) -> Result<BTreeMap<String, Collection>, CommandFailure> {
    if args.collections.is_empty() {
        return shipped::COLLECTIONS
            .iter()
            .map(|file| {
                let document = Document::parse(file.name, file.text.as_bytes())?;
                Ok((stem(file.name).to_owned(), Collection::read(&document)?))
            })
            .collect();
    }
    args.collections
        .iter()
        .map(|path| {
            Ok((
                stem(&path.to_string_lossy()).to_owned(),
                files::collection(path)?,
            ))
        })
        .collect()
}

/// Speaks to the hosts and asks for a token.
async fn speak(
    args: &DoctorArgs,
    profile: &Arc<Profile>,
    environment: &Environment,
    globals: &Environment,
    origins: &BTreeSet<String>,
) -> Result<Vec<Remark>, CommandFailure> {
    let clock = Clock::system();
    let mock = if target::needs_mock(args.target, &args.target_args) {
        let chance = Random::from_entropy();
        Some(
            OpenMock::open(
                Arc::clone(profile),
                &clock,
                &chance,
                &args.target_args.platform,
            )
            .await?,
        )
    } else {
        None
    };
    let map: TargetMap = target::map(
        args.target,
        Guard::Named,
        &args.target_args,
        mock.as_ref(),
        origins,
        &BTreeSet::new(),
    )?;
    let trust = target::trust(&args.target_args.trust)?;
    let client = Client::new(
        clock.clone(),
        map,
        ClientOptions {
            trust,
            timeout: Some(PATIENCE),
        },
    );
    client
        .check_certificates()
        .map_err(CommandFailure::Certificates)?;
    let mut remarks = Vec::new();
    for origin in origins {
        let sent = client
            .send(&request("GET", &format!("{origin}/"), Body::default()))
            .await;
        let middle = sent.timing.request_last;
        match sent.outcome {
            Outcome::Failure(failure) => remarks.push(unreachable(origin, &failure)),
            Outcome::Response(response) => {
                remarks.push(reached(origin, &response));
                remarks.extend(clock_offset(origin, &response, middle));
            }
        }
    }
    remarks.extend(token(&client, profile, environment, globals).await);
    Ok(remarks)
}

fn request(method: &str, url: &str, body: Body) -> Request {
    let mut headers = Headers::from_iter([("User-Agent", USER_AGENT), ("Accept", "*/*")]);
    if !body.is_empty() {
        headers.push("Content-Type", "application/json");
    }
    Request {
        method: method.into(),
        url: url.into(),
        headers,
        body,
    }
}

fn unreachable(origin: &str, failure: &Failure) -> Remark {
    let remedy = match failure.kind {
        FailureKind::Resolve => "check the spelling of the host, and the name servers",
        FailureKind::Connect | FailureKind::Timeout => {
            "check the address, the network, and whether a proxy or firewall stands between"
        }
        FailureKind::Tls => {
            "check the certificate; name an authority of your own with --ssl-extra-ca-certs"
        }
        _ => "check the base URL",
    };
    Remark::new(
        Severity::Unreachable,
        origin,
        format!("does not answer: {failure}"),
        remedy,
    )
}

/// A host that answers at all is fine, whatever it says to a request for nothing; one that sends
/// us elsewhere is not.
fn reached(origin: &str, response: &Response) -> Remark {
    let elsewhere = response
        .headers
        .get("location")
        .filter(|_| (300..400).contains(&response.status))
        .filter(|location| location.contains("://") && !location.starts_with(origin));
    match elsewhere {
        Some(location) => Remark::new(
            Severity::Warning,
            origin,
            format!("redirects to {location}"),
            "use the address to which it leads, or check that no portal stands between",
        ),
        None => Remark::new(
            Severity::Fine,
            origin,
            format!("answers ({})", response.status),
            "",
        ),
    }
}

/// How far the host's clock is off, where that is too far.
fn clock_offset(origin: &str, response: &Response, asked: Timestamp) -> Option<Remark> {
    let date = httpdate::parse_http_date(response.headers.get("date")?).ok()?;
    let theirs = Timestamp::try_from(date).ok()?;
    let offset = theirs.duration_since(asked);
    (offset.unsigned_abs() > CLOCK_TOLERANCE).then(|| {
        Remark::new(
            Severity::Warning,
            origin,
            format!("its clock is {} s off ours", offset.as_secs()),
            "set the clock of this machine by NTP: expiry of tokens and dates in Retry-After hang \
             on it",
        )
    })
}

/// Asks for a token with what the environment has, if it has what is needed.
async fn token(
    client: &Client,
    profile: &Profile,
    environment: &Environment,
    globals: &Environment,
) -> Vec<Remark> {
    let scopes = Scopes {
        environment: scope(&environment.variables),
        globals: scope(&globals.variables),
        ..Scopes::default()
    };
    let mut chance = Random::from_entropy();
    let mut resolver = Resolver::new(&scopes, &mut chance, Clock::logical_start());
    let mut value = |names: &[&str]| {
        let name = names.iter().find(|name| scopes.has(name))?;
        let value = resolver.text(&format!("{{{{{name}}}}}"));
        (!value.is_empty()).then_some(value)
    };
    let known = [
        value(&["tokenBaseUrl", "tokenUrl", "authUrl"]),
        value(&["clientId", "client_id"]),
        value(&["clientSecret", "client_secret"]),
        value(&["audience"]),
    ];
    let [
        Some(base),
        Some(client_id),
        Some(client_secret),
        Some(audience),
    ] = known
    else {
        return vec![Remark::new(
            Severity::Warning,
            "token",
            "was not asked for: it takes tokenBaseUrl, clientId, clientSecret and audience",
            "fill them in, or go on if your collection gets its token in another way",
        )];
    };
    let grant_type = value(&["grantType"]).unwrap_or_else(|| "client_credentials".into());
    let path = &profile.paths.token.value;
    let url = if base.contains(path.as_str()) {
        base
    } else {
        format!("{}{path}", base.trim_end_matches('/'))
    };
    let body = json!({
        "grant_type": grant_type,
        "client_id": client_id,
        "client_secret": client_secret,
        "audience": audience,
    });
    let sent = client
        .send(&request("POST", &url, body.to_string().into()))
        .await;
    vec![match sent.outcome {
        Outcome::Failure(failure) => Remark::new(
            Severity::Error,
            "token",
            format!("cannot be had: {failure}"),
            "check the token host",
        ),
        Outcome::Response(response) => token_answer(&url, &response, profile),
    }]
}

fn token_answer(url: &str, response: &Response, profile: &Profile) -> Remark {
    let body = response.body.json().unwrap_or(Value::Null);
    let has_token = body.get("access_token").is_some_and(Value::is_string);
    if response.status == 200 && has_token {
        let lifetime = body.get("expires_in").and_then(Value::as_u64);
        return match lifetime {
            Some(seconds) if Duration::from_secs(seconds) < profile.token_lifetime.value / 2 => {
                Remark::new(
                    Severity::Warning,
                    "token",
                    format!(
                        "lives for {seconds} s, less than half of the {} s that the profile expects",
                        profile.token_lifetime.value.as_secs()
                    ),
                    "lay a profile with the real lifetime over the built-in one (--profile)",
                )
            }
            Some(seconds) => Remark::new(
                Severity::Fine,
                "token",
                format!("can be had and lives for {seconds} s"),
                "",
            ),
            None => Remark::new(
                Severity::Warning,
                "token",
                "can be had but does not say how long it lives (`expires_in`)",
                "ask the platform; without it a connector cannot know when to renew",
            ),
        };
    }
    let reason = ["error_description", "error", "message"]
        .iter()
        .find_map(|field| body.get(field).and_then(Value::as_str))
        .unwrap_or("no reason was given");
    let remedy = match response.status {
        401 | 403 => "check clientId, clientSecret and audience: they differ between environments",
        400 => "check grantType and audience",
        404 | 405 => "check tokenBaseUrl and the token path of the profile",
        _ => "try again later, or ask the platform",
    };
    Remark::new(
        Severity::Error,
        "token",
        format!("cannot be had from {url}: {} ({reason})", response.status),
        remedy,
    )
}

/// Prints what was found, the worst first, and says how the process ends.
fn report(remarks: &[Remark], printer: Printer, redactor: &Redactor, spoke: bool) -> ExitStatus {
    let mut sorted: Vec<_> = remarks.iter().collect();
    sorted.sort_by_key(|remark| remark.severity);
    let mut text = String::new();
    for remark in &sorted {
        let mark = match remark.severity {
            Severity::Unreachable | Severity::Error => "error  ",
            Severity::Warning => "warning",
            Severity::Fine => "ok     ",
        };
        text += &format!("{mark}  {}: {}\n", remark.subject, remark.message);
        if !remark.remedy.is_empty() {
            text += &format!("         help: {}\n", remark.remedy);
        }
    }
    let count = |severity| {
        sorted
            .iter()
            .filter(|remark| remark.severity == severity)
            .count()
    };
    let errors = count(Severity::Unreachable) + count(Severity::Error);
    let warnings = count(Severity::Warning);
    if !spoke {
        text += "Nothing was sent: the hosts and the token were not examined.\n";
    }
    text += &match (errors, warnings) {
        (0, 0) => "All is well: the run can begin.\n".to_owned(),
        (0, _) => format!("The run can begin; {warnings} to look at.\n"),
        (_, _) => format!("The run would fail: {errors} to mend, {warnings} to look at.\n"),
    };
    printer.data(&redactor.redact(&text));
    let unanswered = sorted
        .iter()
        .any(|remark| remark.severity == Severity::Unreachable);
    match (errors, unanswered) {
        (0, _) => ExitStatus::Met,
        (_, true) => ExitStatus::Unreachable,
        (_, false) => ExitStatus::NonConformant,
    }
}
