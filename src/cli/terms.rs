//! The terms on which a command judges: profile, declaration, baseline and waivers, each read once, and
//! the key that signs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{ExpectationArgs, SealArgs};
use super::declared::latest_today;
use super::failure::CommandFailure;
use super::files;
use super::sealing::signer;
use super::surroundings::Surroundings;
use crate::base::SheetErrors;
use crate::conformance::{Entry, Expectations};
use crate::evidence::{Papers, Sign};
use crate::profile::{Around, Declaration, Profile, Variables};

/// What was typed of them.
#[derive(Clone, Copy, Debug)]
pub struct TermPaths<'a> {
    /// The file with the profile that is laid over the built-in one.
    pub profile: Option<&'a Path>,
    /// The file with what the provider declares.
    pub declaration: Option<&'a Path>,
    /// What is known, and what is waived.
    pub expectations: &'a ExpectationArgs,
    /// Who signs.
    pub seal: &'a SealArgs,
}

/// Whether the secrets that a declaration points at are needed: to judge again what was recorded, nobody
/// needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// They are looked up.
    Needed,
    /// They are left alone.
    Unneeded,
}

/// On what terms is judged.
#[derive(Debug)]
pub struct Terms {
    /// The profile.
    pub profile: Arc<Profile>,
    /// What the provider declares.
    pub declaration: Declaration,
    /// What is expected and what is waived.
    pub expectations: Expectations,
    /// Who signs; none where nobody does.
    pub key: Option<Box<dyn Sign>>,
    /// The texts of all that was read.
    pub papers: Papers,
    options: Vec<(&'static str, PathBuf)>,
}

impl Terms {
    /// Reads the files that were named.
    ///
    /// # Errors
    /// If a file cannot be read, or something is wrong with it: then everything is told at once.
    pub fn read(
        paths: TermPaths<'_>,
        secrets: Secrets,
        surroundings: Surroundings,
    ) -> Result<Self, CommandFailure> {
        let profile = Paper::read(paths.profile)?;
        let declaration = Paper::read(paths.declaration)?;
        let baseline = Paper::read(paths.expectations.baseline.as_deref())?;
        let waivers = Paper::read(paths.expectations.waivers.as_deref())?;
        let variable = |name: &str| surroundings.variable(name);
        let around = Around {
            today: latest_today(),
            variable: (secrets == Secrets::Needed).then_some(&variable as Variables<'_>),
        };
        let options = [
            ("--profile", paths.profile),
            ("--declaration", paths.declaration),
        ];
        Ok(Self {
            profile: Arc::new(match &profile {
                Some(paper) => Profile::with_override(&paper.text, &paper.place())?,
                None => Profile::built_in(),
            }),
            declaration: match &declaration {
                Some(paper) => Declaration::read(&paper.place(), &paper.text, around)?,
                None => Declaration::default(),
            },
            expectations: Expectations {
                baseline: baseline
                    .as_ref()
                    .map(|paper| paper.entries(Expectations::read_baseline))
                    .transpose()?,
                waivers: waivers
                    .as_ref()
                    .map(|paper| paper.entries(Expectations::read_waivers))
                    .transpose()?
                    .unwrap_or_default(),
            },
            key: signer(paths.seal, surroundings)?,
            papers: Papers {
                profile: profile.map(|paper| paper.text),
                declaration: declaration.map(|paper| paper.text),
                baseline: baseline.map(|paper| paper.text),
                waivers: waivers.map(|paper| paper.text),
            },
            options: options
                .into_iter()
                .filter_map(|(option, path)| Some((option, path?.to_owned())))
                .collect(),
        })
    }

    /// The options that somebody needs who judges a part of a history again.
    #[must_use]
    pub fn options(&self) -> &[(&'static str, PathBuf)] {
        &self.options
    }
}

/// A file that was named, with its text.
struct Paper {
    path: PathBuf,
    text: String,
}

impl Paper {
    fn read(path: Option<&Path>) -> Result<Option<Self>, CommandFailure> {
        path.map(|path| {
            Ok(Self {
                path: path.to_owned(),
                text: files::read_text(path)?,
            })
        })
        .transpose()
    }

    /// How its problems name it.
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn entries(
        &self,
        read: fn(&str, &str) -> Result<Vec<Entry>, SheetErrors>,
    ) -> Result<Vec<Entry>, CommandFailure> {
        Ok(read(&self.place(), &self.text)?)
    }
}
