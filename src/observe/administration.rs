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

/// Under which name faults of the interface prove their delivery.
const SCENARIO: &str = "admin interface";

const SERVICES: &[AdminService] = &[
    AdminService {
        method: "GET",
        path: "state",
        purpose: "What the platform has done, its subscriptions and batches, scripted answers and how far the plan is.",
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
        self.performance.with_stage(|stage, _| {
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
            Ok(state(stage, now))
        })
    }

    fn history(&self, query: Option<&str>) -> Result<AdminAnswer, AdminRefusal> {
        let from = match query.map(|query| query.strip_prefix("from=")) {
            None => 1,
            Some(from) => from.and_then(|from| from.parse().ok()).ok_or_else(|| {
                AdminRefusal::new(400, "the only parameter is `from`, a sequence number")
            })?,
        };
        let Some(file) = &self.history else {
            return Err(AdminRefusal::new(404, "no history is written"));
        };
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
            "state" => Ok(self.performance.with_stage(|stage, now| state(stage, now))),
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
    json!(stage.director().map(super::Director::progress))
}

fn state(stage: &Stage, now: Timestamp) -> Value {
    let platform = stage.platform();
    let counters = platform.counters();
    let notifications = platform.notifications();
    let store = platform.store();
    let subscriptions: Vec<_> = store
        .subscriptions
        .values()
        .map(|subscription| {
            json!({
                "subscriptionId": subscription.id,
                "providerId": subscription.provider,
                "organisationId": subscription.organisation,
                "status": subscription.status,
            })
        })
        .collect();
    let batches: Vec<_> = store.batches.values().map(batch).collect();
    json!({
        "at": now,
        "platform": {
            "requests": counters.requests,
            "tokens": counters.tokens,
            "throttled": counters.throttled,
            "faults": counters.faults,
            "messages": store.messages.taken(),
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
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{Clock, Random, Seed};
    use crate::event::Events;
    use crate::history::Recorder;
    use crate::mock::{AdminDoor, Defects, DoorOptions, HyperDoor, Tenant};
    use crate::observe::{Director, Logbook, Plan};
    use crate::profile::Profile;

    fn performance(director: Option<Director>, history: &Path) -> Performance {
        let profile = Arc::new(Profile::built_in());
        let clock = Clock::system();
        let recorder = Recorder::create(history, Arc::new(str::to_owned)).unwrap();
        let events = Events::new(clock.clone(), vec![Box::new(recorder)]);
        let platform = Platform::new(
            Arc::clone(&profile),
            Random::from_seed(Seed(1)),
            Defects::none(),
        );
        Performance::new(
            Stage::new(platform, director, Logbook::new(events, &profile)),
            clock,
        )
    }

    struct Office {
        administration: Administration,
        _folder: tempfile::TempDir,
    }

    impl Office {
        fn open(director: Option<Director>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("history.ndjson");
            Self {
                administration: Administration::new(performance(director, &file), Some(file)),
                _folder: folder,
            }
        }

        fn ask(
            &self,
            path: &str,
            query: Option<&str>,
            body: &Value,
        ) -> Result<Value, AdminRefusal> {
            let service = SERVICES.iter().find(|service| service.path == path);
            let call = AdminCall {
                service: *service.unwrap(),
                query: query.map(str::to_owned),
                body: body.clone(),
            };
            self.administration.serve(&call).map(|answer| match answer {
                AdminAnswer::Document(document) => document,
                AdminAnswer::Lines(lines) => json!(String::from_utf8(lines).unwrap()),
            })
        }

        fn refusal(&self, path: &str, body: &Value) -> (u16, String) {
            let refusal = self.ask(path, None, body).unwrap_err();
            (refusal.status, refusal.reason)
        }

        fn notices(&self) -> Vec<String> {
            let lines = self.ask("history", None, &Value::Null).unwrap();
            let lines = lines.as_str().unwrap().lines();
            lines
                .map(|line| serde_json::from_str::<Value>(line).unwrap())
                .filter_map(|event| event["message"].as_str().map(str::to_owned))
                .collect()
        }
    }

    #[test]
    fn the_state_tells_of_subscriptions_batches_and_what_was_done() {
        let office = Office::open(None);
        let state = office.ask("state", None, &Value::Null).unwrap();
        assert_eq!(state["platform"]["requests"], 0);
        let id = json!(Tenant::seeded().batch_id);
        let batches = state["batches"].as_array().unwrap();
        let batch = batches.iter().find(|batch| batch["batchId"] == id).unwrap();
        assert_eq!(batch["status"], "Received");
        assert_eq!(batch["payments"], json!({"Received": 3}));
        assert_eq!(state["plan"], Value::Null);
        assert_eq!(state["notifications"]["made"], 0);
    }

    #[test]
    fn an_order_of_faults_that_cannot_be_carried_out_is_refused_with_its_reason() {
        let office = Office::open(None);
        // order, part of the reason
        let table = [
            (Value::Null, "send {\"operation\": …"),
            (json!({"operation": "GET /"}), "missing field `answers`"),
            (
                json!({"operation": "GET /nowhere", "answers": ["500"]}),
                "the platform has no operation `GET /nowhere`",
            ),
            (
                json!({"operation": "POST /oauth/token", "answers": ["200"]}),
                "the scripted answer `200` cannot be read",
            ),
            (
                json!({"operation": "POST /oauth/token", "answers": [], "times": 2}),
                "unknown field `times`",
            ),
        ];
        for (order, part) in table {
            let (status, reason) = office.refusal("faults", &order);
            assert_eq!(status, 400);
            assert!(reason.contains(part), "{reason}");
        }
        assert_eq!(office.notices(), [""; 0]);
    }

    #[test]
    fn the_history_is_given_in_whole_lines_from_any_number_on() {
        let office = Office::open(None);
        for number in 1..=3 {
            let message = format!("note {number}");
            let kind = EventKind::Notice { message };
            office
                .administration
                .performance
                .with_stage(|stage, _| stage.emit(kind));
        }
        let file = office.administration.history.as_ref().unwrap();
        let mut torn = std::fs::OpenOptions::new().append(true).open(file).unwrap();
        std::io::Write::write_all(&mut torn, b"{\"sequence\":4").unwrap();
        // query, lines, the number of the first
        for (query, count, first) in [(None, 3, 1), (Some("from=3"), 1, 3), (Some("from=9"), 0, 9)]
        {
            let lines = office.ask("history", query, &Value::Null).unwrap();
            let lines: Vec<_> = lines.as_str().unwrap().lines().collect();
            assert_eq!(lines.len(), count);
            let start = format!("{{\"sequence\":{first},");
            assert!(lines.first().is_none_or(|line| line.starts_with(&start)));
        }
        let refusal = office
            .ask("history", Some("to=1"), &Value::Null)
            .unwrap_err();
        assert_eq!(refusal.status, 400);
    }

    #[test]
    fn a_scenario_is_ended_and_a_reset_refused_while_a_plan_is_played() {
        let plan = Plan::built_in("smoke").unwrap();
        let director = Director::new(plan, Random::from_seed(Seed(1)));
        let office = Office::open(Some(director));
        let performance = &office.administration.performance;
        performance.with_stage(|stage, now| drop(stage.due(now)));
        assert_eq!(office.refusal("reset", &Value::Null).0, 409);
        let answer = office.ask("scenario/advance", None, &Value::Null).unwrap();
        assert_eq!(answer["plan"]["ended"], 1);
        let notice = "admin interface: the scenario was ended".to_owned();
        assert!(office.notices().contains(&notice));
    }

    #[test]
    fn without_a_plan_there_is_nothing_to_advance() {
        let office = Office::open(None);
        let (status, reason) = office.refusal("scenario/advance", &Value::Null);
        assert_eq!((status, reason.as_str()), (409, "no plan is played"));
    }

    #[tokio::test]
    async fn a_fault_that_was_ordered_meets_a_client_and_a_reset_undoes_what_was_done() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let office = Office::open(None);
        let performance = office.administration.performance.clone();
        let door = HyperDoor::open(
            Arc::new(performance),
            Clock::system(),
            DoorOptions::default(),
        )
        .unwrap();
        let loopback = "127.0.0.1:0".parse().unwrap();
        let admin = AdminDoor::open(Arc::new(office.administration), loopback).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let order =
            json!({"operation": "POST /oauth/token", "answers": ["503 retry-after=2", "reset"]});
        let tell = async |path: &str, body: String| {
            let url = format!("{}{path}", admin.url());
            let answer = client.post(url).body(body).send().await.unwrap();
            let text = answer.text().await.unwrap();
            serde_json::from_str::<Value>(&text).unwrap()
        };
        let told = tell("faults", order.to_string()).await;
        assert_eq!(told, json!({"queued": 2}));
        let provider = Tenant::seeded().provider;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", provider.client_id),
            ("client_secret", provider.client_secret),
            ("audience", provider.audience),
        ];
        let ask = || {
            client
                .post(format!("{}/oauth/token", door.origin()))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(serde_urlencoded::to_string(form).unwrap())
                .send()
        };
        assert_eq!(ask().await.unwrap().status(), 503);
        assert!(ask().await.is_err());
        assert_eq!(ask().await.unwrap().status(), 200);
        let told = tell("tokens/revoke", String::new()).await;
        assert_eq!(told, json!({"revoked": 1}));
        let told = tell("reset", String::new()).await;
        assert_eq!(told["platform"]["requests"], 0);
        assert_eq!(told["faults"], json!([]));
    }
}
