//! Lints files, one at a time.

use std::collections::BTreeSet;

use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::credential::is_placeholder;
use super::finding::fingerprint;
use super::judge::judge;
use super::passage::{Passage, passages};
use super::shape::Hit;
use super::spot::Surrounding;
use super::{Finding, Masked, Rule, Severity, Spot};
use crate::base::{Learned, Redactor, place_of};
use crate::collection::Document;

/// Values of `secret` variables with fewer characters are not looked for elsewhere.
const SHORTEST_SECRET: usize = 8;

/// From where the bytes of a file come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// The file as it is now.
    Now,
    /// The history of a repository: the first commit that has it.
    Commit(&'a str),
}

/// Knows the secrets of the environments, and finds what does not belong into files.
pub struct Linter {
    secrets: Redactor,
}

impl Default for Linter {
    fn default() -> Self {
        Self::new()
    }
}

impl Linter {
    /// Knows no secrets yet.
    #[must_use]
    pub fn new() -> Self {
        // Nothing is redacted with it: it only finds.
        Self {
            secrets: Redactor::new([0; 32]),
        }
    }

    /// Learns the values of the variables that a file types `secret`; says how many are new. To be
    /// done with all files before the first is linted.
    pub fn learn(&self, name: &str, bytes: &[u8]) -> usize {
        let Some(file) = File::read(name, bytes) else {
            return 0;
        };
        let variables = file.passages.iter().filter(|passage| {
            passage.spot == Spot::SecretVariable
                && passage.text.chars().count() >= SHORTEST_SECRET
                && !is_placeholder(&passage.text)
        });
        variables
            .filter(|passage| self.secrets.learn(&passage.name, &passage.text) == Learned::New)
            .count()
    }

    /// Everything that is to be said of a file, in its order. A value that stands several times in
    /// one text is told once.
    #[must_use]
    pub fn lint(&self, name: &str, bytes: &[u8], source: Source<'_>) -> Vec<Finding> {
        let Some(file) = File::read(name, bytes) else {
            return Vec::new();
        };
        let leaks = self.secrets.contains_secret(file.text.as_bytes()).is_some();
        let mut findings = Vec::new();
        for passage in &file.passages {
            let mut hits = judge(passage);
            if leaks && passage.spot != Spot::SecretVariable {
                self.add_leak(passage, &mut hits);
            }
            let mut told = BTreeSet::new();
            for hit in hits {
                if is_past(&passage.text[hit.range.clone()], hit.rule, source) {
                    continue;
                }
                let finding = finding(&file, passage, &hit, source);
                if told.insert((finding.rule, finding.fingerprint.clone())) {
                    findings.push(finding);
                }
            }
        }
        findings.sort_by_key(|finding| (finding.place, finding.rule));
        findings
    }

    /// Whether a `secret` variable's value stands in the text, in whatever encoding.
    fn add_leak(&self, passage: &Passage, hits: &mut Vec<Hit>) {
        if let Some(name) = self.secrets.contains_secret(passage.text.as_bytes()) {
            // The value of a variable is a better explanation than a look.
            hits.retain(|hit| {
                !matches!(
                    hit.rule,
                    Rule::NamedCredential
                        | Rule::BearerToken
                        | Rule::RandomValue
                        | Rule::BasicCredentials
                )
            });
            let range = 0..passage.text.len();
            let what = format!("the value of the secret variable `{name}`");
            hits.push(Hit {
                rule: Rule::LeakedSecret,
                what,
                range,
            });
        }
    }
}

/// A file with its texts.
struct File {
    name: String,
    text: String,
    passages: Vec<Passage>,
}

impl File {
    /// None where the bytes are no text.
    fn read(name: &str, bytes: &[u8]) -> Option<Self> {
        let (text, passages) = if let Ok(document) = Document::parse_sensitive(name, bytes) {
            let text = document.text().to_owned();
            // The parser of the places has no limit on depth; that of the document has.
            let parsed = parse_to_ast(&text, &CollectOptions::default(), &ParseOptions::default());
            let root = parsed.ok().and_then(|parsed| parsed.value);
            let found = root.map(|root| passages(&root, Surrounding::root(document.value())));
            let found = found.unwrap_or_else(|| vec![Passage::of_text(&text)]);
            (text, found)
        } else {
            let text = std::str::from_utf8(bytes).ok()?;
            (text.to_owned(), vec![Passage::of_text(text)])
        };
        Some(Self {
            name: name.to_owned(),
            text,
            passages,
        })
    }
}

/// Whether something is over with the version that had it: a credential is not, an address is.
fn is_past(value: &str, rule: Rule, source: Source<'_>) -> bool {
    let address = match rule {
        Rule::InClear | Rule::ClientId => true,
        Rule::CredentialInQuery => value.contains("{{"),
        Rule::PrivateKey
        | Rule::SignedToken
        | Rule::VendorKey
        | Rule::BasicCredentials
        | Rule::BearerToken
        | Rule::NamedCredential
        | Rule::RandomValue
        | Rule::LeakedSecret
        | Rule::FilledSecret => false,
    };
    match source {
        Source::Now => false,
        Source::Commit(_) => address,
    }
}

fn finding(file: &File, passage: &Passage, hit: &Hit, source: Source<'_>) -> Finding {
    let value = passage.value(hit.range.clone());
    let template = hit.rule == Rule::CredentialInQuery && value.contains("{{");
    let severity = match (source, hit.rule) {
        // What was committed has left the house.
        (Source::Commit(_), Rule::FilledSecret) => Severity::Error,
        (Source::Now | Source::Commit(_), _) if template => Severity::Warning,
        (Source::Now | Source::Commit(_), rule) => rule.severity(),
    };
    Finding {
        rule: hit.rule,
        severity,
        file: file.name.clone(),
        place: place_of(&file.text, passage.source_of(&file.text, hit.range.start)),
        path: passage.path.clone(),
        what: hit.what.clone(),
        value: Masked::of(value),
        fingerprint: fingerprint(hit.rule, value),
        commit: match source {
            Source::Now => None,
            Source::Commit(commit) => Some(commit.to_owned()),
        },
    }
}

#[cfg(test)]
#[path = "linter_tests.rs"]
mod tests;
