//! What `probe` does between the command line and the verdict.
//!
//! An endpoint is either a specimen, which is probed in logical time ([`rehearse_probes`]; the
//! self-test does the same thousands of times), or it has a URL.

mod rehearsal;

pub use rehearsal::rehearse_probes;
