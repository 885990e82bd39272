//! Who held which clause against its source, and when.

use serde::Serialize;

use super::Clause;

/// A review of a clause. The build fails where the text was changed after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The id of the clause.
    #[serde(skip)]
    pub clause: &'static str,
    /// The digest of `keyword: text` as it was reviewed, in hexadecimal.
    pub sha256: &'static str,
    /// The day: `2026-03-31`.
    pub on: &'static str,
    /// Who.
    pub by: &'static str,
}

/// All reviews, in the order of the clauses; `build.rs` makes them of `clauses.toml`.
const REVIEWS: &[Review] = include!(concat!(env!("OUT_DIR"), "/clause_reviews.rs"));

impl Clause {
    /// Its review.
    #[must_use]
    pub fn review(&self) -> &'static Review {
        let mut reviews = REVIEWS.iter();
        let found = reviews.find(|review| review.clause == self.id);
        found.expect("the build fails where a clause has no review")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sha256;
    use crate::conformance::CLAUSES;

    #[test]
    fn the_reviews_are_those_of_the_clauses_as_they_are() {
        assert_eq!(REVIEWS.len(), CLAUSES.len());
        for clause in CLAUSES {
            let read = format!("{}: {}", clause.keyword, clause.text);
            let review = clause.review();
            assert_eq!(
                review.sha256,
                sha256(read.as_bytes()).as_str(),
                "{}",
                clause.id
            );
            let day: jiff::civil::Date = review.on.parse().unwrap();
            assert!(day.year() >= 2026 && !review.by.is_empty());
        }
    }
}
