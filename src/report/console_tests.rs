//! The report of a made-up run, with and without colour and symbols.

use std::time::Duration;

use super::*;
use crate::base::{Clock, Timestamp};
use crate::event::{Attempt, ItemName};
use crate::exchange::{
    Body, Exchange, Failure as Refusal, FailureKind, Headers, Outcome, Request, Response, Timing,
    Vantage,
};
use crate::report::newman_example::example;

fn at(milliseconds: u64) -> Timestamp {
    Clock::logical_start() + Duration::from_millis(milliseconds)
}

fn exchange(url: &str, outcome: Outcome) -> Box<Exchange> {
    Box::new(Exchange {
        request: Request {
            method: "GET".into(),
            url: url.into(),
            headers: Headers::new(),
            body: Body::default(),
        },
        outcome,
        timing: Timing {
            request_first: at(0),
            request_last: at(0),
            response_first: at(20),
            response_last: at(27),
        },
        vantage: Vantage::Client,
        connection: None,
    })
}

fn answered(status: u16, reason: &str) -> Outcome {
    Outcome::Response(Response {
        status,
        reason: reason.into(),
        headers: Headers::from_iter([("Content-Type", "text/plain")]),
        body: "hello".to_owned().into(),
    })
}

fn step(iteration: u32, path: &[&str]) -> EventKind {
    EventKind::StepStarted {
        step: 1,
        iteration,
        item: ItemName {
            id: "i".into(),
            path: path.iter().map(|name| (*name).to_owned()).collect(),
        },
        provokes: Vec::new(),
    }
}

fn sent(origin: Origin, number: u32, exchange: Box<Exchange>) -> EventKind {
    EventKind::Exchange {
        step: 1,
        origin,
        attempt: Attempt { group: 1, number },
        exchange,
    }
}

fn assertion(name: &str, outcome: AssertionOutcome) -> EventKind {
    EventKind::Assertion(AssertionRecord {
        step: 1,
        listen: Listen::Test,
        name: name.into(),
        outcome,
    })
}

fn run() -> Vec<EventKind> {
    let failed = AssertionOutcome::Failed {
        message: "AssertionError: expected 1 to deeply equal 2".into(),
    };
    let refused = Outcome::Failure(Refusal {
        kind: FailureKind::Connect,
        message: "connection refused".into(),
    });
    vec![
        step(0, &["Example", "Outer", "Inner", "first"]),
        EventKind::Console {
            step: 1,
            level: "log".into(),
            message: "one\ntwo".into(),
        },
        sent(
            Origin::Item,
            1,
            exchange("http://a.invalid/x", answered(429, "Too Many Requests")),
        ),
        EventKind::Waited {
            step: 1,
            reason: WaitReason::RetryAfter,
            milliseconds: 7000,
        },
        sent(
            Origin::Item,
            2,
            exchange("http://a.invalid/x", answered(200, "OK")),
        ),
        sent(
            Origin::Script,
            1,
            exchange("http://a.invalid/y", answered(200, "OK")),
        ),
        assertion("passes", AssertionOutcome::Passed),
        assertion("is left out", AssertionOutcome::Skipped),
        assertion("fails", failed),
        step(0, &["Example", "Outer", "Inner", "second"]),
        EventKind::StepSkipped { step: 2 },
        step(1, &["Example", "at the root"]),
        sent(Origin::Item, 1, exchange("http://b.invalid", refused)),
        EventKind::ScriptFailed {
            step: 3,
            listen: Listen::Test,
            message: "TypeError: cannot read".into(),
        },
    ]
}

fn report(colour: Colour, symbols: Symbols) -> String {
    let mut console = Console::new(colour, symbols, 2);
    let mut text = String::new();
    for (place, kind) in run().into_iter().enumerate() {
        text += &console.lines(&Event {
            sequence: u64::try_from(place).unwrap() + 1,
            at: at(0),
            kind,
        });
    }
    text + &console.failures(&example()) + "\n" + &console.summary(&example())
}

#[test]
fn a_run_reads_as_in_newman() {
    insta::assert_snapshot!(report(Colour::Off, Symbols::Unicode));
}

#[test]
fn without_unicode_there_are_words() {
    let plain = report(Colour::Off, Symbols::Plain);
    assert!(plain.replace('µ', "").is_ascii(), "{plain}");
    assert!(plain.contains("\nFolder Outer / Inner\nSub-folder first\n"));
    assert!(plain.contains("\nRoot at the root\n"));
    assert!(plain.contains("  Pass  passes\n"));
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let coloured = report(Colour::On, Symbols::Unicode);
    let escape = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    assert!(escape.is_match(&coloured));
    let plain = report(Colour::Off, Symbols::Unicode);
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(escape.replace_all(&coloured, ""), plain);
}

#[test]
fn an_attempt_that_is_repeated_with_success_is_no_failure() {
    let refused = Outcome::Failure(Refusal {
        kind: FailureKind::Connect,
        message: "connection refused".into(),
    });
    let fails = || {
        assertion(
            "fails",
            AssertionOutcome::Failed {
                message: String::new(),
            },
        )
    };
    let mut console = Console::new(Colour::Off, Symbols::Unicode, 1);
    let mut number = |kinds: Vec<EventKind>| {
        let text: String = kinds
            .into_iter()
            .map(|kind| {
                console.lines(&Event {
                    sequence: 1,
                    at: at(0),
                    kind,
                })
            })
            .collect();
        text.lines().last().unwrap_or_default().to_owned()
    };
    let url = "http://a.invalid";
    let answer = || sent(Origin::Item, 2, exchange(url, answered(200, "OK")));
    let refusal = || sent(Origin::Item, 1, exchange(url, refused.clone()));
    let end = || EventKind::StepEnded { step: 1 };
    assert_eq!(number(vec![refusal(), answer(), fails()]), "  1. fails");
    assert_eq!(
        number(vec![refusal(), refusal(), end(), fails()]),
        "  3. fails"
    );
}

#[test]
fn the_summary_fits_ten_lines() {
    let console = Console::new(Colour::Off, Symbols::Unicode, 1);
    assert!(console.summary(&example()).lines().count() <= 10);
}

#[test]
fn times_are_shown_as_in_newman() {
    let table = [
        (0.0, "0µs"),
        (0.0123, "12µs"),
        (0.5, "500µs"),
        (1.9, "1ms"),
        (1997.0, "1997ms"),
        (1998.0, "1.9s"),
        (2000.0, "2s"),
        (59_999.0, "59.9s"),
        (60_000.0, "1m"),
        (61_500.0, "1m 1.5s"),
        (3_600_000.0, "1h"),
        (3_661_500.0, "1h 1m 1.5s"),
        (90_061_000.0, "1d 1h 1m 1s"),
        (172_800_000.0, "2d"),
    ];
    for (milliseconds, text) in table {
        assert_eq!(duration_text(milliseconds), text);
    }
}

#[test]
fn sizes_are_shown_as_in_newman() {
    let table = [
        (0, "0B"),
        (999, "999B"),
        (1000, "1kB"),
        (1023, "1.02kB"),
        (1352, "1.35kB"),
        (10_240, "10.24kB"),
        (99_999, "100kB"),
        (123_456, "123.46kB"),
        (999_999, "1MB"),
        (1_000_000, "1MB"),
        (1_234_567, "1.23MB"),
        (1_000_000_000_000, "1TB"),
        (u64::MAX, "18.45EB"),
    ];
    for (bytes, text) in table {
        assert_eq!(size_text(bytes), text);
    }
}
