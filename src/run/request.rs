//! From a template to bytes, each stage a type of its own: what is unresolved cannot be signed,
//! what is unsigned cannot be sent.

use serde_json::{Map, Value, json};

use super::body::{
    BodyContext, BuiltBody, FileReader, boundary_of, build, urlencoded, urlencoded_pairs,
};
use crate::auth::{Addition, AuthError, Challenge, Payload, Signed, Surroundings, answered, sign};
use crate::base::{Random, Timestamp, uuid};
use crate::collection::{Compatibility, RequestTemplate, Url, UrlEncoding};
use crate::exchange::{Body, Headers, Request, Response};
use crate::variable::Resolver;

/// Methods whose body is left out unless `disableBodyPruning` says otherwise.
const WITHOUT_BODY: [&str; 5] = ["GET", "COPY", "HEAD", "PURGE", "UNLOCK"];

/// The media type of forms that are no uploads.
const FORM: &str = "application/x-www-form-urlencoded";

/// A request without any `{{name}}` that has a value.
pub(super) struct ResolvedRequest {
    template: RequestTemplate,
    auth: Option<Value>,
}

/// A request that can be sent, and how scripts and reports see it.
pub(super) struct SignedRequest {
    pub(super) request: Request,
    /// The SDK's JSON, headers of the runner included.
    pub(super) shown: Value,
    /// What could not be done as asked, in newman's words.
    pub(super) warnings: Vec<String>,
    /// What of it is signed beside the head.
    payload: Payload,
    /// The headers that the user did not ask for.
    added: Vec<String>,
}

/// What signing needs beside the request.
pub(super) struct SignContext<'a> {
    pub(super) behavior: &'a Map<String, Value>,
    pub(super) files: &'a dyn FileReader,
    pub(super) chance: &'a mut Random,
    pub(super) user_agent: &'a str,
    pub(super) compatibility: Compatibility,
    pub(super) now: Timestamp,
    pub(super) challenge: &'a Challenge,
}

impl ResolvedRequest {
    /// Puts the values of variables into `template` and `auth`. The URL is resolved as one text
    /// and taken apart again, so that a variable may hold any part of it.
    pub(super) fn resolve(
        template: &RequestTemplate,
        auth: Option<&Value>,
        resolver: &mut Resolver<'_>,
    ) -> Self {
        let url = Url::parse(&resolver.text(&template.url().text()));
        let mut fields = template.value().clone();
        fields["url"] = Value::Null;
        let mut fields = resolver.value(&fields);
        fields["url"] = url.to_value();
        Self {
            template: RequestTemplate::new(&fields),
            auth: auth.map(|auth| resolver.value(auth)),
        }
    }

    /// A request of `pm.sendRequest`, in which nothing is substituted.
    pub(super) fn of_script(request: &Value) -> Self {
        let template = RequestTemplate::new(request);
        let auth = template.auth().cloned();
        Self { template, auth }
    }

    /// The SDK's JSON before anything was added.
    pub(super) fn shown(&self) -> Value {
        self.template.value().clone()
    }

    /// Whether there is no URL at all.
    pub(super) fn is_without_url(&self) -> bool {
        self.template.url().text().is_empty()
    }

    /// The auth, to give it what it lacks.
    pub(super) fn auth_mut(&mut self) -> Option<&mut Value> {
        self.auth.as_mut()
    }

    /// Learns from the response to this request; whether it is to be sent again, signed anew.
    pub(super) fn answered(
        &self,
        response: &Response,
        challenge: &mut Challenge,
        chance: &mut Random,
    ) -> Result<bool, AuthError> {
        match &self.auth {
            Some(auth) => answered(auth, response, challenge, chance),
            None => Ok(false),
        }
    }

    /// Signs a request again that was sent with `cookies`. As newman: all its headers stay, and the
    /// jar's cookies come in addition to those that it had.
    pub(super) fn sign_again(
        &self,
        before: SignedRequest,
        cookies: Option<String>,
        challenge: &Challenge,
        now: Timestamp,
        chance: &mut Random,
    ) -> Result<SignedRequest, AuthError> {
        let SignedRequest {
            mut request,
            payload,
            mut added,
            ..
        } = before;
        if let Some(cookies) = cookies {
            if request.headers.contains("cookie") {
                request.headers.replace("cookie", &cookies);
            } else {
                request.headers.push("Cookie", cookies);
                added.push("Cookie".to_owned());
            }
        }
        if let Some(auth) = &self.auth {
            let surroundings = Surroundings {
                now,
                chance,
                challenge,
                url_is_left_alone: false,
            };
            let signed = sign(auth, request, payload.clone(), surroundings)?;
            added.extend(header_names(&signed));
            request = signed.request;
        }
        Ok(SignedRequest {
            shown: self.shown_with(&request, &added),
            warnings: Vec::new(),
            request,
            payload,
            added,
        })
    }

