//! `digest` (RFC 7616): the server challenges, the request is sent again with an answer.
//!
//! newman sends a request without a signature first unless realm and nonce are known, learns both
//! from the challenge, and goes on to use them for whatever has the same auth.

use super::AuthError;
use super::hashing::Hashing;
use super::parameter::Parameters;
use super::query::Place;
use super::signature::{Payload, Signed};
use crate::base::Random;
use crate::exchange::Response;

/// What a server's challenge has taught us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: String,
    qop: String,
    client_nonce: String,
    nonce_count: String,
}

/// The parameters of the user's, and where they are empty what the challenge says.
struct Known<'a> {
    parameters: Parameters<'a>,
    challenge: &'a Challenge,
}

impl Known<'_> {
    fn get(&self, name: &str) -> String {
        let own = self.parameters.text(name).unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let learnt = match name {
            "realm" => &self.challenge.realm,
            "nonce" => &self.challenge.nonce,
            "opaque" => &self.challenge.opaque,
            "qop" => &self.challenge.qop,
            "clientNonce" => &self.challenge.client_nonce,
            "nonceCount" => &self.challenge.nonce_count,
            _ => return own,
        };
        learnt.clone()
    }
}

/// Learns from a response; whether the request is to be sent again.
pub(super) fn learn(
    parameters: Parameters<'_>,
    challenge: &mut Challenge,
    response: &Response,
    chance: &mut Random,
) -> bool {
    if parameters.is_true("disableRetryRequest") {
        return false;
    }
    let asked = response
        .headers
        .all("www-authenticate")
        .find(|value| value.to_ascii_lowercase().starts_with("digest "));
    let before = challenge.clone();
    let known = Known {
        parameters,
        challenge: &before,
    };
    let (401 | 403, Some(asked)) = (response.status, asked) else {
        let count: u32 = known.get("nonceCount").parse().unwrap_or(0);
        challenge.nonce_count = format!("{:08}", count + 1);
        return false;
    };
    let mut news = vec![
        ("nonce", quoted(asked, "nonce")),
        ("realm", quoted(asked, "realm")),
    ];
    let (opaque, qop) = (quoted(asked, "opaque"), quoted(asked, "qop"));
    if !opaque.is_empty() {
        news.push(("opaque", opaque));
    }
    let is_counted = !qop.is_empty() || !known.get("qop").is_empty();
    if !qop.is_empty() {
        news.push(("qop", qop));
    }
    if is_counted {
        news.push(("clientNonce", random_text(8, chance)));
        news.push(("nonceCount", "00000001".into()));
    }
    // Whoever knew all of this and is asked again was refused.
    if news.iter().all(|(name, _)| !known.get(name).is_empty()) {
        return false;
    }
    for (name, value) in news {
        match name {
            "nonce" => challenge.nonce = value,
            "realm" => challenge.realm = value,
            "opaque" => challenge.opaque = value,
            "qop" => challenge.qop = value,
            "clientNonce" => challenge.client_nonce = value,
            _ => challenge.nonce_count = value,
        }
    }
    true
}

/// The value of `name="…"`, or nothing.
fn quoted(text: &str, name: &str) -> String {
    // As newman, which finds `nonce` in `cnonce` too.
    let lower = text.to_ascii_lowercase();
    let Some(start) = lower.find(&format!("{name}=\"")) else {
        return String::new();
    };
    let value = &text[start + name.len() + 2..];
    value
        .split_once('"')
        .map(|(value, _)| value.to_owned())
        .unwrap_or_default()
}

/// Letters and digits by chance.
pub(super) fn random_text(length: usize, chance: &mut Random) -> String {
    const SIGNS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let last = SIGNS.len() as u64 - 1;
    (0..length)
        .map(|_| {
            let place = usize::try_from(chance.between(0, last)).unwrap_or_default();
            char::from(SIGNS[place])
        })
        .collect()
}

