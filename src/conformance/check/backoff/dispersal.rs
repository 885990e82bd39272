//! First waits differ.
//!
//! # What is required
//!
//! Chance has a part in the waits, so that clients that were refused together do not come back
//! together.
//!
//! # Why
//!
//! Many instances are throttled at the same moment. Without jitter they all come back at the same
//! moment too, and are throttled again.
//!
//! # How it is judged
//!
//! The standard deviation of the first waits of all episodes (see BK-30), divided by their mean. WARN
//! where it is below `dispersal`. INCONCLUSIVE with fewer first waits than `dispersal-sample`,
//! NOT_EXERCISED with none.
//!
//! # An example that conforms
//!
//! First waits of 0.61 s, 0.94 s, 0.72 s, 0.55 s, 0.88 s, 0.97 s, 0.66 s, 0.79 s: 20 %.
//!
//! # Sources
//!
//! The connection backoff of gRPC, whose clients have to disperse; the platform says nothing of
//! jitter. Simulated: detects waits without jitter always, and keeps one of ±20 % in 99.4 % of runs.

use super::episode::episodes;
use super::inference::deviation;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::Wait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::Profile;

/// BK-31.
pub const CHECK: Check = Check {
    id: "BK-31",
    family: Family::Backoff,
    title: "First waits differ",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The network adds dispersal, which acquits.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.backoff.dispersal.provenance,
    severest: Level::Warn,
    flips_if: "the platform asks for jitter",
    source: include_str!("dispersal.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let least = profile.backoff.dispersal.value;
    let needed = usize::try_from(profile.backoff.dispersal_sample.value).unwrap_or(usize::MAX);
    let episodes = episodes(evidence, profile);
    let firsts: Vec<f64> = episodes
        .iter()
        .flat_map(|episode| episode.lengths(1))
        .collect();
    let mean = firsts.iter().sum::<f64>() / firsts.len().max(1) as f64;
    let dispersal = if mean > 0.0 {
        deviation(&firsts) / mean
    } else {
        0.0
    };
    let told = format!(
        "{} differ by {:.1} % of their mean",
        counted(firsts.len(), "first wait"),
        dispersal * 100.0
    );
    let ruling = if firsts.is_empty() {
        Ruling::new(
            Level::NotExercised,
            "No operation was refused without a hint and tried again.",
        )
    } else if firsts.len() < needed {
        Ruling::new(
            Level::Inconclusive,
            format!("{told}; {needed} would decide."),
        )
    } else if dispersal < least {
        let first_waits = episodes.iter().filter_map(|episode| episode.waits.first());
        Ruling::new(
            Level::Warn,
            format!("{told}: too little to spread clients that were refused together."),
        )
        .shown_by(
            Witness::of(first_waits.flat_map(Wait::places)).with_margin(format!(
                "{:.1} % below {:.0} %",
                (least - dispersal) * 100.0,
                least * 100.0
            )),
        )
    } else {
        Ruling::new(Level::Pass, format!("{told}."))
    };
    ruling
        .with("dispersal", format!("{:.1} %", dispersal * 100.0))
        .with("least dispersal", format!("{:.0} %", least * 100.0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::{PROVIDER, found};
    use crate::history::composer::Composer;

    /// Operations that are refused once and tried again after so many milliseconds.
    fn firsts(waits: &[u64]) -> Level {
        let mut run = Composer::of(Subject::Connector);
        for wait in waits {
            run.send("GET", PROVIDER, Value::Null, 429, Value::Null)
                .back(Duration::from_millis(40))
                .wait(Duration::from_millis(*wait))
                .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        }
        found(&CHECK, &mut run).raw
    }

    #[test]
    fn eight_first_waits_show_whether_chance_has_a_part() {
        assert_eq!(firsts(&[]), Level::NotExercised);
        assert_eq!(firsts(&[1_000; 7]), Level::Inconclusive);
        assert_eq!(firsts(&[1_000; 8]), Level::Warn);
        let near = [1_000, 1_010, 990, 1_020, 980, 1_000, 1_005, 995];
        assert_eq!(firsts(&near), Level::Warn);
        let apart = [1_000, 1_100, 900, 1_050, 950, 1_080, 920, 1_000];
        assert_eq!(firsts(&apart), Level::Pass);
    }
}
