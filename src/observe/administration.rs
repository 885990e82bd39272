//! What can be asked and told while an observation goes on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Performance, Stage};
use crate::base::Timestamp;
use crate::event::EventKind;
use crate::mock::{
    AdminAnswer, AdminCall, AdminRefusal, AdminService, Administrator, Batch, Fault, Platform,
};

/// How many bytes of the history are given at once, by and large.
const HISTORY_BYTES: u64 = 16 * 1024 * 1024;

/// How many scripted answers the interface holds: each request looks through their queues.
const ANSWERS: usize = 1_000;

/// How many subscriptions and batches the state tells at once: nobody is served meanwhile.
const LISTED: usize = 25;

/// Under which name faults of the interface prove their delivery.
const SCENARIO: &str = "admin interface";

const SERVICES: &[AdminService] = &[
    AdminService {
        method: "GET",
        path: "state",
        purpose: "What the platform has done, 25 of its subscriptions and batches from the place `from` on (0), scripted answers and how far the plan is.",
    },
    AdminService {
        method: "GET",
        path: "history",
        purpose: "The lines of the history from the sequence number `from` on (1), about 16 MiB at a time.",
    },
    AdminService {
        method: "POST",
        path: "faults",
        purpose: "Scripts the next answers of an operation: {\"operation\": \"GET /…\", \"answers\": [\"429 retry-after=7\"]}.",
    },
    AdminService {
        method: "POST",
        path: "scenario/advance",
        purpose: "Ends the scenario that is played, whatever it waits for.",
    },
    AdminService {
        method: "POST",
        path: "tokens/revoke",
        purpose: "Makes every token issued so far invalid.",
    },
    AdminService {
        method: "POST",
        path: "reset",
        purpose: "Puts the platform back to its beginning; not while a plan is played.",
    },
];

/// The administrator of a performance.
pub struct Administration {
    performance: Performance,
    /// The platform as it was at the beginning.
    initial: Platform,
    /// The file of the history, where it is written to one.
    history: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultOrder {
    operation: String,
    answers: Vec<String>,
}

impl Administration {
    /// The administrator of `performance`, whose history is written to the file `history`. A reset
    /// puts the platform back to what it is now.
    #[must_use]
    pub fn new(performance: Performance, history: Option<PathBuf>) -> Self {
        let initial = performance.with_stage(|stage, _| stage.platform().clone());
        Self {
            performance,
            initial,
            history,
        }
    }

    fn queue_faults(&self, body: &Value) -> Result<Value, AdminRefusal> {
        let bad = |reason: String| AdminRefusal::new(400, reason);
        let order: FaultOrder = serde_json::from_value(body.clone()).map_err(|error| {
            bad(format!(
                "send {{\"operation\": …, \"answers\": […]}}: {error}"
            ))
        })?;
        let answers = order
            .answers
            .iter()
            .map(|text| text.parse())
            .collect::<Result<Vec<Fault>, _>>()
            .map_err(|error| bad(error.to_string()))?;
        let queued = answers.len();
        if queued == 0 {
            return Err(bad("`answers` is empty; script one at least".into()));
        }
        self.performance.with_stage(|stage, now| {
            if stage.platform().scripted_answers() + queued > ANSWERS {
                stage.prove_delivered(now, SCENARIO);
            }
            let held = stage.platform().scripted_answers();
            if held + queued > ANSWERS {
                return Err(AdminRefusal::new(
                    409,
                    format!(
                        "{held} scripted answers are held, and there is room for {ANSWERS}; wait \
                         until some were delivered, or reset"
                    ),
                ));
            }
            stage
                .platform_mut()
                .queue_faults(SCENARIO, &order.operation, answers)
                .map_err(|error| bad(error.to_string()))?;
            stage.emit(EventKind::Notice {
                message: format!(
                    "admin interface: scripted {} for {}",
                    order.answers.join(", "),
                    order.operation
                ),
            });
            Ok(json!({ "queued": queued }))
        })
    }

    fn advance(&self) -> Result<Value, AdminRefusal> {
        self.performance.with_stage(|stage, now| {
            if !is_played(stage) {
                return Err(AdminRefusal::new(409, "no plan is played"));
            }
            stage.emit(EventKind::Notice {
                message: "admin interface: the scenario was ended".into(),
            });
            stage.skip(now);
            Ok(json!({ "plan": progress(stage) }))
        })
    }

    fn revoke_tokens(&self) -> Value {
        self.performance.with_stage(|stage, _| {
            stage.platform_mut().revoke_tokens();
            stage.emit(EventKind::Notice {
                message: "admin interface: all tokens were revoked".into(),
            });
            json!({ "revoked": stage.platform().counters().tokens })
        })
    }

