//! The two histories of each check of this family.

use std::time::Duration;

use crate::conformance::fixture::Kind;
use crate::history::composer::Composer;
use crate::profile::Declaration;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::replay();
    match (id, kind) {
        ("BK-01", Conforming) => run.proof(&["429", "429", "429 Retry-After: 2"], 3),
        ("BK-01", Breaking) => run.proof(&["429", "429", "429 Retry-After: 2"], 2),
        ("BK-02", Conforming) => run
            .throttled("7", Duration::from_secs(7))
            .throttled("2", Duration::from_millis(1_960)),
        ("BK-02", Breaking) => run
            .throttled("2", Duration::from_secs(2))
            .throttled("7", Duration::from_millis(6_688)),
        ("BK-15", Conforming) => {
            for _ in 0..110 {
                run.get_provider();
            }
            &mut run
        }
        ("BK-15", Breaking) => {
            for _ in 0..40 {
                run.get_provider();
                run.back(Duration::from_millis(40));
            }
            &mut run
        }
        _ => return None,
    };
    Some(run)
}

/// What the provider of the histories of `id` declares.
pub(crate) fn declaration(id: &str) -> Declaration {
    let _ = id;
    Declaration::default()
}
