//! A plan that is played for a connector in real time.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::subject::Subject;
use super::{OpenDoor, Papers, Setting, brief, close_admin, introduce, noise, open_admin, policy};
use crate::base::Clock;
use crate::cli::args::{MeetingArgs, TrustArgs};
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::printer::Printer;
use crate::cli::target;
use crate::cli::workshop::LastWill;
use crate::event::{ConnectorState, End, EventKind, NoiseMoment};
use crate::mock::NotificationEndpoint;
use crate::observe::{Connector, ConnectorLog, Departure, Finale, Leash, Orphans, Performance};
use crate::run::Cancellation;
use crate::specimen::{Host, HostOptions};
use crate::transport::{Client, ClientOptions, Route, TargetMap, Trust};

/// How long a connector that is started here may take until it is ready.
const READY_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a person may take to start a connector.
const ATTACH_TIMEOUT: Duration = Duration::from_mins(10);

/// How soon a notification port is asked again at first, and how late at last.
const ASKED_AGAIN: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));

/// Everything that a performance needs beside its stage.
pub struct Production<'a> {
    /// Profile, clock, chance, secrets.
    pub setting: &'a Setting,
    /// Who is observed.
    pub subject: &'a Subject,
    /// How they meet.
    pub meeting: &'a MeetingArgs,
    /// Whom to trust at the connector's notification endpoint.
    pub trust: &'a TrustArgs,
    /// What the connector is told in files.
    pub papers: &'a Papers,
    /// The folder of the evidence.
    pub evidence: &'a Path,
    /// The file of the history.
    pub history: &'a Path,
    /// Prints.
    pub printer: Printer,
    /// Stops it.
    pub cancellation: Cancellation,
    /// Kills the connector from outside.
    pub leash: Leash,
    /// What is done where nobody waits for the end.
    pub will: LastWill,
}

/// How a performance ended, and what is to be told of it beside the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What went wrong, for the user; empty where nothing did.
    pub trouble: String,
}

/// Why a performance did not come to the end of its plan.
enum Interruption {
    User,
    Gone(String),
    Budget,
    NotReady(Duration),
}

/// Plays the plan of `performance` for the connector, from opening the door to closing it. The
/// last event is written in any case; the connector is gone in any case.
///
/// # Errors
/// If the door cannot be opened, the connector cannot be started, or the record cannot be written.
pub async fn perform(
    performance: &Performance,
    production: &Production<'_>,
) -> Result<Outcome, CommandFailure> {
    let result = opened(performance, production).await;
    production.papers.remove();
    let end = match &result {
        Ok(outcome) => outcome.end,
        Err(_) => End::HarnessFault,
    };
    performance.end(end);
    match performance.failure() {
        Some(failure) if result.is_ok() => Err(failure.into()),
        Some(_) | None => result,
    }
}

/// With the door open.
async fn opened(
    performance: &Performance,
    production: &Production<'_>,
) -> Result<Outcome, CommandFailure> {
    let setting = production.setting;
    let meeting = production.meeting;
    let door = OpenDoor::open(
        Arc::new(performance.clone()),
        &setting.clock,
        meeting.listen(),
        &meeting.door,
        &production.evidence.join("ca.pem"),
    )?;
    let result = match open_admin(performance, &meeting.door, Some(production.history)) {
        Ok(admin) => {
            if let Some(admin) = &admin {
                production
                    .printer
                    .note(&format!("admin: {}\n", admin.url()));
            }
            tell_noise(performance, production, NoiseMoment::Before).await;
            let result = met(performance, production, &door).await;
            if result.is_ok() {
                tell_noise(performance, production, NoiseMoment::After).await;
            }
            close_admin(admin).await;
            result
        }
        Err(failure) => Err(failure),
    };
    door.close().await;
    result
}

/// Writes down what the host itself adds to times.
async fn tell_noise(performance: &Performance, production: &Production<'_>, when: NoiseMoment) {
    let tls = production.meeting.door.tls;
    if let Some(kind) = noise(production.setting, tls, when, &production.cancellation).await {
        performance.emit(kind);
    }
}

