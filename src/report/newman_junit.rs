//! JUnit from a run's summary, in two forms.
//!
//! [`JunitForm::Strict`] loses nothing: a suite for each item and iteration; in it a case for the
//! request, one for each assertion and one for each script error; skipped is skipped; assertions
//! of one name are numbered; the counts agree with the cases.
//!
//! [`JunitForm::Newman`] has the shape of newman 6.2.2 for those who compare: a suite for each item,
//! iterations merged, the numbers those of the last one; cases of one name collapse and a later
//! pass covers an earlier failure; skipped looks passed; request and script errors stand in
//! `system-err` only.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::newman::{AssertionSummary, ErrorSummary, ExecutionSummary, RunSummary, script_name};
use crate::base::Timestamp;
use crate::event::Listen;

/// Which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JunitForm {
    /// Nothing lost.
    Strict,
    /// As newman writes it.
    Newman,
}

/// The run as JUnit XML, indented by two spaces.
#[must_use]
pub fn newman_junit(summary: &RunSummary, form: JunitForm) -> String {
    match form {
        JunitForm::Strict => strict(summary),
        JunitForm::Newman => newman(summary),
    }
}

/// Seconds with three digits.
fn seconds(milliseconds: f64) -> String {
    format!("{:.3}", milliseconds / 1000.0)
}

fn time_ms(execution: &ExecutionSummary) -> f64 {
    execution
        .response
        .as_ref()
        .map_or(0.0, |response| response.time_ms as f64)
}

