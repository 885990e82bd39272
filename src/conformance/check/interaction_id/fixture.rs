//! The two histories of each check of this family.

use std::time::Duration;

use crate::conformance::fixture::Kind;
use crate::event::Subject;
use crate::history::composer::Composer;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let header = "x-fapi-interaction-id";
    let mut run = match id {
        "IX-01" => Composer::replay(),
        _ => Composer::of(Subject::Connector),
    };
    match (id, kind) {
        ("IX-01" | "IX-02" | "IX-03", Conforming) => run
            .get_provider()
            .throttled("1", Duration::from_secs(1))
            .get_provider(),
        ("IX-01", Breaking) => {
            run.throttled("1", Duration::from_secs(1))
                .repeat_interaction_id();
            &mut run
        }
        ("IX-02", Breaking) => run
            .get_provider()
            .with(|exchange| exchange.request.headers.remove(header)),
        ("IX-03", Breaking) => run
            .get_provider()
            .with(|exchange| exchange.request.headers.set(header, "request-17")),
        _ => return None,
    };
    Some(run)
}
