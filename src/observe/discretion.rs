//! Keeps the credentials that come up during an observation out of its record.
//!
//! A connector that floods the token endpoint is given thousands of tokens, and each notification
//! brings another one. The redactor finds a secret in every disguise, but each secret that it is
//! taught makes it slower and larger. So it is taught what a run begins with and the first
//! credentials that come up. Of later ones, signed tokens are known by their form, wherever they
//! stand, and whatever else stands where credentials stand is taken out there.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

use crate::base::{Learned, Redactor};
use crate::event::{Event, EventKind, Listener, ListenerError, flush, tell};
use crate::exchange::{Body, Exchange, Outcome};
use crate::run::{TOKEN_FIELDS, credentials};

/// How many credentials the redactor is taught.
const TAUGHT: usize = 24;

/// The fields of a token request that are secret (RFC 6749 §2.3.1, §4.3.2; RFC 7521 §4.2).
const SECRET_FIELDS: [&str; 4] = [
    "client_secret",
    "client_assertion",
    "refresh_token",
    "password",
];

/// A token request has no more bytes; a longer body is not searched for the secrets in it.
const LONGEST_FORM: usize = 64 * 1024;

/// A signed token: three parts in base64 of which the first is a JSON object (RFC 7515 §3.1).
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*").expect("a constant")
});

/// `text` with every signed token replaced by the commitment that `redactor` has for it. None of
/// their characters is ever escaped, so they stand in JSON, URLs and forms as they are.
#[must_use]
pub fn conceal_tokens<'t>(redactor: &Redactor, text: &'t [u8]) -> Cow<'t, [u8]> {
    TOKEN.replace_all(text, |found: &Captures<'_>| {
        let token = String::from_utf8_lossy(&found[0]);
        redactor.commitment(&token).into_bytes()
    })
}

/// Whether `credential` is a signed token and nothing else. Asked of every request, so without the
/// pattern.
fn is_signed(credential: &str) -> bool {
    let mut parts = credential.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_base64 = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    header.len() >= 11
        && header.starts_with("eyJ")
        && payload.len() >= 8
        && [header, payload, signature].into_iter().all(is_base64)
}

/// Whether a body has the name of a field that is secret.
fn names_a_secret(body: &str) -> bool {
    SECRET_FIELDS.iter().any(|field| body.contains(field))
}

/// `body` with its secret fields replaced by their commitments; none where a name of one stands
/// anywhere else than before such a field, so that nobody can say what is secret of it.
fn without_secrets(redactor: &Redactor, body: &str) -> Option<String> {
    let mut replaced = 0;
    let mut hide = |value: &str| {
        replaced += 1;
        redactor.commitment(value)
    };
    let hidden = if let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_str(body) {
        for field in SECRET_FIELDS {
            if let Some(serde_json::Value::String(secret)) = fields.get_mut(field) {
                *secret = hide(secret);
            }
        }
        serde_json::Value::Object(fields).to_string()
    } else {
        let pairs = body.split('&').map(|pair| {
            let decoded = serde_urlencoded::from_str::<Vec<(String, String)>>(pair).ok()?;
            let (name, value) = decoded.into_iter().next()?;
            Some(if SECRET_FIELDS.contains(&name.as_str()) {
                format!("{name}={}", hide(&value))
            } else {
                pair.to_owned()
            })
        });
        pairs.collect::<Option<Vec<String>>>()?.join("&")
    };
    let named: usize = SECRET_FIELDS
        .iter()
        .map(|field| body.matches(field).count())
        .sum();
    (replaced == named).then_some(hidden)
}

/// Whether a request presents a credential in its `Authorization`: not so a digest, which shows none.
fn authorizes(exchange: &Exchange) -> bool {
    exchange
        .request
        .headers
        .get("authorization")
        .and_then(|value| value.trim().split_once(' '))
        .is_some_and(|(scheme, _)| !scheme.eq_ignore_ascii_case("digest"))
}

/// Makes the credentials of every exchange known to the redactor before other listeners write the
/// exchange down, or takes them out.
pub struct Discretion {
    redactor: Redactor,
    /// The header in which the API key stands.
    api_key: String,
    taught: usize,
    listeners: Vec<Box<dyn Listener + Send>>,
}

impl Discretion {
    /// Stands between the stream of events and `listeners`, who are to pass what they write through
    /// [`conceal_tokens`] and the redactor.
    #[must_use]
    pub fn new(
        redactor: Redactor,
        api_key: impl Into<String>,
        listeners: Vec<Box<dyn Listener + Send>>,
    ) -> Self {
        Self {
            redactor,
            api_key: api_key.into(),
            taught: 0,
            listeners,
        }
    }

