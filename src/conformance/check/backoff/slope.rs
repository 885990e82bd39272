//! How waits grow: the slope of their binary logarithm.

/// The least-squares slope of `log2(max(wait, shortest))` on the number of the wait, pooled over the
/// episodes, each with a level of its own. 1 means that waits double. None where no episode has two
/// waits. Waits are in seconds.
pub(super) fn slope(episodes: &[Vec<f64>], shortest: f64) -> Option<f64> {
    let (mut products, mut squares) = (0.0, 0.0);
    for waits in episodes {
        let count = waits.len() as f64;
        let middle = (count - 1.0) / 2.0;
        let level = waits.iter().map(|wait| log(*wait, shortest)).sum::<f64>() / count;
        for (number, wait) in waits.iter().enumerate() {
            let distance = number as f64 - middle;
            products += distance * (log(*wait, shortest) - level);
            squares += distance * distance;
        }
    }
    (squares > 0.0).then(|| products / squares)
}

fn log(wait: f64, shortest: f64) -> f64 {
    wait.max(shortest).log2()
}

/// What a slope says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Zone {
    /// The waits do not grow.
    Flat,
    /// Nobody can tell.
    Between,
    /// They grow.
    Growing,
}

/// The two slopes that part the zones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zones {
    pub(super) flat: f64,
    pub(super) growing: f64,
}

impl Zones {
    pub(super) fn of(self, slope: f64) -> Zone {
        // For the rounding of binary fractions.
        if slope < self.flat - 1e-9 {
            Zone::Flat
        } else if slope < self.growing - 1e-9 {
            Zone::Between
        } else {
            Zone::Growing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_that_double_have_the_slope_one_whatever_their_level() {
        let table: [(&[&[f64]], Option<f64>); 6] = [
            (&[&[1.0, 2.0, 4.0, 8.0]], Some(1.0)),
            (&[&[1.0, 2.0], &[10.0, 20.0, 40.0]], Some(1.0)),
            (&[&[1.0, 1.0, 1.0]], Some(0.0)),
            (&[&[0.01, 0.02, 0.015]], Some(0.0)),
            (&[&[1.0], &[5.0]], None),
            (&[], None),
        ];
        for (episodes, expected) in table {
            let episodes: Vec<Vec<f64>> = episodes.iter().map(|it| it.to_vec()).collect();
            let found = slope(&episodes, 0.02);
            match (found, expected) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9),
                (found, expected) => assert_eq!(found, expected),
            }
        }
    }

    #[test]
    fn the_zones_are_parted_where_the_specification_says() {
        let zones = Zones {
            flat: 0.25,
            growing: 0.6,
        };
        for (slope, zone) in [
            (-1.0, Zone::Flat),
            (0.249, Zone::Flat),
            (0.25, Zone::Between),
            (0.585, Zone::Between),
            (0.6, Zone::Growing),
        ] {
            assert_eq!(zones.of(slope), zone, "{slope}");
        }
    }
}
