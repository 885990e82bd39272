//! Requests, refusals and waits over the time of a run.

use std::time::Duration;

use maud::{Markup, html};

use super::figure::{counted, cut, grouped, more, nothing, span};
use super::observed::Observed;
use crate::base::Timestamp;
use crate::conformance::{HintedWait, Wait, throttled_waits};
use crate::event::{EventKind, Subject};
use crate::exchange::between;
use crate::history::Call;
use crate::report::Told;

/// How many bars the requests are gathered in.
const BARS: usize = 125;

/// The width of the drawing behind its labels, in pixels.
const WIDTH: usize = 1000;

/// The room for the labels.
const LEFT: usize = 92;

/// How tall the highest bar is.
const TALLEST: usize = 90;

/// What is no further apart than so many pixels is drawn as one.
const TOGETHER: usize = 8;

/// How many waits are listed.
const MOST_WAITS: usize = 40;

/// How many scenarios are marked.
const MOST_SCENARIOS: usize = 60;

pub(super) fn section(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    html! {
        section #timeline aria-labelledby="timeline-heading" {
            h2 #timeline-heading { "Timeline" }
            @for one in observed {
                h3 { (one.name) }
                @let all = calls(one);
                @if all.is_empty() {
                    (nothing("The history has no exchange of this subject."))
                } @else {
                    @let waits = throttled_waits(&one.evidence);
                    (drawn(input, one, all, &waits))
                    (listed(input, &waits))
                }
            }
        }
    }
}

/// The exchanges of whoever is judged; of an endpoint, what it was sent.
fn calls<'o, 'a>(one: &'o Observed<'a>) -> &'o [Call<'a>] {
    match one.run.subject {
        Subject::Replay | Subject::Connector => one.evidence.calls(),
        Subject::Endpoint => one.evidence.probes(),
    }
}

/// Places on the axis of a run.
#[derive(Clone, Copy)]
struct Axis {
    began: Timestamp,
    total: u128,
}

impl Axis {
    fn of(one: &Observed<'_>) -> Self {
        let total = between(one.began(), one.ended()).as_micros();
        Self {
            began: one.began(),
            total: total.max(1),
        }
    }

    /// Where `at` stands among `places`.
    fn place(self, at: Timestamp, places: usize) -> usize {
        let since = between(self.began, at).as_micros().min(self.total);
        let place = since * places as u128 / self.total;
        usize::try_from(place).unwrap_or(places).min(places - 1)
    }
}

/// How many of the things that happened at `times` fall in each bar.
fn gathered(axis: Axis, times: impl Iterator<Item = Timestamp>) -> Vec<usize> {
    let mut bars = vec![0; BARS];
    for at in times {
        bars[axis.place(at, BARS)] += 1;
    }
    bars
}

/// The parts of the axis that `spans` cover, as first and last pixel; those that touch are one.
fn covered(axis: Axis, spans: impl Iterator<Item = (Timestamp, Timestamp)>) -> Vec<(usize, usize)> {
    let mut pixels = vec![false; WIDTH];
    for (from, to) in spans {
        for pixel in &mut pixels[axis.place(from, WIDTH)..=axis.place(to, WIDTH)] {
            *pixel = true;
        }
    }
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for (place, _) in pixels.iter().enumerate().filter(|(_, is)| **is) {
        match parts.last_mut() {
            Some((_, last)) if place - *last <= TOGETHER => *last = place,
            _ => parts.push((place, place)),
        }
    }
    parts
}

