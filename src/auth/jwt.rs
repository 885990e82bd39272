//! `jwt` (RFC 7519): a token that is made anew for every request.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::AuthError;
use super::hashing::Hashing;
use super::parameter::Parameters;
use super::private_key::{Padding, ecdsa_signature, rsa_signature};
use super::query::Query;
use super::signature::{Addition, Signed};
use crate::collection::encode_query_value;

/// Adds a token to the request.
pub(super) fn sign(parameters: Parameters<'_>, signed: &mut Signed) -> Result<(), AuthError> {
    let token = token(parameters)?;
    let place = parameters.text("addTokenTo").unwrap_or_default();
    match place.as_str() {
        "" | "header" => {
            let prefix = parameters.given("headerPrefix");
            let value = match prefix.as_deref() {
                Some("") => token,
                Some(prefix) => format!("{prefix} {token}"),
                None => format!("Bearer {token}"),
            };
            signed.set_header("Authorization", value);
        }
        "queryParam" => {
            let name = parameters.text("queryParamKey").unwrap_or_default();
            let name = if name.is_empty() {
                "token".to_owned()
            } else {
                name
            };
            let mut query = Query::of(&signed.request.url);
            query.remove(&[&name]);
            query.rows.push((encode_query_value(&name), Some(token)));
            signed.request.url = query.url();
            signed.additions.push(Addition::Query(name));
        }
        _ => {}
    }
    Ok(())
}

/// The token.
fn token(parameters: Parameters<'_>) -> Result<String, AuthError> {
    let algorithm = parameters.text("algorithm").unwrap_or_default();
    let hashing = match algorithm.get(2..) {
        Some("256") => Hashing::Sha256,
        Some("384") => Hashing::Sha384,
        Some("512") => Hashing::Sha512,
        Some(_) | None => return Err(AuthError::Algorithm { name: algorithm }),
    };
    let mut header = object(parameters, "header")?;
    header.insert("alg".into(), json!(algorithm));
    let payload = object(parameters, "payload")?;
    let part = |value: Map<String, Value>| URL_SAFE_NO_PAD.encode(written(&Value::Object(value)));
    let text = format!("{}.{}", part(header), part(payload));
    let given = |name: &'static str| {
        let value = parameters.text(name).filter(|value| !value.is_empty());
        value.ok_or(AuthError::Missing { name })
    };
    let signature = match &algorithm[..2] {
        "HS" => {
            let secret = given("secret")?;
            let key = if parameters.is_true("isSecretBase64Encoded") {
                STANDARD
                    .decode(&secret)
                    .map_err(|_| AuthError::Missing { name: "secret" })?
            } else {
                secret.into_bytes()
            };
            hashing.keyed(&key, &text)
        }
        "RS" => rsa_signature(&given("privateKey")?, hashing, Padding::Pkcs1, &text)?,
        "PS" => rsa_signature(&given("privateKey")?, hashing, Padding::Pss, &text)?,
        "ES" if hashing != Hashing::Sha512 => {
            ecdsa_signature(&given("privateKey")?, hashing, &text)?
        }
        _ => return Err(AuthError::Algorithm { name: algorithm }),
    };
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// A parameter that is an object, or the text of one.
fn object(parameters: Parameters<'_>, name: &'static str) -> Result<Map<String, Value>, AuthError> {
    let text = parameters.text(name).unwrap_or_default();
    let text = text.trim();
    if text.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|_| AuthError::Missing { name })
}

/// JSON as JavaScript writes it: a whole number has no fraction.
fn written(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e21 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        Value::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(written).collect::<Vec<_>>().join(",")
            )
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| format!("{}:{}", json!(name), written(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Body, Headers, Request};

    fn made(fields: Value) -> Result<String, AuthError> {
        let auth = json!({ "jwt": fields });
        token(Parameters::of(&auth, "jwt"))
    }

    #[test]
    fn the_well_known_token_is_made() {
        // The example that jwt.io shows, and that of RFC 7515 A.1 in its compact spelling.
        assert_eq!(
            made(
                json!({"algorithm": "HS256", "secret": "your-256-bit-secret",
                "header": "{\"alg\": \"none\", \"typ\": \"JWT\"}",
                "payload": {"sub": "1234567890", "name": "John Doe", "iat": 1_516_239_022.0_f64}})
            )
            .unwrap(),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6Ikpva\
             G4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
        );
    }

    #[test]
    fn a_token_goes_where_it_is_told_to() {
        let sent = |more: Value| {
            let mut fields = json!({"algorithm": "HS512", "secret": "cw==",
                "isSecretBase64Encoded": true});
            for (name, value) in more.as_object().unwrap() {
                fields[name] = value.clone();
            }
            let auth = json!({ "jwt": fields });
            let mut signed = Signed::new(Request {
                method: "GET".into(),
                url: "http://h/?token=old&a=1".into(),
                headers: Headers::new(),
                body: Body::default(),
            });
            sign(Parameters::of(&auth, "jwt"), &mut signed).unwrap();
            let header = signed.request.headers.get("authorization").unwrap_or("-");
            (
                header.chars().take(9).collect::<String>(),
                signed.request.url,
            )
        };
        let url = "http://h/?token=old&a=1".to_owned();
        assert_eq!(sent(json!({})), ("Bearer ey".into(), url.clone()));
        assert_eq!(sent(json!({"headerPrefix": ""})), ("eyJhbGciO".into(), url));
        let (header, url) = sent(json!({"addTokenTo": "queryParam"}));
        assert_eq!(header, "-");
        assert!(url.starts_with("http://h/?a=1&token=eyJ"), "{url}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let table = [
            (json!({"algorithm": "none"}), "`none`"),
            (json!({"algorithm": "ES512", "privateKey": "x"}), "`ES512`"),
            (json!({"algorithm": "HS256"}), "`secret`"),
            (
                json!({"algorithm": "HS256", "secret": "s", "payload": "{"}),
                "`payload`",
            ),
            (
                json!({"algorithm": "RS256", "privateKey": "x"}),
                "private key",
            ),
        ];
        for (fields, name) in table {
            let message = made(fields).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }
}
