//! The page as a whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::observed::Observed;
use super::review::{self, ReviewForm};
use super::{
    checks, decisions, declared, flows, headline, latency, outside, probes, rehearsed, remarks,
    requirements, timeline, tokens,
};
use crate::base::sha256_bytes;
use crate::report::Told;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A part of the page: where it stands, what it is called, what it says.
struct Part {
    id: &'static str,
    name: &'static str,
    content: Markup,
}

/// What is laid over the style and the script of the report where somebody reviews it.
const REVIEW_STYLE: &str = include_str!("review.css");
const REVIEW_SCRIPT: &str = include_str!("review.js");

/// The page. The same input gives the same bytes.
#[must_use]
pub fn page_html(told: Told<'_>) -> String {
    whole(&told, None)
}

/// The same page with the form of a reviewer. It is served, and sends what is filled in to where it
/// came from.
#[must_use]
pub fn review_html(told: Told<'_>, form: ReviewForm<'_>) -> String {
    whole(&told, Some(&form))
}

/// What the reviewer sees once the review is signed; `text` says what was signed.
#[must_use]
pub fn reviewed_html(text: &str) -> String {
    let style = format!(
        "style-src 'sha256-{}' 'sha256-{}'",
        digest(STYLE),
        digest(REVIEW_STYLE)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy"
                    content={ "default-src 'none'; " (style) "; img-src data:; base-uri 'none'; form-action 'none'" };
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "The review is signed – preflight" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
                style { (PreEscaped(REVIEW_STYLE)) }
            }
            body {
                header.top { span.brand { "preflight" } }
                div.page.alone {
                    main #main {
                        h1 { "The review is signed" }
                        div.told-text #signed tabindex="0" role="region" aria-label="What was signed" { (text) }
                        p.ended { "preflight has ended; this page can be closed." }
                    }
                }
            }
        }
    };
    written(page)
}

fn whole(input: &Told<'_>, form: Option<&ReviewForm<'_>>) -> String {
    let observed = Observed::all(input.verdict, input.runs, input.profile);
    let part = |id, name, content| Part { id, name, content };
    let mut parts = vec![
        part("verdict", "Verdict", headline::section(input, &observed)),
        part("decide", "To decide", decisions::section(input)),
        part("requirements", "Requirements", requirements::section(input)),
        part("checks", "Checks", checks::section(input, &observed)),
        part("timeline", "Timeline", timeline::section(input, &observed)),
        part("flows", "Status flows", flows::section(input, &observed)),
        part("latency", "Latency", latency::section(input, &observed)),
        part("tokens", "Tokens", tokens::section(&observed)),
        part("probes", "Probes", probes::section(input, &observed)),
        part("self-test", "Kill matrix", rehearsed::section()),
        part("outside", "Not covered", outside::section(input, &observed)),
        part("stale", "Stale entries", remarks::stale(input)),
        part(
            "declared",
            "Declarations",
            declared::section(input, &observed),
        ),
        part("golden", "Transcripts", remarks::golden(input)),
        part("notices", "Notices", remarks::notices(&observed)),
    ];
    if let Some(form) = form {
        // Behind the verdict: what there is to do, before what there is to know.
        let section = review::section(input, &observed, form);
        parts.insert(1, part("review", "Your review", section));
    }
    let (state, _) = headline::state(input.verdict.headline.readiness);
    let subjects = headline::subjects(&observed);
    let page = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(form.is_some()));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Without any, a browser does not say where a form comes from.
                meta name="referrer" content=(if form.is_some() { "same-origin" } else { "no-referrer" });
                title { (subjects) ": " (state) " – preflight" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
                @if form.is_some() { style { (PreEscaped(REVIEW_STYLE)) } }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                header.top {
                    span.brand { "preflight" }
                    span.quiet { (subjects) ": " (state) }
                }
                div.page {
                    nav.contents aria-label="Sections" {
                        ol { @for part in &parts { li { a href={ "#" (part.id) } { (part.name) } } } }
                    }
                    main #main { @for part in &parts { (part.content) } }
                }
                footer {
                    p {
                        "This page follows from the histories, the profile and the declaration alone. In a bundle, "
                        code { "preflight verify FILE.preflight.zip" }
                        " judges the histories again and compares it byte by byte. It does not prove that the traffic happened. The histories lie there by number, " code { "histories/1.ndjson" } " and so on."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
                @if form.is_some() { script { (PreEscaped(REVIEW_SCRIPT)) } }
            }
        }
    };
    written(page)
}

/// The bytes of a page.
fn written(page: Markup) -> String {
    let shown = |character: char| match character {
        '\n' | '\t' => character,
        // HTML has no place for control characters (HTML Living Standard §13.1.4).
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    let mut page: String = page.into_string().chars().map(shown).collect();
    page.push('\n');
    page
}

/// What the page may do: use its own style and script, and nothing else; where somebody reviews, send the
/// form to where it came from.
fn policy(is_reviewed: bool) -> String {
    let (style, script, form) = if is_reviewed {
        (
            vec![STYLE, REVIEW_STYLE],
            vec![SCRIPT, REVIEW_SCRIPT],
            "'self'",
        )
    } else {
        (vec![STYLE], vec![SCRIPT], "'none'")
    };
    let digests = |texts: Vec<&str>| {
        let digests = texts
            .into_iter()
            .map(|text| format!("'sha256-{}'", digest(text)));
        digests.collect::<Vec<_>>().join(" ")
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action {form}",
        digests(style),
        digests(script)
    )
}

fn digest(text: &str) -> String {
    STANDARD.encode(sha256_bytes(text.as_bytes()))
}
