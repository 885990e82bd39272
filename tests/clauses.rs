//! What stops the build: a clause whose text was changed after its review, or that nothing covers.

#[path = "../build/clauses.rs"]
mod clauses;

const CLAUSES: &str = r#"
pub const CLAUSES: &[Clause] = &[
    Clause {
        id: "PO-ONE",
        text: "It is \
               so.",
        keyword: Keyword::Must,
        source: SETUP,
        concern: Concern::Caller,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-TWO",
        text: "Somebody says so.",
        keyword: Keyword::Fact,
        source: SETUP,
        concern: Concern::Declaration,
        coverage: Coverage::Promised(Promise::Declared(DeclaredItem::KeyDelivery), "why"),
    },
];
"#;

const CHECK: &str = r#"pub static CHECK: Check = Check { id: "AA-01", clauses: &["PO-ONE"] };"#;

const REVIEWS: &str = r#"
[PO-ONE]
sha256 = "DIGEST-ONE"
reviewed = "2026-03-31"
by = "Jo"
[PO-TWO]
sha256 = "DIGEST-TWO"
reviewed = 2026-03-31
by = "Jo"
"#;

fn reviews() -> String {
    REVIEWS
        .replace(
            "DIGEST-ONE",
            preflight::base::sha256(b"must: It is so.").as_str(),
        )
        .replace(
            "DIGEST-TWO",
            preflight::base::sha256(b"fact: Somebody says so.").as_str(),
        )
}

fn problems(clauses: &str, check: &str, reviews: &str) -> String {
    match clauses::review(clauses, &[check.to_owned()], reviews) {
        Ok(_) => String::new(),
        Err(problems) => problems.join("\n"),
    }
}

#[test]
fn reviewed_clauses_become_a_table() {
    let table = clauses::review(CLAUSES, &[CHECK.to_owned()], &reviews()).unwrap();
    assert!(table.contains(r#"clause: "PO-TWO""#) && table.contains(r#"on: "2026-03-31""#));
    assert_eq!(table.matches("Review {").count(), 2);
}

#[test]
fn a_changed_text_or_keyword_needs_another_review() {
    for (before, after) in [("so.\"", "so!\""), ("Keyword::Must", "Keyword::Should")] {
        let changed = CLAUSES.replacen(before, after, 1);
        let told = problems(&changed, CHECK, &reviews());
        assert!(
            told.contains("PO-ONE was changed after Jo reviewed it on 2026-03-31"),
            "{told}"
        );
        assert!(told.contains("then write sha256 = "), "{told}");
    }
}

#[test]
fn a_clause_that_nothing_covers_stops_the_build() {
    let told = problems(CLAUSES, "", &reviews());
    assert!(
        told.contains("PO-ONE is said to be covered by checks, and no check"),
        "{told}"
    );
    let told = problems(CLAUSES, &CHECK.replace("PO-ONE", "PO-TWELVE"), &reviews());
    assert!(
        told.contains("names the clause PO-TWELVE, which there is not"),
        "{told}"
    );
}

#[test]
fn a_clause_without_review_and_a_review_without_clause_stop_the_build() {
    let told = problems(CLAUSES, CHECK, &reviews().replace("PO-TWO", "PO-TEN"));
    assert!(told.contains("clause PO-TWO was never reviewed"), "{told}");
    assert!(told.contains("there is no clause PO-TEN"), "{told}");
    let told = problems(CLAUSES, CHECK, &reviews().replace("by = \"Jo\"", ""));
    assert!(told.contains("lacks `reviewed` or `by`"), "{told}");
}
