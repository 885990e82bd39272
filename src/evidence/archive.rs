//! The archive: a ZIP file that the same files give the same bytes of.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read as _, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// How long a path or a comment of ours is at most, in bytes.
const LONGEST_TEXT: usize = 200;

/// How many files a bundle has at most.
const MOST_FILES: usize = 10_000;

/// Files by their path in the archive.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Why bytes are no archive of ours.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// They are no ZIP file, or a broken one.
    #[error("the archive cannot be read")]
    Zip(#[source] zip::result::ZipError),
    /// A file in it is broken.
    #[error("{path}: the file cannot be read from the archive")]
    File {
        /// Its path.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The archive was written by another program, or changed.
    #[error("{near}: the archive differs from how preflight writes one, first at byte {offset}")]
    Form {
        /// The file in whose part of the archive it differs, or what stands behind all files.
        near: String,
        /// Where, from 0.
        offset: u64,
    },
}

/// Writes the archive of `files`, with `comment`. Nothing is compressed: another version of a library
/// for that may give other bytes.
pub(super) fn write(files: &Files, comment: &str, to: impl Write + Seek) -> io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(to);
    for (path, bytes) in files {
        let options = options.large_file(bytes.len() >= u32::MAX as usize);
        writer.start_file(path.as_str(), options)?;
        writer.write_all(bytes)?;
    }
    writer.set_comment(comment)?;
    writer.finish()?.flush()
}

/// The bytes that [`write`] writes.
pub(super) fn pack(files: &Files, comment: &str) -> Vec<u8> {
    let size: usize = files.values().map(Vec::len).sum();
    let mut archive = Cursor::new(Vec::with_capacity(size + 512 * (files.len() + 1)));
    write(files, comment, &mut archive).expect("memory takes what is written");
    archive.into_inner()
}

/// The files of an archive and its comment, if [`pack`] gives the same bytes of them.
pub(super) fn unpack(bytes: &[u8]) -> Result<(Files, String), ArchiveError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(ArchiveError::Zip)?;
    let strange = |near: &str, offset| ArchiveError::Form {
        near: near.to_owned(),
        offset,
    };
    let comment = std::str::from_utf8(archive.comment())
        .ok()
        .filter(|comment| comment.len() <= LONGEST_TEXT)
        .ok_or_else(|| strange("the archive", 0))?
        .to_owned();
    if archive.len() > MOST_FILES {
        return Err(strange("the archive", 0));
    }
    let mut files = Files::new();
    let mut left = bytes.len() as u64;
    // Where the part of each file begins.
    let mut parts = BTreeMap::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).map_err(ArchiveError::Zip)?;
        let path = file.name().map_err(ArchiveError::Zip)?.into_owned();
        if path.len() > LONGEST_TEXT || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(strange("a file without a usable name", file.header_start()));
        }
        parts.insert(file.header_start(), path.clone());
        if file.compression() != CompressionMethod::Stored {
            return Err(strange(&path, file.header_start()));
        }
        // They are stored as they are and none lies in another, so all are no longer than the archive.
        left = left
            .checked_sub(file.size())
            .ok_or_else(|| strange(&path, file.header_start()))?;
        let mut content = Vec::new();
        let size = file.size();
        let read = file.by_ref().take(size).read_to_end(&mut content);
        read.map_err(|source| ArchiveError::File {
            path: path.clone(),
            source,
        })?;
        files.insert(path, content);
    }
    let again = pack(&files, &comment);
    let differs = bytes
        .iter()
        .zip(&again)
        .position(|(one, other)| one != other);
    let differs =
        differs.or_else(|| (bytes.len() != again.len()).then(|| bytes.len().min(again.len())));
    match differs {
        None => Ok((files, comment)),
        Some(offset) => {
            let offset = offset as u64;
            let near = parts.range(..=offset).next_back();
            Err(ArchiveError::Form {
                near: near
                    .map_or("the archive", |(_, path)| path.as_str())
                    .to_owned(),
                offset,
            })
        }
    }
}
