//! `awsv4`: Signature Version 4 of Amazon Web Services, in the header or in the query.

use std::collections::BTreeMap;

use super::hashing::Hashing;
use super::parameter::Parameters;
use super::query::{Place, Query, canonical_rows};
use super::signature::{Addition, Payload, Signed, Surroundings};
use crate::base::{Timestamp, hexadecimal};
use crate::collection::encode_query_value as encoded;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Headers that may change on the way and are not signed.
const UNSIGNED: [&str; 7] = [
    "authorization",
    "connection",
    "x-amzn-trace-id",
    "user-agent",
    "expect",
    "presigned-expires",
    "range",
];

/// What was in the query of a request that was signed before.
const OWN: [&str; 6] = [
    "X-Amz-Security-Token",
    "X-Amz-Date",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

/// Who signs, for what and when.
struct Scope {
    access_key: String,
    secret_key: String,
    region: String,
    service: String,
    /// `20150830T123600Z`
    moment: String,
}

impl Scope {
    fn day(&self) -> &str {
        &self.moment[..8]
    }

    fn text(&self) -> String {
        format!(
            "{}/{}/{}/aws4_request",
            self.day(),
            self.region,
            self.service
        )
    }

    /// The signature of a canonical request.
    fn signature(&self, canonical: &str) -> String {
        let text = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.moment,
            self.text(),
            Hashing::Sha256.text_of(canonical)
        );
        let secret = format!("AWS4{}", self.secret_key);
        let parts = [self.day(), &self.region, &self.service, "aws4_request"];
        let key = parts.iter().fold(secret.into_bytes(), |key, part| {
            Hashing::Sha256.keyed(&key, part)
        });
        hexadecimal(&Hashing::Sha256.keyed(&key, text))
    }
}

/// Signs the request.
pub(super) fn sign(
    parameters: Parameters<'_>,
    payload: &Payload,
    surroundings: &Surroundings<'_>,
    signed: &mut Signed,
) {
    let text = |name: &str| parameters.text(name).filter(|value| !value.is_empty());
    for name in [
        "Authorization",
        "X-Amz-Date",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
    ] {
        signed.request.headers.remove(name);
    }
    let mut query = Query::of(&signed.request.url);
    query.remove(&OWN);
    signed.request.url = query.url();
    let scope = Scope {
        access_key: text("accessKey").unwrap_or_default(),
        secret_key: text("secretKey").unwrap_or_default(),
        region: text("region").unwrap_or_else(|| "us-east-1".into()),
        service: text("service").unwrap_or_else(|| "execute-api".into()),
        moment: moment(surroundings.now),
    };
    let token = text("sessionToken");
    let authority = Place::of(&signed.request.url).authority.to_owned();
    let adds_host = !signed.request.headers.contains("host");
    if parameters.is_true("addAuthDataToQuery") {
        if adds_host {
            signed.set_header("Host", authority);
        }
        presign(&scope, token, query, signed);
        return;
    }
    let body = signed.request.body.bytes();
    let hash = match payload {
        Payload::Plain | Payload::Form(_) if !body.is_empty() => {
            Some(Hashing::Sha256.text_of(body))
        }
        Payload::Plain | Payload::Form(_) | Payload::Upload => None,
    };
    let is_told = hash.is_some();
    let hash = hash.unwrap_or_else(|| Hashing::Sha256.text_of(""));
    if is_told {
        signed.set_header("X-Amz-Content-Sha256", hash.clone());
    }
    if adds_host {
        signed.set_header("Host", authority);
    }
    if let Some(token) = token {
        signed.set_header("X-Amz-Security-Token", token);
    }
    if scope.service == "s3" && !is_told {
        signed.set_header("X-Amz-Content-Sha256", hash.clone());
    }
    signed.set_header("X-Amz-Date", scope.moment.clone());
    let (headers, names) = canonical_headers(signed);
    let canonical = canonical(&scope, signed, &query, &headers, &names, &hash);
    let header = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={names}, Signature={}",
        scope.access_key,
        scope.text(),
        scope.signature(&canonical)
    );
    signed.set_header("Authorization", header);
}

/// Puts the signature into the query.
fn presign(scope: &Scope, token: Option<String>, mut query: Query, signed: &mut Signed) {
    let (headers, names) = canonical_headers(signed);
    let mut added = Vec::new();
    if let Some(token) = token {
        added.push(("X-Amz-Security-Token", token));
    }
    if scope.service == "s3" && !query.rows.iter().any(|(name, _)| name == "X-Amz-Expires") {
        added.push(("X-Amz-Expires", "86400".into()));
    }
    added.extend([
        ("X-Amz-Date", scope.moment.clone()),
        ("X-Amz-Algorithm", ALGORITHM.into()),
        (
            "X-Amz-Credential",
            format!("{}/{}", scope.access_key, scope.text()),
        ),
        ("X-Amz-SignedHeaders", names.clone()),
    ]);
    for (name, value) in added {
        signed.additions.push(Addition::Query(name.into()));
        query.rows.push((name.into(), Some(encoded(&value))));
    }
    let hash = if scope.service == "s3" {
        "UNSIGNED-PAYLOAD".into()
    } else {
        Hashing::Sha256.text_of("")
    };
    let canonical = canonical(scope, signed, &query, &headers, &names, &hash);
    let signature = scope.signature(&canonical);
    signed
        .additions
        .push(Addition::Query("X-Amz-Signature".into()));
    query.rows.push(("X-Amz-Signature".into(), Some(signature)));
    signed.request.url = query.url();
}

