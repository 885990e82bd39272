//! The form in which a person decides what the rules leave open: each check with what was found, why
//! it is left to a person and the events that show it, then accept or reject and why.
//!
//! It works without script. Whoever cannot sign sees the same without anything to fill in.

use maud::{Markup, html};

use super::checks::{evidence, reference};
use super::figure::{counted, cut, nothing};
use super::levels::badge;
use super::observed::Observed;
use crate::conformance::{Decision, Finding, check};
use crate::report::Told;

/// How long a text of somebody's may be here.
const LONGEST: usize = 2_000;

/// What the form shows beside the verdict.
#[derive(Clone, Copy, Debug)]
pub struct ReviewForm<'f> {
    /// The fingerprint of the key that signs, and what tells the form from a stranger's; none where
    /// nobody signs and the form can only be read.
    pub signer: Option<(&'f str, &'f str)>,
    /// What was filled in so far.
    pub filled: &'f FilledIn,
    /// What is wrong with it: of which check, by its place in the order of risk, where it is of one.
    pub problems: &'f [(Option<usize>, String)],
    /// What there is to say before anything is decided.
    pub notes: &'f [String],
}

/// What a person filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilledIn {
    /// The person's name.
    pub by: String,
    /// The decision and the reason for each check, in order of risk.
    pub items: Vec<(Option<Decision>, String)>,
}

pub(super) fn section(
    input: &Told<'_>,
    observed: &[Observed<'_>],
    form: &ReviewForm<'_>,
) -> Markup {
    let open = input.verdict.to_decide();
    html! {
        section #review aria-labelledby="review-heading" {
            h2 #review-heading { "Your review" }
            p {
                @if open.is_empty() {
                    "No check is left to a person."
                } @else {
                    "Left to a person: " (counted(open.len(), "check")) ", in order of risk. What you accept no longer "
                    "stands in the way of the gate; what you reject does not conform."
                }
                " The report below and its seal stay as they are."
            }
            @for note in form.notes { p.note { (cut(note, LONGEST)) } }
            (problems(form))
            @match form.signer {
                Some((_, secret)) => form.sign #review-form method="post" autocomplete="off" {
                    input type="hidden" name="form" value=(secret);
                    (items(input, observed, form, &open))
                    (signature(form, &open))
                },
                None => {
                    p.note {
                        "This can only be read: nobody signs. Start " code { "preflight review" }
                        " with " code { "--sign-key FILE" } " to decide."
                    }
                    (items(input, observed, form, &open))
                }
            }
        }
    }
}

fn problems(form: &ReviewForm<'_>) -> Markup {
    html! {
        @if !form.problems.is_empty() {
            div.problems #problems role="alert" {
                p { strong { "Nothing was signed." } }
                ul {
                    @for (place, problem) in form.problems {
                        li {
                            @match place {
                                Some(place) => a href={ "#item-" (place) } { (cut(problem, LONGEST)) },
                                None => (cut(problem, LONGEST)),
                            }
                        }
                    }
                }
            }
        }
    }
}

fn items(
    input: &Told<'_>,
    observed: &[Observed<'_>],
    form: &ReviewForm<'_>,
    open: &[&Finding],
) -> Markup {
    let empty = (None, String::new());
    html! {
        @if open.is_empty() { (nothing("Your name and signature say that you looked.")) }
        @for (place, finding) in open.iter().enumerate() {
            @let filled = form.filled.items.get(place).unwrap_or(&empty);
            article.item id={ "item-" (place) } aria-labelledby={ "item-" (place) "-heading" } {
                h3 id={ "item-" (place) "-heading" } {
                    (badge(finding.reported)) " " (reference(input.verdict, finding)) " "
                    (check(finding.check).map_or("", |check| check.title))
                }
                (evidence(observed, finding))
                @if form.signer.is_some() {
                    (choice(input, finding, place, filled, &problem_of(form, place)))
                } @else if let (Some(decision), reason) = filled {
                    p.decided { strong { (decision.past()) } ": " (cut(reason, LONGEST)) }
                } @else {
                    p.decided { "Undecided." }
                }
            }
        }
    }
}

/// What is wrong with what was filled in for one check; empty where nothing is.
fn problem_of(form: &ReviewForm<'_>, place: usize) -> String {
    let problems = form.problems.iter();
    let of_place = problems.filter(|(of, _)| *of == Some(place));
    let texts: Vec<&str> = of_place.map(|(_, problem)| problem.as_str()).collect();
    texts.join("; ")
}

/// What is asked of one check.
fn choice(
    input: &Told<'_>,
    finding: &Finding,
    place: usize,
    (decided, reason): &(Option<Decision>, String),
    problem: &str,
) -> Markup {
    let is_wrong = !problem.is_empty();
    let choices = [None, Some(Decision::Accept), Some(Decision::Reject)];
    let whose = input.verdict.whose(finding);
    html! {
        fieldset.choice data-item=(place) {
            legend { "Your decision on " (finding.check) " (" (whose) ")" }
            div.options {
                @for choice in choices {
                    label {
                        input type="radio" name={ "decision-" (place) }
                            value=(choice.map_or("undecided", Decision::name))
                            checked[choice == *decided];
                        " " (match choice {
                            None => "Leave it open",
                            Some(Decision::Accept) => "Accept",
                            Some(Decision::Reject) => "Reject",
                        })
                    }
                }
            }
            label for={ "reason-" (place) } { "Reason" }
            textarea id={ "reason-" (place) } name={ "reason-" (place) } rows="3" maxlength=(LONGEST)
                aria-invalid=[is_wrong.then_some("true")]
                aria-describedby=[is_wrong.then(|| format!("problem-{place}"))] {
                (reason)
            }
            @if is_wrong { p.problem id={ "problem-" (place) } { (cut(problem, LONGEST)) } }
        }
    }
}

fn signature(form: &ReviewForm<'_>, open: &[&Finding]) -> Markup {
    let decided = form.filled.items.iter().filter(|(it, _)| it.is_some());
    html! {
        div.signature {
            label for="by" { "Your name, as it will be signed" }
            input #by name="by" type="text" required autocomplete="name" maxlength="200" value=(form.filled.by);
            @if let Some((key, _)) = form.signer {
                p.quiet { "Signed with the key " code.digest { (key) } "." }
            }
            @if !open.is_empty() {
                p.progress #progress role="status" data-of=(open.len()) {
                    (decided.count()) " of " (open.len()) " decided."
                }
            }
            button type="submit" { "Sign the review" }
        }
    }
}
