//! An HTTP archive (HAR) as a history of a connector.
//!
//! The exchanges with the platform are taken, by the paths of the profile; the others are counted.
//! They are written down as an observation would be, through the same redaction, before anything
//! else sees them: what is judged has commitments instead of credentials.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::failure::CommandFailure;
use super::printer::Printer;
use crate::base::{Clock, Redactor, Seed, Timestamp, sha256};
use crate::event::{
    Attempt, End, Event, EventKind, Listener, ListenerError, Origin, RunStart, Subject, Target,
};
use crate::exchange::Exchange;
use crate::history::{Api, Archive, Endpoint, History, Omission, Recorder, Redaction};
use crate::lint::credentials_in_query;
use crate::observe::{Attempts, Discretion, conceal_tokens};
use crate::profile::Profile;

/// The history of an archive that a client or a gateway wrote; `path` is how the user calls it.
///
/// # Errors
/// If it is no archive, or one without what a judgement needs.
pub fn history(
    path: &Path,
    bytes: &[u8],
    profile: &Profile,
    printer: Printer,
) -> Result<History, CommandFailure> {
    let archive = Archive::parse(bytes).map_err(|source| CommandFailure::Archive {
        path: path.to_owned(),
        source,
    })?;
    let total = archive.exchanges.len();
    let calls: Vec<(Api, Exchange)> = archive
        .exchanges
        .into_iter()
        .map(|exchange| (Endpoint::of(&exchange.request, profile).api, exchange))
        .filter(|(api, _)| *api != Api::Elsewhere)
        .collect();
    check(path, &calls, &archive.omissions, profile)?;
    let mut notices = vec![format!(
        "{}: {} of {total} exchanges are with the platform; the times are those of {}, a browser's \
         or a gateway's, not the platform's",
        path.display(),
        calls.len(),
        archive.creator,
    )];
    if archive.omissions.contains(&Omission::ResponseBody) {
        notices.push(format!(
            "{}: bodies of responses are missing; rules that need them see nothing",
            path.display()
        ));
    }
    for notice in &notices {
        printer.note(&format!("note: {notice}\n"));
    }
    let sheet = Arc::new(Mutex::new(Vec::new()));
    write(&sheet, bytes, calls, notices, profile)?;
    let written = sheet.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(History::parse(&written)?)
}

/// Refuses what would be taken for something that it is not.
fn check(
    path: &Path,
    calls: &[(Api, Exchange)],
    omissions: &[Omission],
    profile: &Profile,
) -> Result<(), CommandFailure> {
    let refusal = |message: &str, remedy: &str| {
        Err(CommandFailure::Usage {
            message: format!("{}: {message}", path.display()),
            remedy: remedy.to_owned(),
        })
    };
    if calls.is_empty() {
        return refusal(
            "no exchange is with the platform, by the paths of the profile",
            "record the traffic between the connector and the platform, or lay a profile with your \
             paths over the built-in one (--profile)",
        );
    }
    let api = || calls.iter().filter(|(api, _)| *api == Api::Provider);
    let authorised = api().any(|(_, exchange)| {
        exchange.request.headers.contains("authorization")
            || exchange
                .request
                .headers
                .contains(&profile.headers.api_key.value)
    });
    let served = api().any(|(_, exchange)| exchange.status().is_some_and(|it| it < 300));
    if served && !authorised {
        return refusal(
            "what authorises the requests was left out of the archive",
            "export it with sensitive data; it is replaced by commitments before it is judged, and \
             never printed",
        );
    }
    if omissions.contains(&Omission::RequestBody) {
        return refusal(
            "bodies of requests were left out of the archive",
            "export it with content: repetitions are known by their bodies",
        );
    }
    Ok(())
}

fn write(
    sheet: &Arc<Mutex<Vec<u8>>>,
    bytes: &[u8],
    calls: Vec<(Api, Exchange)>,
    notices: Vec<String>,
    profile: &Profile,
) -> Result<(), ListenerError> {
    // Commitments that are the same for the same archive. Who can compute the key has the archive.
    let digest = sha256(bytes);
    let mut key = [0; 32];
    key.copy_from_slice(&digest.as_str().as_bytes()[..32]);
    let redactor = Redactor::new(key);
    for (_, exchange) in &calls {
        for (name, value) in credentials_in_query(&exchange.request.url) {
            redactor.learn(&name, value);
        }
    }
    let redaction: Redaction = {
        let redactor = redactor.clone();
        Arc::new(move |text: &str| {
            let concealed = conceal_tokens(&redactor, text.as_bytes());
            redactor.redact(&String::from_utf8_lossy(&concealed))
        })
    };
    let recorder = Recorder::new(Sheet(Arc::clone(sheet)), "the history", redaction);
    let api_key = profile.headers.api_key.value.clone();
    let mut discretion = Discretion::new(redactor, api_key, vec![Box::new(recorder)]);
    let start = calls
        .iter()
        .map(|(_, call)| call.timing.request_first)
        .min();
    let mut at = start.unwrap_or_else(Clock::logical_start);
    let mut sequence = 0;
    let mut emit = |at: Timestamp, kind: EventKind| {
        sequence += 1;
        discretion.take(Event { sequence, at, kind })
    };
    emit(at, EventKind::RunStarted(Box::new(start_of_run(profile))))?;
    for message in notices {
        emit(at, EventKind::Notice { message })?;
    }
    let mut attempts = Attempts::default();
    for (api, exchange) in calls {
        let idempotency_key = exchange
            .request
            .headers
            .get(&profile.headers.idempotency_key.value);
        let attempt: Attempt =
            attempts.count(&exchange.request, idempotency_key, &exchange.outcome);
        at = at.max(exchange.timing.response_last);
        emit(
            at,
            EventKind::Exchange {
                step: 0,
                origin: match api {
                    // Only the product speaks to it.
                    Api::Consumer => Origin::Product,
                    Api::Identity | Api::Provider | Api::Elsewhere => Origin::Connector,
                },
                attempt,
                exchange: Box::new(exchange),
            },
        )?;
    }
    emit(at, EventKind::RunEnded { end: End::Complete })
}

fn start_of_run(profile: &Profile) -> RunStart {
    RunStart {
        format: 1,
        harness: env!("CARGO_PKG_VERSION").into(),
        target: Target::Sandbox,
        subject: Subject::Connector,
        profile: profile.name.clone(),
        profile_sha256: profile.sha256.clone(),
        profile_overridden: !profile.overridden.is_empty(),
        time: "real".into(),
        seed: Seed(0),
        map: Vec::new(),
        mock_defects: Vec::new(),
        backoff: None,
        insecure: false,
        plan: "an HTTP archive".into(),
        // Nothing was done on purpose.
        exercises: Some(BTreeSet::new()),
        collections: Vec::new(),
        environment: None,
    }
}

/// Memory that a recorder writes to.
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut sheet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sheet.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
