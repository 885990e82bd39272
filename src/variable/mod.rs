//! Scopes, precedence, substitution and dynamic variables.
//!
//! A [`Scope`] is one ordered list of variables with Postman's rules for duplicates, disabled ones
//! and types. [`Scopes`] are the five of a run in their order of precedence: local, iteration data,
//! environment, collection, globals. A [`Resolver`] replaces `{{name}}` in texts and JSON values by
//! them, and by the dynamic variables (`$guid`, `$timestamp`, `$randomInt`, …) where none has the
//! name. The results are those of newman 6.2.2, character for character, except that a name which
//! only JavaScript's object prototype knows (`{{constructor}}`) is unknown here.
//!
//! The room promises to be pure: time and chance are handed in. Which texts of an item are
//! resolved, and when, is decided by the runner; reading files is left to `collection`.

mod dynamic;
mod resolve;
mod scope;
mod text;
mod words;

pub use dynamic::Dynamic;
pub use resolve::{Resolver, Scopes};
pub use scope::{Entry, Scope};
pub use text::text_of;
