//! What may be said of a percentile, from so many samples (`spec/judging.md`, 5.4).

/// The risk that is taken, either way.
const RISK: f64 = 0.05;

/// No more samples are ever asked for.
const MOST: usize = 1_000_000;

/// That at least so many in a hundred keep a limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    /// From 1 to 99.
    pub(super) percent: u8,
}

/// What samples say of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It holds, with 95 % confidence.
    Holds,
    /// It does not, with 95 % confidence.
    Broken,
    /// Nothing can be said yet.
    Open {
        /// How many samples would show that it holds, if no more of them miss the limit.
        needed: usize,
    },
}

impl Claim {
    /// What `count` samples say, of which `missing` miss the limit.
    pub(super) fn decide(self, count: usize, missing: usize) -> Decision {
        let miss = 1.0 - f64::from(self.percent) / 100.0;
        if at_most(count, missing, miss) <= RISK {
            return Decision::Holds;
        }
        let more = missing
            .checked_sub(1)
            .map_or(1.0, |fewer| 1.0 - at_most(count, fewer, miss));
        if more <= RISK {
            return Decision::Broken;
        }
        // The chance falls with every sample, so that halving finds the first that suffices.
        let (mut too_few, mut enough) = (count, count.max(1));
        while enough < MOST && at_most(enough, missing, miss) > RISK {
            too_few = enough;
            enough *= 2;
        }
        while enough - too_few > 1 {
            let middle = usize::midpoint(too_few, enough);
            if at_most(middle, missing, miss) > RISK {
                too_few = middle;
            } else {
                enough = middle;
            }
        }
        Decision::Open { needed: enough }
    }
}

/// The chance that of `count` samples at most `missing` miss, where each does with the chance
/// `miss`: the exact binomial sum.
fn at_most(count: usize, missing: usize, miss: f64) -> f64 {
    if missing >= count {
        return 1.0;
    }
    let odds = (miss / (1.0 - miss)).ln();
    // The logarithm of each term: powers would leave what a float can hold.
    let mut term = as_number(count) * (1.0 - miss).ln();
    let mut sum = term.exp();
    for hits in 0..missing {
        term += (as_number(count - hits) / as_number(hits + 1)).ln() + odds;
        sum += term.exp();
    }
    sum.min(1.0)
}

/// What the chance is at most that `count` or more of independent things happen, each with its own
/// chance of `chances`. Above the number that is expected, none are spread wider than as many with
/// one chance, the mean of theirs (W. Hoeffding, 1956): the sum of that binomial is the bound.
pub(super) fn at_least(chances: &[f64], count: usize) -> f64 {
    let expected: f64 = chances.iter().sum();
    if as_number(count) < expected + 1.0 || count > chances.len() {
        return 1.0;
    }
    let mean = expected / as_number(chances.len());
    at_most(chances.len(), chances.len() - count, 1.0 - mean)
}

/// The smallest number that of `count` samples are hit more often than with at most the chance
/// `risk`, where each is with the chance `each`.
#[must_use]
pub fn most_by_chance(count: usize, each: f64, risk: f64) -> usize {
    if each >= 1.0 {
        return count;
    }
    (0..count)
        .find(|most| 1.0 - at_most(count, *most, each) <= risk)
        .unwrap_or(count)
}

fn as_number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first count that shows that the claim holds.
    fn needed(claim: Claim, missing: usize) -> usize {
        (1..10_000)
            .find(|count| claim.decide(*count, missing) == Decision::Holds)
            .unwrap()
    }

    #[test]
    fn so_many_samples_are_needed_as_the_specification_says() {
        let p95 = Claim { percent: 95 };
        let p99 = Claim { percent: 99 };
        let counts: Vec<usize> = (0..5).map(|missing| needed(p95, missing)).collect();
        assert_eq!(counts, [59, 93, 124, 153, 181]);
        let counts: Vec<usize> = (0..3).map(|missing| needed(p99, missing)).collect();
        assert_eq!(counts, [299, 473, 628]);
        for (claim, count) in [(p95, 59), (p99, 299)] {
            assert_ne!(claim.decide(count, 6), Decision::Broken, "{count}");
            assert_eq!(claim.decide(count, 7), Decision::Broken, "{count}");
        }
    }

    #[test]
    fn chance_has_its_bounds() {
        // count, chance of each, the 99.9 % point of the binomial distribution
        let table = [
            (1000, 0.0, 0),
            (20, 0.005, 2),
            (1000, 0.03, 48),
            (20, 0.7, 19),
            (20, 1.0, 20),
            (0, 0.5, 0),
        ];
        for (count, each, most) in table {
            assert_eq!(most_by_chance(count, each, 0.001), most, "{count} {each}");
        }
    }

    #[test]
    fn the_bound_is_exact_where_all_chances_are_one_and_above_where_they_differ() {
        // chances, count, the exact chance, the bound
        let table: [(&[f64], usize, f64, f64); 6] = [
            (&[0.5, 0.5, 0.5], 3, 0.125, 0.125),
            (&[0.5, 0.5, 0.5], 1, 0.875, 1.0),
            (&[1.0, 0.5, 0.0], 3, 0.0, 0.125),
            (&[0.4, 0.2, 0.0, 0.0], 2, 0.08, 0.109_518_75),
            (&[1.0, 1.0], 2, 1.0, 1.0),
            (&[], 0, 1.0, 1.0),
        ];
        for (chances, count, exact, bound) in table {
            let found = at_least(chances, count);
            assert!((found - bound).abs() < 1e-9, "{chances:?} {count}: {found}");
            assert!(found >= exact, "{chances:?} {count}: {found}");
        }
    }

    #[test]
    fn what_is_open_names_the_number_that_decides() {
        let p95 = Claim { percent: 95 };
        assert_eq!(p95.decide(0, 0), Decision::Open { needed: 59 });
        assert_eq!(p95.decide(58, 0), Decision::Open { needed: 59 });
        assert_eq!(p95.decide(60, 1), Decision::Open { needed: 93 });
        assert_eq!(p95.decide(2, 2), Decision::Broken);
        assert_eq!(p95.decide(1_000_000, 0), Decision::Holds);
    }
}
