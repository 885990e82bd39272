//! Reports: bytes from values.
//!
//! `newman` is what a run came to, as newman counts it; `newman_json` and `newman_junit` write it
//! in newman's shapes, and JUnit also in a strict form that loses nothing. `console` gives the
//! lines that a person reads, `progress` the one line that moves. A verdict is written by `results`
//! (JSON, of which the others are projections), `junit` and `matrix`. `page` is the report for people,
//! one HTML file. `flow_graph` draws status flows, `lint` tells what lint found. Nothing here opens a file;
//! only `progress` writes to the terminal by itself, and only when it is told that there is one.

mod catalogue;
mod console;
mod flow_graph;
mod junit;
mod lint;
mod matrix;
mod measured;
mod newman;
#[cfg(test)]
mod newman_example;
mod newman_json;
mod newman_junit;
mod page;
mod progress;
mod results;
#[cfg(test)]
mod verdict_tests;

pub use catalogue::{catalogue_json, catalogue_text};
pub use console::{Colour, Console, Symbols, duration_text, size_text};
pub use flow_graph::{flows_mermaid, flows_svg};
pub use junit::junit_xml;
pub use lint::{lint_json, lint_sarif, lint_text};
pub use matrix::{Again, findings_text, matrix_text, matrix_text_with};
pub use newman::{
    AssertionSummary, Counted, Counter, Cursor, ErrorSummary, ExecutionSummary, Failure,
    FailurePlace, ResponseSummary, RunSummary, Spread, Stats, Timings,
};
pub use newman_json::{newman_json, write_newman_json};
pub use newman_junit::{JunitForm, newman_junit};
pub use page::{PageInput, page_html};
pub use progress::{Progress, StandardError};
pub use results::results_json;
