//! The lines that a person reads while a run goes on, in newman's manner.
//!
//! [`Console`] turns the events of a run into text; printing it is left to the caller. What newman
//! leaves out is said: a failed request stands with its folders in the list of failures.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::newman::{Counter, Failure, FailurePlace, RunSummary, headers_size, script_name};
use crate::event::{
    AssertionOutcome, AssertionRecord, Event, EventKind, Listen, Origin, WaitReason,
};
use crate::exchange::{Exchange, Outcome};

/// Whether the text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// With ANSI escapes.
    On,
    /// Without any.
    Off,
}

/// Which symbols are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// `→ ↳ ❏ ✓`.
    Unicode,
    /// Words in ASCII (`--disable-unicode`).
    Plain,
}

struct Signs {
    folder: &'static str,
    root: &'static str,
    sub: &'static str,
    passed: &'static str,
    top: &'static str,
    middle: &'static str,
    bottom: &'static str,
}

impl Symbols {
    fn signs(self) -> &'static Signs {
        match self {
            Self::Unicode => &Signs {
                folder: "❏",
                root: "→",
                sub: "↳",
                passed: "✓",
                top: "┌",
                middle: "│",
                bottom: "└",
            },
            Self::Plain => &Signs {
                folder: "Folder",
                root: "Root",
                sub: "Sub-folder",
                passed: "Pass",
                top: "-",
                middle: "|",
                bottom: "-",
            },
        }
    }
}

const GREY: Style = AnsiColor::BrightBlack.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const ALARM: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// The console report of one run.
#[derive(Clone, Debug)]
pub struct Console {
    colour: Colour,
    symbols: Symbols,
    iterations: u32,
    iteration: Option<u32>,
    folder: Vec<String>,
    failures: usize,
    /// Whether the last attempt of this step's request failed. It counts once no other follows.
    unanswered: bool,
}

impl Console {
    /// A report on a run of so many iterations.
    #[must_use]
    pub fn new(colour: Colour, symbols: Symbols, iterations: u32) -> Self {
        Self {
            colour,
            symbols,
            iterations,
            iteration: None,
            folder: Vec::new(),
            failures: 0,
            unanswered: false,
        }
    }

    /// The lines, each with its end, that belong to `event`; often none.
    pub fn lines(&mut self, event: &Event) -> String {
        match &event.kind {
            EventKind::RunStarted(start) => {
                format!("{}\n", start.collections.join(", "))
            }
            EventKind::ScenarioStarted { scenario } => {
                self.folder.clear();
                format!(
                    "\n{}\n",
                    self.paint(CYAN.bold(), &format!("Scenario {scenario}"))
                )
            }
            EventKind::StepStarted {
                iteration, item, ..
            } => {
                let mut text = String::new();
                if self.iterations > 1 && self.iteration != Some(*iteration) {
                    let banner = format!("Iteration {}/{}", iteration + 1, self.iterations);
                    let _ = writeln!(text, "\n{}", self.paint(GREY.underline(), &banner));
                }
                self.iteration = Some(*iteration);
                text + &self.item(&item.path)
            }
            EventKind::Exchange {
                origin,
                attempt,
                exchange,
                ..
            } => self.exchange(*origin, attempt.number, exchange),
            EventKind::Waited {
                reason,
                milliseconds,
                ..
            } => self.waited(*reason, *milliseconds),
            EventKind::Assertion(record) => self.assertion(record),
            EventKind::RequestFailed { failure, .. } => {
                self.unanswered = true;
                self.errored(&failure.message)
            }
            EventKind::ScriptFailed {
                listen, message, ..
            } => self.script_failed(*listen, message),
            EventKind::Console { level, message, .. } => self.console(level, message),
            EventKind::StepSkipped { .. } => {
                format!("  {}\n", self.paint(CYAN, "[skipped by its script]"))
            }
            EventKind::Notice { message } => format!("  {}\n", self.paint(YELLOW, message)),
            EventKind::ScenarioEnded { missing, .. } if !missing.is_empty() => {
                let text = format!("not completed: {}", missing.join("; "));
                format!("  {}\n", self.paint(YELLOW, &text))
            }
            EventKind::NoiseFloor(floor) => format!("  {}\n", self.paint(GREY, &floor.to_string())),
            EventKind::Connector { message, .. } => {
                format!("  {}\n", self.paint(GREY, message))
            }
            EventKind::ProbeStarted(start) => format!("  {} {}\n", start.check, start.factor),
            EventKind::ProbeWithheld(_)
            | EventKind::ProbeNoticed { .. }
            | EventKind::ScenarioEnded { .. }
            | EventKind::StepEnded { .. }
            | EventKind::FaultProof(_)
            | EventKind::RunEnded { .. } => String::new(),
        }
    }

