//! Values of a file that are weaker than what the platform states.

use super::{Profile, Provenance};

/// A value that the platform states, and that a file replaces by a weaker one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lowered {
    /// Its dotted key, as it stands in the file.
    pub key: String,
    /// The value that the platform states.
    pub stated: String,
    /// On what the file's value rests.
    pub now: Provenance,
}

impl Profile {
    /// The settings of the file that replace a stated value by one that is not stated, be it the
    /// same: whatever rests on it could no longer fail anybody.
    #[must_use]
    pub fn lowered(&self) -> Vec<Lowered> {
        let built_in = Self::built_in();
        self.settings()
            .iter()
            .filter(|setting| setting.overridden && setting.provenance < Provenance::Stated)
            .filter_map(|setting| {
                let mut before = built_in.settings().iter();
                let stated = before.find(|before| {
                    before.provenance == Provenance::Stated && is_of(&setting.key, &before.key)
                })?;
                Some(Lowered {
                    key: setting.key.clone(),
                    stated: stated.value.clone(),
                    now: setting.provenance,
                })
            })
            .collect()
    }
}

/// Whether `key` is `plain`, for all applications or for one: `application."sage.intacct".rate`.
fn is_of(key: &str, plain: &str) -> bool {
    key == plain
        || (key.starts_with("application.")
            && key
                .strip_suffix(plain)
                .is_some_and(|before| before.ends_with("\".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(text: &str) -> Vec<String> {
        let profile = Profile::with_override(text, "own.toml").unwrap();
        profile.lowered().into_iter().map(|one| one.key).collect()
    }

    #[test]
    fn a_stated_value_may_be_replaced_by_a_stated_one_only() {
        let stated = "provenance = \"stated\"\nsource = \"agreement of 2026-03-01\"\nrate = 25\n";
        assert_eq!(lowered(stated), [] as [&str; 0]);
        assert_eq!(lowered("rate = 25\n"), ["rate"]);
        assert_eq!(lowered("rate = 10.0\n"), ["rate"], "the same, but weaker");
        assert_eq!(
            lowered("burst = 25\nbackoff.cap = \"1m\"\n"),
            [] as [&str; 0]
        );
        assert_eq!(
            lowered("[application.\"sage.intacct\"]\nrate = 25\nburst = 3\n"),
            ["application.\"sage.intacct\".rate"]
        );
        assert_eq!(lowered(""), [] as [&str; 0]);
    }

    #[test]
    fn what_is_lowered_is_told_with_the_value_that_is_stated() {
        let profile = Profile::with_override("rate = 25\n", "own.toml").unwrap();
        let expected = Lowered {
            key: "rate".into(),
            stated: "10.0".into(),
            now: Provenance::Assumed,
        };
        assert_eq!(profile.lowered(), [expected]);
    }
}
