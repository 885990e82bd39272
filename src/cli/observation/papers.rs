//! The files in which a connector is told what it must know.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::observe::Briefing;

/// The first line of an `.env` file that preflight wrote, and may write again.
const HEADING: &str = "# written by preflight at each start\n";

/// A template and where its filled form goes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    from: PathBuf,
    text: String,
    to: PathBuf,
}

/// The files that are to be written, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    env_file: Option<PathBuf>,
    templates: Vec<Template>,
    /// What is to be removed when the observation is over. Clones share it.
    written: Arc<Mutex<Vec<PathBuf>>>,
    /// Whether there was an `.env` file before.
    env_file_is_old: bool,
}

impl Papers {
    /// Reads what was typed: an `.env` file, and templates as `IN=OUT`.
    ///
    /// # Errors
    /// If a template cannot be read or names what there is not, or a file of the user's would be replaced.
    pub fn read(env_file: Option<&Path>, templates: &[String]) -> Result<Self, CommandFailure> {
        if let Some(path) = env_file.filter(|path| path.is_file()) {
            let ours = files::read_text(path)?.starts_with(HEADING);
            if !ours {
                return Err(in_the_way(path, "--env-file"));
            }
        }
        let mut read = Vec::new();
        for argument in templates {
            let Some((from, to)) = argument.split_once('=') else {
                return Err(CommandFailure::Usage {
                    message: format!("--config-template: «{argument}» has no `=`"),
                    remedy: "write IN=OUT: the template, and the file that the connector reads"
                        .into(),
                });
            };
            let (from, to) = (PathBuf::from(from), PathBuf::from(to));
            // It is removed when the observation is over.
            if to.exists() {
                return Err(in_the_way(&to, "--config-template"));
            }
            let text = files::read_text(&from)?;
            Briefing::check(&from.display().to_string(), &text)?;
            read.push(Template { from, text, to });
        }
        Ok(Self {
            env_file: env_file.map(Path::to_owned),
            templates: read,
            written: Arc::default(),
            env_file_is_old: env_file.is_some_and(Path::exists),
        })
    }

    /// Writes what `briefing` says. Filled templates are removed again by [`Papers::remove`].
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, briefing: &Briefing) -> Result<(), CommandFailure> {
        if let Some(path) = &self.env_file {
            let text = format!("{HEADING}{}", briefing.env_file().expose());
            files::write(path, text.as_bytes(), Readers::Owner)?;
        }
        for template in &self.templates {
            let name = template.from.display().to_string();
            let filled = briefing.fill(&name, &template.text)?;
            self.lock().push(template.to.clone());
            files::write(&template.to, filled.expose().as_bytes(), Readers::Owner)?;
        }
        Ok(())
    }

    /// Takes everything back, where nothing was begun: an `.env` file too that was not there before.
    pub fn withdraw(&self) {
        self.remove();
        if let Some(path) = self.env_file.as_ref().filter(|_| !self.env_file_is_old) {
            files::discard(path);
        }
    }

    /// Removes the filled templates, once; where one is gone already nothing is left to do.
    pub fn remove(&self) {
        for path in self.lock().drain(..) {
            let _ = std::fs::remove_file(path);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<PathBuf>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_the_way(path: &Path, option: &str) -> CommandFailure {
    CommandFailure::Usage {
        message: format!(
            "{option}: {} is there already, and preflight did not write it",
            path.display()
        ),
        remedy: "name another file, or remove this one".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use crate::profile::Profile;
    use crate::specimen::{Dialect, Settings};

    fn briefing() -> Briefing {
        Briefing {
            settings: Settings {
                api_url: "http://a".into(),
                dialect: Dialect::of(&Profile::built_in(), ""),
                token_url: String::new(),
                client_id: String::new(),
                client_secret: Secret::new(""),
                audience: String::new(),
                api_key: Secret::new("the-key"),
                application: String::new(),
                provider_id: String::new(),
                notification_header: String::new(),
                notification_value: Secret::new(""),
                issuer: String::new(),
                jwks_url: String::new(),
            },
            notification_port: None,
            ca_file: None,
        }
    }

    #[test]
    fn filled_templates_go_and_the_env_file_stays_and_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let env_file = folder.path().join(".env");
        let template = folder.path().join("in.yaml");
        let filled = folder.path().join("out.yaml");
        std::fs::write(&template, "key: {{PREFLIGHT_API_KEY}}\n").unwrap();
        let argument = format!("{}={}", template.display(), filled.display());
        for _ in 0..2 {
            let papers = Papers::read(Some(&env_file), std::slice::from_ref(&argument)).unwrap();
            papers.write(&briefing()).unwrap();
            assert_eq!(std::fs::read_to_string(&filled).unwrap(), "key: the-key\n");
            papers.clone().remove();
            assert!(!filled.exists());
            let text = std::fs::read_to_string(&env_file).unwrap();
            assert!(text.contains("PREFLIGHT_API_KEY=the-key\n"), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let env_file = folder.path().join(".env");
        let papers = Papers::read(Some(&env_file), &[]).unwrap();
        papers.write(&briefing()).unwrap();
        let mode = std::fs::metadata(&env_file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn files_of_the_user_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("theirs");
        std::fs::write(&theirs, "A=1\n").unwrap();
        assert!(Papers::read(Some(&theirs), &[]).is_err());
        let argument = format!("{}={}", theirs.display(), theirs.display());
        assert!(Papers::read(None, &[argument]).is_err());
        assert!(Papers::read(None, &["no-sign".into()]).is_err());
    }
}
