//! Holds the clauses against their reviews and against the checks, before anything is compiled.
//!
//! Somebody read each clause beside the platform's page and wrote down the digest of its text, with a
//! name and a day, in `src/conformance/clauses.toml`. A text that was changed since, a clause without
//! a review, a review without a clause, a clause that checks should cover and none does: each stops
//! the build, and says what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use syn::visit::{self, Visit};
use syn::{Expr, ExprStruct, Lit, Member};

/// Where the reviews stand.
pub const REVIEWS: &str = "src/conformance/clauses.toml";

/// A clause, as far as its review and its coverage go.
struct Clause {
    id: String,
    keyword: String,
    text: String,
    coverage: String,
}

/// The reviews as Rust, for `src/conformance/review.rs`.
///
/// `clauses` is the text of `clause.rs`, `checks` are the texts of the files of checks, `reviews` is
/// that of the data file.
pub fn review(clauses: &str, checks: &[String], reviews: &str) -> Result<String, Vec<String>> {
    let clauses = clauses_of(clauses).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut covered = BTreeSet::new();
    for source in checks {
        match named_by_checks(source) {
            Ok(ids) => covered.extend(ids),
            Err(problem) => problems.push(problem),
        }
    }
    let mut reviews: BTreeMap<String, toml::Table> =
        toml::from_str(reviews).map_err(|error| vec![format!("{REVIEWS}: {error}")])?;
    let mut table = String::from("&[\n");
    for clause in &clauses {
        let digest = digest(clause);
        let id = &clause.id;
        if clause.coverage.starts_with("Checks") && !covered.contains(id) {
            problems.push(format!(
                "clause {id} is said to be covered by checks, and no check names it; name it in a \
                 check, or say why it is not tested"
            ));
        }
        let Some(review) = reviews.remove(id) else {
            problems.push(format!(
                "clause {id} was never reviewed; read it beside its source, then write into \
                 {REVIEWS}: [{id}] sha256 = \"{digest}\", reviewed = the day, by = your name"
            ));
            continue;
        };
        let field = |name: &str| {
            let value = review.get(name).map(|value| match value {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            value.unwrap_or_default()
        };
        let (on, by) = (field("reviewed"), field("by"));
        if on.is_empty() || by.is_empty() {
            problems.push(format!("{REVIEWS}: [{id}] lacks `reviewed` or `by`"));
        }
        if field("sha256") != digest {
            problems.push(format!(
                "the text or the keyword of clause {id} was changed after {by} reviewed it on {on}; \
                 read it beside its source again, then write sha256 = \"{digest}\" with the day and \
                 your name into {REVIEWS}"
            ));
        }
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "    Review {{ clause: {id:?}, sha256: {digest:?}, on: {on:?}, by: {by:?} }},"
        );
    }
    table.push(']');
    for id in reviews.keys() {
        problems.push(format!(
            "{REVIEWS}: there is no clause {id}; remove its review"
        ));
    }
    let known: BTreeSet<&String> = clauses.iter().map(|clause| &clause.id).collect();
    for id in covered.iter().filter(|id| !known.contains(id)) {
        problems.push(format!("a check names the clause {id}, which there is not"));
    }
    if problems.is_empty() {
        Ok(table)
    } else {
        Err(problems)
    }
}

/// The digest of what a reviewer reads: keyword and text.
fn digest(clause: &Clause) -> String {
    let read = format!("{}: {}", clause.keyword, clause.text);
    let mut digits = String::new();
    for byte in Sha256::digest(read.as_bytes()) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// The clauses that a source holds.
fn clauses_of(source: &str) -> Result<Vec<Clause>, String> {
    #[derive(Default)]
    struct Reader(Vec<Result<Clause, String>>);
    impl<'ast> Visit<'ast> for Reader {
        fn visit_expr_struct(&mut self, expression: &'ast ExprStruct) {
            if expression.path.is_ident("Clause") {
                self.0.push(clause(expression));
            }
            visit::visit_expr_struct(self, expression);
        }
    }
    let file = syn::parse_file(source).map_err(|error| format!("clause.rs: {error}"))?;
    let mut reader = Reader::default();
    reader.visit_file(&file);
    if reader.0.is_empty() {
        return Err("clause.rs holds no clause".to_owned());
    }
    reader.0.into_iter().collect()
}

fn clause(expression: &ExprStruct) -> Result<Clause, String> {
    let field = |name: &str| {
        let found = field(expression, name).and_then(word);
        found.ok_or_else(|| format!("a clause has no plain `{name}`"))
    };
    Ok(Clause {
        id: field("id")?,
        keyword: field("keyword")?.to_lowercase(),
        text: field("text")?,
        coverage: field("coverage")?,
    })
}

/// The clauses that the checks of a source name.
fn named_by_checks(source: &str) -> Result<BTreeSet<String>, String> {
    #[derive(Default)]
    struct Reader(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Reader {
        fn visit_expr_struct(&mut self, expression: &'ast ExprStruct) {
            if expression.path.is_ident("Check")
                && let Some(clauses) = field(expression, "clauses")
            {
                Literals(&mut self.0).visit_expr(clauses);
            }
            visit::visit_expr_struct(self, expression);
        }
    }
    struct Literals<'s>(&'s mut BTreeSet<String>);
    impl<'ast> Visit<'ast> for Literals<'_> {
        fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
            self.0.insert(literal.value());
        }
    }
    let file = syn::parse_file(source).map_err(|error| format!("a file of checks: {error}"))?;
    let mut reader = Reader::default();
    reader.visit_file(&file);
    Ok(reader.0)
}

fn field<'e>(expression: &'e ExprStruct, name: &str) -> Option<&'e Expr> {
    let mut fields = expression.fields.iter();
    let named = |member: &Member| matches!(member, Member::Named(found) if found == name);
    fields
        .find(|field| named(&field.member))
        .map(|field| &field.expr)
}

/// A text, or the last name of a path or of the function that is called.
fn word(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        Expr::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        Expr::Call(call) => word(&call.func),
        _ => None,
    }
}
