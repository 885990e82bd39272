//! What the administration does.

use std::sync::Arc;

use super::*;
use crate::base::{Clock, Random, Seed};
use crate::event::Events;
use crate::exchange::{Body, Request};
use crate::history::BackgroundRecorder;
use crate::mock::{AdminDoor, Defects, DoorOptions, HyperDoor, Tenant};
use crate::observe::{Director, Logbook, Plan};
use crate::profile::Profile;

fn performance(director: Option<Director>, history: &Path) -> Performance {
    let profile = Arc::new(Profile::built_in());
    let clock = Clock::system();
    let recorder =
        BackgroundRecorder::create(history, Arc::new(str::to_owned), Arc::new(|| 0)).unwrap();
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

    fn ask(&self, path: &str, query: Option<&str>, body: &Value) -> Result<Value, AdminRefusal> {
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
            json!({"operation": "POST /oauth/token", "answers": []}),
            "`answers` is empty",
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
    for (query, count, first) in [(None, 3, 1), (Some("from=3"), 1, 3), (Some("from=9"), 0, 9)] {
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
    let played = performance.clone();
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
    assert_eq!(played.served(), 3, "they were served all the same");
}

#[test]
fn there_is_room_for_so_many_scripted_answers_and_those_that_were_delivered_make_room() {
    let office = Office::open(None);
    let order = |count: usize| {
        let answers = vec!["500"; count];
        json!({"operation": "POST /oauth/token", "answers": answers})
    };
    office.ask("faults", None, &order(1)).unwrap();
    office.ask("faults", None, &order(ANSWERS - 1)).unwrap();
    let (status, reason) = office.refusal("faults", &order(1));
    assert_eq!(status, 409);
    assert!(
        reason.starts_with("1000 scripted answers are held"),
        "{reason}"
    );
    let request = Request {
        method: "POST".into(),
        url: "http://a/oauth/token".into(),
        headers: [("content-type", "application/json")].into_iter().collect(),
        body: Body::from(token_request()),
    };
    let status = office.administration.performance.with_stage(|stage, now| {
        let reply = stage.answer(now, &request, None);
        reply.response().unwrap().status
    });
    assert_eq!(status, 500);
    office.ask("faults", None, &order(1)).unwrap();
    let lines = office.ask("history", None, &Value::Null).unwrap();
    assert_eq!(lines.as_str().unwrap().matches("fault-proof").count(), 1);
}

fn token_request() -> String {
    let provider = Tenant::seeded().provider;
    json!({
        "grant_type": "client_credentials",
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "audience": provider.audience,
    })
    .to_string()
}

#[test]
fn the_state_is_told_in_pieces() {
    let office = Office::open(None);
    let state = |query| office.ask("state", query, &Value::Null);
    let whole = state(None).unwrap();
    let all = whole["batches"].as_array().unwrap();
    assert_eq!(whole["platform"]["batches"], all.len());
    let rest = state(Some("from=1")).unwrap();
    assert_eq!(rest["batches"].as_array().unwrap()[..], all[1..]);
    assert_eq!(rest["platform"]["batches"], all.len());
    let none = state(Some("from=18446744073709551615")).unwrap();
    assert_eq!(none["batches"], json!([]));
    for wrong in ["from=-1", "page=1", "from="] {
        let refusal = state(Some(wrong)).unwrap_err();
        assert_eq!(refusal.status, 400);
    }
}
