//! The history of a folder in a repository, through git's plumbing.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::LARGEST_FILE;

/// How many commits, versions of files and bytes of them are read at most.
const MOST_COMMITS: usize = 100_000;
const MOST_VERSIONS: usize = 50_000;
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// A history that cannot be read, or not whole.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// git does not start.
    #[error("git does not start: {0}; install git, or leave the history out with --no-history")]
    Start(#[source] io::Error),
    /// git refuses.
    #[error("git refuses: {0}; mend that, or leave the history out with --no-history")]
    Refused(String),
    /// The clone has only the last commits.
    #[error(
        "the clone is shallow, its older commits are not here; fetch them (`git fetch \
         --unshallow`, in CI a fetch depth of 0), or leave the history out with --no-history"
    )]
    Shallow,
    /// git says something that is not understood.
    #[error(
        "git answers in a form that is not understood ({0}); leave the history out with --no-history"
    )]
    Form(&'static str),
    /// The history is larger than what is read.
    #[error(
        "the history has more than is read ({MOST_COMMITS} commits, {MOST_VERSIONS} versions, \
         1 GiB); lint a smaller folder of it"
    )]
    TooMuch,
}

/// A folder in a git repository.
pub struct Repository {
    folder: PathBuf,
}

/// A version of a file.
struct Version {
    commit: String,
    path: String,
    object: String,
}

impl Repository {
    /// The repository around `folder`; none where no folder above it has one.
    pub fn around(folder: &Path) -> Option<Self> {
        let absolute = folder.canonicalize().ok()?;
        let found = absolute
            .ancestors()
            .any(|above| above.join(".git").exists());
        found.then(|| Self {
            folder: folder.to_owned(),
        })
    }

    /// Shows `read` each version of each file in the folder once: the first commit that has it, its
    /// path from the folder on, its bytes. Files that are too large are left out, and named in the
    /// end.
    ///
    /// # Errors
    /// If git does not do it, or there is too much; what came before was shown.
    pub fn each_version(
        &self,
        mut read: impl FnMut(&str, &str, &[u8]),
    ) -> Result<Vec<String>, RepositoryError> {
        if self
            .answer(&["rev-parse", "--is-shallow-repository"])?
            .trim()
            == "true"
        {
            return Err(RepositoryError::Shallow);
        }
        let (versions, whole) = self.versions()?;
        let too_large = self.show(&versions, &mut read)?;
        match whole {
            Extent::Whole => Ok(too_large),
            Extent::Cut => Err(RepositoryError::TooMuch),
        }
    }