    /// What of the body a scheme may sign.
    fn payload(&self, is_pruned: bool) -> Payload {
        let body = self.template.body().filter(|_| !is_pruned);
        match (self.template.body_mode(), body) {
            (Some("formdata"), Some(_)) => Payload::Upload,
            (Some("urlencoded"), Some(body)) => body
                .get("urlencoded")
                .and_then(urlencoded_pairs)
                .map_or(Payload::Plain, Payload::Form),
            (Some(_) | None, Some(_) | None) => Payload::Plain,
        }
    }

    /// Builds the body, signs, and adds the headers that newman's runtime adds.
    pub(super) fn sign(&self, context: SignContext<'_>) -> Result<SignedRequest, AuthError> {
        let SignContext {
            behavior,
            files,
            chance,
            user_agent,
            compatibility,
            now,
            challenge,
        } = context;
        let switch = |name: &str| behavior.get(name) == Some(&Value::Bool(true));
        let encoding = if switch("disableUrlEncoding") {
            UrlEncoding::Off
        } else {
            UrlEncoding::Postman
        };
        let mut headers: Headers = self
            .template
            .headers()
            .filter(|row| !row.disabled)
            .map(|row| (row.key, row.value))
            .collect();
        let declared_type = self
            .template
            .headers()
            .find(|row| row.key.eq_ignore_ascii_case("content-type"))
            .map(|row| row.value);
        let method = self.template.method().to_owned();
        let pruned = WITHOUT_BODY.contains(&method.as_str()) && !switch("disableBodyPruning");
        let body = self.template.body().filter(|_| !pruned).and_then(|body| {
            let content_type = headers.get("content-type");
            build(
                body,
                &mut BodyContext {
                    files,
                    chance,
                    content_type,
                    declared_type: content_type.or(declared_type.as_deref()),
                },
            )
        });
        let BuiltBody {
            bytes,
            content_type,
            mut warnings,
        } = body.unwrap_or_default();
        let mut request = Request {
            method,
            url: self.template.url().encoded(encoding),
            headers: Headers::new(),
            body: Body::from(bytes),
        };
        std::mem::swap(&mut request.headers, &mut headers);
        let mut added = Vec::new();
        let payload = self.payload(pruned);
        if let Some(auth) = &self.auth {
            let surroundings = Surroundings {
                now,
                chance,
                challenge,
                url_is_left_alone: encoding == UrlEncoding::Off,
            };
            match sign(auth, request.clone(), payload.clone(), surroundings) {
                Ok(signed) => {
                    added.extend(header_names(&signed));
                    request = signed.request;
                    if let Some(form) = signed.form {
                        request.body = Body::from(urlencoded(&form).bytes);
                    }
                }
                Err(error) if compatibility == Compatibility::Newman && is_overlooked(&error) => {
                    warnings.push(format!("could not sign the request: {error}"));
                }
                Err(error) => return Err(error),
            }
        }
        let mut system = system_headers(user_agent, &request, chance, behavior);
        if let Some(content_type) = content_type
            && !is_disabled(behavior, "content-type")
        {
            // newman adds it with a text, when it writes a form, and when it has opened a file.
            let place = match self.template.body_mode() {
                Some("raw" | "graphql") => 0,
                Some("file") => system.len(),
                Some(_) | None => system.partition_point(|(name, _)| *name != "Content-Length"),
            };
            system.insert(place, ("Content-Type", content_type));
        }
        for (name, value) in system {
            match request.headers.get(name) {
                Some(own) if name == "Content-Type" && contradicts(own, &value) => {
                    request.headers.replace(name, &value);
                }
                Some(_) => {}
                None => {
                    request.headers.set(name, value);
                    added.push(name.to_owned());
                }
            }
        }
        let shown = self.shown_with(&request, &added);
        Ok(SignedRequest {
            request,
            shown,
            warnings,
            payload,
            added,
        })
    }

