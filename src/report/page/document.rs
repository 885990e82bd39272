//! The page as a whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::observed::Observed;
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

/// The page. The same input gives the same bytes.
#[must_use]
pub fn page_html(told: Told<'_>) -> String {
    let input = &told;
    let observed = Observed::all(input.verdict, input.runs, input.profile);
    let part = |id, name, content| Part { id, name, content };
    let parts = [
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
    let (state, _) = headline::state(input.verdict.headline.readiness);
    let subjects = headline::subjects(&observed);
    let page = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (subjects) ": " (state) " – preflight" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
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
            }
        }
    };
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

/// What the page may do: use its own style and script, and nothing else.
fn policy() -> String {
    let digest = |text: &str| STANDARD.encode(sha256_bytes(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}
