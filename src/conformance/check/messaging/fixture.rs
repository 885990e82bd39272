//! The two histories of each check of this family.

use crate::conformance::fixture::Kind;
use crate::history::composer::Composer;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    let _ = (id, kind);
    None
}
