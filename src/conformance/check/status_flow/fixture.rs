//! The two histories of each check of this family.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conformance::fixture::{Kind, batch};
use crate::event::Subject;
use crate::history::composer::Composer;
use crate::profile::Declaration;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::replay();
    match (id, kind) {
        ("ST-01", kind) => run.step("Submit a batch of payments").send(
            "POST",
            "/v3/batchpayments",
            json!({"data": {}}),
            201,
            batch(match kind {
                Conforming => "Received",
                Breaking => "Processing",
            }),
        ),
        ("ST-02", Conforming) => run
            .get_batch("Received")
            .patch_batch("Processing")
            .patch_batch("Completed"),
        ("ST-02", Breaking) => run.get_batch("Received").patch_batch("Completed"),
        ("ST-03", Conforming) => run.get_batch("Completed").get_batch("Completed"),
        ("ST-03", Breaking) => run.get_batch("Failed").patch_batch("Completed"),
        ("ST-13", Conforming) => run
            .patch_batch("Processing")
            .get_batch("Processing")
            .get_batch("Completed"),
        ("ST-13", Breaking) => run.patch_batch("Processing").get_batch("Received"),
        _ => return observed(id, kind),
    };
    Some(run)
}

/// The same of the checks of a connector.
fn observed(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("ST-04" | "ST-11" | "ST-12" | "ST-14", Conforming) => worked(&mut run),
        ("ST-04", Breaking) => run
            .begin("b-1", &["p-1"])
            .wait(Duration::from_mins(31))
            .get_provider(),
        ("ST-05", kind) => {
            run.set("b-1", json!({"status": "Processing"}), 503)
                .wait(Duration::from_secs(1))
                .set_again("b-1", json!({"status": "Processing"}), 204);
            if kind == Breaking {
                for status in ["Processing", "Completed"] {
                    run.set("b-2", json!({"status": status}), 204)
                        .with(|exchange| {
                            let key = "6e3f0c58-0b2e-4a66-9d3c-0a1f4a3e5d11";
                            exchange.request.headers.push("x-idempotency-key", key);
                        });
                }
            }
            &mut run
        }
        ("ST-06", kind) => {
            run.submit("b-1", &["p-1"])
                .submit("b-2", &["p-2"])
                .notify_batch("b-2", 201)
                .notify_batch("b-1", 201);
            for id in ["b-2", "b-1"] {
                run.set(id, json!({"defaultStatus": "Processing"}), 204);
                if kind == Breaking {
                    run.back(Duration::from_millis(100));
                }
                run.set(id, json!({"defaultStatus": "Completed"}), 204);
            }
            &mut run
        }
        ("ST-07", kind) => {
            let date = match kind {
                Conforming => "2026-01-01T00:00:00Z",
                Breaking => "2026-01-01T01:00:00Z",
            };
            let more = json!({"paymentCompletedDate": date});
            ended(&mut run, "Completed", &more)
        }
        ("ST-08", kind) => {
            let amount = match kind {
                Conforming => 125.5,
                Breaking => 125.0,
            };
            ended(&mut run, "Completed", &json!({"amount": amount}))
        }
        ("ST-09", Conforming) => ended(
            &mut run,
            "Failed",
            &json!({"extendedStatus": "AccountClosed"}),
        ),
        ("ST-09", Breaking) => ended(&mut run, "Failed", &json!({})),
        ("ST-10", kind) => {
            run.begin("b-1", &["p-1"]);
            let (payment, answer) = match kind {
                Conforming => ("p-1", 204),
                Breaking => ("of-another", 404),
            };
            let update = json!([{"paymentId": payment, "status": "Completed"}]);
            run.set("b-1", json!({"payments": update}), answer)
        }
        ("ST-11", Breaking) => run
            .begin("b-1", &["p-1"])
            .read("b-1", "Processing", &["p-1"])
            .set("b-1", json!({"status": "Completed"}), 204),
        ("ST-14", Breaking) => run
            .submit("b-1", &["p-1"])
            .notify_batch("b-1", 201)
            .wait(Duration::from_mins(16))
            .get_provider(),
        ("ST-15", kind) => {
            let (batches, lag) = match kind {
                Conforming => (59, 1),
                Breaking => (2, 4),
            };
            for number in 1..=batches {
                let id = format!("b-{number}");
                run.submit(&id, &[])
                    .notify_batch(&id, 201)
                    .wait(Duration::from_secs(lag))
                    .set(&id, json!({"status": "Processing"}), 204);
            }
            &mut run
        }
        _ => return None,
    };
    Some(run)
}

/// A batch from its submission to its end.
fn worked(run: &mut Composer) -> &mut Composer {
    ended(
        run,
        "Completed",
        &json!({"paymentCompletedDate": "2026-01-01T00:00:00Z"}),
    )
    .set("b-1", json!({"status": "Completed"}), 204)
    .read("b-1", "Completed", &["p-1"])
}

/// A batch whose payment comes to its end; `more` is what the update says beside.
fn ended<'r>(run: &'r mut Composer, status: &str, more: &Value) -> &'r mut Composer {
    let mut payment = json!({"paymentId": "p-1", "status": status});
    for (name, value) in more.as_object().into_iter().flatten() {
        payment[name] = value.clone();
    }
    run.begin("b-1", &["p-1"])
        .set("b-1", json!({"payments": [payment]}), 204)
}

/// What the provider of the histories of `id` declares.
pub(crate) fn declaration(id: &str) -> Declaration {
    Declaration {
        latency_target: (id == "ST-15").then_some(Duration::from_secs(2)),
        ..Declaration::default()
    }
}
