//! The form of a reviewer: what it shows, what it may do, that it changes nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use regex::Regex;

use super::{FilledIn, ReviewForm, page_html, review_html, reviewed_html};
use crate::conformance::{Decision, Gate, Scope, fixture, judge};
use crate::profile::Profile;
use crate::report::Told;

/// What must never come through as markup.
const HOSTILE: &str = "<script>alert(1)</script></textarea>\"'&";

/// The report, and the same with the form, of a run that leaves BK-02 to a person.
fn pages(form: ReviewForm<'_>) -> (String, String) {
    let mut run = fixture::conforming_run();
    run.throttled("7", Duration::from_secs(2));
    let history = run.history();
    let scope = Scope::default();
    let profile = Profile::built_in();
    let verdict = judge(&history, &profile, &scope);
    assert!(verdict.to_decide().iter().any(|it| it.check == "BK-02"));
    let told = Told {
        verdict: &verdict,
        outcome: &verdict.gate(Gate::Ci),
        profile: &profile,
        runs: &[(&history, &scope)],
    };
    (page_html(told), review_html(told, form))
}

fn filled(decision: Option<Decision>) -> FilledIn {
    FilledIn {
        by: HOSTILE.to_owned(),
        items: vec![(decision, HOSTILE.to_owned())],
    }
}

#[test]
fn the_form_stands_in_the_report_and_changes_nothing_of_it() {
    let filled = FilledIn::default();
    let (report, page) = pages(ReviewForm {
        signer: Some(("0123", "secret")),
        filled: &filled,
        problems: &[],
        notes: &[],
    });
    let start = page.find("<section id=\"review\"").unwrap();
    let end = start + page[start..].find("</section>").unwrap() + 10;
    let form = &page[start..end];
    assert!(
        form.contains("early; earliest allowed"),
        "the margin stands there: {form}"
    );
    assert!(
        form.contains("<strong>429</strong>"),
        "the events stand there"
    );
    let main = |page: &str| {
        page[page.find("<section id=\"decide\"").unwrap()..page.find("<script>").unwrap()]
            .to_owned()
    };
    assert!(main(&page) == main(&report));
    assert!(!report.contains("review-form") && report.contains("form-action 'none'"));
    assert!(page.contains("form-action 'self'"));
    let ids = Regex::new("<[^>]* id=\"([^\"]*)\"").unwrap();
    let ids: Vec<&str> = ids
        .captures_iter(&page)
        .map(|it| it.extract::<1>().1[0])
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for tag in ["style", "script"] {
        let allowed = Regex::new(&format!("{tag}-src ([^;]*);")).unwrap();
        let (_, [allowed]) = allowed.captures(&page).unwrap().extract();
        assert_eq!(allowed.split(' ').count(), 2);
        assert_eq!(page.matches(&format!("<{tag}>")).count(), 2);
    }
}

#[test]
fn what_was_filled_in_is_shown_again_and_escaped() {
    for (decision, value) in [(None, "undecided"), (Some(Decision::Reject), "reject")] {
        let filled = filled(decision);
        let problem = [(Some(0), HOSTILE.to_owned()), (None, "no name".to_owned())];
        let (_, page) = pages(ReviewForm {
            signer: Some(("0123", "secret")),
            filled: &filled,
            problems: &problem,
            notes: &[HOSTILE.to_owned()],
        });
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(
            page.matches("</textarea>").count(),
            page.matches("<textarea").count()
        );
        assert!(
            page.contains(&format!("value=\"{value}\" checked")),
            "{value}"
        );
        assert!(page.contains("role=\"alert\"") && page.contains("href=\"#item-0\""));
        assert!(page.contains("aria-invalid=\"true\" aria-describedby=\"problem-0\""));
        assert_eq!(page.matches("aria-invalid").count(), 1);
    }
    assert!(!reviewed_html(HOSTILE).contains("<script"));
}

#[test]
fn without_a_key_there_is_nothing_to_fill_in() {
    let filled = filled(Some(Decision::Accept));
    let (_, page) = pages(ReviewForm {
        signer: None,
        filled: &filled,
        problems: &[],
        notes: &[],
    });
    assert!(!page.contains("<textarea") && !page.contains("<form class=\"sign\""));
    assert!(page.contains("This can only be read"));
    assert!(page.contains("<strong>accepted</strong>: &lt;script&gt;"));
}
