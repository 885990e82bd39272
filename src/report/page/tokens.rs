//! Access tokens: how long each lives, and how it is used.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};

use super::figure::{Spread, counted, cut, grouped, more, nothing, span};
use super::observed::Observed;
use crate::base::{Timestamp, later, time_of_day};
use crate::conformance::IssuedToken;
use crate::event::Subject;
use crate::exchange::between;

/// How many tokens are listed.
const MOST: usize = 40;

/// The width of a life, in pixels.
const WIDTH: u128 = 200;

/// A token and its use.
struct Life<'e> {
    token: &'e IssuedToken,
    uses: usize,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    /// When the same client asked for the next one.
    renewed: Option<Timestamp>,
}

pub(super) fn section(observed: &[Observed<'_>]) -> Markup {
    html! {
        section #tokens aria-labelledby="tokens-heading" {
            h2 #tokens-heading { "Access tokens" }
            @for one in observed {
                h3 { (one.name) }
                @let lives = lives(one);
                @if lives.is_empty() {
                    (nothing(match one.run.subject {
                        Subject::Replay | Subject::Connector => "No token was issued in this history.",
                        Subject::Endpoint => "An endpoint asks for no tokens.",
                    }))
                } @else {
                    (summary(&lives))
                    (table(&lives))
                    (more(lives.len(), MOST, "token"))
                }
            }
        }
    }
}

fn lives<'o>(one: &'o Observed<'_>) -> Vec<Life<'o>> {
    let tokens = one.evidence.tokens();
    let mut lives: Vec<Life<'_>> = tokens
        .iter()
        .map(|token| Life {
            token,
            uses: 0,
            first: None,
            last: None,
            renewed: None,
        })
        .collect();
    for call in one.evidence.calls() {
        let Some(token) = one.evidence.token_of(call) else {
            continue;
        };
        let found = tokens.binary_search_by_key(&token.sequence, |it| it.sequence);
        if let Ok(place) = found {
            let life = &mut lives[place];
            life.uses += 1;
            life.first = Some(life.first.map_or(call.began(), |it| it.min(call.began())));
            life.last = life.last.max(Some(call.began()));
        }
    }
    let mut next: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for life in lives.iter_mut().rev() {
        life.renewed = next.insert(&life.token.client, life.token.received);
    }
    lives
}

fn summary(lives: &[Life<'_>]) -> Markup {
    let mut uses: Vec<usize> = lives.iter().map(|life| life.uses).collect();
    uses.sort_unstable();
    let clients: std::collections::BTreeSet<&str> = lives
        .iter()
        .map(|life| life.token.client.as_str())
        .collect();
    let mut left: Vec<Duration> = lives
        .iter()
        .filter_map(|life| {
            let (expiry, renewed) = (expiry(life.token)?, life.renewed?);
            (renewed <= expiry).then(|| between(renewed, expiry))
        })
        .collect();
    html! {
        p {
            (counted(lives.len(), "token")) " for " (counted(clients.len(), "client")) ", used "
            (grouped(uses.first().copied().unwrap_or_default())) " to "
            (grouped(uses.last().copied().unwrap_or_default())) " times, half of them at most "
            (grouped(uses[(uses.len() - 1) / 2])) " times."
            @if let Some(spread) = Spread::of(&mut left) {
                " Renewed before the end with " (span(spread.median)) " left (median of "
                (grouped(spread.count)) "; most " (span(spread.most)) ")."
            }
        }
    }
}

fn expiry(token: &IssuedToken) -> Option<Timestamp> {
    token.expires_in.map(|life| later(token.received, life))
}

fn table(lives: &[Life<'_>]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Tokens" {
            table.events {
                thead { tr {
                    th scope="col" { "Event" }
                    th scope="col" { "Client" }
                    th scope="col" { "Issued (UTC)" }
                    th.number scope="col" { "Lifetime" }
                    th.number scope="col" { "Uses" }
                    th.number scope="col" { "Last use after" }
                    th scope="col" { "Next one" }
                    th scope="col" { "Use within the lifetime" }
                } }
                tbody { @for life in lives.iter().take(MOST) { (row(life)) } }
            }
        }
    }
}

fn row(life: &Life<'_>) -> Markup {
    let token = life.token;
    let late = match (life.last, expiry(token)) {
        (Some(last), Some(expiry)) => last > expiry,
        (None, _) | (_, None) => false,
    };
    html! {
        tr {
            th scope="row" { (token.sequence) }
            td { code { (cut(&token.client, 60)) } }
            td.time { (time_of_day(token.received)) }
            td.number { @match token.expires_in { Some(life) => (span(life)), None => "unknown" } }
            td.number { (grouped(life.uses)) }
            td.number {
                @match life.last {
                    Some(last) => {
                        (span(between(token.received, last)))
                        @if late { " " strong.bad { "✕ expired" } }
                    }
                    None => span.none { "–" },
                }
            }
            td { (renewal(life)) }
            td { (drawn(life)) }
        }
    }
}

fn renewal(life: &Life<'_>) -> Markup {
    html! {
        @match (life.renewed, expiry(life.token)) {
            (None, _) => span.none { "–" },
            (Some(next), Some(expiry)) if next <= expiry => { (span(between(next, expiry))) " before the end" }
            (Some(next), Some(expiry)) => { (span(between(expiry, next))) " after the end" }
            (Some(next), None) => { "after " (span(between(life.token.received, next))) }
        }
    }
}

/// The life as a frame, its use as a bar in it; what goes beyond is cut.
fn drawn(life: &Life<'_>) -> Markup {
    let Some(total) = life.token.expires_in else {
        return html! { span.none { "–" } };
    };
    let place = |at: Timestamp| {
        let since = between(life.token.received, at).as_micros();
        (since * WIDTH / total.as_micros().max(1)).min(WIDTH + 12)
    };
    html! {
        svg.spark viewBox={ "0 0 " (WIDTH + 14) " 14" } width=(WIDTH + 14) height="14" aria-hidden="true" {
            @if let (Some(first), Some(last)) = (life.first, life.last) {
                rect.bar x=(place(first)) y="4" width=((place(last) - place(first)).max(2)) height="6" {}
            }
            rect.frame x="0.5" y="1.5" width=(WIDTH) height="11" {}
        }
    }
}
