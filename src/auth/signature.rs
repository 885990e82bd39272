//! The way in: which scheme, and what it added.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::parameter::Parameters;
use super::{api_key, basic, bearer, oauth2};
use crate::exchange::Request;

/// A request that was signed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The request with what the scheme added.
    pub request: Request,
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
         `bearer`, `apikey`, `oauth2` with an access token, or `noauth`"
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
}

/// Signs `request` as Postman's `auth` value says, whose variables are already replaced.
pub fn sign(auth: &Value, request: Request) -> Result<Signed, AuthError> {
    let mut signed = Signed {
        request,
        additions: Vec::new(),
    };
    let Some(scheme) = auth.get("type").and_then(Value::as_str) else {
        return Ok(signed);
    };
    let parameters = Parameters::of(auth, scheme);
    match scheme {
        "noauth" => {}
        "basic" => basic::sign(parameters, &mut signed),
        "bearer" => bearer::sign(parameters, &mut signed),
        "apikey" => api_key::sign(parameters, &mut signed),
        "oauth2" => oauth2::sign(parameters, &mut signed)?,
        other => {
            return Err(AuthError::Unsupported {
                scheme: other.to_owned(),
            });
        }
    }
    Ok(signed)
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
    use crate::exchange::{Body, Headers};

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
        for scheme in [
            "digest", "oauth1", "hawk", "awsv4", "ntlm", "edgegrid", "asap", "jwt", "mystery",
        ] {
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
}
