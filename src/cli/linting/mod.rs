//! What `lint` reads: files, folders, and the history of a repository.
//!
//! [`files_under`] walks a folder, in order, without following links and without the folders that
//! tools fill. [`Repository`] reads every version of every file that the history of a folder has,
//! through the user's own git: as bytes, without a shell, without a text of the user's as an option,
//! with nothing switched on that a repository could configure to run or fetch something. Both have
//! bounds, and say when they met them: what was not read is told, never passed over.

mod repository;
mod walk;

pub use repository::Repository;
pub use walk::{LARGEST_FILE, files_under};
