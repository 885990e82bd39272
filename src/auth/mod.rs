//! Signs a resolved request. One file a scheme; nothing here fetches.
//!
//! [`sign`] takes Postman's `auth` value, in the form of collections v2.1 (lists of `key` and
//! `value`) or v2.0 (maps), with its variables already replaced, and gives the request back with
//! what the scheme adds. It does what newman 6.2.2 does: a scheme that sets a header replaces every
//! header of that name and stands behind the user's own; one that sets a query parameter replaces
//! that parameter. Sign last but for the system headers.
//!
//! | type | adds |
//! |---|---|
//! | none, `null`, `noauth` | nothing |
//! | `basic` | `Authorization: Basic …`, also when user or password are empty |
//! | `bearer` | `Authorization: Bearer …`; nothing when the token is empty |
//! | `apikey` | a header, or a query parameter with `in: query`; nothing without a name |
//! | `oauth2` | an access token that is already there, as header or query parameter |
//!
//! [`client_basic`] is for those who ask for a token themselves.
//!
//! Every other type is refused by name, where newman would send the request unsigned or sign it in
//! a way that this crate does not know. Which `auth` of an item, its folders and its collection
//! counts is decided by the runner.

mod api_key;
mod basic;
mod bearer;
mod client_credentials;
mod oauth2;
mod parameter;
mod signature;

pub use client_credentials::client_basic;
pub use signature::{Addition, AuthError, Signed, sign};
