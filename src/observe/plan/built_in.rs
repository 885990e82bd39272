//! The plans that come with preflight.

use super::Plan;

/// Name and text of each, the smallest first; the gallery's is for trying out specimens.
const TEXTS: [(&str, &str); 4] = [
    ("smoke", include_str!("../plans/smoke.plan.toml")),
    ("ci", include_str!("../plans/ci.plan.toml")),
    (
        "certification",
        include_str!("../plans/certification.plan.toml"),
    ),
    ("gallery", include_str!("../plans/gallery.plan.toml")),
];

impl Plan {
    /// The names of the built-in plans, the smallest first.
    pub const BUILT_IN: [&'static str; TEXTS.len()] = {
        let mut names = [""; TEXTS.len()];
        let mut index = 0;
        while index < TEXTS.len() {
            names[index] = TEXTS[index].0;
            index += 1;
        }
        names
    };

    /// The built-in plan of that name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let text = Self::built_in_text(name)?;
        Some(Self::read(name, text).expect("a test reads every built-in plan"))
    }

    /// Its text, to be shown or to begin one's own from.
    #[must_use]
    pub fn built_in_text(name: &str) -> Option<&'static str> {
        TEXTS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| *text)
    }
}
