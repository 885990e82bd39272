//! Files: what a command reads and writes.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::failure::CommandFailure;
use super::sealing::beside;
use crate::collection::{Collection, Compatibility, Document, Environment};
use crate::report::{TRAFFIC, report_names};
use crate::run::FileReader;

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, CommandFailure> {
    std::fs::read(path).map_err(|source| CommandFailure::Read {
        path: path.to_owned(),
        source,
    })
}

/// The text of a file.
pub fn read_text(path: &Path) -> Result<String, CommandFailure> {
    std::fs::read_to_string(path).map_err(|source| CommandFailure::Read {
        path: path.to_owned(),
        source,
    })
}

/// A JSON file.
pub fn document(path: &Path) -> Result<Document, CommandFailure> {
    Ok(Document::parse(&path.display().to_string(), &read(path)?)?)
}

/// A collection.
pub fn collection(path: &Path) -> Result<Collection, CommandFailure> {
    Ok(Collection::read(&document(path)?)?)
}

/// An environment or globals; an empty one where no file is named.
pub fn environment(
    path: Option<&Path>,
    compatibility: Compatibility,
) -> Result<Environment, CommandFailure> {
    match path {
        Some(path) => {
            let name = path.display().to_string();
            let document = Document::parse_sensitive(&name, &read(path)?)?;
            Ok(Environment::read(&document, compatibility)?)
        }
        None => Ok(Environment::default()),
    }
}

/// Who may read a written file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever may read other files of the user's.
    Everybody,
    /// The user alone (mode 0600).
    Owner,
}

/// Refuses a file whose folder there is not: a name that is mistyped must not become a folder.
pub fn check_folder(path: &Path) -> Result<(), CommandFailure> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(CommandFailure::Usage {
                message: format!(
                    "{} cannot be written: there is no folder {}",
                    path.display(),
                    folder.display()
                ),
                remedy: "make the folder, or name another file".into(),
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// Writes a file whole or not at all, with the folders above it.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), CommandFailure> {
    write_with(path, readers, |file| file.write_all(bytes))
}

/// The same with what `content` writes.
pub fn write_with(
    path: &Path,
    readers: Readers,
    content: impl FnOnce(&mut std::fs::File) -> io::Result<()>,
) -> Result<(), CommandFailure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let attempt = || -> io::Result<()> {
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder)?;
        }
        // A pipe or a device is written to as it is.
        if path.exists() && !path.is_file() {
            return content(&mut std::fs::OpenOptions::new().write(true).open(path)?);
        }
        let mut file = tempfile::Builder::new()
            .prefix(".preflight-")
            .permissions_of(readers)
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        content(file.as_file_mut())?;
        file.as_file().sync_data()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(|source| CommandFailure::Write {
        path: path.to_owned(),
        source,
    })
}

/// Removes a file of ours that is of no use to anybody; what is no file (a device, a link) stays.
pub fn discard(path: &Path) {
    if path.symlink_metadata().is_ok_and(|found| found.is_file()) {
        // It is gone already, or harms nobody.
        let _ = std::fs::remove_file(path);
    }
}

/// What an earlier run may have left in the folder of the evidence, beside its history and its verdict.
const LEFT_BEHIND: [&str; 2] = ["observation.ndjson", "connector.log"];

/// Makes the folder of the evidence ready. What belongs to an earlier run must not stand beside
/// this one, least of all its verdict, should this one fail on its way.
pub fn prepare(evidence: &Path) -> Result<(), CommandFailure> {
    std::fs::create_dir_all(evidence).map_err(|source| CommandFailure::Write {
        path: evidence.to_owned(),
        source,
    })?;
    let within = LEFT_BEHIND.iter().map(|earlier| evidence.join(earlier));
    remove(&within.collect::<Vec<_>>())?;
    prepare_verdict(evidence)
}

/// Makes the folder ready for another verdict on what may lie in it: the earlier one goes, no history.
pub fn prepare_verdict(evidence: &Path) -> Result<(), CommandFailure> {
    std::fs::create_dir_all(evidence).map_err(|source| CommandFailure::Write {
        path: evidence.to_owned(),
        source,
    })?;
    let within = report_names().chain([TRAFFIC]);
    let within = within.map(|earlier| evidence.join(earlier));
    remove(&within.chain([beside(evidence)]).collect::<Vec<_>>())
}

/// Removes files that may be there.
fn remove(files: &[PathBuf]) -> Result<(), CommandFailure> {
    for path in files {
        match std::fs::remove_file(path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                let path = path.clone();
                return Err(CommandFailure::Write { path, source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Sets the mode of a file on its way.
trait PermissionsOf {
    fn permissions_of(&mut self, readers: Readers) -> &mut Self;
}

impl PermissionsOf for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_of(&mut self, readers: Readers) -> &mut Self {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = match readers {
            Readers::Everybody => 0o644,
            Readers::Owner => 0o600,
        };
        self.permissions(std::fs::Permissions::from_mode(mode))
    }

    #[cfg(not(unix))]
    fn permissions_of(&mut self, _: Readers) -> &mut Self {
        self
    }
}

/// Reads uploads.
pub struct WorkingFolder {
    /// The folder from which relative paths count.
    pub folder: PathBuf,
    /// Whether files outside of it may be read.
    pub outside: bool,
}

impl FileReader for WorkingFolder {
    fn read(&self, path: &Path) -> io::Result<Bytes> {
        let path = self.folder.join(path);
        if !self.outside {
            let folder = self.folder.canonicalize()?;
            if !path.canonicalize()?.starts_with(folder) {
                let message = "PPERM: insecure file access outside working directory";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
            }
        }
        std::fs::read(path).map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/secret.json");
        write(&path, b"{}", Readers::Owner).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        write(&path, b"[]", Readers::Everybody).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"[]");
    }

    #[test]
    fn files_outside_of_the_folder_are_refused_where_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::write(folder.path().join("out.txt"), "x").unwrap();
        let reader = |outside| WorkingFolder {
            folder: folder.path().join("in"),
            outside,
        };
        assert!(reader(true).read(Path::new("../out.txt")).is_ok());
        let refused = reader(false).read(Path::new("../out.txt")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }
}
