//! Findings that somebody answers for, until a day.

use jiff::civil::Date;

use super::{Finding, Rule};
use crate::base::{Flaw, Paper, Place, Sheet, SheetErrors, place_of};

/// One finding that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The rule.
    pub rule: Rule,
    /// The file, as its path or the end of it.
    pub path: String,
    /// The fingerprint of the finding.
    pub fingerprint: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it is no credential, or a harmless one.
    pub reason: String,
    /// The last day on which it counts.
    pub expires: Date,
    /// Where it stands in the file.
    pub place: Place,
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excuse {
    /// It allows something that was found.
    Used,
    /// Nothing that was found fits it.
    Unused,
    /// Its day is over.
    Expired,
}

/// The entries of an allow file, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    entries: Vec<Allowance>,
}

impl AllowList {
    /// Reads an allow file (TOML); `file` is how the user calls it.
    ///
    /// # Errors
    /// Everything that is wrong with it at once, each with its place.
    pub fn read(file: &str, text: &str) -> Result<Self, SheetErrors> {
        let paper = Paper::new(text);
        let entries = paper.sheet().map(|mut sheet| {
            let entries = sheet.sheets("allow").into_iter();
            let entries = entries.filter_map(|entry| allowance(entry, text)).collect();
            sheet.finish();
            entries
        });
        let entries = paper.finish(file, entries)?;
        Ok(Self { entries })
    }

    /// Parts findings into those that stand and those that are allowed on the day `today`, and says
    /// of each entry what became of it. An entry whose day is over allows nothing.
    #[must_use]
    pub fn part(
        &self,
        findings: Vec<Finding>,
        today: Date,
    ) -> (Vec<Finding>, Vec<Finding>, Vec<(&Allowance, Excuse)>) {
        let mut uses = vec![0_usize; self.entries.len()];
        let (mut standing, mut allowed) = (Vec::new(), Vec::new());
        for finding in findings {
            let entry = self.entries.iter().position(|entry| entry.fits(&finding));
            match entry {
                Some(index) => {
                    uses[index] += 1;
                    if self.entries[index].expires < today {
                        standing.push(finding);
                    } else {
                        allowed.push(finding);
                    }
                }
                None => standing.push(finding),
            }
        }
        let excuses = self.entries.iter().zip(uses).map(|(entry, uses)| {
            let excuse = match uses {
                _ if entry.expires < today => Excuse::Expired,
                0 => Excuse::Unused,
                _ => Excuse::Used,
            };
            (entry, excuse)
        });
        (standing, allowed, excuses.collect())
    }
}

impl Allowance {
    fn fits(&self, finding: &Finding) -> bool {
        let file = finding.file.replace('\\', "/");
        let named = file == self.path
            || file
                .strip_suffix(&self.path)
                .is_some_and(|rest| rest.ends_with('/'));
        named && finding.rule == self.rule && finding.fingerprint == self.fingerprint
    }
}

fn allowance(mut entry: Sheet<'_, '_>, text: &str) -> Option<Allowance> {
    const RULES: [(&str, Rule); 12] = {
        let mut rules = [("", Rule::PrivateKey); 12];
        let ids = [
            "LN-01", "LN-02", "LN-03", "LN-04", "LN-05", "LN-06", "LN-07", "LN-08", "LN-09",
            "LN-10", "LN-11", "LN-12",
        ];
        let mut index = 0;
        while index < ids.len() {
            rules[index] = (ids[index], Rule::ALL[index]);
            index += 1;
        }
        rules
    };
    for (key, example) in [
        ("rule", r#""LN-07""#),
        ("path", r#""collections/ours.postman_collection.json""#),
        ("fingerprint", r#""LN-07:a1b:32""#),
        ("owner", r#""payments team""#),
        ("reason", r#""a public test value""#),
        ("expires", "2026-12-31"),
    ] {
        entry.need(key, example);
    }
    let start = entry.start();
    let rule = entry.word("rule", &RULES);
    let path = entry.text("path", r#""collections/ours.postman_collection.json""#);
    let fingerprint = entry.text("fingerprint", r#""LN-07:a1b:32""#);
    let owner = entry.text("owner", r#""payments team""#);
    let reason = entry.text("reason", r#""a public test value""#);
    let expires = entry.date("expires");
    if let (Some(rule), Some(fingerprint)) = (&rule, &fingerprint)
        && !fingerprint.value.starts_with(rule.value.id())
    {
        entry.problem(
            fingerprint.start,
            Flaw::Contradiction,
            format!("the fingerprint is none of {}", rule.value),
            "copy rule and fingerprint from the output of `preflight lint`",
        );
    }
    entry.finish();
    Some(Allowance {
        rule: rule?.value,
        path: path?.value,
        fingerprint: fingerprint?.value,
        owner: owner?.value,
        reason: reason?.value,
        expires: expires?.value,
        place: place_of(text, start),
    })
}
