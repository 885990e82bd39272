//! Takes out of an archive's exchanges what an observation never meets.

use serde_json::Value;

use crate::base::{Learned, Redactor};
use crate::event::{Event, EventKind, Listener, ListenerError, flush, tell};
use crate::exchange::{Body, Exchange, Headers, Outcome};
use crate::lint::{carries_credential, credentials_in_query};

/// How many of these credentials are looked for everywhere, not only where they stand.
const TAUGHT: usize = 24;

/// How deep in a body names are looked at; what is deeper no parser reads.
const DEEPEST: usize = 128;

/// What begins a commitment.
const COMMITMENT: &str = "[secret:";

/// Stands behind a [`Discretion`](crate::observe::Discretion), which knows where OAuth and the
/// platform put credentials, and replaces what else is one by its name: in a header, a query, a
/// form or JSON.
pub(super) struct Concealment {
    redactor: Redactor,
    taught: usize,
    /// The headers that are left to the discretion: they are compared.
    known: Vec<String>,
    listeners: Vec<Box<dyn Listener + Send>>,
}

impl Concealment {
    pub(super) fn new(
        redactor: Redactor,
        api_key: &str,
        listeners: Vec<Box<dyn Listener + Send>>,
    ) -> Self {
        let known = ["authorization", "cookie", "set-cookie", api_key];
        Self {
            redactor,
            taught: 0,
            known: known.map(str::to_ascii_lowercase).to_vec(),
            listeners,
        }
    }

    /// What stands for a value; nothing where it is a commitment already, or empty.
    fn hide(&mut self, value: &str) -> Option<String> {
        if value.is_empty() || value.contains(COMMITMENT) {
            return None;
        }
        if self.taught < TAUGHT && self.redactor.learn("credential", value) == Learned::New {
            self.taught += 1;
        }
        Some(self.redactor.commitment(value))
    }

    fn headers(&mut self, headers: &mut Headers) {
        let mut hidden = Headers::new();
        for (name, value) in headers.iter() {
            let is_known = self.known.iter().any(|it| name.eq_ignore_ascii_case(it));
            let instead = if is_known {
                None
            } else if carries_credential(name) {
                self.hide(value)
            } else if value.contains("://") {
                // Where a redirect leads, and where a request came from.
                let mut url = value.to_owned();
                self.url(&mut url);
                Some(url)
            } else {
                None
            };
            hidden.push(name, instead.as_deref().unwrap_or(value));
        }
        *headers = hidden;
    }

    fn query(&mut self, url: &mut String) {
        for range in credentials_in_query(url).into_iter().rev() {
            if let Some(instead) = self.hide(&url[range.clone()]) {
                url.replace_range(range, &instead);
            }
        }
    }

    fn url(&mut self, url: &mut String) {
        self.query(url);
        // Name and password before the host are never sent (RFC 9110 §4.2.4).
        let Some(start) = url.find("://").map(|at| at + 3) else {
            return;
        };
        let end = url[start..].find(['/', '?', '#']);
        let end = end.map_or(url.len(), |at| start + at);
        if let Some(at) = url[start..end].rfind('@') {
            let user = url[start..start + at].to_owned();
            let password = user.split_once(':').map_or("", |(_, password)| password);
            self.hide(password);
            url.replace_range(start..=start + at, "");
        }
    }

    fn body(&mut self, body: &mut Body) {
        if let Some(mut json) = body.json() {
            if self.json(&mut json, DEEPEST) {
                *body = Body::from(json.to_string());
            }
        } else if let Some(text) = body.text()
            && !text.contains(['\n', '<', '{'])
        {
            // A form is written as a query is.
            let mut url = format!("?{text}");
            self.query(&mut url);
            if url[1..] != *text {
                *body = Body::from(url[1..].to_owned());
            }
        }
    }

    /// Whether something was replaced.
    fn json(&mut self, value: &mut Value, depth: usize) -> bool {
        let Some(deeper) = depth.checked_sub(1) else {
            return false;
        };
        let mut replaced = false;
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if let Value::String(text) = member
                        && carries_credential(name)
                    {
                        if let Some(instead) = self.hide(text) {
                            *text = instead;
                            replaced = true;
                        }
                    } else {
                        replaced |= self.json(member, deeper);
                    }
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    replaced |= self.json(element, deeper);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        replaced
    }

    fn exchange(&mut self, exchange: &mut Exchange) {
        self.headers(&mut exchange.request.headers);
        self.url(&mut exchange.request.url);
        self.body(&mut exchange.request.body);
        if let Outcome::Response(response) = &mut exchange.outcome {
            self.headers(&mut response.headers);
            self.body(&mut response.body);
        }
    }
}

impl Listener for Concealment {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        self.take(event.clone())
    }

    fn take(&mut self, mut event: Event) -> Result<(), ListenerError> {
        if let EventKind::Exchange { exchange, .. } = &mut event.kind {
            self.exchange(exchange);
        }
        tell(&mut self.listeners, event)
    }

    fn flush(&mut self) -> Result<(), ListenerError> {
        flush(&mut self.listeners)
    }
}