    /// Folder, where it is another than before, and name of an item. `path` begins with the
    /// collection.
    fn item(&mut self, path: &[String]) -> String {
        let signs = self.symbols.signs();
        let (name, parents) = path
            .split_last()
            .map_or(("", path), |(name, parents)| (name.as_str(), parents));
        let folders = parents.get(1..).unwrap_or_default();
        let mut text = String::new();
        if self.folder != folders {
            if !folders.is_empty() {
                let _ = write!(text, "\n{} {}", signs.folder, folders.join(" / "));
            }
            self.folder = folders.to_vec();
        }
        let sign = if folders.is_empty() {
            signs.root
        } else {
            signs.sub
        };
        let _ = writeln!(text, "\n{sign} {name}");
        text
    }

    fn exchange(&mut self, origin: Origin, attempt: u32, exchange: &Exchange) -> String {
        let request = &exchange.request;
        let indent = match origin {
            Origin::Item | Origin::Connector | Origin::Probe => "  ",
            Origin::Script | Origin::Redirect | Origin::Platform | Origin::Product => "    ",
        };
        let mut head = format!("{indent}{} {}", request.method, request.url);
        if attempt > 1 {
            let _ = write!(head, " (attempt {attempt})");
        }
        let head = self.paint(GREY, &head);
        match &exchange.outcome {
            Outcome::Response(response) => {
                if matches!(origin, Origin::Item | Origin::Redirect) {
                    self.unanswered = false;
                }
                let size = u64::try_from(response.body.len()).unwrap_or(u64::MAX)
                    + headers_size(&response.reason, &response.headers);
                let milliseconds = exchange.timing.total().as_secs_f64() * 1000.0;
                let answer = format!(
                    "[{} {}, {}, {}]",
                    response.status,
                    response.reason,
                    size_text(size),
                    duration_text(milliseconds)
                );
                format!("{head} {}\n", self.paint(GREY, &answer))
            }
            Outcome::Failure(failure) => {
                if matches!(origin, Origin::Item | Origin::Redirect) {
                    self.unanswered = true;
                }
                format!(
                    "{head} {}\n     {}\n",
                    self.paint(RED, "[errored]"),
                    self.paint(RED, &failure.message)
                )
            }
        }
    }

    fn errored(&self, message: &str) -> String {
        format!(
            "  {}\n     {}\n",
            self.paint(RED, "[errored]"),
            self.paint(RED, message)
        )
    }

    /// A request that stayed unanswered is a failure before those that follow.
    fn settle(&mut self) {
        if std::mem::take(&mut self.unanswered) {
            self.failures += 1;
        }
    }

    fn waited(&self, reason: WaitReason, milliseconds: u64) -> String {
        let why = match reason {
            WaitReason::RetryAfter => "as Retry-After asked",
            WaitReason::Backoff => "before another attempt",
            WaitReason::Pace => "to keep the agreed rate",
            // newman does not mention it either.
            WaitReason::Delay => return String::new(),
        };
        let text = format!("  waited {} {why}", duration_text(milliseconds as f64));
        format!("{}\n", self.paint(GREY, &text))
    }

    fn assertion(&mut self, record: &AssertionRecord) -> String {
        match &record.outcome {
            AssertionOutcome::Passed => format!(
                "{}  {}\n",
                self.paint(GREEN, &format!("  {}", self.symbols.signs().passed)),
                self.paint(GREY, &record.name)
            ),
            AssertionOutcome::Skipped => format!(
                "{} {}\n",
                self.paint(CYAN, "  - "),
                self.paint(CYAN, &format!("[skipped] {}", record.name))
            ),
            AssertionOutcome::Failed { .. } => {
                self.settle();
                self.failures += 1;
                format!(
                    "{} {}\n",
                    self.paint(ALARM, &format!("{:>3}.", self.failures)),
                    self.paint(ALARM, &record.name)
                )
            }
        }
    }

    fn script_failed(&mut self, listen: Listen, message: &str) -> String {
        self.settle();
        self.failures += 1;
        let name = message.split(':').next().unwrap_or("Error");
        let text = format!("{:>3}. {name} in {}", self.failures, script_name(listen));
        format!("{}\n", self.paint(ALARM, &text))
    }

    fn console(&self, level: &str, message: &str) -> String {
        let signs = self.symbols.signs();
        let style = match level {
            "error" => RED,
            "warn" => YELLOW,
            "info" => CYAN,
            _ => GREY,
        };
        let mut text = format!("  {}\n", self.paint(style, signs.top));
        for line in message.lines() {
            let _ = writeln!(
                text,
                "  {} {}",
                self.paint(style, signs.middle),
                self.paint(GREY, line)
            );
        }
        let _ = writeln!(text, "  {}", self.paint(style, signs.bottom));
        text
    }

