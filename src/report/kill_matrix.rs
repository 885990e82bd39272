//! The kill matrix that comes with this preflight: what its rules were tried on before anybody was judged
//! by them. `preflight self-test` makes it again.

use serde::Deserialize;

/// The name of the file.
pub(super) const NAME: &str = "selftest.json";

/// What `preflight self-test --seeds 20 --json` prints.
pub(super) const JSON: &str = include_str!("../../fixtures/self-test.json");

/// What came of the trials.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct KillMatrix {
    /// Whether everything came out as it should.
    pub(super) green: bool,
    /// One for each specimen, in the order of the gallery.
    pub(super) specimens: Vec<Tried>,
}

/// What came of the trials of one specimen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Tried {
    /// Its name.
    pub(super) specimen: String,
    /// In what it differs from the reference.
    pub(super) differs: String,
    /// The check that has to convict it; none of one that conforms.
    pub(super) check: Option<String>,
    /// How often it was tried, each time with other chance.
    pub(super) trials: u64,
    /// How often its check convicted it.
    pub(super) convicted: u64,
    /// How often it was doubted by a rule that rests on a sample.
    pub(super) doubts: u64,
}

impl KillMatrix {
    /// That of this preflight.
    pub(super) fn own() -> Self {
        serde_json::from_str(JSON).expect("a test reads it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::{GALLERY, Nature};

    #[test]
    fn it_is_that_of_this_gallery_and_green() {
        let matrix = KillMatrix::own();
        let remedy =
            "run `cargo run --release -- self-test --seeds 20 --json > fixtures/self-test.json`";
        let gallery = GALLERY.iter().flat_map(|specimens| specimens.iter());
        let specimens = gallery.map(|specimen| {
            let check = match specimen.nature {
                Nature::Conforming => None,
                Nature::Broken { check, .. } => Some(check),
            };
            (specimen.name, specimen.differs, check)
        });
        let told = matrix.specimens.iter();
        let told = told.map(|it| (&*it.specimen, &*it.differs, it.check.as_deref()));
        assert!(told.eq(specimens), "{remedy}");
        assert!(matrix.green);
        assert!(
            matrix.specimens.iter().all(|it| it.trials == 20),
            "{remedy}"
        );
    }
}
