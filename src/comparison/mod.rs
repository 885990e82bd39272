//! Two bundles side by side: what became better or worse, which figures moved, what explains it, and
//! where two runs of one plan were answered differently.
//!
//! A [`Side`] is a bundle that was verified. [`Comparison`] holds the older against the newer, check by
//! check: an outcome that got worse counts, a figure that moved is told although the outcome is the
//! same ("still PASS, but p95 went from 1.1 s to 1.9 s of 2.0 s"). [`Drift`] pairs the exchanges of two
//! runs by scenario, item, iteration and attempt, whatever the targets were, and says in what the
//! answers differ: status, shape of the body, the headers that clients act on. Values do not count; a
//! field that is missing does. It is where the mock departs from the sandbox.
//!
//! [`comparison_text`], [`comparison_markdown`] and [`comparison_json`] write it. Nothing here opens a
//! file or decides whom to trust.

mod bundles;
mod changes;
mod circumstance;
mod drift;
mod figure;
mod markdown;
mod quantity;
mod side;
#[cfg(test)]
mod tests;
mod text;

pub use bundles::{BundleNote, Comparison, Snapshot, comparison_json};
pub use changes::{Change, CheckChange, Outcome};
pub use circumstance::Circumstance;
pub use drift::{Aspect, Difference, Drift, ExchangeDrift, Flow, Lonely, Place, RunNote};
pub use figure::Moved;
pub use markdown::comparison_markdown;
pub use side::Side;
pub use text::{Extent, comparison_text};