    fn reset(&self) -> Result<Value, AdminRefusal> {
        self.performance.with_stage(|stage, now| {
            if is_played(stage) {
                return Err(AdminRefusal::new(
                    409,
                    "a plan is played; what it waits for would be gone",
                ));
            }
            stage.prove();
            stage.platform_mut().reset(&self.initial, now);
            stage.emit(EventKind::Notice {
                message: "admin interface: the platform was reset".into(),
            });
            Ok(state(stage, now, 0))
        })
    }

    fn history(&self, query: Option<&str>) -> Result<AdminAnswer, AdminRefusal> {
        let from = from(query, "a sequence number")?.unwrap_or(1);
        let Some(file) = &self.history else {
            return Err(AdminRefusal::new(404, "no history is written"));
        };
        self.performance.with_stage(|stage, _| stage.flush());
        lines(file, from)
            .map(AdminAnswer::Lines)
            .map_err(|error| AdminRefusal::new(500, format!("the history cannot be read: {error}")))
    }
}

impl Administrator for Administration {
    fn services(&self) -> &'static [AdminService] {
        SERVICES
    }

    fn serve(&self, call: &AdminCall) -> Result<AdminAnswer, AdminRefusal> {
        match call.service.path {
            "history" => return self.history(call.query.as_deref()),
            "state" => from(call.query.as_deref(), "the place in the lists").map(|from| {
                let from = usize::try_from(from.unwrap_or(0)).unwrap_or(usize::MAX);
                self.performance
                    .with_stage(|stage, now| state(stage, now, from))
            }),
            "faults" => self.queue_faults(&call.body),
            "scenario/advance" => self.advance(),
            "tokens/revoke" => Ok(self.revoke_tokens()),
            "reset" => self.reset(),
            _ => Err(AdminRefusal::new(404, "there is nothing here")),
        }
        .map(AdminAnswer::Document)
    }
}

fn is_played(stage: &Stage) -> bool {
    stage.director().is_some() && stage.end().is_none()
}

fn progress(stage: &Stage) -> Value {
    json!(stage.progress())
}

/// The parameter `from` of a query, the only one that there is; `meaning` is told where it is wrong.
fn from(query: Option<&str>, meaning: &str) -> Result<Option<u64>, AdminRefusal> {
    let Some(query) = query else {
        return Ok(None);
    };
    let from = query.strip_prefix("from=").map(str::parse);
    match from {
        Some(Ok(from)) => Ok(Some(from)),
        Some(Err(_)) | None => Err(AdminRefusal::new(
            400,
            format!("the only parameter is `from`, {meaning}"),
        )),
    }
}

fn state(stage: &Stage, now: Timestamp, from: usize) -> Value {
    let platform = stage.platform();
    let counters = platform.counters();
    let notifications = platform.notifications();
    let store = platform.store();
    let subscriptions: Vec<_> = store
        .subscriptions
        .values()
        .skip(from)
        .take(LISTED)
        .map(|subscription| {
            json!({
                "subscriptionId": subscription.id,
                "providerId": subscription.provider,
                "organisationId": subscription.organisation,
                "status": subscription.status,
            })
        })
        .collect();
    let batches: Vec<_> = store
        .batches
        .values()
        .skip(from)
        .take(LISTED)
        .map(batch)
        .collect();
    json!({
        "at": now,
        "platform": {
            "requests": counters.requests,
            "tokens": counters.tokens,
            "throttled": counters.throttled,
            "faults": counters.faults,
            "messages": store.messages.taken(),
            "subscriptions": store.subscriptions.len(),
            "batches": store.batches.len(),
        },
        "notifications": notifications,
        "subscriptions": subscriptions,
        "batches": batches,
        "faults": platform.fault_proofs(),
        "plan": progress(stage),
        "end": stage.end(),
    })
}

/// A batch, with how many of its payments are in which status.
fn batch(batch: &Batch) -> Value {
    let mut payments = BTreeMap::<_, usize>::new();
    for payment in batch.payments.values() {
        *payments.entry(&payment.status).or_default() += 1;
    }
    json!({
        "batchId": batch.id,
        "subscriptionId": batch.subscription,
        "status": batch.status,
        "payments": payments,
    })
}

/// The whole lines of `file` from the line `from` on, which is the event of that number.
fn lines(file: &Path, from: u64) -> std::io::Result<Vec<u8>> {
    let mut reader = BufReader::new(File::open(file)?);
    for _ in 1..from {
        if reader.skip_until(b'\n')? == 0 {
            return Ok(Vec::new());
        }
    }
    let mut lines = Vec::new();
    reader
        .by_ref()
        .take(HISTORY_BYTES)
        .read_to_end(&mut lines)?;
    if lines.len() as u64 == HISTORY_BYTES {
        reader.read_until(b'\n', &mut lines)?;
    }
    // The last line may be just being written.
    let whole = lines
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    lines.truncate(whole);
    Ok(lines)
}

#[cfg(test)]
#[path = "administration_tests.rs"]
mod tests;