    /// git, so that it runs and fetches nothing that a repository asks for.
    fn git(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.folder)
            .args(["--no-pager", "--no-optional-locks", "--no-replace-objects"])
            .args([
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.hooksPath=/dev/null",
            ])
            .args(arguments)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // A hook has these set for the repository that it runs in.
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(OsStr::new(variable));
        }
        command
    }

    /// What git prints, where it is short.
    fn answer(&self, arguments: &[&str]) -> Result<String, RepositoryError> {
        let output = self
            .git(arguments)
            .stderr(Stdio::piped())
            .output()
            .map_err(RepositoryError::Start)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let reason = String::from_utf8_lossy(&output.stderr);
        let reason = reason.lines().next().unwrap_or("it does not say why");
        Err(RepositoryError::Refused(reason.trim().to_owned()))
    }

    /// Every version of every file, in the order of the commits, each object once.
    fn versions(&self) -> Result<(Vec<Version>, Extent), RepositoryError> {
        let most = format!("--max-count={MOST_COMMITS}");
        let mut commits =
            Running::start(&mut self.git(&["rev-list", "--all", "--reverse", &most]))?;
        let listed = commits.output()?;
        let mut changes = Running::start(
            self.git(&[
                "diff-tree",
                "--stdin",
                "--root",
                "-r",
                "-m",
                "--raw",
                "--no-abbrev",
                "--no-renames",
                "-z",
                "--relative",
            ])
            .stdin(listed),
        )?;
        let mut fields = BufReader::new(changes.output()?).split(0);
        let mut versions = Vec::new();
        let mut seen = HashSet::new();
        let mut commit = String::new();
        let mut count = 0;
        while let Some(field) = fields.next() {
            let field = field.map_err(|_| RepositoryError::Form("its changes break off"))?;
            let field = String::from_utf8_lossy(&field).trim_start().to_owned();
            let Some(change) = field.strip_prefix(':') else {
                if commit != field {
                    count += 1;
                }
                commit = field;
                continue;
            };
            let path = match fields.next() {
                Some(Ok(path)) => String::from_utf8_lossy(&path).into_owned(),
                Some(Err(_)) | None => return Err(RepositoryError::Form("a change has no path")),
            };
            let mut words = change.split(' ');
            let (Some(mode), Some(object)) = (words.nth(1), words.nth(1)) else {
                return Err(RepositoryError::Form("a change is not whole"));
            };
            // A plain file; no link, no repository in it, nothing that was deleted.
            if mode.starts_with("100") && seen.insert(object.to_owned()) {
                if versions.len() == MOST_VERSIONS {
                    return Ok((versions, Extent::Cut));
                }
                versions.push(Version {
                    commit: commit.clone(),
                    path,
                    object: object.to_owned(),
                });
            }
        }
        changes.finish()?;
        commits.finish()?;
        let extent = if count >= MOST_COMMITS {
            Extent::Cut
        } else {
            Extent::Whole
        };
        Ok((versions, extent))
    }

    /// Shows the bytes of each version; gives back the paths of those that are too large.
    fn show(
        &self,
        versions: &[Version],
        read: &mut impl FnMut(&str, &str, &[u8]),
    ) -> Result<Vec<String>, RepositoryError> {
        let mut objects = Running::start(
            self.git(&["cat-file", "--batch", "--buffer"])
                .stdin(Stdio::piped()),
        )?;
        let stdin = objects.0.stdin.take();
        let mut names = String::new();
        for version in versions {
            names.push_str(&version.object);
            names.push('\n');
        }
        let mut answers = BufReader::new(objects.output()?);
        let mut too_large = Vec::new();
        std::thread::scope(|scope| {
            // Who only writes first waits forever for a reader who waits.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(names.as_bytes())));
            let mut total = 0;
            let shown = versions.iter().try_for_each(|version| {
                let size = size(&mut answers)?;
                total += size;
                if total > MOST_BYTES {
                    return Err(RepositoryError::TooMuch);
                }
                let broken = |_| RepositoryError::Form("an object breaks off");
                if size > LARGEST_FILE {
                    io::copy(&mut answers.by_ref().take(size), &mut io::sink()).map_err(broken)?;
                    too_large.push(version.path.clone());
                } else {
                    let mut bytes = Vec::new();
                    answers
                        .by_ref()
                        .take(size)
                        .read_to_end(&mut bytes)
                        .map_err(broken)?;
                    read(&version.commit, &version.path, &bytes);
                }
                // The newline behind an object.
                answers.read_exact(&mut [0]).map_err(broken)
            });
            // The writer waits for as long as git does not read.
            objects.stop();
            shown
        })?;
        Ok(too_large)
    }
}

/// Whether all of a history was listed.
enum Extent {
    Whole,
    Cut,
}

/// The size of the object that follows: `<id> blob <size>`.
fn size(answers: &mut impl io::BufRead) -> Result<u64, RepositoryError> {
    let mut line = Vec::new();
    answers
        .take(300)
        .read_until(b'\n', &mut line)
        .map_err(|_| RepositoryError::Form("its objects break off"))?;
    let line = String::from_utf8_lossy(&line);
    let mut words = line.trim_end().split(' ').skip(1);
    match (words.next(), words.next().map(str::parse)) {
        (Some("blob"), Some(Ok(size))) => Ok(size),
        _ => Err(RepositoryError::Refused(
            "an object of the history is missing".into(),
        )),
    }
}

/// A process that ends with its value.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Result<Self, RepositoryError> {
        command.spawn().map(Self).map_err(RepositoryError::Start)
    }

    fn output(&mut self) -> Result<std::process::ChildStdout, RepositoryError> {
        self.0
            .stdout
            .take()
            .ok_or(RepositoryError::Form("it has no output"))
    }

    fn stop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
    }

    fn finish(mut self) -> Result<(), RepositoryError> {
        let status = self.0.wait().map_err(RepositoryError::Start)?;
        if status.success() {
            Ok(())
        } else {
            Err(RepositoryError::Refused(format!(
                "its history cannot be listed ({status})"
            )))
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        let _ = self.0.wait();
    }
}
