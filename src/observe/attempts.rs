//! Which attempt of which operation a request is.
//!
//! A connector does not say whether it retries. A request repeats another where it has the same
//! idempotency key or, without one, the same method, path, query and body (JSON is compared as a
//! value), and where the other was answered in a way that invites another attempt:
//!
//! | the other was answered | a repetition is |
//! |---|---|
//! | not at all, or not whole | another attempt |
//! | 429, 500 to 599 | another attempt |
//! | 401 | another attempt (with another token) |
//! | anything else | a new operation |

use std::collections::HashMap;

use crate::base::{Sha256Hex, sha256};
use crate::event::Attempt;
use crate::exchange::{Outcome, Request};

/// How many operations that failed are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

/// Counts the attempts of each operation.
#[derive(Clone, Debug, Default)]
pub struct Attempts {
    operations: u64,
    /// The last attempt of each operation that did not succeed yet.
    open: HashMap<Sha256Hex, Attempt>,
    /// Their keys, oldest first.
    order: std::collections::VecDeque<Sha256Hex>,
}

impl Attempts {
    /// Which attempt `request` is, and remembers it as `outcome` asks.
    pub fn count(
        &mut self,
        request: &Request,
        idempotency_key: Option<&str>,
        outcome: &Outcome,
    ) -> Attempt {
        let invites_another = invites_another(outcome);
        if self.open.is_empty() && !invites_another {
            // It repeats nothing, and nothing will repeat it.
            self.operations += 1;
            return Attempt {
                group: self.operations,
                number: 1,
            };
        }
        let fingerprint = fingerprint(request, idempotency_key);
        let attempt = if let Some(last) = self.open.remove(&fingerprint) {
            Attempt {
                group: last.group,
                number: last.number + 1,
            }
        } else {
            self.operations += 1;
            Attempt {
                group: self.operations,
                number: 1,
            }
        };
        if invites_another {
            if attempt.number == 1 {
                self.order.push_back(fingerprint.clone());
            }
            self.open.insert(fingerprint, attempt);
            while self.order.len() > REMEMBERED {
                if let Some(oldest) = self.order.pop_front() {
                    self.open.remove(&oldest);
                }
            }
        }
        attempt
    }
}

fn invites_another(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failure(_) => true,
        Outcome::Response(response) => {
            // RFC 9110 §15.5.9, RFC 8470 §5.2: these say themselves that the client may repeat.
            matches!(response.status, 401 | 408 | 425 | 429 | 500..=599)
        }
    }
}

/// What two attempts of one operation have in common.
fn fingerprint(request: &Request, idempotency_key: Option<&str>) -> Sha256Hex {
    let body = match (idempotency_key, request.body.json()) {
        (Some(key), _) => key.as_bytes().to_vec(),
        (None, Some(json)) => canonical(&json).into_bytes(),
        (None, None) => request.body.bytes().to_vec(),
    };
    let mut text = format!(
        "{} {}?{}\n",
        request.method,
        request.path(),
        request.query().unwrap_or_default()
    )
    .into_bytes();
    text.extend(body);
    sha256(&text)
}

/// The text of a value whose members are sorted.
fn canonical(value: &serde_json::Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Body, Failure, FailureKind, Headers, Response};

    fn request(body: &str) -> Request {
        Request {
            method: "PATCH".into(),
            url: "http://a.invalid/api/batchpayments/1".into(),
            headers: Headers::new(),
            body: Body::from(body.to_owned()),
        }
    }

    fn answered(status: u16) -> Outcome {
        Outcome::Response(Response {
            status,
            reason: String::new(),
            headers: Headers::new(),
            body: Body::default(),
        })
    }

    fn numbers(outcomes: &[Outcome]) -> Vec<(u64, u32)> {
        let mut attempts = Attempts::default();
        outcomes
            .iter()
            .map(|outcome| attempts.count(&request("{}"), None, outcome))
            .map(|attempt| (attempt.group, attempt.number))
            .collect()
    }

    #[test]
    fn a_repetition_is_another_attempt_only_after_an_answer_that_invites_it() {
        let cut = Outcome::Failure(Failure {
            kind: FailureKind::Cut,
            message: "cut".into(),
        });
        for (outcome, second) in [
            (answered(429), (1, 2)),
            (answered(503), (1, 2)),
            (answered(401), (1, 2)),
            (answered(408), (1, 2)),
            (answered(425), (1, 2)),
            (cut, (1, 2)),
            (answered(204), (2, 1)),
            (answered(409), (2, 1)),
        ] {
            let numbers = numbers(&[outcome.clone(), answered(204)]);
            assert_eq!(numbers, [(1, 1), second], "{outcome:?}");
        }
    }

    #[test]
    fn the_order_of_members_makes_no_difference_but_another_value_does() {
        let mut attempts = Attempts::default();
        let throttled = answered(429);
        let first = attempts.count(&request(r#"{"a":1,"b":2}"#), None, &throttled);
        let again = attempts.count(&request(r#"{"b":2, "a":1}"#), None, &throttled);
        let other = attempts.count(&request(r#"{"a":1,"b":3}"#), None, &throttled);
        assert_eq!((first.group, again.group, other.group), (1, 1, 2));
        assert_eq!(again.number, 2);
    }

    #[test]
    fn an_idempotency_key_says_it_better_than_the_body() {
        let mut attempts = Attempts::default();
        let throttled = answered(429);
        let first = attempts.count(&request("{}"), Some("k1"), &throttled);
        let again = attempts.count(&request(r#"{"sent":"later"}"#), Some("k1"), &throttled);
        let other = attempts.count(&request("{}"), Some("k2"), &throttled);
        assert_eq!((first.group, again.group, other.group), (1, 1, 2));
    }

    #[test]
    fn a_flood_of_failures_is_forgotten_from_its_beginning() {
        let mut attempts = Attempts::default();
        for number in 0..=REMEMBERED {
            attempts.count(&request(&number.to_string()), None, &answered(500));
        }
        assert_eq!(attempts.open.len(), REMEMBERED);
        let first = attempts.count(&request("0"), None, &answered(500));
        assert_eq!(first.number, 1, "it is not known any more");
    }
}
