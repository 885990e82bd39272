//! Tries one format with many inputs, and watches for what does not come back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use preflight::base::{Random, Seed};

use crate::format::{Fate, Format};

/// How many inputs each format gets in CI.
const SHORT: u64 = 400;

/// No input takes longer, however busy the machine is. They are a few kilobytes.
const BOUND: Duration = Duration::from_mins(1);

/// How often it is told how far a long run has come.
const STRIDE: u64 = 100_000;

/// How many failures are told.
const MOST_TOLD: usize = 10;

enum Message {
    Begun(u64),
    Failed(u64, String),
}

/// What became of the inputs.
#[derive(Default)]
struct Tally {
    read: u64,
    refused: u64,
    slowest: (Duration, u64),
}

#[expect(
    clippy::disallowed_methods,
    reason = "who starts a long run says so in the environment"
)]
fn number(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().expect("the variable is a number"),
        Err(_) => otherwise,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long an input takes is what is tested"
)]
fn now() -> Instant {
    Instant::now()
}

/// Tries the format; fails where an input panics, hangs, or is refused without its place.
pub fn run(format: Format) {
    let inputs = number("PREFLIGHT_FUZZ_INPUTS", SHORT * 4).div_ceil(4);
    let from = number("PREFLIGHT_FUZZ_FROM", 0);
    let (sender, receiver) = mpsc::channel();
    let began = now();
    let worker = std::thread::Builder::new()
        // As much as the main thread of a program has.
        .stack_size(8 << 20)
        .spawn(move || work(format, from..from + inputs, &sender))
        .expect("a thread can be started");
    let mut at = from;
    let mut failures = Vec::new();
    loop {
        match receiver.recv_timeout(BOUND) {
            Ok(Message::Begun(number)) => at = number,
            Ok(Message::Failed(number, reason)) => {
                failures.push(format!("{format:?} {number}: {reason}"));
                if failures.len() >= MOST_TOLD {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout) => panic!("{format:?}: input {at} hangs"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let tally = worker.join().expect("panics of inputs are caught");
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", told(format, inputs, seconds, &tally));
    // Otherwise too little is tried of what lies behind the reader, or of the reader.
    if inputs >= SHORT {
        assert!(tally.read > inputs / 20, "{format:?}: hardly any is read");
        assert!(
            tally.refused > inputs / 20,
            "{format:?}: hardly any is refused"
        );
    }
}

fn told(format: Format, inputs: u64, seconds: f64, tally: &Tally) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is told, not counted with")]
    let rate = inputs as f64 / seconds;
    format!(
        "{format:?}: {inputs} inputs, {} read, {} refused; {rate:.0} a second; the slowest, {}, \
         took {:.1?}",
        tally.read, tally.refused, tally.slowest.1, tally.slowest.0,
    )
}

fn work(format: Format, numbers: std::ops::Range<u64>, sender: &Sender<Message>) -> Tally {
    let ground = format.ground();
    let mut tally = Tally::default();
    let began = now();
    let first = numbers.start;
    for number in numbers {
        let _ = sender.send(Message::Begun(number));
        let mut random = Random::from_seed(Seed(number)).fork(&format!("{format:?}"));
        let started = now();
        let mut input = Vec::new();
        let fate = catch_unwind(AssertUnwindSafe(|| {
            input = ground.change(&mut random);
            ground.try_out(&input)
        }));
        let took = started.elapsed();
        tally.slowest = tally.slowest.max((took, number));
        let failure = match fate {
            Ok(Fate::Read) => {
                tally.read += 1;
                None
            }
            Ok(Fate::Refused(reason)) => {
                tally.refused += 1;
                format.objection(&reason)
            }
            Err(panic) => Some(format!("panics: {}", said(panic.as_ref()))),
        };
        let slow = (took > BOUND).then(|| format!("takes {took:?}"));
        if let Some(reason) = failure.or(slow) {
            let shown: String = String::from_utf8_lossy(&input).chars().take(4000).collect();
            let _ = sender.send(Message::Failed(number, format!("{reason}\n{shown}")));
        }
        let done = number - first + 1;
        if done.is_multiple_of(STRIDE) {
            println!(
                "{}",
                told(format, done, began.elapsed().as_secs_f64(), &tally)
            );
        }
    }
    tally
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("something").to_owned()
}
