//! The gallery tried out: can each rule convict, and does it acquit?
//!
//! A [`Trial`] plays one specimen with one seed in its scenario, in logical time, and judges what
//! was recorded as any other history: the lines are written, redacted and read again. A [`Matrix`]
//! counts what came of it. A broken specimen has to be convicted by the check that it names, every
//! time, and by no other than those that it names as consequences; one that conforms has to be
//! acquitted, every time; only of the growth of its waits, which a sample tells, may be doubted as
//! often as chance has it. A check that can convict and has no specimen makes the matrix red too:
//! nothing would notice if the check were gone.

mod crew;
mod doubt;
mod matrix;
mod row;
mod trial;
mod workshop;

#[cfg(test)]
mod tests;

pub use crew::try_all;
pub use matrix::{Matrix, Wholeness};
pub use row::Row;
pub use trial::Trial;
pub use workshop::Workshop;
