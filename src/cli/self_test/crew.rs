//! Trials on all processors.

use rayon::prelude::*;

use super::{Row, Trial};
use crate::base::Seed;
use crate::cli::failure::CommandFailure;

/// Tries each specimen with the seeds from 1 to `seeds`. The rows come in the order of the trials,
/// whoever was first.
///
/// # Errors
/// If a trial cannot be played to its end; of several, the first in order.
pub fn try_all(trials: &[Trial], seeds: u64) -> Result<Vec<Row>, CommandFailure> {
    // Seed by seed: what is signed for one specimen serves the others. Among the threads that read
    // and judge as well, so that nobody waits for anybody.
    let work: Vec<(u64, usize)> = (1..=seeds)
        .flat_map(|seed| (0..trials.len()).map(move |trial| (seed, trial)))
        .collect();
    let mut done: Vec<(usize, Result<Row, CommandFailure>)> = work
        .into_par_iter()
        .map(|(seed, trial)| (trial, one(&trials[trial], Seed(seed))))
        .collect();
    // Stable: the seeds of a trial stay in their order.
    done.sort_by_key(|(trial, _)| *trial);
    let mut rows: Vec<Row> = trials
        .iter()
        .map(|trial| Row {
            doubted: trial.doubted,
            ..Row::new(trial.specimen)
        })
        .collect();
    for (trial, row) in done {
        rows[trial].add(row?);
    }
    Ok(rows)
}

/// What comes of `trial` with one seed.
fn one(trial: &Trial, seed: Seed) -> Result<Row, CommandFailure> {
    let mut row = Row::new(trial.specimen);
    row.count(seed, &trial.findings(seed)?);
    Ok(row)
}
