//! The bundle that a command leaves beside the folder of its evidence, and who signs it.

use std::path::{Path, PathBuf};

use super::args::SealArgs;
use super::declared::{latest_today, learn_declared};
use super::failure::CommandFailure;
use super::files::{self, Readers};
use super::signing_agent::SigningAgent;
use super::surroundings::Surroundings;
use crate::base::{Random, Redactor, redact_sheet, redact_texts};
use crate::evidence::{Bundle, Contents, Sign, SigningKey, bundle};
use crate::history::FORM;
use crate::observe::{SIGNING_AGENT, SIGNING_KEY};
use crate::profile::Declaration;

/// Who signs, by what was typed, or else by the environment; nobody where neither says.
///
/// # Errors
/// If a file cannot be read or holds no key, or an agent does not give its public key.
pub fn signer(
    args: &SealArgs,
    surroundings: Surroundings,
) -> Result<Option<Box<dyn Sign>>, CommandFailure> {
    let variable = |name: &str| {
        let text = surroundings.variable(name);
        text.filter(|text| !text.is_empty())
    };
    let held = |place: String, pem: &str| match SigningKey::from_pem(pem) {
        Ok(key) => Ok(Some(Box::new(key) as Box<dyn Sign>)),
        Err(source) => Err(CommandFailure::Key { place, source }),
    };
    let asked = |command: &str| match SigningAgent::of(command) {
        Ok(agent) => Ok(Some(Box::new(agent) as Box<dyn Sign>)),
        Err(source) => Err(CommandFailure::Agent { source }),
    };
    if let Some(path) = &args.sign_key {
        held(path.display().to_string(), &files::read_text(path)?)
    } else if let Some(command) = &args.sign_agent {
        asked(command)
    } else if let Some(pem) = variable(SIGNING_KEY) {
        held(SIGNING_KEY.to_owned(), &pem)
    } else if let Some(command) = variable(SIGNING_AGENT) {
        asked(&command)
    } else {
        Ok(None)
    }
}

/// Where the bundle of the evidence in `folder` lies: beside it, under its name.
#[must_use]
pub fn beside(folder: &Path) -> PathBuf {
    beside_as(folder, "preflight.zip")
}

/// The file beside `folder` that has its name and this ending.
#[must_use]
pub fn beside_as(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or("evidence".as_ref()).to_owned();
    name.push(".");
    name.push(ending);
    folder.parent().unwrap_or(Path::new("")).join(name)
}

/// Writes the bundle of `contents`, of which `results` came where they were judged before, to
/// `output`. A declaration may hold a secret: the papers go in as `redactor` leaves them. Nothing that
/// it knows may be in the rest.
///
/// # Errors
/// If it cannot be sealed or written.
pub fn seal(
    mut contents: Contents,
    results: Option<&str>,
    key: Option<&dyn Sign>,
    redactor: &Redactor,
    output: &Path,
) -> Result<Bundle, CommandFailure> {
    contents
        .papers
        .rewrite(|text| redact_sheet(text, &|text| redactor.redact(text)));
    let is_clean = |bytes: &[u8]| is_clean(bytes, redactor);
    let bundle = bundle(contents, results, key, latest_today(), is_clean)?;
    files::write_with(output, Readers::Everybody, |file| bundle.write(file))?;
    Ok(bundle)
}

/// Knows what `declaration` holds: for whoever judges what was recorded before, and knows no other
/// secret. What stands for it can be told by nobody, for its key is thrown away.
#[must_use]
pub fn redactor_of(declaration: &Declaration) -> Redactor {
    let mut key = [0; 32];
    Random::from_entropy().fill(&mut key);
    let redactor = Redactor::new(key);
    learn_declared(&redactor, declaration);
    redactor
}

/// Whether a file is as `redactor` leaves it. In the lines of a history what belongs to their form
/// may happen to be a secret's value.
fn is_clean(bytes: &[u8], redactor: &Redactor) -> bool {
    // A last line may have been cut inside of a character.
    let text = String::from_utf8_lossy(bytes);
    redactor.redact(&text) == text
        || text.lines().all(|line| {
            let Ok(mut value) = serde_json::from_str::<serde_json::Value>(line) else {
                return redactor.redact(line) == line;
            };
            let before = value.clone();
            redact_texts(&mut value, &|text| redactor.redact(text), &FORM);
            value == before
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_lies_beside_the_folder_of_the_evidence() {
        for (folder, bundle) in [
            ("out", "out.preflight.zip"),
            ("out/", "out.preflight.zip"),
            ("a/b", "a/b.preflight.zip"),
            ("/a", "/a.preflight.zip"),
            ("", "evidence.preflight.zip"),
            (".", "evidence.preflight.zip"),
        ] {
            assert_eq!(beside(Path::new(folder)), Path::new(bundle), "{folder}");
        }
    }

    #[test]
    fn a_secret_is_found_in_a_text_and_not_in_the_form_of_a_line() {
        let redactor = Redactor::new([7; 32]);
        redactor.learn("key", "exchange");
        let line = |body: &str| format!("{{\"kind\":\"exchange\",\"body\":\"{body}\"}}\n");
        assert!(is_clean(line("x").as_bytes(), &redactor));
        assert!(!is_clean(line("an exchange").as_bytes(), &redactor));
        assert!(!is_clean(line("exchange").as_bytes(), &redactor));
        assert!(!is_clean(b"name = \"exchange\"\n", &redactor));
        assert!(is_clean(b"{\"x\":\"\xc3", &redactor));
        assert!(!is_clean(b"exchange \xc3", &redactor));
    }
}
