//! The user's files: Postman collections, environments, globals and data files.
//!
//! Reading happens in two steps. [`Document`] is the file as it is: text in any of the encodings
//! that Postman writes, parsed into JSON with every field kept, in its order. [`Collection`],
//! [`Environment`] and [`DataFile`] are what it means: a tree of folders and items with their
//! scripts, variables in scopes, rows of data. The first step is lenient about what it does not
//! know and strict about syntax; the second collects every problem it meets, so that a user mends
//! a file once ([`Problems`]). Nothing here resolves a variable, signs a request or opens a file:
//! callers bring the bytes.
//!
//! Formats: Postman Collection v2.0 and v2.1 (draft-07 schemas of Postman), their API-export
//! wrapper `{"collection": …}`, environment and globals exports.

mod csv;
mod data;
mod document;
mod environment;
mod model;
mod problem;
mod read;
mod select;
mod template;
mod url;
mod url_encoding;

pub use data::DataFile;
pub use document::Document;
pub use environment::{Compatibility, Environment, Variable};
pub use model::{Collection, Folder, Item, Node, Script, ScriptEvent, Step};
pub use problem::{Problem, ProblemCode, Problems, Sensitivity};
pub use select::UnknownFolder;
pub use template::{HeaderRow, RequestTemplate};
pub use url::{QueryRow, Url};
pub use url_encoding::{UrlEncoding, encode_query_value};
