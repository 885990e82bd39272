//! Who asks for a token (RFC 6749 §4.4), and the answer.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::exchange::{Request, Response};
use crate::mock::answer;
use crate::mock::client::{Client, Clients};
use crate::mock::error::Refusal;
use crate::mock::gate;
use crate::profile::{ClientAuthentication, Presence, Profile};

/// The standard's spelling, and that of the platform's guide.
const GRANTS: [&str; 2] = ["client_credentials", "client_credential"];

/// A client's id and its secret.
type Proof = (String, String);

/// The client that a token request proves to come from.
pub(in crate::mock) fn authenticate(
    profile: &Profile,
    request: &Request,
    clients: &Clients,
) -> Result<Client, Refusal> {
    gate::check_size(profile, request)?;
    let parameters = parameters(request)?;
    let grant = need(&parameters, "grant_type")?;
    if !GRANTS.contains(&grant) {
        return Err(Refusal::oauth(
            400,
            "unsupported_grant_type",
            "use the grant type client_credentials",
        ));
    }
    let (id, secret) = proof(profile, request, &parameters)?;
    let audience = match profile.token.audience.value {
        Presence::Required => Some(need(&parameters, "audience")?),
        Presence::Optional => optional(&parameters, "audience"),
    };
    let client = clients
        .by_id(&id)
        .filter(|client| client.credential.client_secret == secret)
        .ok_or_else(|| invalid_client("the client is unknown or its secret is wrong"))?;
    if audience.is_some_and(|audience| audience != client.credential.audience) {
        return Err(Refusal::oauth(
            400,
            "invalid_target",
            "the client has no access to this audience",
        ));
    }
    Ok(client)
}

/// The answer that carries `token`, which lives for so many seconds (RFC 6749 §5.1), and says so if
/// it is to.
pub(in crate::mock) fn grant(expires_in: Presence, token: &str, seconds: u64) -> Response {
    let mut body = json!({"access_token": token, "token_type": "Bearer"});
    match expires_in {
        Presence::Required => body["expires_in"] = json!(seconds),
        Presence::Optional => {}
    }
    let mut response = answer::json(200, &body);
    response.headers.push("cache-control", "no-store");
    response.headers.push("pragma", "no-cache");
    response
}

/// What the client says to prove who it is, in the way that the profile allows.
fn proof(
    profile: &Profile,
    request: &Request,
    parameters: &BTreeMap<String, String>,
) -> Result<Proof, Refusal> {
    let basic = basic(request)?;
    let in_body = optional(parameters, "client_secret").is_some();
    if basic.is_some() && in_body {
        return Err(Refusal::oauth(
            400,
            "invalid_request",
            "the client proves who it is in two ways; use one (RFC 6749 §2.3)",
        ));
    }
    let from_body = || -> Result<Proof, Refusal> {
        Ok((
            need(parameters, "client_id")?.to_owned(),
            need(parameters, "client_secret")?.to_owned(),
        ))
    };
    match (profile.token.client_authentication.value, basic) {
        (ClientAuthentication::Body, None) => from_body(),
        (ClientAuthentication::Either, None) if in_body => from_body(),
        (ClientAuthentication::Basic | ClientAuthentication::Either, Some(proof)) => {
            match optional(parameters, "client_id") {
                Some(id) if id != proof.0 => Err(Refusal::oauth(
                    400,
                    "invalid_request",
                    "`client_id` is not the client of the Authorization header",
                )),
                Some(_) | None => Ok(proof),
            }
        }
        (ClientAuthentication::Body, Some(_)) => Err(invalid_client(
            "send client_id and client_secret in the body",
        )),
        (ClientAuthentication::Basic, None) => {
            Err(invalid_client("send client id and secret by HTTP Basic"))
        }
        (ClientAuthentication::Either, None) => Err(invalid_client(
            "send client id and secret in the body or by HTTP Basic",
        )),
    }
}

/// Id and secret of a Basic `Authorization` header, each form-encoded (RFC 6749 §2.3.1).
fn basic(request: &Request) -> Result<Option<Proof>, Refusal> {
    let Some(value) = request.headers.get("authorization") else {
        return Ok(None);
    };
    let decoded = value
        .trim()
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, pair)| STANDARD.decode(pair.trim()).ok())
        .and_then(|pair| String::from_utf8(pair).ok());
    let pair = decoded.as_deref().and_then(|pair| pair.split_once(':'));
    let Some((id, secret)) = pair else {
        return Err(invalid_client(
            "the Authorization header is not one of HTTP Basic",
        ));
    };
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned()
    };
    Ok(Some((decode(id), decode(secret))))
}

fn invalid_client(message: &str) -> Refusal {
    Refusal::oauth(401, "invalid_client", message)
        .with("www-authenticate", r#"Basic realm="payments-out""#)
}

fn optional<'p>(parameters: &'p BTreeMap<String, String>, name: &str) -> Option<&'p str> {
    parameters
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

fn need<'p>(parameters: &'p BTreeMap<String, String>, name: &str) -> Result<&'p str, Refusal> {
    optional(parameters, name)
        .ok_or_else(|| Refusal::oauth(400, "invalid_request", format!("`{name}` is missing")))
}

/// The parameters of a JSON body or a form, none twice (RFC 6749 §3.2).
fn parameters(request: &Request) -> Result<BTreeMap<String, String>, Refusal> {
    let invalid =
        |message: String| Refusal::oauth(400, "invalid_request", format!("the body {message}"));
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
                return Err(invalid("is not a JSON object".into()));
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
            let mut parameters = BTreeMap::new();
            for (name, value) in url::form_urlencoded::parse(request.body.bytes()).into_owned() {
                if parameters.contains_key(&name) {
                    return Err(invalid(format!("has `{name}` twice")));
                }
                parameters.insert(name, value);
            }
            Ok(parameters)
        }
        _ => Err(Refusal::new(
            415,
            "MediaType",
            "send application/json or application/x-www-form-urlencoded",
        )),
    }
}
