//! From the bytes of an archive to a history.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::concealment::Concealment;
use super::fitness;
use super::party::Parties;
use crate::base::{Clock, Redactor, Seed, Timestamp, sha256};
use crate::cli::failure::CommandFailure;
use crate::event::{
    Attempt, End, Event, EventKind, Listener, ListenerError, Origin, RunStart, Subject, Target,
};
use crate::exchange::Exchange;
use crate::history::{Api, Archive, Endpoint, History, Omission, Recorder, Redaction};
use crate::observe::{Attempts, Discretion, conceal_tokens};
use crate::profile::Profile;

/// Whether the file at `path`, which begins with `beginning`, is an HTTP archive or is meant for one.
#[must_use]
pub fn is_archive(path: &Path, beginning: &[u8]) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("har"))
        || Archive::is_one(beginning)
}

/// The history of an archive that a client or a gateway wrote; `path` is how the user calls it.
///
/// # Errors
/// If it is no archive, or one without what a judgement needs.
pub fn history(path: &Path, bytes: &[u8], profile: &Profile) -> Result<History, CommandFailure> {
    let archive = Archive::parse(bytes).map_err(|source| CommandFailure::Archive {
        path: path.to_owned(),
        source,
    })?;
    let total = archive.exchanges.len();
    let mut calls: Vec<(Api, Exchange)> = archive
        .exchanges
        .into_iter()
        .map(|exchange| (Endpoint::of(&exchange.request, profile).api, exchange))
        .collect();
    // They are taught before anything is written: what is a credential here may be plain text there.
    let redactor = redactor(bytes);
    teach(&redactor, &calls, profile)?;
    calls.retain(|(api, _)| *api != Api::Elsewhere);
    let with_the_platform = calls.len();
    without_doubles(&mut calls);
    fitness::check(path, &calls, &archive.omissions)?;
    let name = path.display();
    let mut notices = vec![format!(
        "{name}: {with_the_platform} of {total} exchanges are with the platform; the times are \
         those of {}, a browser's or a gateway's, not the platform's, and nobody knows what it did \
         not record",
        archive.creator,
    )];
    let doubles = with_the_platform - calls.len();
    if doubles > 0 {
        notices.push(format!(
            "{name}: exchanges that stand there more than once count once ({doubles} left out)"
        ));
    }
    if archive.omissions.contains(&Omission::ResponseBody) {
        notices.push(format!(
            "{name}: bodies of responses are missing; rules that need them see nothing"
        ));
    }
    let sheet = Sheet::default();
    write(&sheet, redactor, calls, notices, profile)?;
    let written = sheet.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(History::parse(&written)?)
}

/// Its commitments are the same for the same archive. Who can compute the key has the archive.
fn redactor(bytes: &[u8]) -> Redactor {
    let digest = sha256(bytes);
    let mut key = [0; 32];
    key.copy_from_slice(&digest.as_str().as_bytes()[..32]);
    Redactor::new(key)
}

/// Teaches the redactor the credentials of all exchanges, also of those that are not judged.
fn teach(
    redactor: &Redactor,
    calls: &[(Api, Exchange)],
    profile: &Profile,
) -> Result<(), ListenerError> {
    let api_key = profile.headers.api_key.value.as_str();
    let listener = Concealment::new(redactor.clone(), api_key, Vec::new());
    let mut discretion = Discretion::new(redactor.clone(), api_key, vec![Box::new(listener)]);
    for (_, exchange) in calls {
        discretion.take(Event {
            sequence: 1,
            at: exchange.timing.response_last,
            kind: EventKind::Exchange {
                step: 0,
                origin: Origin::Connector,
                attempt: Attempt {
                    group: 1,
                    number: 1,
                },
                exchange: Box::new(exchange.clone()),
            },
        })?;
    }
    Ok(())
}

/// Leaves out what a writer wrote twice: the same request with the same answer at the same times.
fn without_doubles(calls: &mut Vec<(Api, Exchange)>) {
    let mut kept: Vec<(Api, Exchange)> = Vec::with_capacity(calls.len());
    for (api, exchange) in calls.drain(..) {
        // They stand in the order in which they ended.
        let is_double = kept
            .iter()
            .rev()
            .take_while(|(_, other)| other.timing.response_last == exchange.timing.response_last)
            .any(|(_, other)| *other == exchange);
        if !is_double {
            kept.push((api, exchange));
        }
    }
    *calls = kept;
}

fn write(
    sheet: &Sheet,
    redactor: Redactor,
    calls: Vec<(Api, Exchange)>,
    notices: Vec<String>,
    profile: &Profile,
) -> Result<(), ListenerError> {
    let redaction: Redaction = {
        let redactor = redactor.clone();
        Arc::new(move |text: &str| {
            let concealed = conceal_tokens(&redactor, text.as_bytes());
            redactor.redact(&String::from_utf8_lossy(&concealed))
        })
    };
    let recorder = Recorder::new(sheet.clone(), "the history", redaction);
    let api_key = profile.headers.api_key.value.as_str();
    let concealment = Concealment::new(redactor.clone(), api_key, vec![Box::new(recorder)]);
    let mut discretion = Discretion::new(redactor, api_key, vec![Box::new(concealment)]);
    let parties = Parties::of(&calls);
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
                origin: parties.origin(api, &exchange),
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
        time: "foreign".into(),
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
#[derive(Clone, Default)]
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

#[cfg(test)]
#[path = "conversion_tests.rs"]
mod tests;
