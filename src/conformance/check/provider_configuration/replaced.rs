//! An update of the configuration keeps what it does not mean to remove.
//!
//! # What is required
//!
//! `PATCH /providers/{providerId}` replaces: an element that is left out is removed. So an update
//! names everything that is to stay.
//!
//! # Why
//!
//! The method's name says otherwise, and everybody who knows PATCH sends the change only. The rules
//! that protect the provider from bad bank details are then gone, and nobody is told.
//!
//! # How it is judged
//!
//! For each update that the platform took, after a read of the configuration or another such update:
//! REVIEW where an element that was there is not named, with its name, because it may have been meant;
//! a person decides. `providerId` and `clientID` stay in any case. An update before the configuration
//! was ever read is told, not judged. NOT_APPLICABLE where the connector never updates it after a
//! read.
//!
//! # An example that conforms
//!
//! GET, change one element of what came, PATCH all of it.
//!
//! # Sources
//!
//! `/payments-out/guides/provider/provider-api-update-provider-rules` (an element left out is
//! removed).

use std::collections::BTreeSet;

use super::configuration::{FIXED, How, configurations};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// PC-01.
pub const CHECK: Check = Check {
    id: "PC-01",
    family: Family::ProviderConfiguration,
    title: "An update of the configuration keeps what it does not mean to remove",
    clauses: &["PO-CONFIGURATION"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Review,
    flips_if: "it rests on what is stated already",
    source: include_str!("replaced.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut known: Option<(BTreeSet<String>, (u64, crate::base::Timestamp))> = None;
    let mut judged = 0;
    let mut blind = 0;
    let mut removals = Vec::new();
    for configuration in configurations(evidence, profile) {
        let names: BTreeSet<String> = configuration
            .data
            .keys()
            .filter(|name| !FIXED.contains(&name.as_str()))
            .cloned()
            .collect();
        match (configuration.how, &known) {
            (How::Declined, _) => continue,
            (How::Accepted, None) => blind += 1,
            (How::Accepted, Some((before, place))) => {
                judged += 1;
                let gone: Vec<&str> = before.difference(&names).map(String::as_str).collect();
                if !gone.is_empty() {
                    let witness = Witness::of([*place, configuration.call.place()]);
                    removals.push((gone.join(", "), witness));
                }
            }
            (How::Shown, _) => {}
        }
        known = Some((names, configuration.call.place()));
    }
    let rest = removals.len().saturating_sub(1);
    let ruling = match removals.into_iter().next() {
        Some((gone, witness)) => Ruling::new(
            Level::Review,
            format!(
                "An update removes {gone}{}. Was that meant?",
                and_more(rest)
            ),
        )
        .shown_by(witness),
        None if judged == 0 => Ruling::new(
            Level::NotApplicable,
            "The connector never updates a configuration that it has read.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} of the configuration, each complete.",
                counted(judged, "update")
            ),
        ),
    };
    ruling.with("updates without a read before", blind)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::{PROVIDER, found};
    use crate::history::composer::Composer;

    /// A read of name and country, and an update to this.
    fn updated(data: &Value, status: u16) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        let shown = json!({"data": {"providerId": "p", "name": "A", "country": ["GB"]}});
        run.send("GET", PROVIDER, Value::Null, 200, shown);
        run.send(
            "PATCH",
            PROVIDER,
            json!({ "data": data }),
            status,
            Value::Null,
        );
        run
    }

    #[test]
    fn what_is_left_out_is_named() {
        let all = json!({"name": "B", "country": ["GB"], "author": "C"});
        assert_eq!(found(&CHECK, &mut updated(&all, 204)).raw, Level::Pass);
        let less = json!({"name": "B"});
        let finding = found(&CHECK, &mut updated(&less, 204));
        assert_eq!(
            finding.message,
            "An update removes country. Was that meant?"
        );
        let declined = found(&CHECK, &mut updated(&less, 400));
        assert_eq!(declined.raw, Level::NotApplicable);
    }
}
