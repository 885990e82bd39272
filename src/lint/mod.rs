//! Credentials where they do not belong, and requests in clear: rules on the text of files.
//!
//! A collection is shared, exported, attached to tickets and committed. What stands in it — in
//! headers, authorisation, bodies, scripts, saved answers, descriptions — is public from then on.
//! The platform asks that credentials are kept safe; this room finds those that are not.
//!
//! [`Linter`] reads one file at a time: a Postman file by its meaning ([`Spot`]: a header is not a
//! variable), other JSON by its names, anything else as text. It knows credentials by their *shape*
//! (signed tokens, keys of well-known vendors, PEM), by their *name* (`client_secret`, `x-api-key`)
//! and by their *look*: what no person would write. Beside it stand the rules on addresses: `http`
//! where nobody but the machine itself listens is fine, everywhere else it is told; and a credential
//! in a query ends in the log of every machine on the way. The values of variables that an
//! environment types `secret` are looked for in all other files, in every encoding that the
//! [`Redactor`](crate::base::Redactor) knows.
//!
//! A [`Finding`] names rule, place and remedy and never the value: at most its first two characters
//! and its length. Its *fingerprint* tells twelve bits of the value, enough to see that a value was
//! changed and too little to guess it. An [`AllowList`] names findings that somebody answers for,
//! until a day; an entry that matches nothing, or whose day has come, is stale.
//!
//! The room promises not to touch a file, a process or the clock: walking folders and reading the
//! history of a repository is left to `cli`, and what is printed to `report`. It says nothing of
//! what it cannot know: whether a credential still works, and whether a value that looks like words
//! is one.

mod address;
mod allow;
mod credential;
mod finding;
mod judge;
mod linter;
mod passage;
mod rule;
mod shape;
mod spot;
mod survey;

pub use address::{carries_credential, credentials_in_query};
pub use allow::{AllowList, Allowance, Excuse};
pub use finding::{Finding, Masked};
pub use linter::{Linter, Source};
pub use rule::{Rule, Severity};
pub use spot::Spot;
pub use survey::{StaleEntry, Survey, Unread};