    /// The SDK's JSON of what is sent: the headers as they go out, those of the runner marked.
    fn shown_with(&self, request: &Request, added: &[String]) -> Value {
        let mut shown = self.template.value().clone();
        // As newman: a test script sees the URL that went out, encoded.
        let url = Url::parse(&request.url);
        shown["url"] = url.to_value();
        let disabled = self.template.headers().filter(|row| row.disabled);
        let mut rows: Vec<Value> = request
            .headers
            .iter()
            .map(|(key, value)| {
                let mut row = json!({ "key": key, "value": value });
                if added.iter().any(|name| name.eq_ignore_ascii_case(key)) {
                    row["system"] = json!(true);
                }
                row
            })
            .collect();
        rows.extend(
            disabled.map(|row| json!({ "key": row.key, "value": row.value, "disabled": true })),
        );
        shown["header"] = Value::Array(rows);
        shown
    }
}

/// The headers that a scheme added.
fn header_names(signed: &Signed) -> impl Iterator<Item = String> + '_ {
    signed
        .additions
        .iter()
        .filter_map(|addition| match addition {
            Addition::Header(name) => Some(name.clone()),
            Addition::Query(_) => None,
        })
}

/// Host and port of a URL, as they stand in `Host`.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

/// Whether newman sends the request all the same, without a signature.
fn is_overlooked(error: &AuthError) -> bool {
    match error {
        AuthError::NoAccessToken
        | AuthError::TokenType { .. }
        | AuthError::TokenPlace { .. }
        | AuthError::Algorithm { .. }
        | AuthError::Missing { .. }
        | AuthError::PrivateKey => true,
        // What newman knows and we do not is never left out in silence; what nobody knows is.
        AuthError::Unsupported { scheme } => {
            !matches!(scheme.as_str(), "ntlm" | "edgegrid" | "asap")
        }
    }
}

/// Whether the user's `Content-Type` cannot be that of the form that is sent: newman replaces it.
fn contradicts(own: &str, of_body: &str) -> bool {
    if of_body.starts_with("multipart/form-data") {
        boundary_of(own).is_none()
    } else {
        of_body == FORM && !own.starts_with(FORM)
    }
}

/// Whether the header that newman would add is switched off.
fn is_disabled(behavior: &Map<String, Value>, name: &str) -> bool {
    behavior
        .get("disabledSystemHeaders")
        .and_then(|headers| headers.get(name.to_ascii_lowercase()))
        == Some(&Value::Bool(true))
}

