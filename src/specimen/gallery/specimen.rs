//! A built-in connector with a name.

use super::GALLERY;
use crate::profile::{Declaration, Profile};
use crate::specimen::Policy;

/// A connector of the gallery.
pub struct Specimen {
    /// Its name, in kebab case: `hint-ignored`.
    pub name: &'static str,
    /// Whether it conforms.
    pub nature: Nature,
    /// In what it differs from the reference connector, in a sentence without its full stop.
    pub differs: &'static str,
    /// Changes the reference policy.
    pub change: fn(&mut Policy),
    /// What its provider declares.
    pub declaration: fn() -> Declaration,
    /// A profile (TOML) that is laid over the built-in one for its trial; empty for none.
    pub profile: &'static str,
    /// Where it is tried.
    pub trial: Trial,
}

/// Whether a specimen conforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Nothing that it does may be reported as a failure.
    Conforming,
    /// The raw outcome of this check is the severest that the check can give.
    Broken {
        /// The id of the check.
        check: &'static str,
        /// Other checks that convict it too, because what they judge follows from the same trait.
        consequences: &'static [&'static str],
    },
}

/// Where a specimen is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// In this scenario of the plan `gallery`.
    Scenario(&'static str),
    /// By the probes of its notification endpoint.
    Probes,
}

impl Specimen {
    /// The policy: that of the reference connector by `profile` for the Sage product `application`,
    /// changed.
    #[must_use]
    pub fn policy(&self, profile: &Profile, application: &str) -> Policy {
        let mut policy = Policy::following(profile, application);
        (self.change)(&mut policy);
        policy
    }
}

/// The specimen with this name.
#[must_use]
pub fn specimen(name: &str) -> Option<&'static Specimen> {
    GALLERY
        .iter()
        .flat_map(|specimens| specimens.iter())
        .find(|specimen| specimen.name == name)
}
