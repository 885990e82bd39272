//! Heads of messages, to the byte: ours as newman spells them, theirs as they were spelled.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use crate::exchange::{Failure, FailureKind, Headers, Request};

/// Methods that say nothing of the length of a body that they do not have; any other says that it
/// is 0 (newman; RFC 9110 §8.6).
const WITHOUT_LENGTH: [&str; 6] = ["GET", "HEAD", "TRACE", "DELETE", "CONNECT", "OPTIONS"];

/// Where the target of a request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Path and query.
    Origin,
    /// The whole URL, for a proxy (RFC 9112 §3.2.2).
    Absolute,
}

/// The head of `request`, which is sent to the server that calls itself `host`.
pub(super) fn written(
    request: &Request,
    url: &url::Url,
    host: &str,
    form: Form,
) -> Result<Vec<u8>, Failure> {
    let own_host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = target(&request.url);
    let mut head = Vec::with_capacity(512);
    head.extend_from_slice(request.method.as_bytes());
    head.push(b' ');
    if form == Form::Absolute {
        head.extend_from_slice(format!("{}://{host}", url.scheme()).as_bytes());
    }
    latin(&target, &mut head).ok_or_else(|| Failure {
        kind: FailureKind::Address,
        message: "Request path contains unescaped characters".into(),
    })?;
    head.extend_from_slice(b" HTTP/1.1\r\n");
    let mut told = |name: &str, value: &str| -> Result<(), Failure> {
        let invalid = |what: &str| Failure {
            kind: FailureKind::Protocol,
            message: format!("{what} [\"{name}\"]"),
        };
        http::HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| invalid("Header name must be a valid HTTP token"))?;
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        let start = head.len();
        latin(value, &mut head).ok_or_else(|| invalid("Invalid character in header content"))?;
        if http::HeaderValue::from_bytes(&head[start..]).is_err() {
            return Err(invalid("Invalid character in header content"));
        }
        head.extend_from_slice(b"\r\n");
        Ok(())
    };
    for (name, value) in last_spellings(&request.headers) {
        // The host of a server that stands in for another is its own.
        let is_host = name.eq_ignore_ascii_case("host") && value == own_host;
        told(name, if is_host { host } else { value })?;
    }
    let has = |name: &str| request.headers.contains(name);
    if !has("authorization")
        && let Some(credentials) = credentials(url)
    {
        told("Authorization", &credentials)?;
    }
    if !has("host") {
        told("Host", host)?;
    }
    let is_chunked = has("transfer-encoding");
    if !has("content-length") && !is_chunked {
        if !request.body.is_empty() {
            told("Content-Length", &request.body.len().to_string())?;
        } else if !WITHOUT_LENGTH.contains(&request.method.as_str()) {
            told("Content-Length", "0")?;
        }
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// The body as it goes on the wire: in one chunk where the user says that it comes in chunks.
pub(super) fn framed(request: &Request) -> Bytes {
    let codings = request.headers.get("transfer-encoding").unwrap_or_default();
    if !codings.to_ascii_lowercase().contains("chunked") {
        return request.body.bytes().clone();
    }
    let body = request.body.bytes();
    let mut framed = Vec::with_capacity(body.len() + 32);
    if !body.is_empty() {
        framed.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
        framed.extend_from_slice(body);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(b"0\r\n\r\n");
    framed.into()
}

/// Path and query of a URL, as they are written.
fn target(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or_default();
    match rest.find(['/', '?', '\\']) {
        Some(start) if rest[start..].starts_with('?') => format!("/{}", &rest[start..]),
        Some(start) => rest[start..].to_owned(),
        None => "/".into(),
    }
}

/// Node writes heads in Latin-1.
fn latin(text: &str, bytes: &mut Vec<u8>) -> Option<()> {
    for character in text.chars() {
        bytes.push(u8::try_from(u32::from(character)).ok()?);
    }
    Some(())
}

/// Headers as Node keeps them: of one name in several spellings the last spelling counts, at the
/// place of the first; one name in one spelling may have many values.
fn last_spellings(headers: &Headers) -> Vec<(&str, &str)> {
    let mut rows: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, value) in headers.iter() {
        match rows
            .iter_mut()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
        {
            Some((other, values)) if *other == name => values.push(value),
            Some((other, values)) => {
                *other = name;
                *values = vec![value];
            }
            None => rows.push((name, vec![value])),
        }
    }
    rows.into_iter()
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)))
        .collect()
}

/// User and password of a URL as a header (RFC 7617).
fn credentials(url: &url::Url) -> Option<String> {
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (user, password) = (url.username(), url.password());
    if user.is_empty() && password.is_none() {
        return None;
    }
    let pair = format!("{}:{}", plain(user), plain(password.unwrap_or_default()));
    Some(format!("Basic {}", STANDARD.encode(pair)))
}

