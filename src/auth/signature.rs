//! The way in: which scheme, and what it added.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::digest::Challenge;
use super::parameter::Parameters;
use super::{api_key, awsv4, basic, bearer, digest, hawk, jwt, oauth1, oauth2};
use crate::base::{Random, Timestamp};
use crate::exchange::{Request, Response};

/// What kind of body is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The request's body as it is; none, too.
    Plain,
    /// A form that is no upload, in names and values, none of them encoded.
    Form(Vec<(String, String)>),
    /// A form with uploads, which no scheme signs.
    Upload,
}

/// What a signature needs beside the request.
pub struct Surroundings<'a> {
    /// When it is signed.
    pub now: Timestamp,
    /// Where nonces come from.
    pub chance: &'a mut Random,
    /// What the server has asked for before.
    pub challenge: &'a Challenge,
    /// `disableUrlEncoding`.
    pub url_is_left_alone: bool,
}

/// A request that was signed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The request with what the scheme added.
    pub request: Request,
    /// The form with what the scheme added, where it added something.
    pub form: Option<Vec<(String, String)>>,
    /// What that was: newman's report marks such headers as `system`, and their values are secret.
    pub additions: Vec<Addition>,
}

/// What a scheme added to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addition {
    /// The header of this name.
    Header(String),
    /// The query parameter of this name, not encoded.
    Query(String),
}

/// A request cannot be signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// A type that this crate does not sign.
    #[error(
        "the request asks for `{scheme}` authentication, which cannot be signed here; use `basic`, \
         `bearer`, `apikey`, `digest`, `oauth1`, `oauth2`, `hawk`, `awsv4`, `jwt` or `noauth`"
    )]
    Unsupported {
        /// The type as written.
        scheme: String,
    },
    /// `oauth2` without a token.
    #[error(
        "the request asks for `oauth2` authentication but has no `accessToken`; fetch a token in an \
         earlier request, keep it in a variable, and name that variable as `accessToken`"
    )]
    NoAccessToken,
    /// `oauth2` with tokens that are more than a text to attach.
    #[error("tokens of type `{kind}` cannot be attached; the `tokenType` must be `bearer`")]
    TokenType {
        /// The `tokenType` as written.
        kind: String,
    },
    /// `oauth2` with the token in a place that nobody knows.
    #[error("a token cannot be added to `{place}`; `addTokenTo` must be `header` or `queryParams`")]
    TokenPlace {
        /// The `addTokenTo` as written.
        place: String,
    },
    /// A way to sign that this crate does not know.
    #[error("`{name}` is no way to sign that is known here; choose another algorithm")]
    Algorithm {
        /// The algorithm as written.
        name: String,
    },
    /// A parameter that is not there or cannot be read.
    #[error("the auth's `{name}` is missing or cannot be read")]
    Missing {
        /// The parameter.
        name: &'static str,
    },
    /// A private key that is none.
    #[error("the auth's private key cannot be used; it must be a PEM text of the algorithm's kind")]
    PrivateKey,
}

/// Signs `request`, whose body is `payload`, as Postman's `auth` value says, whose variables are
/// already replaced.
pub fn sign(
    auth: &Value,
    request: Request,
    mut payload: Payload,
    mut surroundings: Surroundings<'_>,
) -> Result<Signed, AuthError> {
    let mut signed = Signed::new(request);
    let Some(scheme) = auth.get("type").and_then(Value::as_str) else {
        return Ok(signed);
    };
    let parameters = Parameters::of(auth, scheme);
    match scheme {
        "noauth" => {}
        "basic" => basic::sign(parameters, &mut signed),
        "bearer" => bearer::sign(parameters, &mut signed),
        "apikey" => api_key::sign(parameters, &mut signed),
        "digest" => digest::sign(parameters, surroundings.challenge, &payload, &mut signed)?,
        "oauth1" => {
            let before = payload.clone();
            oauth1::sign(parameters, &mut payload, &mut surroundings, &mut signed)?;
            if let Payload::Form(pairs) = payload
                && before != Payload::Form(pairs.clone())
            {
                signed.form = Some(pairs);
            }
        }
        "oauth2" => oauth2::sign(parameters, &mut signed)?,
        "hawk" => hawk::sign(parameters, &payload, &mut surroundings, &mut signed),
        "awsv4" => awsv4::sign(parameters, &payload, &surroundings, &mut signed),
        "jwt" => jwt::sign(parameters, &mut signed)?,
        // The first request of `ntlm` has no signature: see `answered`.
        "ntlm" => signed.request.headers.remove("authorization"),
        other => {
            return Err(AuthError::Unsupported {
                scheme: other.to_owned(),
            });
        }
    }
    Ok(signed)
}

/// Learns from the response to a request with this `auth`; whether the request is to be sent again,
/// signed with what was learnt.
pub fn answered(
    auth: &Value,
    response: &Response,
    challenge: &mut Challenge,
    chance: &mut Random,
) -> Result<bool, AuthError> {
    let Some(scheme) = auth.get("type").and_then(Value::as_str) else {
        return Ok(false);
    };
    let parameters = Parameters::of(auth, scheme);
    match scheme {
        "digest" => Ok(digest::learn(parameters, challenge, response, chance)),
        "ntlm" if asks_for_ntlm(response) && !parameters.is_true("disableRetryRequest") => {
            Err(AuthError::Unsupported {
                scheme: scheme.to_owned(),
            })
        }
        _ => Ok(false),
    }
}

