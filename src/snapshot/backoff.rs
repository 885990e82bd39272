//! What each retried operation was answered, and how long it waited.

use std::fmt::Write as _;
use std::time::Duration;

use super::status_flow::or_nothing;
use crate::exchange::{Outcome, between};
use crate::history::{Call, Groups};

/// `minimum` is the shortest wait that is none: a shorter one is an immediate retry.
pub(super) fn text(groups: &Groups<'_, '_>, minimum: Duration) -> String {
    let mut text = String::new();
    for group in groups.iter() {
        let [first, .., _] = group else {
            continue;
        };
        if !text.is_empty() {
            text.push('\n');
        }
        writeln!(text, "{}", first.endpoint.operation).expect("writing to a String cannot fail");
        let mut before: Option<&Call<'_>> = None;
        for call in group {
            if let Some(before) = before {
                let wait = between(before.ended(), call.began());
                let waits = match before.hint() {
                    Some(_) => rounded(wait),
                    None => own(wait, minimum).to_owned(),
                };
                writeln!(text, "  waits {waits}").expect("writing to a String cannot fail");
            }
            writeln!(text, "  attempt {}: {}", call.attempt.number, answer(call))
                .expect("writing to a String cannot fail");
            before = Some(call);
        }
    }
    or_nothing(text, "no operation was tried again")
}

/// A wait for which there was no hint: jitter makes its length volatile, but not that there was one.
fn own(wait: Duration, minimum: Duration) -> &'static str {
    if wait < minimum {
        "not at all"
    } else {
        "of its own accord"
    }
}

/// To the nearest second: what a clock in real time repeats.
fn rounded(wait: Duration) -> String {
    let seconds = wait.as_secs_f64().round();
    if seconds < 1.0 {
        "less than 1 s".to_owned()
    } else {
        format!("{seconds} s")
    }
}

fn answer(call: &Call<'_>) -> String {
    let response = match &call.exchange.outcome {
        Outcome::Response(response) => response,
        Outcome::Failure(failure) => {
            return serde_json::to_value(failure.kind)
                .ok()
                .and_then(|kind| kind.as_str().map(|kind| format!("no answer ({kind})")))
                .unwrap_or_else(|| "no answer".to_owned());
        }
    };
    let status = response.status;
    match (call.hint(), response.headers.get("retry-after")) {
        // A date is volatile; how far ahead it lies is not.
        (Some(hint), _) if hint.coarseness > Duration::ZERO => {
            format!("{status}, Retry-After a date {} ahead", rounded(hint.wait))
        }
        (Some(hint), _) => format!("{status}, Retry-After {} s", hint.wait.as_secs()),
        (None, Some(value)) => format!("{status}, Retry-After asks for nothing: {value:?}"),
        (None, None) => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::history::composer::Composer;
    use crate::profile::Profile;
    use crate::snapshot::transcripts;

    #[test]
    fn only_retried_operations_are_told_with_hint_and_wait() {
        let path = "/api-provider-v1/providers/p";
        let wait = Duration::from_millis;
        let history = Composer::replay()
            .step("Once")
            .send("GET", path, Value::Null, 429, Value::Null)
            .step("Seconds, a date, nothing, nonsense")
            .send("GET", path, Value::Null, 429, Value::Null)
            .answered_with("Retry-After", "2")
            .wait(wait(2_100))
            .again("GET", path, Value::Null, 503, Value::Null)
            .answered_with("Retry-After", "Thu, 01 Jan 2026 00:00:09 GMT")
            .answered_with("Date", "Thu, 01 Jan 2026 00:00:05 GMT")
            .wait(wait(4_400))
            .again("GET", path, Value::Null, 429, Value::Null)
            .wait(wait(300))
            .again("GET", path, Value::Null, 429, Value::Null)
            .answered_with("Retry-After", "soon")
            .again("GET", path, Value::Null, 200, Value::Null)
            .step("Cut")
            .send("GET", path, Value::Null, 200, Value::Null)
            .cut()
            .again("GET", path, Value::Null, 200, Value::Null)
            .history();
        let text = &transcripts(&history, &Profile::built_in())[1].text;
        insta::assert_snapshot!(text, @r#"
        GET /api-provider-v1/providers/{providerId}
          attempt 1: 429, Retry-After 2 s
          waits 2 s
          attempt 2: 503, Retry-After a date 4 s ahead
          waits 4 s
          attempt 3: 429
          waits of its own accord
          attempt 4: 429, Retry-After asks for nothing: "soon"
          waits not at all
          attempt 5: 200

        GET /api-provider-v1/providers/{providerId}
          attempt 1: no answer (cut)
          waits not at all
          attempt 2: 200
        "#);
    }

    #[test]
    fn a_run_without_retries_says_so() {
        let history = Composer::replay().history();
        let text = &transcripts(&history, &Profile::built_in())[1].text;
        assert_eq!(text, "(no operation was tried again)\n");
    }
}
