//! Clauses, checks, findings and the verdict.
//!
//! A clause is a sentence of the platform; a check is one rule that follows from it; a finding is
//! what the rule says of a history; the verdict is the fold of all findings. All of it is a pure
//! function of history and profile ([`judge`]): the same lines give the same verdict, on any
//! machine, at any time, so that whoever has the history can judge again.
//!
//! Two promises hold throughout. A failure is reported only where it rests on what the platform
//! states: each finding has a *raw* outcome, which the rule gives, and a *reported* one, which
//! [`ceiling`] lets through. And what was not exercised never reads as green: an empty set of
//! findings is NOT_EXERCISED, clauses without checks are listed by name, clauses that the subject
//! cannot show are counted as outside the verdict.
//!
//! What no traffic shows, the provider declares or a responsible person attests ([`Promise`]); the
//! matrix says who and since when. What is known beforehand, and what the platform lets pass for a
//! time ([`Expectations`]), stands beside an outcome ([`Overlay`]) and never changes it; nor does what a
//! person decides of what the rules leave open ([`Decisions`]).
//!
//! Each clause carries the mark of who held it against its source ([`Review`], in `clauses.toml`). The
//! build fails where a text was changed since, and where nothing covers a clause.
//!
//! How a history is written and read is left to `history`, what the numbers are to `profile`, how a
//! verdict looks to `report`.

mod baseline;
mod catalogue;
pub mod check;
mod clause;
mod commitment;
mod decision;
mod decision_sheet;
mod evidence;
mod excerpt;
mod finding;
#[cfg(test)]
pub(crate) mod fixture;
mod gate;
mod headline;
#[cfg(test)]
mod invariance;
mod matrix;
mod noise;
mod notified;
mod overlay;
#[cfg(test)]
mod overlay_tests;
mod promise;
mod quantile;
mod review;
mod risk;
mod series;
mod verdict;
#[cfg(test)]
mod verdict_tests;
mod wait;
mod wording;

pub use baseline::{Entry, Expectations};
pub use catalogue::{CHECKS, check, is_known};
pub use check::backoff::growth_doubts;
pub use check::status_flow::{UpdateLags, update_lags};
pub use check::{Check, Family, Section};
pub use clause::{CLAUSES, Clause, Concern, Coverage, Keyword, clause};
pub use commitment::{commitments, is_commitment};
pub use decision::{Decided, Decision, Decisions, Stated, Undecidable};
pub use evidence::{Evidence, IssuedToken};
pub use finding::{Finding, Level, Ruling, Witness, ceiling};
pub use gate::{ExitStatus, Gate, GateOutcome, blocks};
pub use headline::{Headline, Readiness};
pub use matrix::{Row, Said, Standing};
pub use notified::{About, Notified};
pub use overlay::{Overlay, OverlayKind, Stale};
pub use promise::{DeclaredItem, Given, Promise};
pub use quantile::most_by_chance;
pub use review::Review;
pub use risk::risk;
pub use verdict::{
    Golden, GoldenState, JudgedBy, JudgedRun, Scope, Verdict, findings, judge, judge_together,
};
pub use wait::{HintedWait, Wait, throttled_waits};