fn moment(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

// ---- strict ---------------------------------------------------------------------------------

struct Case {
    name: String,
    seconds: String,
    end: CaseEnd,
}

enum CaseEnd {
    Passed,
    Skipped,
    Failed {
        kind: String,
        message: String,
        text: String,
    },
    Errored {
        kind: String,
        message: String,
        text: String,
    },
}

fn strict(summary: &RunSummary) -> String {
    let mut suites = String::new();
    let mut totals = [0; 4];
    let mut total_time = 0.0;
    for execution in &summary.executions {
        let cases = cases(execution);
        let counts = [
            cases.len(),
            count(&cases, |end| matches!(end, CaseEnd::Failed { .. })),
            count(&cases, |end| matches!(end, CaseEnd::Errored { .. })),
            count(&cases, |end| matches!(end, CaseEnd::Skipped)),
        ];
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
        total_time += time_ms(execution);
        let mut name = summary.full_name(&execution.item);
        if execution.cursor.cycles > 1 {
            let _ = write!(name, " [iteration {}]", execution.cursor.iteration + 1);
        }
        let class = format!("{} / {name}", summary.collection_name());
        let _ = writeln!(
            suites,
            "  <testsuite name=\"{}\" id=\"{}\" timestamp=\"{}\" {} time=\"{}\">",
            attribute(&name),
            attribute(execution.id()),
            moment(summary.timings.started_ms),
            count_attributes(counts),
            seconds(time_ms(execution)),
        );
        for case in &cases {
            write_case(&mut suites, case, &class);
        }
        suites.push_str("  </testsuite>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {} time=\"{}\">\n\
         {suites}</testsuites>\n",
        attribute(summary.collection_name()),
        count_attributes(totals),
        seconds(total_time),
    )
}

fn count(cases: &[Case], which: impl Fn(&CaseEnd) -> bool) -> usize {
    cases.iter().filter(|case| which(&case.end)).count()
}

fn count_attributes([tests, failures, errors, skipped]: [usize; 4]) -> String {
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn cases(execution: &ExecutionSummary) -> Vec<Case> {
    let mut cases = Vec::new();
    script_cases(execution, Listen::Prerequest, &mut cases);
    let method = execution
        .request
        .as_ref()
        .and_then(|request| request["method"].as_str())
        .unwrap_or("request");
    cases.push(Case {
        // Without the status: names must not change from run to run.
        name: format!("{method} is answered"),
        seconds: seconds(time_ms(execution)),
        end: execution
            .request_error
            .as_ref()
            .map_or(CaseEnd::Passed, errored),
    });
    script_cases(execution, Listen::Test, &mut cases);
    // Consumers take cases of one name for one case.
    let mut seen: IndexMap<String, usize> = IndexMap::new();
    for case in &mut cases {
        let times = seen.entry(case.name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            let _ = write!(case.name, " ({times})");
        }
    }
    cases
}

fn script_cases(execution: &ExecutionSummary, listen: Listen, cases: &mut Vec<Case>) {
    cases.extend(
        execution
            .assertions
            .iter()
            .filter(|assertion| assertion.listen == listen)
            .map(|assertion| Case {
                name: assertion.name.clone(),
                seconds: seconds(0.0),
                end: assertion_end(assertion),
            }),
    );
    let errors = match listen {
        Listen::Prerequest => &execution.prerequest_errors,
        Listen::Test => &execution.test_errors,
    };
    cases.extend(errors.iter().flatten().map(|error| Case {
        name: format!("{} ran to its end", script_name(listen)),
        seconds: seconds(0.0),
        end: errored(error),
    }));
}

fn assertion_end(assertion: &AssertionSummary) -> CaseEnd {
    match &assertion.error {
        _ if assertion.skipped => CaseEnd::Skipped,
        None => CaseEnd::Passed,
        Some(error) => CaseEnd::Failed {
            kind: error.name.clone(),
            message: error.message.clone(),
            text: stack(error),
        },
    }
}

fn errored(error: &ErrorSummary) -> CaseEnd {
    CaseEnd::Errored {
        kind: error.name.clone(),
        message: error.message.clone(),
        text: stack(error),
    }
}

fn stack(error: &ErrorSummary) -> String {
    error
        .stack
        .clone()
        .unwrap_or_else(|| format!("{}: {}", error.name, error.message))
}

fn write_case(xml: &mut String, case: &Case, class: &str) {
    let head = format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{}\"",
        attribute(&case.name),
        attribute(class),
        case.seconds
    );
    let (element, kind, message, text) = match &case.end {
        CaseEnd::Passed => {
            let _ = writeln!(xml, "{head}/>");
            return;
        }
        CaseEnd::Skipped => {
            let _ = writeln!(xml, "{head}>\n      <skipped/>\n    </testcase>");
            return;
        }
        CaseEnd::Failed {
            kind,
            message,
            text,
        } => ("failure", kind, message, text),
        CaseEnd::Errored {
            kind,
            message,
            text,
        } => ("error", kind, message, text),
    };
    let _ = writeln!(
        xml,
        "{head}>\n      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n    </testcase>",
        attribute(kind),
        attribute(message),
        cdata(text),
    );
}

// ---- newman's -------------------------------------------------------------------------------

fn newman(summary: &RunSummary) -> String {
    let collection = summary.collection_name();
    let collection_id = summary.collection["info"]["_postman_id"]
        .as_str()
        .unwrap_or_default();
    let mut by_item: IndexMap<&str, Vec<&ExecutionSummary>> = IndexMap::new();
    for execution in &summary.executions {
        by_item.entry(execution.id()).or_default().push(execution);
    }
    let mut suites = String::new();
    let mut total_time = 0.0;
    for (id, executions) in &by_item {
        let Some(last) = executions.last() else {
            continue;
        };
        let name = summary.full_name(&last.item);
        let times: Vec<f64> = executions.iter().map(|e| time_ms(e)).collect();
        total_time += times.iter().sum::<f64>();
        let outcome = merged(executions);
        let _ = write!(
            suites,
            "  <testsuite name=\"{}\" id=\"{}\" timestamp=\"{}\" tests=\"{}\" failures=\"{}\" \
             errors=\"{}\" time=\"{}\"",
            attribute(&name),
            attribute(id),
            moment(summary.timings.started_ms),
            last.assertions.len(),
            outcome.failures,
            outcome.errors,
            seconds(times.iter().sum::<f64>() / times.len() as f64),
        );
        if outcome.messages.is_empty() && outcome.tests.is_empty() {
            suites.push_str("/>\n");
            continue;
        }
        suites.push_str(">\n");
        if !outcome.messages.is_empty() {
            let _ = writeln!(
                suites,
                "    <system-err>{}</system-err>",
                cdata(&outcome.messages)
            );
        }
        let class = match class_name(&name) {
            class if class.is_empty() => class_name(collection),
            class => class,
        };
        for (test, failures) in &outcome.tests {
            let head = format!(
                "    <testcase name=\"{}\" time=\"{}\" classname=\"{}\"",
                attribute(test),
                seconds(time_ms(last)),
                attribute(&class)
            );
            let Some(first) = failures.first() else {
                let _ = writeln!(suites, "{head}/>");
                continue;
            };
            let _ = writeln!(
                suites,
                "{head}>\n      <failure type=\"AssertionFailure\" message=\"{}\">",
                attribute(&first.message)
            );
            for line in [
                format!("Failed {} times.", failures.len()),
                format!("Collection JSON ID: {collection_id}."),
                format!("Collection name: {collection}."),
                format!("Request name: {name}."),
                format!("Test description: {test}."),
                format!("Error message: {}.", first.message),
                format!("Stacktrace: {}.", stack(first)),
            ] {
                let _ = writeln!(suites, "        {}", cdata(&line));
            }
            suites.push_str("      </failure>\n    </testcase>\n");
        }
        suites.push_str("  </testsuite>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" tests=\"{}\" \
         time=\"{}\">\n{suites}</testsuites>",
        attribute(collection),
        summary.stats.tests.total,
        seconds(total_time),
    )
}

/// All iterations of one item, thrown together.
#[derive(Default)]
struct Merged<'a> {
    tests: IndexMap<&'a str, Vec<&'a ErrorSummary>>,
    failures: usize,
    errors: usize,
    messages: String,
}

fn merged<'a>(executions: &[&'a ExecutionSummary]) -> Merged<'a> {
    let mut merged = Merged::default();
    for execution in executions {
        let before = merged.errors;
        let mut message = format!("Iteration: {}\n", execution.cursor.iteration);
        if let Some(error) = &execution.request_error {
            merged.errors += 1;
            let _ = writeln!(message, "RequestError: {}", stack(error));
        }
        message.push_str("\n---\n");
        for (name, errors) in [
            ("testScript", &execution.test_errors),
            ("prerequestScript", &execution.prerequest_errors),
        ] {
            for error in errors.iter().flatten() {
                merged.errors += 1;
                let text = error.stack.as_ref().unwrap_or(&error.message);
                let _ = write!(message, "{name}Error: {text}\n---\n");
            }
        }
        if merged.errors > before {
            merged.messages.push_str(&message);
        }
        for assertion in &execution.assertions {
            let failures = merged.tests.entry(&assertion.name).or_default();
            match &assertion.error {
                Some(error) => {
                    merged.failures += 1;
                    failures.push(error);
                }
                None => failures.clear(),
            }
        }
    }
    merged
}

