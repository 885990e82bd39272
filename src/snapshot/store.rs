//! The files: the only file access of the room.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Comparison, Transcript, form};

/// Whether a transcript may be put up for acceptance, and accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// A person is there to decide.
    Allowed,
    /// Nobody is, as in CI: nothing is written and nothing accepted.
    Forbidden,
}

/// A folder of golden transcripts.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    acceptance: Acceptance,
}

/// A golden transcript cannot be read, written or decided on.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder cannot be used.
    #[error("cannot {activity} {}", .path.display())]
    File {
        /// What was being done: `read`, `write`, …
        activity: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An accepted transcript is not in insta's form.
    #[error(
        "{} has no front matter (expected: `---`, lines of metadata, `---`, the transcript): it \
         was edited. Restore it, or remove it and accept the next run", .path.display()
    )]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// A decision was asked for on a file that waits for none.
    #[error(
        "{} does not wait for a decision (expected: a file that ends in `.snap.new`)", .path.display()
    )]
    NotPending {
        /// The file.
        path: PathBuf,
    },
    /// Acceptance is forbidden.
    #[error(
        "{} cannot be accepted here: acceptance is forbidden in CI. Accept it on your own machine \
         and commit the file", .path.display()
    )]
    Forbidden {
        /// The file.
        path: PathBuf,
    },
}

impl Store {
    /// The transcripts in `folder`, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>, acceptance: Acceptance) -> Self {
        Self {
            folder: folder.into(),
            acceptance,
        }
    }

    /// Where the accepted transcript of this name lies.
    #[must_use]
    pub fn accepted_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.snap"))
    }

    /// Where one of this name waits for a decision.
    #[must_use]
    pub fn pending_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.snap.new"))
    }

    /// Compares a transcript with the accepted one. Unless they match, and where acceptance is
    /// allowed, it is put up for a decision; where they match, an older one that still waits is
    /// withdrawn.
    pub fn compare(&self, transcript: &Transcript) -> Result<Comparison, StoreError> {
        let accepted = self.accepted(transcript.name)?;
        let comparison = Comparison::of(accepted.as_deref(), &transcript.text);
        let pending = self.pending_path(transcript.name);
        match (&comparison, self.acceptance) {
            (_, Acceptance::Forbidden) => {}
            (Comparison::Match, Acceptance::Allowed) => match fs::remove_file(&pending) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(file("remove", &pending)(source));
                }
                Ok(()) | Err(_) => {}
            },
            (Comparison::Missing | Comparison::Differs { .. }, Acceptance::Allowed) => {
                fs::create_dir_all(&self.folder).map_err(file("create", &self.folder))?;
                fs::write(&pending, form::write(transcript)).map_err(file("write", &pending))?;
            }
        }
        Ok(comparison)
    }

    /// The files below the folder that wait for a decision, sorted.
    pub fn pending(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut found = Vec::new();
        let mut open = vec![self.folder.clone()];
        while let Some(folder) = open.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(source) if source.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(file("list", &folder)(source)),
            };
            for entry in entries {
                let path = entry.map_err(file("list", &folder))?.path();
                if path.is_dir() {
                    open.push(path);
                } else if accepted_beside(&path).is_some() {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// How a file that waits compares with the accepted one: what there is to decide.
    pub fn review(&self, pending: &Path) -> Result<Comparison, StoreError> {
        let accepted_path = decidable(pending)?;
        let run = read(pending)?.ok_or_else(|| StoreError::NotPending {
            path: pending.to_owned(),
        })?;
        Ok(Comparison::of(read(&accepted_path)?.as_deref(), &run))
    }

    /// Accepts the file `pending` (`….snap.new`); gives back where it lies now.
    pub fn accept(&self, pending: &Path) -> Result<PathBuf, StoreError> {
        if self.acceptance == Acceptance::Forbidden {
            return Err(StoreError::Forbidden {
                path: pending.to_owned(),
            });
        }
        let accepted = decidable(pending)?;
        fs::rename(pending, &accepted).map_err(file("accept", pending))?;
        Ok(accepted)
    }

    /// Rejects the file `pending` (`….snap.new`): removes it.
    pub fn reject(&self, pending: &Path) -> Result<(), StoreError> {
        decidable(pending)?;
        fs::remove_file(pending).map_err(file("remove", pending))
    }

    fn accepted(&self, name: &str) -> Result<Option<String>, StoreError> {
        read(&self.accepted_path(name))
    }
}

/// The transcript in a file; none where there is no file.
fn read(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read_to_string(path) {
        Ok(text) => form::read(&text).map(Some).ok_or_else(|| StoreError::Form {
            path: path.to_owned(),
        }),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file("read", path)(source)),
    }
}

