//! In which order a person looks at findings.

use std::cmp::Reverse;

use super::{Check, Finding, Keyword, Level, OverlayKind, Verdict, check};

/// How `finding` ranks among those that a person looks at: the greater the risk, the earlier. What is
/// waived comes last; then the outcome counts, then how strong the clause is, then on what the rule
/// rests.
pub fn risk(finding: &Finding) -> impl Ord + use<> {
    let known = check(finding.check);
    let place = |level: Level| Level::WORST_FIRST.iter().position(|it| *it == level);
    (
        finding.is_overlaid(OverlayKind::Waived),
        place(finding.reported),
        // A failure that is only not reported as one comes before what a rule leaves open.
        finding.raw != Level::Fail,
        Reverse(known.map_or(Keyword::Optional, Check::keyword)),
        Reverse(finding.provenance),
        finding.check,
        finding.subject.to_string(),
    )
}

impl Verdict {
    /// What is left to a person, in order of risk.
    #[must_use]
    pub fn to_decide(&self) -> Vec<&Finding> {
        let reviews = self.findings.iter();
        let mut open: Vec<&Finding> = reviews
            .filter(|finding| finding.reported == Level::Review)
            .collect();
        open.sort_by_cached_key(|finding| risk(finding));
        open
    }

    /// Whom `finding`, one of this verdict, judges: its subject, with a number from the second run of
    /// one subject on.
    #[must_use]
    pub fn whose(&self, finding: &Finding) -> String {
        let earlier = self.runs.iter().take(finding.run);
        match earlier.filter(|run| run.subject == finding.subject).count() {
            0 => finding.subject.to_string(),
            before => format!("{} {}", finding.subject, before + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::bare;
    use crate::profile::Provenance;

    fn finding(check: &'static str, raw: Level, provenance: Provenance) -> Finding {
        Finding {
            raw,
            reported: Level::Review,
            provenance,
            ..bare(check)
        }
    }

    #[test]
    fn the_greater_risk_comes_first() {
        // TK-01 is a must, BK-02 a should.
        let mut all = [
            finding("BK-02", Level::Review, Provenance::Stated),
            finding("BK-02", Level::Fail, Provenance::Assumed),
            finding("TK-01", Level::Review, Provenance::Stated),
            finding("BK-02", Level::Fail, Provenance::Inferred),
            finding("TK-01", Level::Fail, Provenance::Inferred),
        ];
        all.sort_by_cached_key(risk);
        let order: Vec<_> = all.iter().map(|it| (it.check, it.raw)).collect();
        assert_eq!(
            order,
            [
                ("TK-01", Level::Fail),
                ("BK-02", Level::Fail),
                ("BK-02", Level::Fail),
                ("TK-01", Level::Review),
                ("BK-02", Level::Review),
            ]
        );
        assert_eq!(all[1].provenance, Provenance::Inferred);
    }
}
