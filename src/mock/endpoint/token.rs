//! Who asks for a token (RFC 6749 §4.4).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::exchange::Request;
use crate::mock::error::Refusal;
use crate::mock::tenant::{Credential, Tenant};

/// The standard's spelling, and that of the platform's guide.
const GRANTS: [&str; 2] = ["client_credentials", "client_credential"];

/// The credential that a token request proves to have.
pub(in crate::mock) fn authenticate(
    request: &Request,
    tenant: &Tenant,
) -> Result<Credential, Refusal> {
    let parameters = parameters(request)?;
    let need = |name: &str| {
        parameters
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Refusal::oauth(400, "invalid_request", format!("`{name}` is missing")))
    };
    let grant = need("grant_type")?;
    if !GRANTS.contains(&grant) {
        return Err(Refusal::oauth(
            400,
            "unsupported_grant_type",
            "use the grant type client_credentials",
        ));
    }
    let (id, secret, audience) = (
        need("client_id")?,
        need("client_secret")?,
        need("audience")?,
    );
    let credential = [tenant.provider, tenant.product]
        .into_iter()
        .find(|credential| credential.client_id == id && credential.client_secret == secret)
        .ok_or_else(|| {
            Refusal::oauth(
                401,
                "invalid_client",
                "the client is unknown or its secret is wrong",
            )
            .with("www-authenticate", r#"Basic realm="payments-out""#)
        })?;
    if credential.audience != audience {
        return Err(Refusal::oauth(
            400,
            "invalid_target",
            "the client has no access to this audience",
        ));
    }
    Ok(credential)
}

/// The parameters of a JSON body or a form.
fn parameters(request: &Request) -> Result<BTreeMap<String, String>, Refusal> {
    let invalid =
        |message: &str| Refusal::oauth(400, "invalid_request", format!("the body {message}"));
    let media_type = request
        .headers
        .get("content-type")
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match media_type.as_str() {
        "application/json" => {
            let Some(Value::Object(members)) = request.body.json() else {
                return Err(invalid("is not a JSON object"));
            };
            Ok(members
                .into_iter()
                .filter_map(|(name, value)| match value {
                    Value::String(text) => Some((name, text)),
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Array(_)
                    | Value::Object(_) => None,
                })
                .collect())
        }
        "application/x-www-form-urlencoded" => {
            Ok(url::form_urlencoded::parse(request.body.bytes())
                .into_owned()
                .collect())
        }
        _ => Err(Refusal::new(
            415,
            "MediaType",
            "send application/json or application/x-www-form-urlencoded",
        )),
    }
}
