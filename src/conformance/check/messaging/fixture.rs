//! The two histories of each check of this family.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conformance::fixture::Kind;
use crate::event::{Origin, Subject};
use crate::history::composer::Composer;
use crate::profile::Declaration;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("MG-01" | "MG-02" | "MG-04" | "MG-05", Conforming) => {
            for (question, answer) in [
                ("creditorputs", "creditorputs"),
                ("creditorlistqueries", "creditorlistqueryresponses"),
                ("creditordeletes", "creditordeletes"),
            ] {
                ask(&mut run, question, "s-1", 202);
                say(&mut run, answer, "s-1", 202);
            }
        }
        ("MG-03", Conforming) => return Some(answered_after(Duration::from_secs(1))),
        ("MG-03", Breaking) => return Some(answered_after(Duration::from_secs(20))),
        ("MG-01", Breaking) => ask(&mut run, "creditorputs", "s-1", 202),
        ("MG-02", Breaking) => {
            ask(&mut run, "creditorlistqueries", "s-1", 202);
            say(&mut run, "creditorputs", "s-1", 202);
        }
        ("MG-04", Breaking) => {
            ask(&mut run, "creditordeletes", "s-1", 202);
            say(&mut run, "creditordeletes", "s-2", 404);
        }
        ("MG-05", Breaking) => {
            ask(&mut run, "creditordeletes", "s-1", 202);
            say(&mut run, "creditordeletes", "s-1", 202);
            say(&mut run, "creditordeletes", "s-1", 202);
        }
        _ => return None,
    }
    run.wait(Duration::from_mins(1)).get_provider();
    Some(run)
}

/// The product asks at `question`; the notification of it is answered with `status`.
pub(crate) fn ask(run: &mut Composer, question: &str, subscription: &str, status: u16) {
    let path = format!("/api/msg-v1/{question}");
    let body = message(subscription);
    run.send("POST", &path, body, 202, Value::Null)
        .sent_by(Origin::Product);
    deliver(run, question, subscription, status);
}

/// The platform tells the provider of such a question.
pub(crate) fn deliver(run: &mut Composer, question: &str, subscription: &str, status: u16) {
    let body = json!({
        "type": "resourceCreated",
        "resource": {"id": subscription, "type": question, "url": "NA"},
        "message": message(subscription),
    });
    run.send("POST", "/notifications", body, status, Value::Null)
        .sent_by(Origin::Platform);
}

/// The provider says something at `answer`.
pub(crate) fn say(run: &mut Composer, answer: &str, subscription: &str, status: u16) {
    let path = format!("/api-provider-msg-v1/{answer}");
    run.send("POST", &path, message(subscription), status, Value::Null);
}

fn message(subscription: &str) -> Value {
    json!({"subscriptionId": subscription, "data": {"creditor": {"name": "Northwind Paper Ltd"}}})
}

/// Three questions, each answered so much later.
pub(crate) fn answered_after(time: Duration) -> Composer {
    let mut run = Composer::of(Subject::Connector);
    for _ in 0..3 {
        ask(&mut run, "creditorputs", "s-1", 202);
        run.wait(time);
        say(&mut run, "creditorputs", "s-1", 202);
    }
    run
}

/// What the provider of the histories of `id` declares.
pub(crate) fn declaration(id: &str) -> Declaration {
    Declaration {
        latency_target: (id == "MG-03").then_some(Duration::from_secs(5)),
        ..Declaration::default()
    }
}
