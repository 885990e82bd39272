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
//! | `digest` | `Authorization: Digest …` once a server has asked for it |
//! | `oauth1` | parameters in the header, in a form or in the query |
//! | `hawk`, `awsv4` | `Authorization`, and what goes with it |
//! | `jwt` | a token of its own, as header or query parameter |
//!
//! Two schemes wait for a server's question: [`answered`] learns from a response what a `digest`
//! needs, and refuses `ntlm` by name when a server insists on it. [`TokenRequest`] says how to ask for
//! an access token that is not there yet; [`client_basic`] is for those who ask for one themselves.
//!
//! Every other type is refused by name, where newman would send the request unsigned or sign it in
//! a way that this crate does not know. Which `auth` of an item, its folders and its collection
//! counts is decided by the runner.

mod api_key;
mod awsv4;
mod basic;
mod bearer;
mod client_credentials;
mod digest;
mod hashing;
mod hawk;
mod jwt;
mod oauth1;
mod oauth2;
mod parameter;
mod private_key;
mod query;
mod signature;
mod token_request;

pub use client_credentials::client_basic;
pub use digest::Challenge;
pub use signature::{Addition, AuthError, Payload, Signed, Surroundings, answered, sign};
pub use token_request::TokenRequest;
