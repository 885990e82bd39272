//! JSON in its one form (RFC 8785).

use serde::Serialize;

/// The canonical form of `value`.
///
/// # Panics
/// If it has keys that are no texts, or numbers that JSON lacks: a fault of ours.
pub(super) fn canonical(value: &impl Serialize) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("what we write has a JSON form")
}
