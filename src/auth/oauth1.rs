//! `oauth1` (RFC 5849): every parameter of the request is signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::AuthError;
use super::digest::random_text;
use super::hashing::Hashing;
use super::parameter::Parameters;
use super::private_key::{Padding, rsa_signature};
use super::query::{Place, Query, canonical_rows};
use super::signature::{Addition, Payload, Signed, Surroundings};
use crate::collection::encode_query_value as encoded;

/// The parameters of the protocol, which no request brings itself.
const OWN: [&str; 10] = [
    "oauth_consumer_key",
    "oauth_token",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_version",
    "oauth_signature",
    "oauth_callback",
    "oauth_verifier",
    "oauth_body_hash",
];

/// Signs the request; without a key or its secret it stays as it is (Postman).
pub(super) fn sign(
    parameters: Parameters<'_>,
    payload: &mut Payload,
    surroundings: &mut Surroundings<'_>,
    signed: &mut Signed,
) -> Result<(), AuthError> {
    let text = |name: &str| parameters.text(name).unwrap_or_default();
    let method = text("signatureMethod");
    let is_rsa = method.split('-').next().unwrap_or_default() == "RSA";
    let secret = if is_rsa {
        "privateKey"
    } else {
        "consumerSecret"
    };
    if text("consumerKey").is_empty() || text(secret).is_empty() {
        return Ok(());
    }
    signed.request.headers.remove("authorization");
    let mut query = Query::of(&signed.request.url);
    query.remove(&OWN);
    if let Payload::Form(pairs) = payload {
        pairs.retain(|(name, _)| !OWN.contains(&name.as_str()));
    }
    let or_else = |name: &str, value: String| {
        Some(text(name))
            .filter(|own| !own.is_empty())
            .unwrap_or(value)
    };
    let nonce = or_else("nonce", random_text(11, surroundings.chance));
    let timestamp = or_else("timestamp", surroundings.now.as_second().to_string());
    let signs_empty = parameters.is_true("addEmptyParamsToSign");
    let mut own: Vec<(&str, Option<String>)> = vec![
        ("oauth_consumer_key", parameters.text("consumerKey")),
        ("oauth_token", parameters.text("token")),
        ("oauth_signature_method", parameters.text("signatureMethod")),
        ("oauth_timestamp", Some(timestamp)),
        ("oauth_nonce", Some(nonce)),
        ("oauth_version", parameters.text("version")),
    ];
    let body_hash = parameters
        .is_true("includeBodyHash")
        .then(|| body_hash(&method, payload, signed))
        .flatten();
    let extensions = [
        ("oauth_body_hash", body_hash),
        ("oauth_callback", parameters.text("callback")),
        ("oauth_verifier", parameters.text("verifier")),
    ];
    own.extend(extensions.into_iter().filter(|(_, value)| {
        value
            .as_deref()
            .is_some_and(|value| !value.trim().is_empty())
    }));
    own.retain(|(_, value)| {
        signs_empty
            || value
                .as_deref()
                .is_some_and(|value| !value.trim().is_empty())
    });
    let mut own: Vec<(&str, String)> = own
        .into_iter()
        .map(|(name, value)| (name, value.unwrap_or_default()))
        .collect();
    let base = base_string(
        &signed.request.method,
        &signed.request.url,
        &query,
        &own,
        payload,
        &method,
    );
    let key = format!(
        "{}&{}",
        encoded(&text("consumerSecret")),
        encoded(&text("tokenSecret"))
    );
    let signature = match method.as_str() {
        "" | "HMAC-SHA1" => STANDARD.encode(Hashing::Sha1.keyed(key.as_bytes(), base)),
        "HMAC-SHA256" => STANDARD.encode(Hashing::Sha256.keyed(key.as_bytes(), base)),
        "HMAC-SHA512" => STANDARD.encode(Hashing::Sha512.keyed(key.as_bytes(), base)),
        "PLAINTEXT" => key,
        "RSA-SHA256" => rsa_signature(&text("privateKey"), Hashing::Sha256, Padding::Pkcs1, &base)
            .map(|bytes| STANDARD.encode(bytes))?,
        "RSA-SHA512" => rsa_signature(&text("privateKey"), Hashing::Sha512, Padding::Pkcs1, &base)
            .map(|bytes| STANDARD.encode(bytes))?,
        _ => return Err(AuthError::Algorithm { name: method }),
    };
    own.push(("oauth_signature", signature));
    if !surroundings.url_is_left_alone {
        query.encode_strictly();
    }
    if parameters.is_true("addParamsToHeader") {
        let header = header(
            &text("realm"),
            &own,
            parameters.is_true("disableHeaderEncoding"),
        );
        signed.request.url = query.url();
        signed.set_header("Authorization", header);
        return Ok(());
    }
    let is_written =
        signed.request.method.contains("PUT") || signed.request.method.contains("POST");
    match payload {
        Payload::Form(pairs) if is_written => {
            pairs.extend(
                own.into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            );
        }
        Payload::Form(_) | Payload::Plain | Payload::Upload => {
            for (name, value) in own {
                signed.additions.push(Addition::Query(name.to_owned()));
                let value = if surroundings.url_is_left_alone {
                    value
                } else {
                    encoded(&value)
                };
                query.rows.push((name.to_owned(), Some(value)));
            }
        }
    }
    signed.request.url = query.url();
    Ok(())
}

