//! Trials on all processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{Row, Trial};
use crate::base::Seed;
use crate::cli::failure::CommandFailure;

/// How many seeds a worker takes at once.
const PORTION: u64 = 10;

/// Tries each specimen with the seeds from 1 to `seeds`. The rows come in the order of the trials,
/// whoever was first.
///
/// # Errors
/// If a trial cannot be played to its end; of several, the first in order.
pub fn try_all(trials: &[Trial], seeds: u64) -> Result<Vec<Row>, CommandFailure> {
    // Seed by seed: what is signed for one specimen serves the others.
    let work: Vec<(usize, u64)> = (0..seeds.div_ceil(PORTION))
        .flat_map(|part| (0..trials.len()).map(move |trial| (trial, part * PORTION)))
        .collect();
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let mut done: Vec<(usize, u64, Result<Row, CommandFailure>)> = thread::scope(|scope| {
        let crew: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    while let Some((trial, after)) = work.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let last = (after + PORTION).min(seeds);
                        done.push((*trial, *after, portion(&trials[*trial], *after, last)));
                    }
                    done
                })
            })
            .collect();
        crew.into_iter()
            .flat_map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    done.sort_by_key(|(trial, after, _)| (*trial, *after));
    let mut rows: Vec<Row> = trials
        .iter()
        .map(|trial| Row {
            doubted: trial.doubted,
            ..Row::new(trial.specimen)
        })
        .collect();
    for (trial, _, row) in done {
        rows[trial].add(row?);
    }
    Ok(rows)
}

/// The trials with the seeds after `after`, up to `last`.
fn portion(trial: &Trial, after: u64, last: u64) -> Result<Row, CommandFailure> {
    let mut row = Row::new(trial.specimen);
    for seed in after + 1..=last {
        row.count(Seed(seed), &trial.findings(Seed(seed))?);
    }
    Ok(row)
}
