//! Percentiles of what was measured.

/// The smallest of `ascending` that at least `percent` in a hundred do not exceed, by nearest rank: a
/// value that was measured, never interpolated. None where there is none.
#[must_use]
pub fn nearest_rank<T>(ascending: &[T], percent: usize) -> Option<&T> {
    let rank = (ascending.len() * percent).div_ceil(100).max(1);
    ascending.get(rank - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let measured: Vec<u32> = (1..=20).collect();
        for (percent, value) in [(0, 1), (1, 1), (50, 10), (95, 19), (99, 20), (100, 20)] {
            assert_eq!(nearest_rank(&measured, percent), Some(&value));
        }
        assert_eq!(nearest_rank::<u32>(&[], 50), None);
    }
}