    /// Whether the redactor knows every credential of an exchange now.
    fn teach(&mut self, exchange: &Exchange) -> bool {
        let body = exchange.request.body.text().unwrap_or_default();
        if body.len() > LONGEST_FORM && names_a_secret(body) {
            return false;
        }
        let credentials = credentials(exchange);
        let presented = Self::presented(&self.api_key, exchange);
        // What is too short to be looked for everywhere is taken out where it stands: a connector
        // may well say `Bearer undefined`.
        let mut is_known =
            !authorizes(exchange) || credentials.iter().any(|(name, _)| *name == "authorization");
        for (name, credential) in credentials.into_iter().chain(presented) {
            if self.taught >= TAUGHT {
                // A signed token is known by its form.
                if is_signed(&credential) {
                    continue;
                }
                return false;
            }
            match self.redactor.learn(name, &credential) {
                Learned::New => self.taught += 1,
                Learned::Known => {}
                Learned::TooShort => is_known = false,
            }
        }
        is_known
    }

    /// What a client presents beside its token. It may be configured with the real platform's.
    fn presented<'e>(
        api_key: &'e str,
        exchange: &'e Exchange,
    ) -> Vec<(&'static str, Cow<'e, str>)> {
        let request = &exchange.request;
        let mut found: Vec<(&'static str, Cow<'_, str>)> = request
            .headers
            .all(api_key)
            .map(|key| ("API key", key.into()))
            .collect();
        // A pair is redacted as it is; its value alone may be an innocent word.
        let sent = request.headers.all("cookie");
        let set = exchange.response().into_iter();
        let set = set.flat_map(|response| response.headers.all("set-cookie"));
        let set = set.filter_map(|cookie| cookie.split(';').next());
        let pairs = sent.flat_map(|cookies| cookies.split(';')).chain(set);
        found.extend(pairs.map(|pair| ("cookie", pair.trim().into())));
        let text = request.body.text().unwrap_or_default();
        if !names_a_secret(text) {
            return found;
        }
        if let Some(serde_json::Value::Object(fields)) = request.body.json() {
            for field in SECRET_FIELDS {
                if let Some(secret) = fields.get(field).and_then(serde_json::Value::as_str) {
                    found.push((field, secret.to_owned().into()));
                }
            }
        } else if let Ok(pairs) = serde_urlencoded::from_str::<Vec<(String, String)>>(text) {
            for (key, secret) in pairs {
                let field = SECRET_FIELDS.into_iter().find(|field| *field == key);
                found.extend(field.map(|field| (field, secret.into())));
            }
        }
        found
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
        for header in [self.api_key.as_str(), "cookie"] {
            if let Some(value) = exchange.request.headers.get(header) {
                let hidden = self.redactor.commitment(value);
                exchange.request.headers.replace(header, &hidden);
            }
        }
        if let Outcome::Response(response) = &mut exchange.outcome
            && let Some(value) = response.headers.get("set-cookie")
        {
            let hidden = self.redactor.commitment(value);
            response.headers.replace("set-cookie", &hidden);
        }
        let text = exchange.request.body.text().unwrap_or_default();
        if names_a_secret(text) {
            let hidden = without_secrets(&self.redactor, text);
            let hidden = hidden.unwrap_or_else(|| self.redactor.commitment(text));
            exchange.request.body = Body::from(hidden);
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
        self.take(event.clone())
    }

    fn take(&mut self, mut event: Event) -> Result<(), ListenerError> {
        if let EventKind::Exchange { exchange, .. } = &mut event.kind
            && !self.teach(exchange)
        {
            **exchange = self.discreet(exchange);
        }
        tell(&mut self.listeners, event)
    }

    fn flush(&mut self) -> Result<(), ListenerError> {
        flush(&mut self.listeners)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::base::Clock;
    use crate::event::{Attempt, Origin};
    use crate::exchange::{Headers, Request, Response, Timing, Vantage};

    #[derive(Clone)]
    struct Ear(Arc<Mutex<Vec<String>>>, Redactor);

    impl Listener for Ear {
        fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
            let line = serde_json::to_vec(event).unwrap();
            let line = conceal_tokens(&self.1, &line).into_owned();
            let line = self.1.redact(&String::from_utf8(line).unwrap());
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

    /// The lines that are written of exchanges with these tokens.
    fn written(tokens: &[String]) -> (Vec<String>, Redactor, usize) {
        let redactor = Redactor::new([3; 32]);
        let ear = Ear(Arc::default(), redactor.clone());
        let mut discretion =
            Discretion::new(redactor.clone(), "x-api-key", vec![Box::new(ear.clone())]);
        for (number, token) in (1..).zip(tokens) {
            discretion.notice(&exchange(number, token)).unwrap();
        }
        let lines = ear.0.lock().unwrap().clone();
        (lines, redactor, discretion.taught)
    }

    #[test]
    fn however_many_tokens_come_up_none_is_written_and_each_has_its_commitment() {
        let opaque = |number| format!("token-number-{number}-of-many");
        let signed = |number: usize| format!("eyJhbGciOiJSUzI1NiJ9.eyJqdGki{number:08}.c2lnbmVk");
        for (tokens, most) in [
            ((0..TAUGHT + 5).map(opaque).collect::<Vec<_>>(), TAUGHT),
            ((0..TAUGHT + 5).map(signed).collect(), TAUGHT),
        ] {
            let (lines, redactor, taught) = written(&tokens);
            assert_eq!(taught, most);
            for (token, line) in tokens.iter().zip(lines) {
                assert!(!line.contains(token), "{line}");
                let commitment = redactor.commitment(token);
                assert_eq!(line.matches(&commitment).count(), 2, "{line}");
            }
        }
    }

    #[test]
    fn a_credential_that_is_too_short_to_be_looked_for_is_taken_out_where_it_stands() {
        for short in ["undefined", "not-a-token", "{{accessToken}}", "ab"] {
            let (lines, redactor, _) = written(&[short.to_owned()]);
            let shown = format!("Bearer {}", redactor.commitment(short));
            assert!(lines[0].contains(&shown), "{}", lines[0]);
        }
    }

    #[test]
    fn what_a_client_presents_is_taken_out_before_and_after_the_limit() {
        for taught in [0, TAUGHT] {
            for body in [
                r#"{"client_id":"theirs","client_secret":"s3cr3t-of-theirs"}"#,
                "client_id=theirs&client_secret=s3cr3t-of-theirs",
            ] {
                let redactor = Redactor::new([3; 32]);
                let ear = Ear(Arc::default(), redactor.clone());
                let listeners: Vec<Box<dyn Listener + Send>> = vec![Box::new(ear.clone())];
                let mut discretion = Discretion::new(redactor, "x-api-key", listeners);
                discretion.taught = taught;
                let mut event = exchange(1, "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmVk");
                if let EventKind::Exchange { exchange, .. } = &mut event.kind {
                    exchange.request.body = Body::from(body.to_owned());
                    let key = "key-of-theirs-1234";
                    exchange.request.headers.push("X-API-Key", key);
                    exchange.request.headers.push("Cookie", "session=theirs");
                    if let Outcome::Response(response) = &mut exchange.outcome {
                        let headers = &mut response.headers;
                        headers.push("set-cookie", "given=to-them; Path=/");
                    }
                }
                discretion.notice(&event).unwrap();
                let line = ear.0.lock().unwrap().concat();
                for secret in [
                    "s3cr3t-of-theirs",
                    "key-of-theirs-1234",
                    "session=theirs",
                    "given=to-them",
                ] {
                    assert!(!line.contains(secret), "{secret}: {line}");
                }
            }
        }
    }

    #[test]
    fn only_the_secret_fields_of_a_body_are_taken_out_where_they_can_be_told() {
        let redactor = Redactor::new([3; 32]);
        let secret = redactor.commitment("s3cr3t of theirs");
        let table = [
            (
                r#"{"client_id":"theirs","client_secret":"s3cr3t of theirs"}"#,
                Some(format!(
                    r#"{{"client_id":"theirs","client_secret":"{secret}"}}"#
                )),
            ),
            (
                "client_id=theirs&client_secret=s3cr3t+of%20theirs",
                Some(format!("client_id=theirs&client_secret={secret}")),
            ),
            (r#"{"a":{"client_secret":"s3cr3t"}}"#, None),
            (r#"{"client_secret":["s3cr3t"]}"#, None),
            ("the password is s3cr3t", None),
        ];
        for (body, expected) in table {
            assert_eq!(without_secrets(&redactor, body), expected, "{body}");
        }
    }

    #[test]
    fn only_what_has_the_form_of_a_signed_token_is_concealed() {
        let redactor = Redactor::new([3; 32]);
        for plain in [
            "eyJ.a.b",
            "a.b.c",
            "eyJhbGciOiJSUzI1NiJ9",
            "see eyJhbGci for more.",
        ] {
            assert_eq!(
                &*conceal_tokens(&redactor, plain.as_bytes()),
                plain.as_bytes()
            );
        }
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmVk";
        let text = format!("a={token}&b=\"{token}\"");
        let shown = conceal_tokens(&redactor, text.as_bytes()).into_owned();
        let commitment = redactor.commitment(token);
        assert_eq!(
            String::from_utf8(shown).unwrap(),
            format!("a={commitment}&b=\"{commitment}\"")
        );
    }

    #[test]
    fn what_is_signed_is_exactly_what_the_pattern_finds_whole() {
        let table = [
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0",
            "eyJ12345678.12345678.",
            "eyJ1234567.12345678.",
            "eyJ12345678.1234567.",
            "eyJ12345678.12345678.a.b",
            "eyJ12345678.1234+678.a",
            "xeyJ12345678.12345678.a",
            "mock-api-key-9d41c7e2",
            "",
        ];
        for credential in table {
            let found = TOKEN.find(credential.as_bytes());
            let whole = found.is_some_and(|found| found.len() == credential.len());
            assert_eq!(is_signed(credential), whole, "{credential}");
        }
        assert!(is_signed(table[0]));
    }
}
