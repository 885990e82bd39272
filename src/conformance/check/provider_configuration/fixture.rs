//! The two histories of each check of this family.

use serde_json::{Value, json};

use crate::conformance::fixture::{BATCH, Kind, PROVIDER, update};
use crate::event::Subject;
use crate::history::composer::Composer;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("PC-01" | "PC-02" | "PC-03" | "PC-04" | "PC-05", Conforming) => {
            updated(&mut run, &configuration());
            run.get_batch("Received")
                .send("PATCH", BATCH, update("Processing"), 204, Value::Null);
        }
        ("PC-01", Breaking) => updated(&mut run, &json!({"name": "Composed"})),
        ("PC-02", Breaking) => {
            let mut data = configuration();
            data["accountType"]["validationRules"][0]["validation"]["regex"] = json!("^([0-9]{6}$");
            updated(&mut run, &data);
        }
        ("PC-03", Breaking) => {
            updated(&mut run, &configuration());
            let body = json!({"data": {"payments": vec![json!({"paymentId": "p-1"}); 501]}});
            run.send("PATCH", BATCH, body, 204, Value::Null);
        }
        ("PC-04", Breaking) => {
            run.get_provider()
                .with(|exchange| exchange.request.headers.remove("x-application"));
        }
        ("PC-05", Breaking) => {
            let mut data = configuration();
            data["country"] = json!("GB");
            updated(&mut run, &data);
        }
        _ => return None,
    }
    Some(run)
}

/// The connector reads its configuration and replaces it.
fn updated(run: &mut Composer, data: &Value) {
    let shown = json!({ "data": configuration() });
    run.send("GET", PROVIDER, Value::Null, 200, shown);
    run.send("PATCH", PROVIDER, json!({ "data": data }), 204, Value::Null);
}

fn configuration() -> Value {
    json!({
        "name": "Composed",
        "country": ["GB"],
        "maximumPaymentCount": 500,
        "accountType": {"validationRules": [{
            "ruleId": "sort-code",
            "validation": {
                "apiPath": "Creditors",
                "jsonPath": "$.data.creditor.bankAccount.sortCode",
                "optionality": "optional",
                "regex": "^[0-9]{6}$",
                "example": "200000",
            },
        }]},
    })
}
