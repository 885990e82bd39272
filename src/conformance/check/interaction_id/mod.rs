//! `IX`: the interaction id by which provider and platform find the same request in their logs.

pub mod fresh;
