//! The two histories of each check of this family.

use std::time::Duration;

use serde_json::json;

use crate::conformance::fixture::Kind;
use crate::event::Subject;
use crate::history::composer::Composer;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("NA-01" | "NA-02" | "NA-03" | "NA-05", Conforming) => {
            run.begin("b-1", &["p-1"])
                .set("b-1", json!({"defaultStatus": "Completed"}), 204)
        }
        ("NA-01", Breaking) => run.submit("b-1", &["p-1"]).notify_batch("b-1", 200),
        ("NA-02", Breaking) => run.submit("b-1", &["p-1"]).notify_batch("b-1", 401),
        ("NA-03", Breaking) => run
            .submit("b-1", &["p-1"])
            .notify_batch("b-1", 201)
            .with(|exchange| {
                let late = exchange.timing.request_first + Duration::from_secs(10);
                exchange.timing.response_first = late;
                exchange.timing.response_last = late;
            })
            .cut(),
        ("NA-04", kind) => {
            run.begin("b-1", &["p-1"])
                .notify_batch("b-1", 201)
                .another_attempt();
            let status = match kind {
                Conforming => "Completed",
                Breaking => "Processing",
            };
            run.set("b-1", json!({"defaultStatus": status}), 204)
        }
        ("NA-05", Breaking) => run
            .submit("b-1", &["p-1"])
            .set("b-1", json!({"defaultStatus": "Processing"}), 204)
            .set("b-1", json!({"defaultStatus": "Completed"}), 204)
            .notify_batch("b-1", 201)
            .with(|exchange| exchange.timing.request_first -= Duration::from_millis(250)),
        _ => return None,
    };
    Some(run)
}