/// Reason and headers of a response.
pub(super) fn read(head: &[u8]) -> (String, Headers) {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let reason = lines
        .next()
        .and_then(|line| line.splitn(3, ' ').nth(2))
        .unwrap_or_default()
        .to_owned();
    let mut rows: Vec<(&str, String)> = Vec::new();
    for line in lines {
        // A line that begins with a blank goes on with the one before (RFC 9112 §5.2).
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = rows.last_mut()
        {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            rows.push((name.trim(), value.trim_matches([' ', '\t']).to_owned()));
        }
    }
    (reason, rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Body;

    fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Request {
        Request {
            method: method.into(),
            url: url.into(),
            headers: headers.iter().copied().collect(),
            body: Body::from(body.to_owned()),
        }
    }

    fn head(request: &Request, host: &str, form: Form) -> Result<String, String> {
        let url = url::Url::parse(&request.url).unwrap();
        written(request, &url, host, form)
            .map(|bytes| bytes.iter().map(|byte| char::from(*byte)).collect())
            .map_err(|failure| failure.message)
    }

    #[test]
    fn a_head_is_spelled_as_the_request_is() {
        let get = request(
            "GET",
            "http://h:81/a/../b<`?q=\"|#f",
            &[
                ("x-LOWER-Up", " v "),
                ("Dup", "1"),
                ("Same", "é"),
                ("dup", "2"),
                ("Same", "2"),
            ],
            "",
        );
        assert_eq!(
            head(&get, "h:81", Form::Origin).unwrap(),
            "GET /a/../b<`?q=\"| HTTP/1.1\r\nx-LOWER-Up:  v \r\ndup: 2\r\nSame: é\r\nSame: 2\r\n\
             Host: h:81\r\n\r\n"
        );
    }

    #[test]
    fn a_proxy_is_told_the_whole_url_and_a_stand_in_its_own_host() {
        let post = request("POST", "http://a.example?x", &[("Host", "a.example")], "hi");
        assert_eq!(
            head(&post, "b.example:8", Form::Absolute).unwrap(),
            "POST http://b.example:8/?x HTTP/1.1\r\nHost: b.example:8\r\nContent-Length: 2\r\n\r\n"
        );
    }

    #[test]
    fn a_body_that_is_missing_is_told_where_one_is_usual() {
        for (method, told) in [
            ("POST", true),
            ("COPY", true),
            ("MADE-UP", true),
            ("GET", false),
            ("DELETE", false),
        ] {
            let head = head(&request(method, "http://h/", &[], ""), "h", Form::Origin).unwrap();
            assert_eq!(head.contains("Content-Length: 0\r\n"), told, "{head}");
        }
    }

    #[test]
    fn user_and_password_of_the_url_are_a_header_unless_there_is_one() {
        let url = "http://u%20s:p@h/";
        let told = head(&request("GET", url, &[], ""), "h", Form::Origin).unwrap();
        assert!(
            told.contains("\r\nAuthorization: Basic dSBzOnA=\r\n"),
            "{told}"
        );
        let own = request("GET", url, &[("Authorization", "mine")], "");
        let told = head(&own, "h", Form::Origin).unwrap();
        assert!(!told.contains("Basic"), "{told}");
    }

    #[test]
    fn what_cannot_stand_in_a_head_is_refused_in_nodes_words() {
        // url, header, message
        let table = [
            ("http://h/ä", ("A", "1"), None),
            (
                "http://h/你",
                ("A", "1"),
                Some("Request path contains unescaped characters"),
            ),
            (
                "http://h/",
                ("A", "你"),
                Some("Invalid character in header content [\"A\"]"),
            ),
            (
                "http://h/",
                ("A", "1\n2"),
                Some("Invalid character in header content [\"A\"]"),
            ),
            (
                "http://h/",
                ("A b", "1"),
                Some("Header name must be a valid HTTP token [\"A b\"]"),
            ),
        ];
        for (url, header, message) in table {
            let result = head(&request("GET", url, &[header], ""), "h", Form::Origin);
            assert_eq!(result.err().as_deref(), message, "{url} {header:?}");
        }
    }

    #[test]
    fn the_head_of_a_response_keeps_its_spelling() {
        let (reason, headers) =
            read(b"HTTP/1.1 209 Very Custom\r\nX-One: 1\r\nx-one:2\r\nLong: a\r\n  b");
        assert_eq!(reason, "Very Custom");
        let rows: Vec<_> = headers.iter().collect();
        assert_eq!(rows, [("X-One", "1"), ("x-one", "2"), ("Long", "a b")]);
        assert_eq!(read(b"HTTP/1.1 200").0, "");
    }
}
