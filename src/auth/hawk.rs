//! `hawk`: a MAC over method, place and time (the scheme of Eran Hammer, version 1 of its header).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::digest::random_text;
use super::hashing::Hashing;
use super::parameter::Parameters;
use super::query::Place;
use super::signature::{Payload, Signed, Surroundings};

/// Signs the request; without id or key it stays as it is (Postman).
pub(super) fn sign(
    parameters: Parameters<'_>,
    payload: &Payload,
    surroundings: &mut Surroundings<'_>,
    signed: &mut Signed,
) {
    let text = |name: &str| parameters.text(name).unwrap_or_default();
    let (id, key, algorithm) = (text("authId"), text("authKey"), text("algorithm"));
    if id.is_empty() || key.is_empty() {
        return;
    }
    let hashing = match algorithm.as_str() {
        "sha1" => Hashing::Sha1,
        "sha256" => Hashing::Sha256,
        _ => {
            // newman sends an empty header.
            signed.set_header("Authorization", String::new());
            return;
        }
    };
    let nonce = Some(text("nonce")).filter(|nonce| !nonce.is_empty());
    let nonce = nonce.unwrap_or_else(|| random_text(6, surroundings.chance));
    let timestamp = text("timestamp");
    let timestamp = if timestamp.parse::<f64>().is_ok_and(|time| time >= 1.0) {
        timestamp
    } else {
        surroundings.now.as_second().to_string()
    };
    let hash = parameters
        .is_true("includePayloadHash")
        .then(|| payload_hash(hashing, payload, signed))
        .flatten()
        .unwrap_or_default();
    let (extra, app, delegation) = (text("extraData"), text("app"), text("delegation"));
    let place = Place::of(&signed.request.url);
    let mut normal = format!(
        "hawk.1.header\n{timestamp}\n{nonce}\n{}\n{}\n{}\n{}\n{hash}\n{}\n",
        signed.request.method.to_uppercase(),
        place.path,
        place.host().to_lowercase(),
        place.port(),
        extra.replacen('\\', "\\\\", 1).replacen('\n', "\\n", 1),
    );
    if !app.is_empty() {
        normal += &format!("{app}\n{delegation}\n");
    }
    let mac = STANDARD.encode(hashing.keyed(key.as_bytes(), normal));
    let mut header = format!("Hawk id=\"{id}\", ts=\"{timestamp}\", nonce=\"{nonce}\"");
    if !hash.is_empty() {
        header += &format!(", hash=\"{hash}\"");
    }
    if !extra.is_empty() {
        let extra = extra.replace('\\', "\\\\").replace('"', "\\\"");
        header += &format!(", ext=\"{extra}\"");
    }
    header += &format!(", mac=\"{mac}\"");
    if !app.is_empty() {
        header += &format!(", app=\"{app}\"");
        if !delegation.is_empty() {
            header += &format!(", dlg=\"{delegation}\"");
        }
    }
    signed.set_header("Authorization", header);
}

/// The hash of a body that is there and is no upload.
fn payload_hash(hashing: Hashing, payload: &Payload, signed: &Signed) -> Option<String> {
    let body = signed.request.body.bytes();
    match payload {
        Payload::Plain | Payload::Form(_) if !body.is_empty() => {
            let kind = signed
                .request
                .headers
                .get("content-type")
                .unwrap_or_default();
            let kind = kind
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_lowercase();
            let mut text = format!("hawk.1.payload\n{kind}\n").into_bytes();
            text.extend_from_slice(body);
            text.push(b'\n');
            Some(STANDARD.encode(hashing.of(text)))
        }
        Payload::Plain | Payload::Form(_) | Payload::Upload => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::Challenge;
    use crate::base::{Clock, Random, Seed};
    use crate::exchange::{Body, Headers, Request};

    fn header(method: &str, fields: Value, body: &str) -> String {
        let auth = json!({ "hawk": fields });
        let mut signed = Signed::new(Request {
            method: method.into(),
            url: "http://example.com:8000/resource/1?b=1&a=2".into(),
            headers: Headers::from_iter([("Content-Type", "text/plain")]),
            body: Body::from(body.to_owned()),
        });
        let mut surroundings = Surroundings {
            now: Clock::logical_start(),
            chance: &mut Random::from_seed(Seed(1)),
            challenge: &Challenge::default(),
            url_is_left_alone: false,
        };
        let parameters = Parameters::of(&auth, "hawk");
        sign(parameters, &Payload::Plain, &mut surroundings, &mut signed);
        let header = signed.request.headers.get("authorization");
        header.unwrap_or_default().to_owned()
    }

    fn published() -> Value {
        json!({"authId": "dh37fgj492je", "authKey": "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn",
            "algorithm": "sha256", "timestamp": "1353832234", "nonce": "j4h3g2",
            "extraData": "some-app-ext-data"})
    }

    #[test]
    fn the_examples_of_the_scheme_are_signed_as_they_say() {
        assert_eq!(
            header("GET", published(), ""),
            "Hawk id=\"dh37fgj492je\", ts=\"1353832234\", nonce=\"j4h3g2\", \
             ext=\"some-app-ext-data\", mac=\"6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE=\""
        );
        let mut fields = published();
        fields["includePayloadHash"] = json!(true);
        assert_eq!(
            header("POST", fields, "Thank you for flying Hawk"),
            "Hawk id=\"dh37fgj492je\", ts=\"1353832234\", nonce=\"j4h3g2\", \
             hash=\"Yi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY=\", \
             ext=\"some-app-ext-data\", mac=\"aSe1DERmZuRl3pI36/9BdZmnErTw3sNzOOAUlfeKjVw=\""
        );
    }

    #[test]
    fn without_a_key_nothing_is_signed() {
        assert_eq!(header("GET", json!({"authId": "x"}), ""), "");
    }
}
