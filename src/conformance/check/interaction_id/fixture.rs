//! The two histories of each check of this family.

use std::time::Duration;

use crate::conformance::fixture::Kind;
use crate::history::composer::Composer;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::replay();
    match (id, kind) {
        ("IX-01", Conforming) => run
            .get_provider()
            .throttled("1", Duration::from_secs(1))
            .get_provider(),
        ("IX-01", Breaking) => {
            run.throttled("1", Duration::from_secs(1))
                .repeat_interaction_id();
            &mut run
        }
        _ => return None,
    };
    Some(run)
}
