//! The request for an access token that an `oauth2` auth describes and does not have yet.

use serde_json::Value;

use super::client_credentials::client_basic;
use super::parameter::Parameters;
use crate::collection::encode_query_value;
use crate::exchange::{Body, Headers, Request};

/// A request for a token, by a grant that needs nobody at a browser (RFC 6749 §4.3, §4.4, §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest(Request);

impl TokenRequest {
    /// The request that `auth` describes; `None` where it is no `oauth2`, has a token, or its grant
    /// needs a browser.
    #[must_use]
    pub fn of(auth: &Value) -> Option<Self> {
        if auth.get("type").and_then(Value::as_str) != Some("oauth2") {
            return None;
        }
        let parameters = Parameters::of(auth, "oauth2");
        let text = |name: &str| parameters.given(name).filter(|value| !value.is_empty());
        let url = text("accessTokenUrl")?;
        if text("accessToken").is_some() {
            return None;
        }
        let grant = text("grant_type")?;
        let mut pairs = match grant.as_str() {
            "client_credentials" => vec![("grant_type", "client_credentials".to_owned())],
            "password" | "password_credentials" => vec![
                ("grant_type", "password".to_owned()),
                ("username", text("username").unwrap_or_default()),
                ("password", text("password").unwrap_or_default()),
            ],
            // The other grants need a browser, unless they have brought a refresh token before.
            _ => vec![
                ("grant_type", "refresh_token".to_owned()),
                ("refresh_token", text("refreshToken")?),
            ],
        };
        if let Some(scope) = text("scope") {
            pairs.push(("scope", scope));
        }
        let (id, secret) = (text("clientId").unwrap_or_default(), text("clientSecret"));
        let mut headers = Headers::from_iter([
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
        ]);
        // Postman: `client_authentication` says where the client proves itself.
        if text("client_authentication").as_deref() == Some("body") {
            pairs.push(("client_id", id));
            pairs.extend(secret.map(|secret| ("client_secret", secret)));
        } else {
            headers.set(
                "Authorization",
                client_basic(&id, secret.as_deref().unwrap_or_default()),
            );
        }
        let body: Vec<_> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", encode_query_value(value)))
            .collect();
        Some(Self(Request {
            method: "POST".into(),
            url,
            headers,
            body: Body::from(body.join("&")),
        }))
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.0
    }

    /// Gives `auth` the token that a response brought; `false` where it brought none.
    pub fn put(auth: &mut Value, answer: &Value) -> bool {
        let Some(token) = answer.get("access_token").and_then(Value::as_str) else {
            return false;
        };
        match &mut auth["oauth2"] {
            Value::Array(rows) => {
                rows.retain(|row| row["key"] != "accessToken");
                rows.push(serde_json::json!({ "key": "accessToken", "value": token }));
            }
            fields => fields["accessToken"] = serde_json::json!(token),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(fields: Value) -> Option<(String, Option<String>)> {
        let auth = json!({"type": "oauth2", "oauth2": fields});
        let request = TokenRequest::of(&auth)?.0;
        let authorization = request.headers.get("authorization").map(str::to_owned);
        Some((request.body.text().unwrap().to_owned(), authorization))
    }

    #[test]
    fn every_grant_without_a_browser_has_its_form() {
        let url = "http://h/token";
        // RFC 6749 §2.3.1 and its examples of §4.3.2, §4.4.2 and §6: the client is s6BhdRkqt3.
        let client = json!({"accessTokenUrl": url, "clientId": "s6BhdRkqt3", "clientSecret": "7Fjfp0ZBr1KtDRbnfVdmIw"});
        let with = |more: Value| {
            let mut fields = client.clone();
            for (name, value) in more.as_object().unwrap() {
                fields[name] = value.clone();
            }
            asked(fields)
        };
        let basic = Some("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3".to_owned());
        let table = [
            (
                json!({"grant_type": "client_credentials", "scope": "a b"}),
                "grant_type=client_credentials&scope=a%20b",
            ),
            (
                json!({"grant_type": "password_credentials", "username": "johndoe", "password": "A3ddj3w"}),
                "grant_type=password&username=johndoe&password=A3ddj3w",
            ),
            (
                json!({"grant_type": "authorization_code", "refreshToken": "tGzv3JOkF0XG5Qx2TlKWIA"}),
                "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA",
            ),
        ];
        for (fields, body) in table {
            assert_eq!(with(fields), Some((body.into(), basic.clone())));
        }
        let in_body =
            with(json!({"grant_type": "client_credentials", "client_authentication": "body"}));
        assert_eq!(
            in_body,
            Some(("grant_type=client_credentials&client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw".into(), None))
        );
        assert_eq!(with(json!({"grant_type": "implicit"})), None);
        assert_eq!(
            with(json!({"grant_type": "client_credentials", "accessToken": "t"})),
            None
        );
    }

    #[test]
    fn the_token_of_the_answer_becomes_the_auths_own() {
        for mut auth in [
            json!({"type": "oauth2", "oauth2": [{"key": "accessToken", "value": ""}]}),
            json!({"type": "oauth2", "oauth2": {}}),
        ] {
            assert!(!TokenRequest::put(
                &mut auth,
                &json!({"error": "invalid_client"})
            ));
            assert!(TokenRequest::put(&mut auth, &json!({"access_token": "t"})));
            let token = Parameters::of(&auth, "oauth2").text("accessToken");
            assert_eq!(token.as_deref(), Some("t"));
        }
    }
}