    /// The list of failures, numbered as the lines before; nothing when there is none.
    #[must_use]
    pub fn failures(&self, summary: &RunSummary) -> String {
        let mut text = String::new();
        for (place, failure) in summary.failures().enumerate() {
            let _ = write!(text, "\n{}", self.failure(place + 1, summary, failure));
        }
        text
    }

    fn failure(&self, number: usize, summary: &RunSummary, failure: Failure<'_>) -> String {
        let Failure {
            execution,
            error,
            at,
        } = failure;
        let mut title = error.name.clone();
        let place = match at {
            FailurePlace::Request => "request".to_owned(),
            FailurePlace::Script(listen) => script_name(listen).to_owned(),
            FailurePlace::Assertion(assertion) => {
                let _ = write!(title, "  {}", assertion.name);
                format!(
                    "assertion:{} in {}",
                    assertion.index,
                    script_name(assertion.listen)
                )
            }
        };
        let mut place = format!(
            "at {place} inside \"{}\"",
            summary.full_name(&execution.item)
        );
        if execution.cursor.cycles > 1 {
            let _ = write!(place, ", iteration {}", execution.cursor.iteration + 1);
        }
        let mut text = format!("{}\n", self.paint(ALARM, &format!("{number:>3}. {title}")));
        for line in error.message.lines().chain([place.as_str()]) {
            let _ = writeln!(text, "     {}", self.paint(GREY, line));
        }
        text
    }

    /// The totals; they fit ten lines and come last.
    #[must_use]
    pub fn summary(&self, summary: &RunSummary) -> String {
        let stats = &summary.stats;
        let mut text = format!("{:>24}{:>12}{:>10}\n", "", "executed", "failed");
        for (label, counter) in [
            ("iterations", stats.iterations),
            ("requests", stats.requests),
            ("test-scripts", stats.test_scripts),
            ("prerequest-scripts", stats.prerequest_scripts),
            ("assertions", stats.assertions),
        ] {
            let Counter { total, failed, .. } = counter;
            let style = if failed > 0 { RED } else { GREEN };
            let label = self.paint(style, &format!("{label:>24}"));
            let mut failed_text = format!("{failed:>10}");
            if failed > 0 {
                failed_text = self.paint(RED, &failed_text);
            }
            let _ = writeln!(text, "{label}{total:>12}{failed_text}");
        }
        let timings = &summary.timings;
        let duration = timings.completed_ms - timings.started_ms;
        let _ = writeln!(
            text,
            "total run duration: {}",
            duration_text(duration as f64)
        );
        let _ = writeln!(
            text,
            "total data received: {} (approx)",
            size_text(summary.response_total)
        );
        if timings.response.average > 0.0 {
            let _ = writeln!(
                text,
                "average response time: {} [min: {}, max: {}, s.d.: {}]",
                duration_text(timings.response.average),
                duration_text(timings.response.minimum),
                duration_text(timings.response.maximum),
                duration_text(timings.response.deviation)
            );
        }
        text
    }

    fn paint(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::On => format!("{style}{text}{style:#}"),
            Colour::Off => text.to_owned(),
        }
    }
}

/// A time as newman shows it: `500µs`, `27ms`, `1.9s`, `1m 1.5s`. Nothing is rounded up.
#[must_use]
pub fn duration_text(milliseconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and a time is not negative"
    )]
    let whole = |value: f64| value.max(0.0) as u64;
    if milliseconds < 1.0 {
        return format!("{}µs", whole(milliseconds * 1000.0));
    }
    if milliseconds < 1998.0 {
        return format!("{}ms", whole(milliseconds));
    }
    let tenths = whole(milliseconds) / 100;
    let mut parts = Vec::new();
    for (unit, tenths_of_unit, count) in
        [("d", 864_000, u64::MAX), ("h", 36_000, 24), ("m", 600, 60)]
    {
        let number = tenths / tenths_of_unit % count;
        if number > 0 {
            parts.push(format!("{number}{unit}"));
        }
    }
    match (tenths % 600 / 10, tenths % 10) {
        (0, 0) => {}
        (seconds, 0) => parts.push(format!("{seconds}s")),
        (seconds, tenth) => parts.push(format!("{seconds}.{tenth}s")),
    }
    parts.join(" ")
}

/// A size as newman shows it: `999B`, `1.35kB`, `10.24kB`.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes}B");
    }
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let mut divisor = 1000;
    let mut unit = 0;
    let hundredths = loop {
        let hundredths = (u128::from(bytes) * 100 + divisor / 2) / divisor;
        if hundredths < 100_000 || unit + 1 == units.len() {
            break hundredths;
        }
        divisor *= 1000;
        unit += 1;
    };
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{}", units[unit])
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
