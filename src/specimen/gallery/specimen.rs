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

/// The reference connector without a name: every specimen is this one, changed.
pub(super) const PLAIN: Specimen = Specimen {
    name: "",
    nature: Nature::Conforming,
    differs: "",
    change: |_| {},
    declaration: Declaration::default,
    profile: "",
    trial: Trial::Probes,
};

/// One that conforms.
pub(super) const fn conforming(
    name: &'static str,
    differs: &'static str,
    scenario: &'static str,
    change: fn(&mut Policy),
) -> Specimen {
    Specimen {
        name,
        differs,
        change,
        trial: Trial::Scenario(scenario),
        ..PLAIN
    }
}

/// One that breaks a check, with the consequences.
pub(super) const fn broken(
    name: &'static str,
    (check, consequences): (&'static str, &'static [&'static str]),
    differs: &'static str,
    scenario: &'static str,
    change: fn(&mut Policy),
) -> Specimen {
    Specimen {
        nature: Nature::broken(check, consequences),
        ..conforming(name, differs, scenario, change)
    }
}

impl Nature {
    /// Breaks this check, with these consequences.
    pub(super) const fn broken(check: &'static str, consequences: &'static [&'static str]) -> Self {
        Self::Broken {
            check,
            consequences,
        }
    }
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