/// With the connector started, or waited for.
async fn met(
    performance: &Performance,
    production: &Production<'_>,
    door: &OpenDoor,
) -> Result<Outcome, CommandFailure> {
    let (setting, meeting) = (production.setting, production.meeting);
    let endpoint = endpoint(production)?;
    let port = match production.subject {
        Subject::Attached => None,
        Subject::Command(_) | Subject::Specimen(_) | Subject::Proxied(_) => {
            endpoint.port_or_known_default()
        }
    };
    let briefing = brief(
        setting,
        &door.origin(),
        door.ca_file(),
        meeting.application(),
        port,
    );
    performance.with_stage(|stage, _| {
        let endpoint = NotificationEndpoint {
            url: endpoint.to_string(),
            header: setting.header.name.clone(),
            value: setting.header.value.clone(),
        };
        stage
            .platform_mut()
            .set_notification_endpoint(Some(endpoint));
    });
    production.papers.write(&briefing)?;
    match production.subject {
        Subject::Command(command_line) => {
            let log = ConnectorLog::create(
                &production.evidence.join("connector.log"),
                &setting.redactor,
            )
            .map_err(|source| CommandFailure::Write {
                path: production.evidence.join("connector.log"),
                source,
            })?;
            let orphans = Orphans::adopt();
            production.will.add(orphans.end());
            let mut started =
                Connector::start(command_line, &briefing.variables(), log, &production.leash)?;
            started.see_to(orphans);
            with_process(performance, production, &endpoint, started).await
        }
        Subject::Attached => {
            production.printer.note(&format!(
                "the platform is at {}; tell your connector\n{}and start it: the plan begins when \
                 {endpoint} can be reached, or when a token is asked for\n",
                door.origin(),
                introduce(&briefing, &setting.header),
            ));
            tell(
                performance,
                ConnectorState::Started,
                "somebody else starts it",
            );
            let finale = played(
                performance,
                production,
                &endpoint,
                std::future::pending(),
                meeting.ready_timeout.unwrap_or(ATTACH_TIMEOUT),
            )
            .await?;
            Ok(outcome(performance, finale, None))
        }
        Subject::Specimen(name) => {
            let specimen = Host::start(
                briefing.settings.clone(),
                policy(name, &setting.profile, meeting.application())?,
                setting.chance.fork("specimen"),
                HostOptions {
                    port: port.unwrap_or_default(),
                    trust: authority(door)?,
                },
                setting.clock.clone(),
            )
            .map_err(CommandFailure::Listen)?;
            let message = format!("specimen {name}");
            tell(performance, ConnectorState::Started, &message);
            let timeout = meeting.ready_timeout.unwrap_or(READY_TIMEOUT);
            let gone = std::future::pending();
            let finale = played(performance, production, &endpoint, gone, timeout).await;
            specimen.stop().await;
            tell(performance, ConnectorState::Stopped, &message);
            Ok(outcome(performance, finale?, None))
        }
        Subject::Proxied(_) => Err(CommandFailure::Fault("a proxy plays no plan".into())),
    }
}

/// Trusts whoever signed the certificate of `door`.
fn authority(door: &OpenDoor) -> Result<Trust, CommandFailure> {
    let extra_authorities = match door.ca_file() {
        Some(path) => files::read(path)?,
        None => Vec::new(),
    };
    Ok(Trust {
        extra_authorities,
        anybody: false,
        identities: Vec::new(),
    })
}

