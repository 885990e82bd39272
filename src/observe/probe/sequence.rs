//! Which probes are sent, in which order, and which are not.

use super::lattice::{Making, Need, RECIPES, Recipe};
use super::target::{Reach, Stamina, Target};
use crate::base::Random;
use crate::event::{ProbeRole, ProbeWithheld, Withheld};
use crate::profile::{Profile, Trust};

/// The check whose probes are timed.
const TIMING: &str = "NP-62";

/// The check whose probes tire the endpoint out.
const STAMINA: &str = "NP-63";

/// The probes in the order in which they are sent, and those that are not.
pub(super) struct Sequence {
    pub(super) order: Vec<&'static Recipe>,
    pub(super) withheld: Vec<ProbeWithheld>,
}

impl Sequence {
    /// A control, the others by chance with a control before every so many, what is timed, a
    /// control; then what tires out.
    pub(super) fn arrange(target: &Target, profile: &Profile, chance: &mut Random) -> Self {
        let mut control = None;
        let mut withheld = Vec::new();
        let mut units: Vec<Vec<&'static Recipe>> = Vec::new();
        let mut timed = Vec::new();
        let mut tiring = Vec::new();
        for recipe in RECIPES.iter().copied().flatten() {
            let missing = recipe.needs.iter().filter_map(|need| lack(*need, target));
            if let Some(because) = missing.min() {
                withheld.push(ProbeWithheld {
                    check: recipe.check.to_owned(),
                    probe: recipe.name.to_owned(),
                    because,
                });
                continue;
            }
            match (recipe.role, recipe.check, recipe.making) {
                (ProbeRole::Control, ..) => control = Some(recipe),
                (_, TIMING, _) => timed.push(recipe),
                (_, STAMINA, _) => tiring.push(recipe),
                (_, _, Making::Again | Making::OfTheSame(_)) => {
                    if let Some(unit) = units.last_mut() {
                        unit.push(recipe);
                    }
                }
                (_, _, Making::Changed(_) | Making::Spelled(_) | Making::OldHandshake) => {
                    units.push(vec![recipe]);
                }
            }
        }
        shuffle(&mut units, chance);
        let every = count(profile.probe.control_every.value);
        let mut order = Vec::new();
        let mut since = every;
        for unit in units {
            if since >= every {
                order.extend(control);
                since = 0;
            }
            since += unit.len();
            order.extend(unit);
        }
        for _ in 0..count(profile.probe.timing_samples.value) {
            order.extend(&timed);
        }
        order.extend(control);
        for recipe in tiring {
            let times = match recipe.role {
                ProbeRole::Negative => count(profile.probe.refusals.value),
                ProbeRole::Control | ProbeRole::Positive | ProbeRole::ReadBack => 1,
            };
            order.extend(std::iter::repeat_n(recipe, times));
        }
        Self { order, withheld }
    }
}

/// Why what needs `need` cannot be sent to `target`; none where it can.
fn lack(need: Need, target: &Target) -> Option<Withheld> {
    let value = target.header.as_ref().map(|(_, value)| value.expose());
    let lacks = match need {
        Need::Header => value.is_none(),
        Need::Letters => {
            !value.is_some_and(|value| value.bytes().any(|byte| byte.is_ascii_alphabetic()))
        }
        Need::Issuer => target.test_issuer == Trust::Untrusted,
        Need::Scope => target.scope.is_none(),
        Need::Socket => target.reach == Reach::Direct,
        Need::Tls => target.reach == Reach::Plain,
        Need::Stamina => target.stamina == Stamina::Spared,
    };
    lacks.then_some(match need {
        Need::Header => Withheld::NoHeader,
        Need::Letters => Withheld::NoLetters,
        Need::Issuer => Withheld::NoTestIssuer,
        Need::Scope => Withheld::NoScope,
        Need::Socket => Withheld::NoSocket,
        Need::Tls => Withheld::NoTls,
        Need::Stamina => Withheld::LeftOut,
    })
}

/// Fisher and Yates.
fn shuffle<T>(items: &mut [T], chance: &mut Random) {
    for last in (1..items.len()).rev() {
        let other = chance.between(0, u64::try_from(last).unwrap_or(u64::MAX));
        items.swap(last, usize::try_from(other).unwrap_or(last));
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
