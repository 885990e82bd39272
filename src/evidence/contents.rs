//! What a bundle is made of.

use crate::conformance::{ExitStatus, Gate, Golden};

/// Everything from which a verdict follows.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The histories, in the order in which they were judged.
    pub records: Vec<Record>,
    /// What they were judged by.
    pub papers: Papers,
    /// The ledger up to the beginning of this attempt; none where nothing was attempted, and histories
    /// were judged that were there before.
    pub ledger: Option<Vec<u8>>,
    /// What had to hold.
    pub gate: Gate,
    /// What stood in the way beside the findings; none where nobody can tell any more.
    pub blockers: Option<Vec<(ExitStatus, String)>>,
}

/// A history as it stands in its file.
#[derive(Clone, Debug)]
pub struct Record {
    /// The name of its file, without a folder.
    pub file: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How the run compared with each golden transcript when it was judged; none where nobody can tell
    /// any more.
    pub golden: Option<Vec<Golden>>,
}

/// The texts that were given with the command; none where the built-in or an empty one held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Papers {
    /// The profile that is laid over the built-in one.
    pub profile: Option<String>,
    /// What the provider declares.
    pub declaration: Option<String>,
    /// What is known.
    pub baseline: Option<String>,
    /// What is waived.
    pub waivers: Option<String>,
}

impl Papers {
    /// Their paths in a bundle.
    pub(super) const PATHS: [&str; 4] = [
        "profile.toml",
        "declaration.toml",
        "baseline.toml",
        "waivers.toml",
    ];

    /// Gives each that was given the text that `rewritten` makes of it.
    pub fn rewrite(&mut self, rewritten: impl Fn(&str) -> String) {
        let texts = [
            &mut self.profile,
            &mut self.declaration,
            &mut self.baseline,
            &mut self.waivers,
        ];
        for text in texts.into_iter().flatten() {
            *text = rewritten(text);
        }
    }

    /// Those that were given, each with its path in a bundle.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let texts = [
            &self.profile,
            &self.declaration,
            &self.baseline,
            &self.waivers,
        ];
        let named = Self::PATHS.into_iter().zip(texts);
        named.filter_map(|(path, text)| Some((path, text.as_deref()?)))
    }
}