/// With the process of the connector running.
async fn with_process(
    performance: &Performance,
    production: &Production<'_>,
    endpoint: &Url,
    mut connector: Connector,
) -> Result<Outcome, CommandFailure> {
    let (setting, meeting) = (production.setting, production.meeting);
    let id = connector.id().unwrap_or_default();
    tell(
        performance,
        ConnectorState::Started,
        &format!("process {id}"),
    );
    let finale = played(
        performance,
        production,
        endpoint,
        connector.ended(),
        meeting.ready_timeout.unwrap_or(READY_TIMEOUT),
    )
    .await;
    let log = connector.log().clone();
    let Departure {
        state,
        words,
        left_behind,
    } = connector.stop(&setting.clock, meeting.grace()).await;
    tell(performance, state, &words);
    if state == ConnectorState::Killed {
        let note = format!("the connector was killed: {words}");
        production.printer.note(&format!("note: {note}\n"));
    }
    if left_behind > 0 {
        let noun = if left_behind == 1 {
            "process"
        } else {
            "processes"
        };
        let message = format!("the connector left {left_behind} {noun} behind, killed now");
        performance.emit(EventKind::Notice { message });
    }
    if let Some(error) = log.take_failure() {
        let note = format!("note: connector.log is not whole: {error}\n");
        production.printer.note(&note);
    }
    Ok(outcome(performance, finale?, Some(&log.last_lines())))
}

/// Waits until the connector is ready, and plays.
async fn played(
    performance: &Performance,
    production: &Production<'_>,
    endpoint: &Url,
    gone: impl Future<Output = String>,
    ready_timeout: Duration,
) -> Result<Finale<Interruption>, CommandFailure> {
    let clock = &production.setting.clock;
    let budget = async {
        match production.meeting.time_budget {
            Some(budget) => clock.sleep(budget).await,
            None => std::future::pending().await,
        }
    };
    let interruption = async {
        tokio::select! {
            biased;
            () = production.cancellation.cancelled() => Interruption::User,
            words = gone => Interruption::Gone(words),
            () = budget => Interruption::Budget,
        }
    };
    tokio::pin!(interruption);
    let reached = tokio::select! {
        biased;
        interruption = &mut interruption => return Ok(Finale::Interrupted(interruption)),
        address = listening(endpoint, clock) => {
            tell(performance, ConnectorState::Ready, "its notification port answers");
            Some(address)
        }
        () = performance.introduction() => {
            tell(performance, ConnectorState::Ready, "it asked for a token");
            None
        }
        () = clock.sleep(ready_timeout) => {
            return Ok(Finale::Interrupted(Interruption::NotReady(ready_timeout)));
        }
    };
    let trust = target::trust(production.trust)?;
    let courier = courier(production.setting, trust, Some(endpoint), reached)?;
    Ok(performance.play(Arc::new(courier), interruption).await)
}

/// What a finale means to the user. Of a connector that was started here there are last words.
fn outcome(
    performance: &Performance,
    finale: Finale<Interruption>,
    last_lines: Option<&[String]>,
) -> Outcome {
    let quoted = || match last_lines {
        None => "\n".to_owned(),
        Some([]) => "; it said nothing\n".to_owned(),
        Some(lines) => format!("; its last lines:\n    {}\n", lines.join("\n    ")),
    };
    let (end, trouble) = match finale {
        Finale::Ended(End::TargetUnreachable) => (
            End::TargetUnreachable,
            format!(
                "the connector did not do what the plan waits for{}",
                quoted()
            ),
        ),
        Finale::Ended(end) => (end, String::new()),
        // The record's own error is told instead.
        Finale::Unrecorded(failure) => {
            performance.fail(failure);
            (End::HarnessFault, String::new())
        }
        Finale::Interrupted(Interruption::User) => (End::AbortedByUser, String::new()),
        Finale::Interrupted(Interruption::Budget) => (
            End::TimeBudget,
            "the plan did not end within --time-budget\n".to_owned(),
        ),
        Finale::Interrupted(Interruption::Gone(words)) => {
            match performance.with_stage(|stage, _| stage.end()) {
                Some(end) => (end, String::new()),
                None => (
                    End::TargetUnreachable,
                    format!("the connector is gone: {words}{}", quoted()),
                ),
            }
        }
        Finale::Interrupted(Interruption::NotReady(timeout)) => (
            End::TargetUnreachable,
            format!(
                "the connector was not ready within {timeout:?}: its notification port does not \
                 answer, and it asked for no token (--ready-timeout){}",
                quoted()
            ),
        ),
    };
    Outcome { end, trouble }
}

