//! Keeps the credentials that come up during an observation out of its record.

use crate::base::Redactor;
use crate::event::{Event, EventKind, Listener, ListenerError};
use crate::exchange::{Body, Exchange, Outcome};
use crate::run::{TOKEN_FIELDS, learn_credentials};

/// How many credentials the redactor is taught. Each makes it slower, and a connector that floods
/// the token endpoint would bring it to a halt; later ones are taken out where they are expected.
const TAUGHT: usize = 500;

/// Makes the tokens of every exchange known to the redactor before other listeners write the
/// exchange down.
pub struct Discretion {
    redactor: Redactor,
    taught: usize,
    listeners: Vec<Box<dyn Listener + Send>>,
}

impl Discretion {
    /// Stands between the stream of events and `listeners`.
    #[must_use]
    pub fn new(redactor: Redactor, listeners: Vec<Box<dyn Listener + Send>>) -> Self {
        Self {
            redactor,
            taught: 0,
            listeners,
        }
    }

    fn pass_on(&mut self, event: &Event) -> Result<(), ListenerError> {
        // Every listener is told, also when an earlier one fails.
        let results: Vec<_> = self
            .listeners
            .iter_mut()
            .map(|listener| listener.notice(event))
            .collect();
        results.into_iter().collect()
    }

    /// The exchange without the credentials that stand where credentials stand.
    fn discreet(&self, exchange: &Exchange) -> Exchange {
        let mut exchange = exchange.clone();
        if let Some(authorization) = exchange.request.headers.get("authorization") {
            let hidden = match authorization.trim().split_once(' ') {
                Some((scheme, credential)) => {
                    format!("{scheme} {}", self.redactor.commitment(credential.trim()))
                }
                None => self.redactor.commitment(authorization.trim()),
            };
            exchange.request.headers.replace("authorization", &hidden);
        }
        if let Outcome::Response(response) = &mut exchange.outcome
            && let Some(serde_json::Value::Object(mut fields)) = response.body.json()
        {
            let mut found = false;
            for field in TOKEN_FIELDS {
                if let Some(serde_json::Value::String(token)) = fields.get_mut(field) {
                    *token = self.redactor.commitment(token);
                    found = true;
                }
            }
            if found {
                response.body = Body::from(serde_json::Value::Object(fields).to_string());
            }
        }
        exchange
    }
}

impl Listener for Discretion {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        let EventKind::Exchange {
            step,
            origin,
            attempt,
            exchange,
        } = &event.kind
        else {
            return self.pass_on(event);
        };
        if self.taught < TAUGHT {
            self.taught += learn_credentials(&self.redactor, exchange);
            return self.pass_on(event);
        }
        let kind = EventKind::Exchange {
            step: *step,
            origin: *origin,
            attempt: *attempt,
            exchange: Box::new(self.discreet(exchange)),
        };
        let event = Event {
            kind,
            ..event.clone()
        };
        self.pass_on(&event)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::base::Clock;
    use crate::event::{Attempt, Origin};
    use crate::exchange::{Headers, Request, Response, Timing, Vantage};

    #[derive(Clone, Default)]
    struct Ear(Arc<Mutex<Vec<String>>>, Option<Redactor>);

    impl Listener for Ear {
        fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
            let line = serde_json::to_string(event).unwrap();
            let line = self.1.as_ref().map_or(line.clone(), |it| it.redact(&line));
            self.0.lock().unwrap().push(line);
            Ok(())
        }
    }

    fn exchange(number: u64, token: &str) -> Event {
        let now = Clock::logical_start();
        let mut headers = Headers::new();
        headers.push("Authorization", format!("Bearer {token}"));
        Event {
            sequence: number,
            at: now,
            kind: EventKind::Exchange {
                step: 0,
                origin: Origin::Connector,
                attempt: Attempt {
                    group: number,
                    number: 1,
                },
                exchange: Box::new(Exchange {
                    request: Request {
                        method: "POST".into(),
                        url: "http://a/oauth/token".into(),
                        headers,
                        body: Body::default(),
                    },
                    outcome: Outcome::Response(Response {
                        status: 200,
                        reason: String::new(),
                        headers: Headers::new(),
                        body: Body::from(format!(r#"{{"access_token":"{token}"}}"#)),
                    }),
                    timing: Timing {
                        request_first: now,
                        request_last: now,
                        response_first: now,
                        response_last: now,
                    },
                    vantage: Vantage::Mock,
                    connection: None,
                }),
            },
        }
    }

    #[test]
    fn however_many_tokens_come_up_none_is_written_and_each_has_its_commitment() {
        let redactor = Redactor::new([3; 32]);
        let ear = Ear(Arc::default(), Some(redactor.clone()));
        let mut discretion = Discretion::new(redactor.clone(), vec![Box::new(ear.clone())]);
        discretion.taught = TAUGHT - 2;
        for number in 0..5 {
            let token = format!("token-number-{number}-of-many");
            discretion.notice(&exchange(number, &token)).unwrap();
        }
        let lines = ear.0.lock().unwrap().clone();
        for (number, line) in lines.iter().enumerate() {
            let token = format!("token-number-{number}-of-many");
            assert!(!line.contains(&token), "{line}");
            let commitment = redactor.commitment(&token);
            assert_eq!(line.matches(&commitment).count(), 2, "{line}");
        }
        assert!(discretion.taught <= TAUGHT);
    }
}