/// The headers that are signed, a line each, and their names.
fn canonical_headers(signed: &Signed) -> (String, String) {
    let headers: BTreeMap<String, String> = signed
        .request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| !UNSIGNED.contains(&name.as_str()))
        .map(|(name, value)| (name, value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    let lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let names: Vec<_> = headers.keys().map(String::as_str).collect();
    (lines.concat(), names.join(";"))
}

/// The canonical request.
fn canonical(
    scope: &Scope,
    signed: &Signed,
    query: &Query,
    headers: &str,
    names: &str,
    hash: &str,
) -> String {
    let is_s3 = scope.service == "s3";
    let path = Place::of(&signed.request.url).path;
    let path = path.split('?').next().unwrap_or_default();
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        if is_s3 {
            let plain = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
            segments.push(encoded(&plain).replace("%2F", "/"));
        } else if segment == ".." {
            segments.pop();
        } else if segment != "." && (!segment.is_empty() || segments.is_empty()) {
            segments.push(encoded(segment));
        }
    }
    let mut path_text = segments.join("/");
    if !is_s3 && path.ends_with('/') && !path_text.ends_with('/') {
        path_text.push('/');
    }
    if !path_text.starts_with('/') {
        path_text.insert(0, '/');
    }
    let rows = query.decoded();
    let rows = rows
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_deref().unwrap_or_default()));
    format!(
        "{}\n{path_text}\n{}\n{headers}\n{names}\n{hash}",
        signed.request.method,
        canonical_rows(rows)
    )
}

/// A moment as `20150830T123600Z`.
fn moment(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::Challenge;
    use crate::base::{Random, Seed};
    use crate::exchange::{Body, Headers, Request};

    fn signed(
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
        more: Value,
    ) -> Signed {
        // The credentials and the moment of Amazon's test suite for Signature Version 4.
        let mut fields = json!({"accessKey": "AKIDEXAMPLE", "region": "us-east-1",
            "secretKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "service": "service"});
        for (name, value) in more.as_object().unwrap() {
            fields[name] = value.clone();
        }
        let auth = json!({ "awsv4": fields });
        let mut signed = Signed::new(Request {
            method: method.into(),
            url: url.into(),
            headers: headers.iter().copied().collect::<Headers>(),
            body: Body::from(body.to_owned()),
        });
        let surroundings = Surroundings {
            now: "2015-08-30T12:36:00Z".parse().unwrap(),
            chance: &mut Random::from_seed(Seed(1)),
            challenge: &Challenge::default(),
            url_is_left_alone: false,
        };
        let parameters = Parameters::of(&auth, "awsv4");
        sign(parameters, &Payload::Plain, &surroundings, &mut signed);
        signed
    }

    fn signature(signed: &Signed) -> &str {
        let header = signed.request.headers.get("authorization").unwrap();
        header.rsplit_once("Signature=").unwrap().1
    }

    #[test]
    fn signatures_agree_with_amazons_test_suite() {
        // method, path, signature: get-vanilla, get-vanilla-query-order-key-case, post-vanilla,
        // normalize-path/get-relative, normalize-path/get-slashes
        let table = [
            (
                "GET",
                "/",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "GET",
                "/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "POST",
                "/",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "GET",
                "/example/..",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
        ];
        for (method, path, expected) in table {
            let url = format!("https://example.amazonaws.com{path}");
            let signed = signed(method, &url, &[], "", json!({}));
            assert_eq!(signature(&signed), expected, "{method} {path}");
        }
    }

    #[test]
    fn the_header_names_what_was_signed() {
        let signed = signed(
            "POST",
            "https://h:8/x",
            &[("User-Agent", "u"), ("Content-Type", "a/b")],
            "body",
            json!({"sessionToken": "t", "service": ""}),
        );
        let names: Vec<_> = signed
            .request
            .headers
            .iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(
            names,
            [
                "User-Agent",
                "Content-Type",
                "X-Amz-Content-Sha256",
                "Host",
                "X-Amz-Security-Token",
                "X-Amz-Date",
                "Authorization"
            ]
        );
        let header = signed.request.headers.get("authorization").unwrap();
        assert!(
            header.contains(
                "Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request, \
             SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, "
            ),
            "{header}"
        );
    }

    #[test]
    fn a_signature_in_the_query_agrees_with_amazons_example() {
        // Amazon S3: "Authenticating Requests: Using Query Parameters", with its day's moment.
        let scope = Scope {
            access_key: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            region: "us-east-1".into(),
            service: "s3".into(),
            moment: "20130524T000000Z".into(),
        };
        let mut signed = Signed::new(Request {
            method: "GET".into(),
            url: "https://examplebucket.s3.amazonaws.com/test.txt".into(),
            headers: Headers::from_iter([("Host", "examplebucket.s3.amazonaws.com")]),
            body: Body::default(),
        });
        let query = Query::of(&signed.request.url);
        presign(&scope, None, query, &mut signed);
        let expected = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        let url = &signed.request.url;
        assert!(
            url.ends_with(&format!("&X-Amz-Signature={expected}")),
            "{url}"
        );
        assert!(
            url.contains("?X-Amz-Expires=86400&X-Amz-Date=20130524T000000Z&"),
            "{url}"
        );
    }
}