/// The headers that go out where the user has none of that name, in newman's order.
fn system_headers<'a>(
    user_agent: &str,
    request: &Request,
    chance: &mut Random,
    behavior: &Map<String, Value>,
) -> Vec<(&'a str, String)> {
    let mut headers = vec![
        ("User-Agent", user_agent.to_owned()),
        ("Accept", "*/*".into()),
        ("Cache-Control", "no-cache".into()),
        ("Postman-Token", uuid(chance).to_string()),
        ("Host", authority(&request.url).to_owned()),
        ("Accept-Encoding", "gzip, deflate, br".into()),
        ("Connection", "keep-alive".into()),
    ];
    headers.retain(|(name, _)| !is_disabled(behavior, name));
    if !request.body.is_empty() {
        headers.push(("Content-Length", request.body.len().to_string()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use bytes::Bytes;

    use super::*;
    use crate::base::{Clock, Seed};
    use crate::variable::{Entry, Scopes};

    struct NoFiles;

    impl FileReader for NoFiles {
        fn read(&self, _: &Path) -> std::io::Result<Bytes> {
            Err(std::io::ErrorKind::NotFound.into())
        }
    }

    fn signed(request: Value, auth: Option<Value>, behavior: Value) -> SignedRequest {
        signed_as(request, auth, behavior, Compatibility::Strict).unwrap()
    }

    fn signed_as(
        request: Value,
        auth: Option<Value>,
        behavior: Value,
        compatibility: Compatibility,
    ) -> Result<SignedRequest, AuthError> {
        let environment = [
            Entry::new("base", "https://h.example/api?x=1"),
            Entry::new("t", "abc"),
        ];
        let scopes = Scopes {
            environment: environment.into_iter().collect(),
            ..Scopes::default()
        };
        let mut chance = Random::from_seed(Seed(1));
        let mut resolver = Resolver::new(&scopes, &mut chance, Clock::logical_start());
        let template = RequestTemplate::new(&request);
        let resolved = ResolvedRequest::resolve(&template, auth.as_ref(), &mut resolver);
        let mut chance = Random::from_seed(Seed(1));
        resolved.sign(SignContext {
            behavior: behavior.as_object().unwrap(),
            files: &NoFiles,
            chance: &mut chance,
            user_agent: "test",
            compatibility,
            now: Clock::logical_start(),
            challenge: &Challenge::default(),
        })
    }

    #[test]
    fn a_missing_token_stops_the_request_unless_newman_is_copied() {
        let auth = json!({"type": "oauth2", "oauth2": [{"key": "accessToken", "value": ""}]});
        let outcome = |compatibility| {
            signed_as(
                json!({"url": "http://h"}),
                Some(auth.clone()),
                json!({}),
                compatibility,
            )
        };
        assert_eq!(
            outcome(Compatibility::Strict).err(),
            Some(AuthError::NoAccessToken)
        );
        let sent = outcome(Compatibility::Newman).unwrap().request;
        assert!(!sent.headers.contains("authorization"));
        let asap = json!({"type": "asap"});
        let request = json!({"url": "http://h"});
        let refused = signed_as(request, Some(asap), json!({}), Compatibility::Newman);
        assert!(matches!(refused, Err(AuthError::Unsupported { .. })));
    }

    #[test]
    fn a_variable_may_hold_any_part_of_the_url() {
        let request = json!({"url": {"raw": "", "host": ["{{base}}&y={{none}}"]}});
        assert_eq!(
            signed(request, None, json!({})).request.url,
            "https://h.example/api?x=1&y={{none}}"
        );
    }

    #[test]
    fn the_users_headers_come_first_and_are_not_doubled() {
        let request = json!({"method": "post", "url": "http://h",
            "header": [{"key": "accept", "value": "a/b"}, {"key": "X", "value": "{{t}}"},
                       {"key": "Off", "value": "1", "disabled": true}],
            "body": {"mode": "raw", "raw": "{}", "options": {"raw": {"language": "json"}}}});
        let auth = json!({"type": "bearer", "bearer": [{"key": "token", "value": "{{t}}"}]});
        let signed = signed(
            request,
            Some(auth),
            json!({"disabledSystemHeaders": {"connection": true}}),
        );
        let headers: Vec<_> = signed
            .request
            .headers
            .iter()
            .filter(|(name, _)| *name != "Postman-Token")
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            headers,
            [
                "accept: a/b",
                "X: abc",
                "Authorization: Bearer abc",
                "Content-Type: application/json",
                "User-Agent: test",
                "Cache-Control: no-cache",
                "Host: h",
                "Accept-Encoding: gzip, deflate, br",
                "Content-Length: 2",
            ]
        );
    }

    #[test]
    fn a_form_is_sent_as_a_form_whatever_the_header_says() {
        let kind = |own: &str, mode: &str, behavior: Value| {
            let request = json!({"method": "POST", "url": "http://h",
                "header": [{"key": "Content-Type", "value": own}],
                "body": {"mode": mode, mode: [{"key": "a", "value": "b"}]}});
            let headers = signed(request, None, behavior).request.headers;
            let all: Vec<_> = headers.all("content-type").map(str::to_owned).collect();
            all.join(" and ")
        };
        let json = "application/json";
        assert!(kind(json, "formdata", json!({})).starts_with("multipart/form-data; boundary=-"));
        assert_eq!(kind(json, "urlencoded", json!({})), FORM);
        let own = "multipart/form-data; boundary=abc";
        assert_eq!(kind(own, "formdata", json!({})), own);
        let kept = json!({"disabledSystemHeaders": {"content-type": true}});
        assert_eq!(kind(json, "formdata", kept), json);
    }

    #[test]
    fn the_body_of_a_get_is_pruned_unless_asked_for() {
        let request = json!({"url": "http://h", "body": {"mode": "raw", "raw": "x"}});
        assert!(
            signed(request.clone(), None, json!({}))
                .request
                .body
                .is_empty()
        );
        let kept = signed(request, None, json!({"disableBodyPruning": true}));
        assert_eq!(kept.request.body.text(), Some("x"));
    }
}