/// The hash of a body that is no form, in base64 (draft-eaton-oauth-bodyhash).
fn body_hash(method: &str, payload: &Payload, signed: &Signed) -> Option<String> {
    let hashing = match method.split('-').nth(1)? {
        "SHA1" => Hashing::Sha1,
        "SHA256" => Hashing::Sha256,
        "SHA512" => Hashing::Sha512,
        _ => return None,
    };
    match payload {
        Payload::Plain => Some(STANDARD.encode(hashing.of(signed.request.body.bytes()))),
        Payload::Form(_) | Payload::Upload => None,
    }
}

/// The text that is signed (RFC 5849 §3.4.1).
fn base_string(
    method: &str,
    url: &str,
    query: &Query,
    own: &[(&str, String)],
    payload: &Payload,
    signature_method: &str,
) -> String {
    let place = Place::of(url);
    let is_default = matches!(
        (place.scheme, place.port()),
        ("http", "80") | ("https", "443")
    );
    let authority = if is_default {
        place.host()
    } else {
        place.authority
    };
    let path = place.path.split('?').next().unwrap_or_default();
    let path = if path.is_empty() { "/" } else { path };
    let address = format!("{}://{}{path}", place.scheme, authority.to_lowercase());
    let mut rows: Vec<(String, String)> = query
        .decoded()
        .into_iter()
        .map(|(name, value)| (name, value.unwrap_or_default()))
        .collect();
    rows.extend(
        own.iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    if let Payload::Form(pairs) = payload {
        rows.extend(pairs.iter().cloned());
    }
    if signature_method.is_empty() {
        rows.push(("oauth_signature_method".into(), "HMAC-SHA1".into()));
    }
    let rows = rows.iter();
    let rows = canonical_rows(rows.map(|(name, value)| (name.as_str(), value.as_str())));
    format!(
        "{}&{}&{}",
        encoded(&method.to_uppercase()),
        encoded(&address),
        encoded(&rows)
    )
}

/// The `Authorization` header (RFC 5849 §3.5.1).
fn header(realm: &str, own: &[(&str, String)], is_plain: bool) -> String {
    let write = |text: &str| {
        if is_plain {
            text.to_owned()
        } else {
            encoded(text)
        }
    };
    let mut fields = Vec::new();
    if !realm.trim().is_empty() {
        fields.push(format!("realm=\"{}\"", write(realm)));
    }
    fields.extend(
        own.iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}=\"{}\"", write(value.trim()))),
    );
    format!("OAuth {}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::Challenge;
    use crate::base::{Clock, Random, Seed};
    use crate::exchange::{Body, Headers, Request};

    fn signed(method: &str, url: &str, fields: Value, mut payload: Payload) -> (Signed, Payload) {
        let auth = json!({ "oauth1": fields });
        let mut signed = Signed::new(Request {
            method: method.into(),
            url: url.into(),
            headers: Headers::from_iter([("Authorization", "old")]),
            body: Body::default(),
        });
        let mut surroundings = Surroundings {
            now: Clock::logical_start(),
            chance: &mut Random::from_seed(Seed(1)),
            challenge: &Challenge::default(),
            url_is_left_alone: false,
        };
        let parameters = Parameters::of(&auth, "oauth1");
        sign(parameters, &mut payload, &mut surroundings, &mut signed).unwrap();
        (signed, payload)
    }

    fn form(pairs: &[(&str, &str)]) -> Payload {
        let pairs = pairs.iter();
        Payload::Form(
            pairs
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        )
    }

    #[test]
    fn the_example_of_rfc_5849_is_signed_as_it_says() {
        // RFC 5849 §1.2: the request for the photographs.
        let (signed, _) = signed(
            "GET",
            "http://photos.example.net/photos?file=vacation.jpg&size=original",
            json!({"consumerKey": "dpf43f3p2l4k3l03", "consumerSecret": "kd94hf93k423kf44",
                "token": "nnch734d00sl2jdk", "tokenSecret": "pfkkdhi9sl3r4s00",
                "signatureMethod": "HMAC-SHA1", "timestamp": "137131202", "nonce": "chapoH",
                "realm": "Photos", "addParamsToHeader": true}),
            Payload::Plain,
        );
        assert_eq!(
            signed.request.headers.get("authorization").unwrap(),
            "OAuth realm=\"Photos\",oauth_consumer_key=\"dpf43f3p2l4k3l03\",\
             oauth_token=\"nnch734d00sl2jdk\",oauth_signature_method=\"HMAC-SHA1\",\
             oauth_timestamp=\"137131202\",oauth_nonce=\"chapoH\",\
             oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""
        );
    }

    #[test]
    fn a_form_is_signed_with_the_request_and_takes_the_parameters() {
        // The example of the base string in RFC 5849 §3.4.1.1, with a signature of our own.
        let query = Query::of("http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
        let own = [
            ("oauth_consumer_key", "9djdj82h48djs9d2".to_owned()),
            ("oauth_token", "kkk9d7dh3k39sjv7".to_owned()),
            ("oauth_signature_method", "HMAC-SHA1".to_owned()),
            ("oauth_timestamp", "137131201".to_owned()),
            ("oauth_nonce", "7d8f3e4a".to_owned()),
        ];
        let payload = form(&[("c2", ""), ("a3", "2 q")]);
        assert_eq!(
            base_string(
                "POST",
                "http://EXAMPLE.com:80/request?x",
                &query,
                &own,
                &payload,
                "HMAC-SHA1"
            ),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q\
             %26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_\
             key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m\
             ethod%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk\
             9d7dh3k39sjv7"
        );
        let fields = json!({"consumerKey": "k", "consumerSecret": "s",
            "signatureMethod": "PLAINTEXT", "timestamp": "1", "nonce": "n", "version": "1.0"});
        let sent = form(&[("a", "b"), ("oauth_nonce", "old")]);
        let (request, Payload::Form(pairs)) =
            signed("POST", "http://h/?q=1+2", fields.clone(), sent)
        else {
            panic!("it is a form still")
        };
        let names: Vec<_> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(names[..2], ["a=b", "oauth_consumer_key=k"]);
        assert_eq!(names.last().unwrap(), "oauth_signature=s&");
        assert_eq!(request.request.url, "http://h/?q=1%202");
        let (request, _) = signed("GET", "http://h/", fields, Payload::Plain);
        assert_eq!(
            request.request.url,
            "http://h/?oauth_consumer_key=k&oauth_signature_method=PLAINTEXT&oauth_timestamp=1\
             &oauth_nonce=n&oauth_version=1.0&oauth_signature=s%26"
        );
    }

    #[test]
    fn without_a_secret_nothing_is_signed() {
        let (signed, _) = signed(
            "GET",
            "http://h/",
            json!({"consumerKey": "k"}),
            Payload::Plain,
        );
        assert_eq!(signed.request.headers.get("authorization"), Some("old"));
    }
}
