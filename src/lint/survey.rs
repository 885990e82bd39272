//! All that was found in all files.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Allowance, Excuse, Finding, Severity};

/// What was read, what was found, and what could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// How many files were read.
    pub files: usize,
    /// How many older versions of files were read from the history of a repository.
    pub versions: usize,
    /// What stands.
    pub findings: Vec<Finding>,
    /// What the allow file allows.
    pub allowed: Vec<Finding>,
    /// Entries of the allow file that are out of date.
    pub stale: Vec<StaleEntry>,
    /// What was not read: the survey is not whole.
    pub unread: Vec<Unread>,
}

/// An entry of the allow file that allows nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaleEntry {
    /// The entry: rule, path and fingerprint.
    pub entry: String,
    /// Its place in the allow file.
    pub place: crate::base::Place,
    /// Who answers for it.
    pub owner: String,
    /// Why it is out of date, and what to do.
    pub reason: String,
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The file, or the repository.
    pub file: String,
    /// Why, and what to do.
    pub reason: String,
}

impl StaleEntry {
    /// An entry that became stale; none for one that is used.
    #[must_use]
    pub fn of(entry: &Allowance, excuse: Excuse) -> Option<Self> {
        let reason = match excuse {
            Excuse::Used => return None,
            Excuse::Unused => "nothing that was found fits it; remove it".to_owned(),
            Excuse::Expired => format!(
                "it expired on {}; remove it, or decide again and set a new day",
                entry.expires
            ),
        };
        Some(Self {
            entry: format!("{} {} {}", entry.rule, entry.path, entry.fingerprint),
            place: entry.place,
            owner: entry.owner.clone(),
            reason,
        })
    }
}

impl Survey {
    /// Puts what was found in older versions beside what is there now: the same value under the
    /// same rule in the same file is one finding, which then names the commit.
    #[must_use]
    pub fn join(now: Vec<Finding>, then: Vec<Finding>) -> Vec<Finding> {
        let mut first: BTreeMap<_, Finding> = BTreeMap::new();
        for finding in then {
            let (file, rule, fingerprint) = finding.identity();
            let identity = (file.to_owned(), rule, fingerprint.to_owned());
            first.entry(identity).or_insert(finding);
        }
        let mut joined = now;
        let mut known = Vec::new();
        for finding in &mut joined {
            let (file, rule, fingerprint) = finding.identity();
            let identity = (file.to_owned(), rule, fingerprint.to_owned());
            if let Some(older) = first.get(&identity) {
                finding.commit.clone_from(&older.commit);
                finding.severity = finding.severity.max(older.severity);
                known.push(identity);
            }
        }
        for identity in known {
            first.remove(&identity);
        }
        joined.extend(first.into_values());
        joined.sort_by(|one, other| {
            let of = |finding: &Finding| (finding.file.clone(), finding.place, finding.rule);
            of(one).cmp(&of(other))
        });
        joined
    }

    /// How many findings matter that much.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    }
}
