//! The probes, as data: each a valid notification with one thing changed.

mod claims;
mod header;
mod message;
mod recipe;
mod signature;

pub(super) use header::disguises;
pub(super) use recipe::{Making, Need, Recipe};

/// All of them, table by table. Those that need more than one answer are left to the sequence.
pub(super) const RECIPES: &[&[Recipe]] = &[
    header::RECIPES,
    signature::RECIPES,
    claims::RECIPES,
    message::RECIPES,
];
