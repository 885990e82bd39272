//! The number in a figure that a finding tells in words.

/// A number with its unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantity {
    number: f64,
    /// `time`, in seconds, or whatever stands behind the number.
    unit: String,
}

/// How many seconds a unit of time has.
fn seconds(unit: &str) -> Option<f64> {
    match unit {
        "ms" => Some(0.001),
        "s" => Some(1.0),
        "min" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    }
}

/// A smaller difference of times is not worth a word: a clock of a busy machine has it.
const LEAST_TIME: f64 = 0.010;

/// By which part of the larger figure the other one differs at least.
const LEAST_PART: f64 = 0.10;

impl Quantity {
    /// That of a text: `1.9 s`, `30 min 0 s`, `0.9 %`, `12`; none where it begins with no number.
    pub(super) fn of(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let times: Option<Vec<f64>> = words
            .chunks(2)
            .map(|pair| match pair {
                [number, unit] => Some(number.parse::<f64>().ok()? * seconds(unit)?),
                _ => None,
            })
            .collect();
        let (number, unit) = match times {
            Some(times) => (times.iter().sum::<f64>(), "time".to_owned()),
            None => (words[0].parse().ok()?, words[1..].join(" ")),
        };
        number.is_finite().then_some(Self { number, unit })
    }

    /// Whether `now` is so far from it that a person should know; none where they cannot be compared.
    pub(super) fn moved_to(&self, now: &Self) -> Option<bool> {
        if self.unit != now.unit {
            return None;
        }
        let difference = (self.number - now.number).abs();
        let larger = self.number.abs().max(now.number.abs());
        let least = if self.unit == "time" { LEAST_TIME } else { 0.0 };
        Some(difference > larger * LEAST_PART && difference >= least)
    }

    /// How many times `before` it is; none where that says nothing.
    pub(super) fn times(&self, before: &Self) -> Option<f64> {
        (self.unit == before.unit && before.number > 0.0).then(|| self.number / before.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_a_number_and_a_unit() {
        let time = |number| Some((number, "time"));
        let table = [
            ("182 ms", time(0.182)),
            ("1.9 s", time(1.9)),
            ("30 min 0 s", time(1800.0)),
            ("8 h 2 min", time(28_920.0)),
            ("0.9 %", Some((0.9, "%"))),
            ("12", Some((12.0, ""))),
            ("5 (of the profile)", Some((5.0, "(of the profile)"))),
            ("none", None),
            ("", None),
            ("inf", None),
            ("102 × 201", Some((102.0, "× 201"))),
        ];
        for (text, expected) in table {
            let found = Quantity::of(text);
            let found = found.as_ref().map(|it| (it.number, it.unit.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_moved_by_more_than_a_tenth_is_told() {
        let table = [
            ("1.1 s", "1.9 s", Some(true)),
            ("1.9 s", "1.1 s", Some(true)),
            ("1.0 s", "1.1 s", Some(false)),
            ("900 ms", "2.0 s", Some(true)),
            ("1 ms", "9 ms", Some(false)),
            ("0", "1", Some(true)),
            ("0", "0", Some(false)),
            ("100", "105", Some(false)),
            ("1 %", "1 s", None),
        ];
        for (then, now, expected) in table {
            let moved = Quantity::of(then)
                .unwrap()
                .moved_to(&Quantity::of(now).unwrap());
            assert_eq!(moved, expected, "{then} {now}");
        }
    }
}
