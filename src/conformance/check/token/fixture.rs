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
        ("TK-01", Conforming) => {
            run.step("Get an access token").token("provider", 28_800);
            for _ in 0..25 {
                run.get_provider();
            }
            &mut run
        }
        ("TK-01", Breaking) => {
            for _ in 0..25 {
                run.step("Get an access token").token("provider", 28_800);
                run.get_provider();
            }
            &mut run
        }
        ("TK-05", Conforming) => run
            .step("Get an access token")
            .token("provider", 60)
            .wait(Duration::from_secs(59))
            .get_provider()
            .wait(Duration::from_secs(10))
            .step("Get an access token")
            .token("provider", 60)
            .get_provider(),
        ("TK-05", Breaking) => run
            .step("Get an access token")
            .token("provider", 60)
            .wait(Duration::from_secs(70))
            .get_provider(),
        _ => return None,
    };
    Some(run)
}

/// What the provider of the histories of `id` declares.
pub(crate) fn declaration(id: &str) -> Declaration {
    let _ = id;
    Declaration::default()
}