fn drawn(input: &Told<'_>, one: &Observed<'_>, all: &[Call<'_>], waits: &[Wait<'_>]) -> Markup {
    let axis = Axis::of(one);
    let early = input.profile.tolerances.early.value;
    let requests = gathered(axis, all.iter().map(Call::began));
    let throttled: Vec<&Call<'_>> = all.iter().filter(|call| call.is_throttled()).collect();
    let refused = gathered(axis, throttled.iter().map(|call| call.ended()));
    let unanswered: Vec<&Call<'_>> = all.iter().filter(|call| call.status().is_none()).collect();
    let silent = gathered(axis, unanswered.iter().map(|call| call.ended()));
    let hinted: Vec<HintedWait<'_>> = waits.iter().filter_map(|wait| wait.hinted()).collect();
    let too_early: Vec<&HintedWait<'_>> = hinted.iter().filter(|it| it.is_early(early)).collect();
    let early_marks = gathered(axis, too_early.iter().map(|it| it.wait.next.began()));
    let ends = |wait: &Wait<'_>| (wait.refused.ended(), wait.next.began());
    let waiting = covered(axis, waits.iter().map(ends));
    let until_named = hinted
        .iter()
        .map(|it| (it.wait.refused.ended(), it.earliest));
    let asked = covered(axis, until_named);
    let highest = requests.iter().max().copied().unwrap_or_default().max(1);
    let each = between(one.began(), one.ended()) / u32::try_from(BARS).unwrap_or(1);
    let said = format!(
        "{} over {}: {} answered 429 or 503, {} without an answer, {}, of which {} too early",
        counted(all.len(), "request"),
        span(between(one.began(), one.ended())),
        grouped(throttled.len()),
        grouped(unanswered.len()),
        counted(waits.len(), "wait"),
        grouped(too_early.len()),
    );
    let scenarios = scenarios(one);
    html! {
        p { (said) "." }
        div.scroll.chart tabindex="0" role="region" aria-label={ "Timeline: " (one.name) } {
            svg viewBox={ "0 0 " (LEFT + WIDTH + 8) " 252" } role="img" aria-label=(said) {
                @for (place, (_, from, to)) in scenarios.iter().take(MOST_SCENARIOS).enumerate() {
                    @let (from, to) = (axis.place(*from, WIDTH), axis.place(*to, WIDTH));
                    rect class={ "band band-" (place % 2) } x=(LEFT + from) y="4" width=((to - from).max(1)) height="222" {}
                    @if to - from >= 16 { text.small x=(LEFT + from + 3) y="15" { (place + 1) } }
                }
                text.label x=(LEFT - 8) y="34" { "requests" }
                text.small.label x=(LEFT - 8) y="50" { "most " (grouped(highest)) }
                @for (place, count) in requests.iter().enumerate().filter(|(_, count)| **count > 0) {
                    @let tall = (count * TALLEST / highest).max(1);
                    rect.bar x=(LEFT + place * WIDTH / BARS) y=(20 + TALLEST - tall) width=(WIDTH / BARS - 1) height=(tall) {}
                }
                line.rule x1=(LEFT) x2=(LEFT + WIDTH) y1="110" y2="110" {}
                (lane(&refused, 134, "429, 503", "throttled"))
                (lane(&silent, 156, "no answer", "silent"))
                text.label x=(LEFT - 8) y="178" { "asked to wait" }
                @for (from, to) in &asked { rect.asked x=(LEFT + from) y="169" width=(to - from + 1) height="10" {} }
                text.label x=(LEFT - 8) y="198" { "waited" }
                @for (from, to) in &waiting { rect.waited x=(LEFT + from) y="189" width=(to - from + 1) height="10" {} }
                (lane(&early_marks, 220, "too early", "early"))
                line.rule x1=(LEFT) x2=(LEFT + WIDTH) y1="226" y2="226" {}
                @for quarter in 0..=4_u32 {
                    @let x = LEFT + WIDTH * quarter as usize / 4;
                    line.rule x1=(x) x2=(x) y1="226" y2="231" {}
                    text.small x=(x) y="244" text-anchor=(match quarter { 0 => "start", 4 => "end", _ => "middle" }) {
                        "+" (span(between(one.began(), one.ended()) * quarter / 4))
                    }
                }
            }
        }
        p.quiet { "A bar gathers the requests of " (span(each)) "; the marks below are as wide." }
        (named(&scenarios))
    }
}

/// Marks on a line of their own, the taller the more there are.
fn lane(bars: &[usize], base: usize, label: &str, class: &str) -> Markup {
    let highest = bars.iter().max().copied().unwrap_or_default().max(1);
    html! {
        text.label x=(LEFT - 8) y=(base) { (label) }
        @for (place, count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let tall = 4 + count * 10 / highest;
            rect class=(class) x=(LEFT + place * WIDTH / BARS) y=(base - tall) width=(WIDTH / BARS - 1) height=(tall) {}
        }
    }
}

type Scenario = (String, Timestamp, Timestamp);

/// The scenarios of a run, each with its ends.
fn scenarios(one: &Observed<'_>) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for event in one.history.events() {
        let begun = if let EventKind::ScenarioStarted { scenario } = &event.kind {
            Some((scenario.clone(), event.at, one.ended()))
        } else if matches!(event.kind, EventKind::ScenarioEnded { .. }) {
            None
        } else {
            continue;
        };
        if let Some((_, _, end)) = scenarios.last_mut() {
            *end = event.at;
        }
        scenarios.extend(begun);
    }
    scenarios
}

