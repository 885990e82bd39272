//! Reports: bytes from values.
//!
//! `newman` is what a run came to, as newman counts it; `newman_json` and `newman_junit` write it
//! in newman's shapes, and JUnit also in a strict form that loses nothing. `console` gives the
//! lines that a person reads, `progress` the one line that moves. A verdict is written by `results`
//! (JSON, of which the others are projections), `junit`, `ctrf`, `sarif` and `matrix`; `summary` is
//! a page for a pull request, `questions` what to ask the platform, `coverage` and `correlation` are
//! tables, `redactions` says where commitments stand for secrets, `har` is all exchanges for the tools
//! of developers, `page` is the report for people, one HTML file, and what a
//! reviewer fills in. `case` is what the forms for CI
//! servers have in common, `reports` lists the files that tell a verdict. `flow_graph` draws status
//! flows, `lint` tells what lint found. Nothing here opens a file; only `progress` writes to the
//! terminal by itself, and only when it is told that there is one.

mod case;
mod catalogue;
mod console;
mod correlation;
mod coverage;
mod csv;
mod ctrf;
mod flow_graph;
#[cfg(test)]
mod form_tests;
mod har;
mod junit;
mod kill_matrix;
mod lint;
mod markdown;
mod matrix;
mod measured;
mod newman;
#[cfg(test)]
mod newman_example;
mod newman_json;
mod newman_junit;
mod page;
mod place;
mod progress;
mod question;
mod questions;
mod redactions;
mod reports;
mod results;
mod sarif;
mod summary;
#[cfg(test)]
mod verdict_tests;

pub use catalogue::{catalogue_json, catalogue_text};
pub use console::{Colour, Console, Symbols, duration_text, size_text};
pub use correlation::correlation_csv;
pub use coverage::coverage_csv;
pub use ctrf::ctrf_json;
pub use flow_graph::{flows_mermaid, flows_svg};
pub use har::{TRAFFIC, write_har};
pub use junit::junit_xml;
pub use lint::{lint_json, lint_sarif, lint_text};
pub use markdown::{brief, plain};
pub use matrix::{Again, findings_text, matrix_text, matrix_text_with};
pub use newman::{
    AssertionSummary, Counted, Counter, Cursor, ErrorSummary, ExecutionSummary, Failure,
    FailurePlace, ResponseSummary, RunSummary, Spread, Stats, Timings,
};
pub use newman_json::{newman_json, write_newman_json};
pub use newman_junit::{JunitForm, newman_junit};
pub use page::{FilledIn, ReviewForm, page_html, review_html, reviewed_html};
pub use progress::{Progress, StandardError};
pub use questions::questions_markdown;
pub use redactions::redactions_json;
pub use reports::{PAGE, RESULTS, Report, Told, report_names, reports};
pub use results::results_json;
pub use sarif::results_sarif;
pub use summary::summary_markdown;
