//! The report for people: one HTML file that needs nothing else.
//!
//! What a bank's engineer and the platform's reviewer read first. It says what the verdict is, what a
//! person has to decide, how each requirement stands and why, and shows what happened on the wire. It
//! works without script: filters and expanders only help. A Content-Security-Policy with the digests of
//! its one style sheet and one script forbids everything else, and every text that came from a
//! history, a profile or a declaration is escaped and cut to a length.
//!
//! The same verdict and histories give the same bytes: no clock, no chance, ordered maps. The page
//! aggregates: each list and each drawing has an upper bound and says what it leaves out, so that a
//! hundred thousand exchanges make a page as long as a thousand do. It takes one walk through each
//! history.
//!
//! Where a reviewer decides, the same page is served with a form (`review`), a style sheet and a script
//! more; it works without script too.
//!
//! `document` puts the sections together; each section is a file of its own and says in a line why
//! it is empty where it is. Which numbers count is left to `conformance`, the drawing of flows to
//! `flow_graph`.

mod checks;
mod decisions;
mod declared;
mod document;
mod excerpt;
mod figure;
mod flows;
mod headline;
mod latency;
mod levels;
mod observed;
mod outside;
mod probes;
mod rehearsed;
mod remarks;
mod requirements;
mod review;
#[cfg(test)]
mod review_tests;
#[cfg(test)]
mod tests;
mod timeline;
mod tokens;

pub use document::{page_html, review_html, reviewed_html};
pub use review::{FilledIn, ReviewForm};
