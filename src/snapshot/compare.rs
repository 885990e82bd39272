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
            Some(accepted) if accepted == run => Self::Match,
            Some(accepted) => Self::Differs {
                diff: TextDiff::from_lines(accepted, run)
                    .unified_diff()
                    .context_radius(2)
                    .header("accepted", "this run")
                    .to_string(),
            },
        }
    }
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
