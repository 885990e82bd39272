//! What must not matter to a verdict: the order in which independent things were written down at the
//! same instant, what else was going on meanwhile, and whether work stands in one history or in two.
//!
//! Each property is held over the histories of every check, and over permutations and partners that
//! are drawn from seeds. [`story::Story`] is a history that can be changed: woven into another one,
//! put behind it, or mixed with strangers. Where a check does not have a property, the test says
//! which and why. That a live run is judged like its file is shown in `tests/it`, with the binary.

mod joined;
mod story;
mod strangers;
mod ties;
