//! How long things took: updates after their cause, and answers.

use std::collections::BTreeMap;
use std::time::Duration;

use ecow::EcoString;
use maud::{Markup, html};

use super::figure::{Spread, counted, cut, more, nothing, span};
use super::observed::Observed;
use crate::conformance::update_lags;
use crate::event::Subject;
use crate::history::Call;
use crate::report::Told;

/// Where the bins of a histogram end, in milliseconds; the last has no end.
const ENDS: [u64; 16] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
];

/// The width of a bin, in pixels.
const BIN: usize = 11;

/// How tall a histogram is.
const TALL: usize = 26;

/// How many operations are listed.
const MOST: usize = 40;

pub(super) fn section(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    html! {
        section #latency aria-labelledby="latency-heading" {
            h2 #latency-heading { "Latency" }
            p.quiet {
                "Percentiles are nearest ranks: values that were measured, never interpolated. The distribution "
                "runs from 1 ms to 100 s, logarithmically (1, 2, 5); the line stands at 1 s."
            }
            @for one in observed {
                h3 { (one.name) }
                (updates(input, one))
                (answers(one))
            }
        }
    }
}

/// How soon new subscriptions and batches were updated.
fn updates(input: &Told<'_>, one: &Observed<'_>) -> Markup {
    if one.run.subject != Subject::Connector {
        return html! {};
    }
    let mut lags = update_lags(&one.evidence, input.profile);
    let bins = bins(&lags.measured);
    let spread = Spread::of(&mut lags.measured);
    html! {
        h4 { "From a notification to the first update (ST-15)" }
        @match spread {
            None => (nothing("Nothing new was told of whose update could be measured.")),
            Some(spread) => {
                (table("Updates", &[("Subscriptions and batches".into(), spread, bins)]))
            }
        }
        p {
            @match lags.target {
                Some(target) => { "The target is " strong { (span(target)) } " for 95 of 100. " }
                None => { "No target is declared: the lag is told and not judged. " }
            }
            (counted(lags.lost, "update")) " never came; "
            (counted(lags.left_out, "update")) " left out because the platform itself delayed it."
        }
    }
}

/// How soon requests were answered, operation by operation.
fn answers(one: &Observed<'_>) -> Markup {
    let (calls, heading): (&[Call<'_>], _) = match one.run.subject {
        Subject::Replay | Subject::Connector => (
            one.evidence.calls(),
            "Answers of the platform to the subject",
        ),
        Subject::Endpoint => (one.evidence.probes(), "Answers of the endpoint to probes"),
    };
    html! {
        (answered(heading, calls))
        @if one.run.subject == Subject::Connector {
            (answered("Answers of the provider to notifications (NA-03)", one.evidence.notifications()))
        }
    }
}

fn answered(heading: &str, calls: &[Call<'_>]) -> Markup {
    let mut of_operations: BTreeMap<EcoString, Vec<Duration>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.status().is_some()) {
        let times = of_operations.entry(call.endpoint.operation.clone());
        times.or_default().push(call.exchange.timing.total());
    }
    let all = of_operations.len();
    let mut rows: Vec<Row> = of_operations
        .into_iter()
        .filter_map(|(operation, mut times)| {
            let bins = bins(&times);
            Some((operation, Spread::of(&mut times)?, bins))
        })
        .collect();
    // A stable sort: those of one count stay in the order of their names.
    rows.sort_by_key(|(_, spread, _)| std::cmp::Reverse(spread.count));
    rows.truncate(MOST);
    html! {
        h4 { (heading) }
        @if rows.is_empty() {
            (nothing("Nothing was asked that was answered."))
        } @else {
            (table(heading, &rows))
            (more(all, MOST, "operation"))
        }
    }
}

type Bins = [usize; ENDS.len() + 1];
type Row = (EcoString, Spread, Bins);

fn bins(lengths: &[Duration]) -> Bins {
    let mut bins = [0; ENDS.len() + 1];
    for length in lengths {
        let milliseconds = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        bins[ENDS.partition_point(|end| *end <= milliseconds)] += 1;
    }
    bins
}

fn table(name: &str, rows: &[Row]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(name) {
            table.events {
                thead { tr {
                    th scope="col" { "What" }
                    th.number scope="col" { "n" }
                    th.number scope="col" { "p50" }
                    th.number scope="col" { "p95" }
                    th.number scope="col" { "p99" }
                    th.number scope="col" { "Most" }
                    th scope="col" { "Distribution" }
                } }
                tbody {
                    @for (what, spread, bins) in rows {
                        tr {
                            th scope="row" { span.path { (cut(what, 120)) } }
                            td.number { (super::figure::grouped(spread.count)) }
                            td.number { (span(spread.median)) }
                            td.number { (span(spread.p95)) }
                            td.number { (span(spread.p99)) }
                            td.number { (span(spread.most)) }
                            td { (histogram(bins)) }
                        }
                    }
                }
            }
        }
    }
}

fn histogram(bins: &Bins) -> Markup {
    let highest = bins.iter().max().copied().unwrap_or_default().max(1);
    let width = bins.len() * BIN;
    let second = ENDS.partition_point(|end| *end <= 1_000) * BIN;
    html! {
        svg.spark viewBox={ "0 0 " (width) " " (TALL + 2) } width=(width) height=(TALL + 2) aria-hidden="true" {
            line.rule x1="0" x2=(width) y1=(TALL + 1) y2=(TALL + 1) {}
            line.due x1=(second) x2=(second) y1="0" y2=(TALL + 1) {}
            @for (place, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
                @let tall = (count * TALL / highest).max(2);
                rect.bar x=(place * BIN) y=(TALL + 1 - tall) width=(BIN - 1) height=(tall) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_falls_in_one_bin() {
        let lengths = [0, 1, 2, 999, 1_000, 99_999, 100_000, 9_000_000].map(Duration::from_millis);
        let bins = bins(&lengths);
        assert_eq!(bins.iter().sum::<usize>(), lengths.len());
        assert_eq!((bins[0], bins[1], bins[2]), (1, 1, 1));
        assert_eq!(bins[ENDS.len()], 2);
    }
}
