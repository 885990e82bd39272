//! The two histories of each check of this family.

use crate::conformance::fixture::Kind;
use crate::event::AssertionOutcome;
use crate::history::composer::Composer;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::replay();
    match (id, kind) {
        ("RP-01", Conforming) => run
            .get_provider()
            .assertion("Status code is 200", AssertionOutcome::Passed),
        ("RP-01", Breaking) => run
            .get_provider()
            .assertion("Status code is 200", AssertionOutcome::Passed)
            .assertion(
                "There is a provider",
                AssertionOutcome::Failed {
                    message: "AssertionError: expected {} to have property 'providerId'".into(),
                },
            ),
        _ => return None,
    };
    Some(run)
}
