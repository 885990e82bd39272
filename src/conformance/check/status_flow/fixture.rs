//! The two histories of each check of this family.

use serde_json::json;

use crate::conformance::fixture::{Kind, batch};
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
        _ => return None,
    };
    Some(run)
}

/// What the provider of the histories of `id` declares.
pub(crate) fn declaration(id: &str) -> Declaration {
    let _ = id;
    Declaration::default()
}