fn asks_for_ntlm(response: &Response) -> bool {
    matches!(response.status, 401 | 403)
        && response
            .headers
            .all("www-authenticate")
            .any(|value| value.eq_ignore_ascii_case("negotiate") || value.contains("NTLM"))
}

/// What newman encodes in the name of a query parameter, besides what is not ASCII; a `%` stays.
const QUERY_NAME: &AsciiSet = &QUERY_VALUE.add(b'=');

/// The same for its value.
const QUERY_VALUE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'&')
    .add(b'\'')
    .add(b'<')
    .add(b'>');

impl Signed {
    /// A request to which nothing was added so far.
    pub(super) fn new(request: Request) -> Self {
        Self {
            request,
            form: None,
            additions: Vec::new(),
        }
    }

    /// Replaces every header of this name by one behind the others.
    pub(super) fn set_header(&mut self, name: &str, value: String) {
        self.request.headers.set(name, value);
        self.additions.push(Addition::Header(name.to_owned()));
    }

    /// Replaces every query parameter of this name by one behind the others.
    pub(super) fn set_query(&mut self, name: &str, value: &str) {
        let (before_fragment, fragment) = match self.request.url.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (self.request.url.as_str(), None),
        };
        let (path, query) = match before_fragment.split_once('?') {
            Some((path, query)) => (path, query),
            None => (before_fragment, ""),
        };
        let same = |pair: &str| {
            let key = pair.split('=').next().unwrap_or_default();
            key == name || percent_decode_str(key).decode_utf8_lossy() == name
        };
        let mut pairs: Vec<String> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !same(pair))
            .map(str::to_owned)
            .collect();
        pairs.push(format!(
            "{}={}",
            utf8_percent_encode(name, QUERY_NAME),
            utf8_percent_encode(value, QUERY_VALUE)
        ));
        let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
        self.request.url = format!("{path}?{}{fragment}", pairs.join("&"));
        self.additions.push(Addition::Query(name.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::{Clock, Seed};
    use crate::exchange::{Body, Headers};

    fn sign(auth: &Value, request: Request) -> Result<Signed, AuthError> {
        let surroundings = Surroundings {
            now: Clock::logical_start(),
            chance: &mut Random::from_seed(Seed(1)),
            challenge: &Challenge::default(),
            url_is_left_alone: false,
        };
        super::sign(auth, request, Payload::Plain, surroundings)
    }

    fn request(headers: &[(&str, &str)]) -> Request {
        Request {
            method: "GET".into(),
            url: "https://example.invalid/get?a=1".into(),
            headers: headers.iter().copied().collect::<Headers>(),
            body: Body::default(),
        }
    }

    fn list(scheme: &str, parameters: Value) -> Value {
        let list: Vec<Value> = parameters
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value, "type": "string"}))
            .collect();
        json!({"type": scheme, scheme: list})
    }

    fn authorization(auth: &Value) -> Option<String> {
        let signed = sign(auth, request(&[("X-Z", "1")])).unwrap();
        signed
            .request
            .headers
            .get("authorization")
            .map(str::to_owned)
    }

    #[test]
    fn headers_agree_with_newman() {
        // scheme, parameters, Authorization
        let table = [
            (
                "basic",
                json!({"username": "u", "password": "p"}),
                Some("Basic dTpw"),
            ),
            (
                "basic",
                json!({"username": "", "password": "p"}),
                Some("Basic OnA="),
            ),
            ("basic", json!({"password": "p"}), Some("Basic OnA=")),
            ("basic", json!({"username": "u"}), Some("Basic dTo=")),
            ("basic", json!({}), Some("Basic Og==")),
            (
                "basic",
                json!({"username": "ü", "password": "p:q"}),
                Some("Basic w7w6cDpx"),
            ),
            (
                "basic",
                json!({"username": 1, "password": 2}),
                Some("Basic MToy"),
            ),
            (
                "basic",
                json!({"username": null, "password": "p"}),
                Some("Basic bnVsbDpw"),
            ),
            ("bearer", json!({"token": "tok"}), Some("Bearer tok")),
            ("bearer", json!({"token": 5}), Some("Bearer 5")),
            ("bearer", json!({"token": ""}), None),
            ("bearer", json!({}), None),
            ("noauth", json!({}), None),
            ("oauth2", json!({"accessToken": "tok"}), Some("Bearer tok")),
            (
                "oauth2",
                json!({"accessToken": "tok", "headerPrefix": "Token "}),
                Some("Token tok"),
            ),
            (
                "oauth2",
                json!({"accessToken": "tok", "headerPrefix": ""}),
                Some("tok"),
            ),
            (
                "oauth2",
                json!({"accessToken": "tok", "tokenType": "Bearer"}),
                Some("Bearer tok"),
            ),
        ];
        for (scheme, parameters, expected) in table {
            let map = json!({"type": scheme, scheme: parameters});
            for auth in [list(scheme, parameters), map] {
                assert_eq!(authorization(&auth).as_deref(), expected, "{auth}");
            }
        }
    }

    #[test]
    fn an_absent_auth_signs_nothing() {
        for auth in [json!(null), json!({}), json!({"type": null}), json!("text")] {
            let signed = sign(&auth, request(&[("Authorization", "mine")])).unwrap();
            assert_eq!(signed.request, request(&[("Authorization", "mine")]));
            assert!(signed.additions.is_empty());
        }
    }

    #[test]
    fn a_scheme_replaces_the_users_header_and_stands_behind_the_others() {
        let auth = list("bearer", json!({"token": "tok"}));
        let signed = sign(
            &auth,
            request(&[
                ("AUTHORIZATION", "mine"),
                ("X-Z", "1"),
                ("authorization", "2"),
            ]),
        )
        .unwrap();
        assert_eq!(
            signed.request.headers.iter().collect::<Vec<_>>(),
            [("X-Z", "1"), ("Authorization", "Bearer tok")]
        );
        assert_eq!(signed.additions, [Addition::Header("Authorization".into())]);
        let empty = list("bearer", json!({"token": ""}));
        let unsigned = sign(&empty, request(&[("Authorization", "mine")])).unwrap();
        assert_eq!(unsigned.request.headers.get("Authorization"), Some("mine"));
    }

    #[test]
    fn an_api_key_is_a_header_or_a_query_parameter() {
        // parameters, url after `/get`, x-key
        let table = [
            (json!({"key": "x-key", "value": "v"}), "?a=1", Some("v")),
            (
                json!({"key": "x-key", "value": "v", "in": "cookie"}),
                "?a=1",
                Some("v"),
            ),
            (json!({"key": "x-key"}), "?a=1", Some("")),
            (json!({"key": "", "value": "v"}), "?a=1", None),
            (json!({"value": "v"}), "?a=1", None),
            (
                json!({"key": "q k", "value": "v&=ü", "in": "query"}),
                "?a=1&q%20k=v%26=%C3%BC",
                None,
            ),
            (
                json!({"key": "a", "value": "new", "in": "query"}),
                "?a=new",
                None,
            ),
        ];
        for (parameters, url, header) in table {
            let signed = sign(&list("apikey", parameters), request(&[])).unwrap();
            assert_eq!(
                signed.request.url,
                format!("https://example.invalid/get{url}")
            );
            assert_eq!(signed.request.headers.get("x-key"), header);
        }
    }

    #[test]
    fn a_query_parameter_goes_before_the_fragment() {
        let auth = list(
            "oauth2",
            json!({"accessToken": "t", "addTokenTo": "queryParams"}),
        );
        for (url, expected) in [
            ("https://a.b", "https://a.b?access_token=t"),
            ("https://a.b/?#f?x", "https://a.b/?access_token=t#f?x"),
            (
                "https://a.b/?access%5Ftoken=old&n",
                "https://a.b/?n&access_token=t",
            ),
        ] {
            let mut unsigned = request(&[]);
            unsigned.url = url.into();
            let signed = sign(&auth, unsigned).unwrap();
            assert_eq!(signed.request.url, expected);
            assert_eq!(signed.additions, [Addition::Query("access_token".into())]);
        }
    }

    #[test]
    fn what_cannot_be_signed_is_refused_by_name() {
        for scheme in ["edgegrid", "asap", "mystery"] {
            let error = sign(&list(scheme, json!({})), request(&[])).unwrap_err();
            assert!(
                error.to_string().contains(&format!("`{scheme}`")),
                "{error}"
            );
        }
        let table = [
            (
                json!({"grant_type": "client_credentials"}),
                "has no `accessToken`",
            ),
            (json!({"accessToken": ""}), "has no `accessToken`"),
            (
                json!({"accessToken": "t", "tokenType": "mac"}),
                "of type `mac`",
            ),
            (
                json!({"accessToken": "t", "addTokenTo": "weird"}),
                "added to `weird`",
            ),
        ];
        for (parameters, message) in table {
            let error = sign(&list("oauth2", parameters), request(&[])).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    #[test]
    fn ntlm_is_refused_when_a_server_asks_for_it() {
        let auth = list("ntlm", json!({"username": "u"}));
        let signed = sign(&auth, request(&[("Authorization", "mine")])).unwrap();
        assert_eq!(signed.request, request(&[]));
        let asked = |status: u16, kind: &str| {
            let response = Response {
                status,
                reason: String::new(),
                headers: Headers::from_iter([("WWW-Authenticate", kind)]),
                body: Body::default(),
            };
            let mut chance = Random::from_seed(Seed(1));
            answered(&auth, &response, &mut Challenge::default(), &mut chance)
        };
        assert!(
            asked(401, "NTLM")
                .unwrap_err()
                .to_string()
                .contains("`ntlm`")
        );
        assert_eq!(asked(200, "NTLM"), Ok(false));
        assert_eq!(asked(401, "Basic realm=\"x\""), Ok(false));
    }
}
