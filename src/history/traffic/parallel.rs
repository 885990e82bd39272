//! The same of many, on all processors.

use rayon::prelude::*;

/// From how many on it pays to wake the other processors.
const MANY: usize = 256;

/// What `of` makes of each of `items`, in their order.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], of: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    if items.len() < MANY {
        items.iter().map(of).collect()
    } else {
        items.par_iter().with_min_len(MANY / 4).map(of).collect()
    }
}
