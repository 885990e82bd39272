//! How a transcript compares with the accepted one.

use similar::TextDiff;

/// How a run compares with a golden transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They are the same.
    Match,
    /// None was accepted yet.
    Missing,
    /// They differ.
    Differs {
        /// A unified diff: `-` was accepted, `+` is this run.
        diff: String,
    },
}

impl Comparison {
    /// Compares `accepted`, where there is one, with what a run gave.
    #[must_use]
    pub(super) fn of(accepted: Option<&str>, run: &str) -> Self {
        match accepted {
            None => Self::Missing,
            Some(accepted) => match difference(("accepted", accepted), ("this run", run)) {
                None => Self::Match,
                Some(diff) => Self::Differs { diff },
            },
        }
    }
}

/// A unified diff of two texts, each with how it is called: `-` is `before`, `+` is `after`; none where
/// they are the same.
#[must_use]
pub fn difference(before: (&str, &str), after: (&str, &str)) -> Option<String> {
    let ((before_name, before), (after_name, after)) = (before, after);
    (before != after).then(|| {
        TextDiff::from_lines(before, after)
            .unified_diff()
            .context_radius(2)
            .header(before_name, after_name)
            .to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_line_by_line() {
        let run = "batch 1\n  shows Received\n  sets Completed\n";
        assert_eq!(Comparison::of(None, run), Comparison::Missing);
        assert_eq!(Comparison::of(Some(run), run), Comparison::Match);
        let Comparison::Differs { diff } =
            Comparison::of(Some("batch 1\n  shows Received\n  sets Processing\n"), run)
        else {
            panic!("they differ");
        };
        insta::assert_snapshot!(diff, @r#"
        --- accepted
        +++ this run
        @@ -1,3 +1,3 @@
         batch 1
           shows Received
        -  sets Processing
        +  sets Completed
        "#);
    }
}
