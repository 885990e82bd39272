//! The two histories of each check of this family.

use serde_json::{Value, json};

use crate::conformance::fixture::Kind;
use crate::event::{Origin, Subject};
use crate::history::composer::Composer;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("CR-01" | "CR-02" | "CR-04", Conforming) => {
            run.token("provider", 28_800).get_provider();
        }
        ("CR-01", Breaking) => {
            run.token("provider", 28_800)
                .get_provider()
                .with(|exchange| {
                    let body = r#"{"debug":"[secret:5ec4e75ec4e7]"}"#;
                    exchange.request.body = body.to_owned().into();
                });
        }
        ("CR-02", Breaking) => {
            run.token("provider", 28_800)
                .get_provider()
                .with(|exchange| {
                    exchange
                        .request
                        .url
                        .push_str("?apikey=[secret:0a1b2c3d4e5f]");
                });
        }
        ("CR-03", Conforming) => run = notified(None),
        ("CR-03", Breaking) => run = notified(Some("[secret:c4be77f58e06]")),
        ("CR-04", Breaking) => {
            run.token("provider", 28_800)
                .get_provider()
                .with(|exchange| {
                    exchange.request.url = exchange.request.url.replace("https://", "http://");
                });
        }
        _ => return None,
    }
    Some(run)
}

/// A notification whose answer holds `answer`.
pub(crate) fn notified(answer: Option<&str>) -> Composer {
    let mut run = Composer::of(Subject::Connector);
    let body = json!({"type": "resourceCreated", "resource": {"id": "b-1", "type": "batch"}});
    let answer = answer.map_or(Value::Null, |text| json!({ "received": text }));
    run.send("POST", "/notifications", body, 201, answer)
        .with(|exchange| {
            exchange.request.url = "https://connector.invalid/notifications".into();
            let headers = &mut exchange.request.headers;
            headers.remove("x-api-key");
            headers.set("Authorization", "Bearer [secret:c4be77f58e06]");
        })
        .sent_by(Origin::Platform);
    run
}