/// The words of `name` in upper camel case, as lodash cuts them: at everything that is neither
/// letter nor digit, between lower and upper case, and between letters and digits. Letters with
/// accents are dropped, where lodash puts plain ones.
fn class_name(name: &str) -> String {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Lower,
        Upper,
        Digit,
        Other,
    }
    let kind = |character: char| {
        if character.is_ascii_digit() {
            Kind::Digit
        } else if character.is_uppercase() {
            Kind::Upper
        } else if character.is_alphabetic() {
            Kind::Lower
        } else {
            Kind::Other
        }
    };
    // Apostrophes vanish: "don't" is one word.
    let characters: Vec<char> = name.chars().filter(|c| !matches!(c, '\'' | '’')).collect();
    let mut class = String::new();
    let mut before = Kind::Other;
    for (place, character) in characters.iter().enumerate() {
        let now = kind(*character);
        let next = characters.get(place + 1).map_or(Kind::Other, |c| kind(*c));
        let begins = match (before, now) {
            (_, Kind::Other) | (Kind::Upper, Kind::Lower) => false,
            // The last capital of an acronym begins the next word: "HTTPServer".
            (Kind::Upper, Kind::Upper) => next == Kind::Lower,
            (before, now) => before != now,
        };
        if now != Kind::Other {
            if begins {
                class.extend(character.to_uppercase());
            } else {
                class.extend(character.to_lowercase());
            }
        }
        before = now;
    }
    // JavaScript's \W knows ASCII only.
    class.retain(|character| character.is_ascii_alphanumeric() || character == '_');
    class
}

// ---- XML ------------------------------------------------------------------------------------

/// Characters that XML 1.0 cannot hold (§2.2) become U+FFFD.
fn legal(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|character| match character {
        '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => {
            character
        }
        _ => '\u{fffd}',
    })
}

/// `text` inside double quotes, escaped as xmlbuilder does.
fn attribute(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in legal(text) {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#x9;"),
            '\n' => escaped.push_str("&#xA;"),
            '\r' => escaped.push_str("&#xD;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn cdata(text: &str) -> String {
    let text: String = legal(text).collect();
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

#[cfg(test)]
#[path = "newman_junit_tests.rs"]
mod tests;