fn named(scenarios: &[Scenario]) -> Markup {
    html! {
        @if !scenarios.is_empty() {
            details.rest {
                summary { (counted(scenarios.len(), "scenario")) " by number" }
                ol.columns {
                    @for (name, from, to) in scenarios.iter().take(MOST_SCENARIOS) {
                        li { (cut(name, 120)) " " span.quiet { (span(between(*from, *to))) } }
                    }
                }
                (more(scenarios.len(), MOST_SCENARIOS, "scenario"))
            }
        }
    }
}

/// The waits that came closest to the earliest allowed time, or before it.
fn listed(input: &Told<'_>, waits: &[Wait<'_>]) -> Markup {
    let early = input.profile.tolerances.early.value;
    let mut hinted: Vec<HintedWait<'_>> = waits.iter().filter_map(|wait| wait.hinted()).collect();
    hinted.sort_by_key(|it| {
        let refused = it.wait.refused.sequence;
        (
            !it.is_early(early),
            share(it),
            refused,
            it.wait.next.sequence,
        )
    });
    html! {
        h4 { "Waits against the earliest allowed time" }
        @if hinted.is_empty() {
            (nothing("No 429 or 503 with a Retry-After was followed by another attempt."))
        } @else {
            p.quiet {
                "The line marks the earliest allowed time. Only what comes before it counts against a client; "
                (span(early)) " are forgiven. The closest come first."
            }
            div.scroll tabindex="0" role="region" aria-label="Waits" {
                table.events {
                    thead { tr {
                        th scope="col" { "Events" }
                        th scope="col" { "Operation" }
                        th scope="col" { "Status" }
                        th.number scope="col" { "Asked" }
                        th.number scope="col" { "Waited" }
                        th.number scope="col" { "Margin" }
                        th scope="col" { "Against the earliest time" }
                    } }
                    tbody { @for wait in hinted.iter().take(MOST_WAITS) { (row(wait, early)) } }
                }
            }
            (more(hinted.len(), MOST_WAITS, "wait"))
        }
    }
}

/// What was waited, in thousandths of what was asked.
fn share(it: &HintedWait<'_>) -> u128 {
    it.wait.length.as_micros() * 1000 / it.hint.wait.as_micros().max(1)
}

fn row(it: &HintedWait<'_>, early: Duration) -> Markup {
    let (wait, asked) = (&it.wait, it.hint.wait);
    let is_early = it.is_early(early);
    // The earliest allowed time stands in the middle; what is longer than twice as long is cut.
    let share = share(it).min(2000);
    let long = usize::try_from(share / 10).unwrap_or_default();
    html! {
        tr {
            th scope="row" { (wait.refused.sequence) " → " (wait.next.sequence) }
            td { span.path { (cut(&wait.refused.endpoint.operation, 120)) } }
            td { (wait.refused.status().unwrap_or_default()) }
            td.number { (span(asked)) }
            td.number { (span(wait.length)) }
            td.number {
                @if is_early { strong.bad { "✕ " (span(asked.saturating_sub(wait.length))) " early" } }
                @else if wait.length < asked { "−" (span(asked.saturating_sub(wait.length))) }
                @else { "+" (span(wait.length.saturating_sub(asked))) }
            }
            td {
                svg.spark viewBox="0 0 204 14" width="204" height="14" aria-hidden="true" {
                    rect class=(if is_early { "early" } else { "waited" }) x="0" y="4" width=(long.max(1)) height="6" {}
                    line.due x1="100" x2="100" y1="0" y2="14" {}
                    @if share == 2000 { path.arrow d="M200 3 L204 7 L200 11 z" {} }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;

    #[test]
    fn whatever_happens_has_a_place_within_the_drawing() {
        let began = Clock::logical_start();
        let axis = Axis {
            began,
            total: 1_000_000,
        };
        let at = |milliseconds| began + Duration::from_millis(milliseconds);
        assert_eq!(axis.place(at(0), 10), 0);
        assert_eq!(axis.place(at(500), 10), 5);
        assert_eq!(axis.place(at(1000), 10), 9);
        assert_eq!(axis.place(at(9000), 10), 9);
        let all = gathered(axis, (0..5000).map(at));
        assert_eq!(all.len(), BARS);
        assert_eq!(all.iter().sum::<usize>(), 5000);
        let parts = covered(axis, (0..1000).map(|it| (at(it), at(it))));
        assert_eq!(parts, [(0, WIDTH - 1)]);
    }
}