/// Where `pending` would lie once accepted; none where it does not wait for a decision.
fn accepted_beside(pending: &Path) -> Option<PathBuf> {
    let accepted = pending.with_extension("");
    let waits = pending.extension()? == "new" && accepted.extension()? == "snap";
    waits.then_some(accepted)
}

fn decidable(pending: &Path) -> Result<PathBuf, StoreError> {
    accepted_beside(pending).ok_or_else(|| StoreError::NotPending {
        path: pending.to_owned(),
    })
}

fn file(activity: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File {
        activity,
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(text: &str) -> Transcript {
        Transcript {
            name: "status-flow",
            text: text.into(),
        }
    }

    fn names(store: &Store) -> Vec<String> {
        let paths = store.pending().unwrap();
        let names = paths.iter().map(|path| path.file_name().unwrap());
        names
            .map(|name| name.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_transcript_is_put_up_accepted_and_then_held_against() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("snapshots"), Acceptance::Allowed);
        assert_eq!(names(&store), Vec::<String>::new());
        let first = transcript("batch 1\n");
        assert_eq!(store.compare(&first).unwrap(), Comparison::Missing);
        assert_eq!(names(&store), ["status-flow.snap.new"]);
        let pending = store.pending_path("status-flow");
        assert_eq!(store.review(&pending).unwrap(), Comparison::Missing);
        assert_eq!(
            store.accept(&pending).unwrap(),
            store.accepted_path("status-flow")
        );
        assert_eq!(store.compare(&first).unwrap(), Comparison::Match);
        assert_eq!(names(&store), Vec::<String>::new());

        let second = transcript("batch 2\n");
        let Comparison::Differs { diff } = store.compare(&second).unwrap() else {
            panic!("they differ");
        };
        assert!(diff.contains("-batch 1\n+batch 2\n"), "{diff}");
        assert_eq!(
            store.review(&pending).unwrap(),
            Comparison::Differs { diff }
        );
        store.reject(&pending).unwrap();
        assert_eq!(names(&store), Vec::<String>::new());
        assert_eq!(store.compare(&first).unwrap(), Comparison::Match);
    }

    #[test]
    fn a_match_withdraws_what_still_waits() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), Acceptance::Allowed);
        store.compare(&transcript("one\n")).unwrap();
        store.accept(&store.pending_path("status-flow")).unwrap();
        store.compare(&transcript("two\n")).unwrap();
        assert_eq!(names(&store), ["status-flow.snap.new"]);
        store.compare(&transcript("one\n")).unwrap();
        assert_eq!(names(&store), Vec::<String>::new());
    }

    #[test]
    fn where_acceptance_is_forbidden_nothing_is_written_and_nothing_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let here = Store::new(folder.path(), Acceptance::Allowed);
        let ci = Store::new(folder.path(), Acceptance::Forbidden);
        assert_eq!(
            ci.compare(&transcript("one\n")).unwrap(),
            Comparison::Missing
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        here.compare(&transcript("one\n")).unwrap();
        let pending = here.pending_path("status-flow");
        let error = ci.accept(&pending).unwrap_err().to_string();
        assert!(error.contains("acceptance is forbidden in CI"), "{error}");
        assert!(pending.exists() && !here.accepted_path("status-flow").exists());
    }

    #[test]
    fn insta_reads_what_is_written_here() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), Acceptance::Allowed);
        let text = "batch 1\n  GET /x 200: shows Received\n";
        store.compare(&transcript(text)).unwrap();
        store.accept(&store.pending_path("status-flow")).unwrap();
        insta::with_settings!({
            snapshot_path => folder.path(),
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!("status-flow", text);
        });
    }

    #[test]
    fn an_accepted_file_without_front_matter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), Acceptance::Allowed);
        fs::write(store.accepted_path("status-flow"), "batch 1\n").unwrap();
        let error = store.compare(&transcript("batch 1\n")).unwrap_err();
        assert!(error.to_string().contains("has no front matter"), "{error}");
    }

    #[test]
    fn only_what_waits_is_decided_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), Acceptance::Allowed);
        let other = folder.path().join("notes.txt");
        fs::write(&other, "keep").unwrap();
        for error in [
            store.reject(&other).unwrap_err(),
            store.accept(&other).unwrap_err(),
            store.review(&other).unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::NotPending { .. }), "{error}");
        }
        assert!(other.exists());
        let absent = store.pending_path("absent");
        let error = store.accept(&absent).unwrap_err();
        assert!(error.to_string().starts_with("cannot accept "), "{error}");
    }
}
