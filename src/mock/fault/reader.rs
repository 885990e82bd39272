//! Reads scripted answers from words.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use thiserror::Error;

use super::{Fault, FaultKind, Hint};

/// A text is not a scripted answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the scripted answer `{text}` cannot be read: {reason}; write, for example, `429 retry-after=7`, `429 retry-after=date+7`, `503 retry-after=2 delay=1s`, `503 for=10s`, `delay=2s`, `slow-body=5s`, `truncated`, `revoke`, `cut`, `cut-after-effect`, `reset`, `reset-after-effect` or `reset-mid-answer`"
)]
pub struct FaultError {
    text: String,
    reason: String,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        read(text).map_err(|reason| FaultError {
            text: text.to_owned(),
            reason,
        })
    }
}

fn read(text: &str) -> Result<Fault, String> {
    let mut words: Vec<_> = text.split_whitespace().collect();
    let last = words.last().copied().unwrap_or_default();
    let period = value_of(last, "for").map(duration).transpose()?;
    if period.is_some() {
        words.pop();
    }
    let (first, rest) = words.split_first().ok_or("it is empty")?;
    let kind = match (
        *first,
        value_of(first, "delay"),
        value_of(first, "slow-body"),
    ) {
        (_, Some(delay), _) => FaultKind::Delay(duration(delay)?),
        (_, _, Some(time)) => FaultKind::SlowBody(duration(time)?),
        ("cut", ..) => FaultKind::Cut,
        ("cut-after-effect", ..) => FaultKind::CutAfterEffect,
        ("reset", ..) => FaultKind::Reset,
        ("reset-after-effect", ..) => FaultKind::ResetAfterEffect,
        ("reset-mid-answer", ..) => FaultKind::ResetMidAnswer,
        ("truncated", ..) => FaultKind::Truncated,
        ("revoke", ..) => FaultKind::Revoke,
        (word, ..) => {
            let kind = status(word, rest)?;
            return Ok(Fault { kind, period });
        }
    };
    match rest.first() {
        None => Ok(Fault { kind, period }),
        Some(word) => Err(format!("nothing may follow but `for=`, and `{word}` does")),
    }
}

/// An error of the status `word`, told more of by the words that follow.
fn status(word: &str, rest: &[&str]) -> Result<FaultKind, String> {
    let status = word
        .parse()
        .ok()
        .filter(|status| (400..600).contains(status))
        .ok_or_else(|| format!("`{word}` is neither a status from 400 to 599 nor a known word"))?;
    let mut hints = Vec::new();
    let mut delay = Duration::ZERO;
    for word in rest {
        if let Some(value) = value_of(word, "retry-after") {
            hints.push(hint(value)?);
        } else if let Some(value) = value_of(word, "delay") {
            delay = duration(value)?;
        } else {
            return Err(format!(
                "`{word}` is neither `retry-after=` nor `delay=`, nor a `for=` at the end"
            ));
        }
    }
    Ok(FaultKind::Status {
        status,
        hints,
        delay,
    })
}

fn hint(value: &str) -> Result<Hint, String> {
    if let Ok(seconds) = value.parse() {
        return Ok(Hint::Seconds(seconds));
    }
    if let Some(offset) = value.strip_prefix("date") {
        return offset
            .parse()
            .map(Hint::Date)
            .map_err(|_| format!("`{value}` does not say how many seconds: `date+7`"));
    }
    if value.is_ascii() {
        Ok(Hint::Malformed(value.to_owned()))
    } else {
        Err(format!("`{value}` cannot stand in a header"))
    }
}

/// What `word` gives the parameter `name`: `7` in `name=7`.
fn value_of<'a>(word: &'a str, name: &str) -> Option<&'a str> {
    word.strip_prefix(name)?.strip_prefix('=')
}

fn duration(value: &str) -> Result<Duration, String> {
    value
        .parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| format!("`{value}` is not a time such as `2s` or `250ms`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripted_answers_are_read_and_shown() {
        // text, shown
        let table = [
            ("429 retry-after=7", "429 Retry-After: 7"),
            ("429", "429"),
            ("429 retry-after=0", "429 Retry-After: 0"),
            ("429 retry-after=date+7", "429 Retry-After: date+7"),
            ("429 retry-after=date-5", "429 Retry-After: date-5"),
            ("429 retry-after=abc", "429 Retry-After: \"abc\""),
            ("429 retry-after=-1", "429 Retry-After: \"-1\""),
            ("429 retry-after=", "429 Retry-After: \"\""),
            (
                "429 retry-after=2 retry-after=3",
                "429 Retry-After: 2 Retry-After: 3",
            ),
            ("503 retry-after=2 delay=1s", "503 Retry-After: 2 after 1s"),
            ("500", "500"),
            ("503 for=10s", "503, for 10s"),
            ("429 retry-after=2 for=1m", "429 Retry-After: 2, for 60s"),
            ("delay=250ms", "the usual answer after 250ms"),
            ("slow-body=5s", "the usual answer within 5s"),
            ("cut", "a broken connection"),
            ("cut for=500ms", "a broken connection, for 500ms"),
            ("cut-after-effect", "a broken connection after the effect"),
            ("reset", "a reset"),
            ("reset-after-effect", "a reset after the effect"),
            ("reset-mid-answer", "a reset in the middle of the answer"),
            ("truncated", "a truncated answer"),
            ("revoke", "the token is revoked"),
        ];
        for (text, shown) in table {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_reason() {
        // text, reason
        let table = [
            ("", "it is empty"),
            ("for=1s", "it is empty"),
            (
                "200",
                "`200` is neither a status from 400 to 599 nor a known word",
            ),
            (
                "reset-soon",
                "`reset-soon` is neither a status from 400 to 599 nor a known word",
            ),
            (
                "429 soon",
                "`soon` is neither `retry-after=` nor `delay=`, nor a `for=` at the end",
            ),
            (
                "429 for=1s delay=1s",
                "`for=1s` is neither `retry-after=` nor `delay=`, nor a `for=` at the end",
            ),
            (
                "429 retry-after=date",
                "`date` does not say how many seconds: `date+7`",
            ),
            ("429 retry-after=ü", "`ü` cannot stand in a header"),
            ("delay=soon", "`soon` is not a time such as `2s` or `250ms`"),
            (
                "slow-body=-1s",
                "`-1s` is not a time such as `2s` or `250ms`",
            ),
            ("cut for=0s", "`0s` is not a time such as `2s` or `250ms`"),
            ("cut now", "nothing may follow but `for=`, and `now` does"),
        ];
        for (text, reason) in table {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!(
                    "the scripted answer `{text}` cannot be read: {reason};"
                )),
                "{error}"
            );
        }
    }
}
