//! What was measured of a connector, whatever the verdict on it.

use crate::conformance::Finding;

/// A line: how it is called, and what it tells of which check.
struct Line {
    name: &'static str,
    check: &'static str,
    /// Each with how it is called here; one without a name stands alone.
    parameters: &'static [(&'static str, &'static str)],
}

/// The figures that a person looks for first.
const MEASURED: [Line; 4] = [
    Line {
        name: "own waits",
        check: "BK-30",
        parameters: &[("", "the waits look"), ("slope", "slope")],
    },
    Line {
        name: "token skew",
        check: "TK-02",
        parameters: &[("", "largest skew of an explained renewal")],
    },
    Line {
        name: "updates",
        check: "ST-15",
        parameters: PERCENTILES,
    },
    Line {
        name: "answers",
        check: "NA-03",
        parameters: PERCENTILES,
    },
];

const PERCENTILES: &[(&str, &str)] = &[
    ("n", "n"),
    ("p50", "p50"),
    ("p95", "p95"),
    ("p99", "p99"),
    ("max", "max"),
];

/// A line for each figure that `findings` hold.
pub(super) fn measured(findings: &[Finding]) -> Vec<String> {
    MEASURED
        .iter()
        .filter_map(|line| {
            let finding = findings.iter().find(|it| it.check == line.check)?;
            let told: Vec<String> = line
                .parameters
                .iter()
                .filter_map(|(name, parameter)| {
                    let value = finding.parameters.get(*parameter)?;
                    Some(format!("{name} {value}").trim_start().to_owned())
                })
                .collect();
            (!told.is_empty())
                .then(|| format!("{:<10} {} ({})", line.name, told.join(", "), line.check))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::BATCH;
    use crate::conformance::{Scope, judge};
    use crate::event::Subject;
    use crate::history::composer::Composer;
    use crate::profile::Profile;

    /// Every one of them is measured by the check that it names: none is misspelled.
    #[test]
    fn whoever_is_observed_is_told_all_of_them() {
        let mut run = Composer::of(Subject::Connector);
        run.token("provider", 60)
            .notify_batch(BATCH.rsplit('/').next().unwrap(), 201)
            .patch_batch("Processing")
            .wait(std::time::Duration::from_secs(50))
            .token("provider", 60)
            .get_provider();
        let verdict = judge(&run.history(), &Profile::built_in(), &Scope::default());
        let lines = measured(&verdict.findings);
        let names: Vec<&str> = lines.iter().map(|line| line[..10].trim_end()).collect();
        assert_eq!(names, ["own waits", "token skew", "updates", "answers"]);
        for line in MEASURED {
            let finding = verdict.findings.iter().find(|it| it.check == line.check);
            for (_, parameter) in line.parameters.iter().filter(|(name, _)| *name != "slope") {
                let parameters = &finding.unwrap().parameters;
                assert!(
                    parameters.contains_key(*parameter),
                    "{} {parameter}",
                    line.check
                );
            }
        }
        insta::assert_snapshot!(lines.join("\n"), @r"
        own waits  nothing seen (BK-30)
        token skew 9 s (TK-02)
        updates    n 1, p50 100 ms, p95 100 ms, p99 100 ms, max 100 ms (ST-15)
        answers    n 1, p50 60 ms, p95 60 ms, p99 60 ms, max 60 ms (NA-03)
        ");
    }
}
