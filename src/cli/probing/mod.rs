//! What `probe` does between the command line and the verdict.
//!
//! An endpoint is either a specimen, probed in logical time ([`rehearse_probes`]; the self-test does
//! the same thousands of times) or over HTTP ([`visit_specimen`]), or it is the provider's own, at a
//! URL ([`visit_endpoint`]). [`Introduction`] is what was typed and declared of the latter.

mod introduction;
mod live;
mod rehearsal;

#[cfg(test)]
mod tests;

pub use introduction::Introduction;
pub use live::{visit_endpoint, visit_specimen};
pub use rehearsal::rehearse_probes;