fn tell(performance: &Performance, state: ConnectorState, message: &str) {
    let message = message.to_owned();
    performance.emit(EventKind::Connector { state, message });
}

/// Where notifications go: what was typed, otherwise a free port of this machine.
fn endpoint(production: &Production<'_>) -> Result<Url, CommandFailure> {
    let meeting = production.meeting;
    if let Some(url) = &meeting.door.notify {
        return notification_url(url);
    }
    let path = meeting.notify_path();
    let slash = if path.starts_with('/') { "" } else { "/" };
    let port = free_port()?;
    notification_url(&format!("http://127.0.0.1:{port}{slash}{path}"))
}

/// A URL to which notifications can be sent.
///
/// # Errors
/// If it is no http(s) URL, or one with a password: it is shown and written down as it is. No
/// message repeats it, for the same reason.
pub fn notification_url(url: &str) -> Result<Url, CommandFailure> {
    let url = Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| CommandFailure::Usage {
            message: "--notify: this is no http or https URL".into(),
            remedy: "name the whole URL of the notification endpoint".into(),
        })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(CommandFailure::Usage {
            message: "--notify: the URL holds a user name or a password".into(),
            remedy: "leave them out; --notification-header gives a secret to each notification"
                .into(),
        });
    }
    Ok(url)
}

/// A port that nobody listens on now.
fn free_port() -> Result<u16, CommandFailure> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| CommandFailure::Fault(format!("no port is free: {error}")))
}

/// Waits until somebody listens at `endpoint`, and says at which of its addresses.
async fn listening(endpoint: &Url, clock: &Clock) -> SocketAddr {
    let host = endpoint.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = endpoint.port_or_known_default().unwrap_or_default();
    let (mut wait, longest) = ASKED_AGAIN;
    loop {
        // A name may not be known yet.
        if let Ok(addresses) = tokio::net::lookup_host((host, port)).await {
            for address in addresses {
                if tokio::net::TcpStream::connect(address).await.is_ok() {
                    return address;
                }
            }
        }
        clock.sleep(wait).await;
        wait = (wait * 2).min(longest);
    }
}

/// What carries notifications to `endpoint`, which was reached at an address: on this machine never
/// by way of a proxy.
///
/// # Errors
/// None: what is no URL was refused before.
pub fn courier(
    setting: &Setting,
    trust: Trust,
    endpoint: Option<&Url>,
    reached: Option<SocketAddr>,
) -> Result<Client, CommandFailure> {
    let mut map = TargetMap::direct();
    if let Some(endpoint) = endpoint.filter(|endpoint| endpoint.scheme() == "http") {
        let port = endpoint.port_or_known_default().unwrap_or_default();
        let address = reached.or_else(|| match endpoint.host() {
            Some(url::Host::Ipv4(address)) => Some(SocketAddr::new(address.into(), port)),
            Some(url::Host::Ipv6(address)) => Some(SocketAddr::new(address.into(), port)),
            Some(url::Host::Domain("localhost")) => Some(SocketAddr::from(([127, 0, 0, 1], port))),
            Some(url::Host::Domain(_)) | None => None,
        });
        if let Some(address) = address.filter(|address| address.ip().is_loopback()) {
            map.add(endpoint.as_str(), Route::Mock(address))?;
        }
    }
    let options = ClientOptions {
        trust,
        timeout: None,
    };
    Ok(Client::new(setting.clock.clone(), map, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_url_holds_no_password_and_no_message_repeats_one() {
        assert!(notification_url("http://127.0.0.1:9/n?a=b").is_ok());
        for wrong in [
            "http://user:hunter2@a/n",
            "https://hunter2@a",
            "ftp://user:hunter2@a",
            "hunter2",
        ] {
            let error = notification_url(wrong).unwrap_err().text();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