/// Answers the challenge, where there was one.
pub(super) fn sign(
    parameters: Parameters<'_>,
    challenge: &Challenge,
    payload: &Payload,
    signed: &mut Signed,
) -> Result<(), AuthError> {
    let known = Known {
        parameters,
        challenge,
    };
    let (user, realm, nonce) = (
        known.get("username"),
        known.get("realm"),
        known.get("nonce"),
    );
    if user.is_empty() || realm.is_empty() || nonce.is_empty() {
        return Ok(());
    }
    let algorithm = Some(known.get("algorithm")).filter(|algorithm| !algorithm.is_empty());
    let algorithm = algorithm.unwrap_or_else(|| "MD5".into());
    let hashing = match algorithm.as_str() {
        "MD5" | "MD5-sess" => Hashing::Md5,
        "SHA-256" | "SHA-256-sess" => Hashing::Sha256,
        "SHA-512-256" | "SHA-512-256-sess" => Hashing::Sha512Of256,
        _ => return Err(AuthError::Algorithm { name: algorithm }),
    };
    let hash = |text: String| hashing.text_of(text);
    let password = parameters.text("password");
    let password = password.as_deref().unwrap_or("undefined");
    let (qop, count, client_nonce) = (
        known.get("qop"),
        known.get("nonceCount"),
        known.get("clientNonce"),
    );
    let uri = Place::of(&signed.request.url).path.to_owned();
    let method = &signed.request.method;
    let identity = format!("{user}:{realm}:{password}");
    let first = if algorithm.ends_with("-sess") {
        hash(format!("{}:{nonce}:{client_nonce}", hash(identity)))
    } else {
        hash(identity)
    };
    let second = if qop == "auth-int" {
        let body = match payload {
            Payload::Plain | Payload::Form(_) => hashing.text_of(signed.request.body.bytes()),
            Payload::Upload => "undefined".into(),
        };
        hash(format!("{method}:{uri}:{body}"))
    } else {
        hash(format!("{method}:{uri}"))
    };
    let is_counted = matches!(qop.as_str(), "auth" | "auth-int");
    let response = if is_counted {
        hash(format!(
            "{first}:{nonce}:{count}:{client_nonce}:{qop}:{second}"
        ))
    } else {
        hash(format!("{first}:{nonce}:{second}"))
    };
    let mut fields = vec![
        format!("username=\"{user}\""),
        format!("realm=\"{realm}\""),
        format!("nonce=\"{nonce}\""),
        format!("uri=\"{uri}\""),
        format!("algorithm=\"{algorithm}\""),
    ];
    if is_counted {
        fields.push(format!("qop={qop}"));
    }
    if is_counted || algorithm == "MD5-sess" {
        if !count.is_empty() {
            fields.push(format!("nc={count}"));
        }
        fields.push(format!("cnonce=\"{client_nonce}\""));
    }
    fields.push(format!("response=\"{response}\""));
    let opaque = known.get("opaque");
    if !opaque.is_empty() {
        fields.push(format!("opaque=\"{opaque}\""));
    }
    signed.set_header("Authorization", format!("Digest {}", fields.join(", ")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::Seed;
    use crate::exchange::{Body, Headers, Request};

    fn answered(fields: Value, url: &str) -> String {
        let auth = json!({"digest": fields});
        let request = Request {
            method: "GET".into(),
            url: url.into(),
            headers: Headers::new(),
            body: Body::default(),
        };
        let mut signed = Signed::new(request);
        let parameters = Parameters::of(&auth, "digest");
        sign(
            parameters,
            &Challenge::default(),
            &Payload::Plain,
            &mut signed,
        )
        .unwrap();
        let header = signed.request.headers.get("authorization");
        header.unwrap_or_default().to_owned()
    }

    #[test]
    fn answers_agree_with_the_examples_of_rfc_7616_and_rfc_2617() {
        // RFC 7616 §3.9.1
        let fields = |algorithm: &str| {
            json!({"username": "Mufasa", "password": "Circle of Life", "algorithm": algorithm,
                "realm": "http-auth@example.org", "qop": "auth", "nonceCount": "00000001",
                "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                "clientNonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"})
        };
        let url = "http://www.example.org/dir/index.html";
        let md5 = answered(fields("MD5"), url);
        assert!(
            md5.contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""),
            "{md5}"
        );
        let sha = answered(fields("SHA-256"), url);
        let expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert!(sha.contains(&format!("response=\"{expected}\"")), "{sha}");
        assert!(sha.starts_with("Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "));
        // RFC 2617 §3.5
        let old = json!({"username": "Mufasa", "password": "Circle Of Life",
            "realm": "testrealm@host.com", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            "qop": "auth", "nonceCount": "00000001", "clientNonce": "0a4f113b"});
        let old = answered(old, url);
        assert!(
            old.contains("response=\"6629fae49393a05397450978507c4ef1\""),
            "{old}"
        );
        assert!(
            old.contains("qop=auth, nc=00000001, cnonce=\"0a4f113b\""),
            "{old}"
        );
    }

    #[test]
    fn a_challenge_is_answered_once_and_its_nonce_is_counted() {
        let auth = json!({"digest": {"username": "u", "password": "p"}});
        let parameters = Parameters::of(&auth, "digest");
        let mut chance = Random::from_seed(Seed(1));
        let mut challenge = Challenge::default();
        let response = |status: u16| Response {
            status,
            reason: String::new(),
            headers: Headers::from_iter([(
                "WWW-Authenticate",
                "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", opaque=\"o\"",
            )]),
            body: Body::default(),
        };
        assert!(learn(
            parameters,
            &mut challenge,
            &response(401),
            &mut chance
        ));
        assert_eq!(
            (challenge.realm.as_str(), challenge.nonce.as_str()),
            ("r", "n")
        );
        assert_eq!(challenge.client_nonce.len(), 8);
        assert!(!learn(
            parameters,
            &mut challenge,
            &response(401),
            &mut chance
        ));
        assert!(!learn(
            parameters,
            &mut challenge,
            &response(200),
            &mut chance
        ));
        assert_eq!(challenge.nonce_count, "00000002");
        let unwilling = json!({"digest": {"disableRetryRequest": true}});
        let unwilling = Parameters::of(&unwilling, "digest");
        let mut challenge = Challenge::default();
        assert!(!learn(
            unwilling,
            &mut challenge,
            &response(401),
            &mut chance
        ));
    }
}
