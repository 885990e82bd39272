//! What is asked of updates of a status beside the flows.

use std::collections::BTreeSet;
use std::time::Duration;

use toml::de::DeValue;

use super::Sourced;
use super::kind::{DURATION, Kind, TEXT, TEXTS};
use super::reader::Reader;

/// What is asked of updates beside the flows (`spec/judging.md`, 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRules {
    /// Within which time a new batch or subscription is updated for the first time (`T_first`).
    pub first_within: Sourced<Duration>,
    /// Within which time a batch or a payment comes to its end (`T_term`).
    pub final_within: Sourced<Duration>,
    /// How far the clock of the provider may be wrong.
    pub clock_skew: Sourced<Duration>,
    /// The members of a payment's update that may hold a reason.
    pub reason_members: Sourced<Vec<String>>,
    /// The reasons that there are; none where any text is one.
    pub reason_codes: Sourced<Option<Vec<String>>>,
    /// The members of a payment that nobody changes.
    pub immutable: Sourced<Vec<String>>,
    /// Which final states a batch may have, by those of its payments.
    pub batch_outcomes: Sourced<Vec<BatchOutcome>>,
}

/// The final states that a batch may have whose payments have exactly these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOutcome {
    /// The states that its payments have, each at least once.
    pub payments: BTreeSet<String>,
    /// The states that the batch may have.
    pub batch: BTreeSet<String>,
}

const CODES: Kind<Option<Vec<String>>> = Kind {
    expected: "a list of texts, or \"any\"",
    example: r#"["AccountClosed", "InsufficientFunds"]"#,
    parse: |value| match value.as_str() {
        Some("any") => Some(None),
        Some(_) => None,
        None => (TEXTS.parse)(value).map(Some),
    },
};

const OUTCOMES: Kind<Vec<BatchOutcome>> = Kind {
    expected: "a list of tables with `payments` and `batch`, lists of states",
    example: r#"[{ payments = ["Completed", "Failed"], batch = ["PartiallyCompleted"] }]"#,
    parse: |value| {
        value
            .as_array()?
            .iter()
            .map(|row| outcome(row.get_ref()))
            .collect()
    },
};

fn outcome(row: &DeValue<'_>) -> Option<BatchOutcome> {
    let row = row.as_table()?;
    let states = |name: &str| -> Option<BTreeSet<String>> {
        let states = row.get(name)?.get_ref().as_array()?.iter();
        let states: Option<BTreeSet<String>> =
            states.map(|state| (TEXT.parse)(state.get_ref())).collect();
        states.filter(|states| !states.is_empty())
    };
    Some(BatchOutcome {
        payments: states("payments")?,
        batch: states("batch")?,
    })
    .filter(|_| row.len() == 2)
}

impl StatusRules {
    /// The group `status`.
    pub(super) fn read(reader: &mut Reader<'_, '_>) -> Self {
        Self {
            first_within: reader.read("status.first-within", &DURATION),
            final_within: reader.read("status.final-within", &DURATION),
            clock_skew: reader.read("status.clock-skew", &DURATION),
            reason_members: reader.read("status.reason-members", &TEXTS),
            reason_codes: reader.read("status.reason-codes", &CODES),
            immutable: reader.read("status.immutable", &TEXTS),
            batch_outcomes: reader.read("status.batch-outcomes", &OUTCOMES),
        }
    }

    /// The states that a batch may end in whose payments are in exactly `payments`; none where the
    /// profile says nothing of that mixture.
    #[must_use]
    pub fn outcomes_of(&self, payments: &BTreeSet<&str>) -> Option<&BTreeSet<String>> {
        let mut rows = self.batch_outcomes.value.iter();
        let row = rows.find(|row| {
            row.payments
                .iter()
                .map(String::as_str)
                .eq(payments.iter().copied())
        });
        row.map(|row| &row.batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profile, Provenance};

    #[test]
    fn what_becomes_of_a_batch_follows_from_its_payments() {
        let rules = Profile::built_in().status;
        let table: [(&[&str], &str); 3] = [
            (&["Completed"], "Completed"),
            (&["Failed"], "Failed"),
            (&["Completed", "Failed"], "PartiallyCompleted"),
        ];
        for (payments, batch) in table {
            let payments: BTreeSet<&str> = payments.iter().copied().collect();
            let expected = BTreeSet::from([batch.to_owned()]);
            assert_eq!(rules.outcomes_of(&payments), Some(&expected));
        }
        assert_eq!(rules.outcomes_of(&BTreeSet::from(["Returned"])), None);
        assert_eq!(rules.batch_outcomes.provenance, Provenance::Assumed);
    }

    #[test]
    fn each_can_be_replaced_and_is_checked() {
        let text = "[status]\nfirst-within = \"1m\"\nreason-codes = [\"AC04\"]\n\
                    batch-outcomes = [{ payments = [\"Paid\"], batch = [\"Done\"] }]\n";
        let own = Profile::with_override(text, "own.toml").unwrap().status;
        assert_eq!(own.first_within.value, Duration::from_mins(1));
        assert_eq!(own.reason_codes.value, Some(vec!["AC04".to_owned()]));
        assert_eq!(own.batch_outcomes.value.len(), 1);
        let wrong = "[status]\nreason-codes = \"some\"\n\
                     batch-outcomes = [{ payments = [], batch = [\"Done\"] }]\n";
        let problems = Profile::with_override(wrong, "own.toml").unwrap_err();
        assert_eq!(problems.problems.len(), 2, "{problems}");
    }
}
