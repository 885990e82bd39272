//! Addresses: requests in clear, credentials in queries.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use url::Host;

use super::Rule;
use super::credential::{Named, named};
use super::shape::Hit;

/// Hosts of URLs that are names and are never asked for anything.
const NAMES: [&str; 6] = [
    "www.w3.org",
    "json-schema.org",
    "schemas.xmlsoap.org",
    "schemas.microsoft.com",
    "purl.org",
    "ns.adobe.com",
];

/// URLs in the quotes of a script or of JSON.
static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"["'`](http://[^\s"'`\\<>]+)"#).expect("a constant"));

/// The host to which a URL sends in clear; none where it does not, or where its scheme or host is a
/// variable. A URL without a scheme is sent by `http` (Postman: `Url.getRequestUrl`).
pub(super) fn host_in_clear(url: &str) -> Option<&str> {
    let url = url.trim();
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some(_) => return None,
        None => url,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest[..end].rsplit('@').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_name = host.contains('.') || host.contains(':') || url.len() != rest.len();
    (is_name && !host.is_empty() && !host.contains(['{', '}', ' ', '$', '<']) && !is_own(host))
        .then_some(host)
}

/// Whether nobody listens on the way: the machine itself, and names that there never are (RFC 6761
/// §6.2 to §6.4).
fn is_own(host: &str) -> bool {
    let small = host.trim_end_matches('.').to_ascii_lowercase();
    let is_under = |name: &str| small == name || small.ends_with(&format!(".{name}"));
    is_under("localhost")
        || is_under("invalid")
        || NAMES.contains(&small.as_str())
        || is_under("test")
        // As a client reads it: `127.1` is this machine too.
        || match Host::parse(&small) {
            Ok(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
            Ok(Host::Ipv6(_) | Host::Domain(_)) | Err(_) => false,
        }
        || small
            .parse::<std::net::Ipv6Addr>()
            .is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

/// A URL that sends in clear, as a finding about its scheme and host.
pub(super) fn in_clear(url: &str) -> Option<Hit> {
    let host = host_in_clear(url)?;
    let start = host.as_ptr() as usize - url.as_ptr() as usize;
    Some(Hit {
        rule: Rule::InClear,
        what: format!("http://{}", shown_host(host)),
        range: start..start + host.len(),
    })
}

/// URLs in a script that send in clear.
pub(super) fn in_clear_in_script(text: &str) -> Vec<Hit> {
    QUOTED
        .captures_iter(text)
        .filter_map(|captures| captures.get(1))
        .filter_map(|url| {
            let mut hit = in_clear(url.as_str())?;
            hit.range = hit.range.start + url.start()..hit.range.end + url.start();
            Some(hit)
        })
        .collect()
}

/// A host as it may be shown: no longer than one is.
fn shown_host(host: &str) -> String {
    host.chars()
        .filter(|character| !character.is_control())
        .take(100)
        .collect()
}

/// The parameters of a URL's query: each with its name and the range of its value.
pub(super) fn parameters(url: &str) -> Vec<(String, Range<usize>)> {
    let Some(start) = url.find('?').map(|at| at + 1) else {
        return Vec::new();
    };
    let end = url[start..].find('#').map_or(url.len(), |at| start + at);
    let mut at = start;
    let mut found = Vec::new();
    for pair in url[start..end].split('&') {
        if let Some((name, value)) = pair.split_once('=') {
            let value_start = at + name.len() + 1;
            let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
            found.push((name.into_owned(), value_start..value_start + value.len()));
        }
        at += pair.len() + 1;
    }
    found
}

/// Where the credentials stand in the query of a URL that is no template.
pub fn credentials_in_query(url: &str) -> Vec<Range<usize>> {
    parameters(url)
        .into_iter()
        .filter(|(name, range)| carries_credential(name) && !range.is_empty())
        .map(|(_, range)| range)
        .collect()
}

/// Whether a parameter of that name carries a credential. Names that are credentials nowhere but in
/// a URL are known too: a signature opens what it signs.
pub fn carries_credential(name: &str) -> bool {
    const IN_QUERIES: [&str; 5] = ["sig", "signature", "x-amz-signature", "auth", "apikey"];
    match named(name) {
        Some(Named::Generated | Named::Password) => true,
        Some(Named::ClientId) => false,
        None => IN_QUERIES.contains(&name.to_ascii_lowercase().as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_can_listen_to_is_in_clear() {
        let table = [
            ("http://api.example.com/x", Some("api.example.com")),
            ("HTTP://api.example.com:8080?x", Some("api.example.com")),
            ("http://user:pass@10.0.0.7/", Some("10.0.0.7")),
            ("http://intranet/x", Some("intranet")),
            ("api.example.com/x", Some("api.example.com")),
            ("http://[2001:db8::1]/", Some("2001:db8::1")),
            ("https://api.example.com", None),
            ("http://localhost:3000/x", None),
            ("http://my.localhost/x", None),
            ("http://127.0.0.1:9000", None),
            ("http://127.1/x", None),
            ("http://our.test/x", None),
            ("http://[::1]:9000", None),
            ("http://api-payout.mock.invalid", None),
            ("http://{{host}}/x", None),
            ("{{baseUrl}}/a.b/c", None),
            ("{{baseUrl}}", None),
            ("/relative.path", None),
            ("http://www.w3.org/2001/XMLSchema", None),
            ("ws://a.example", None),
            ("", None),
            ("http://", None),
        ];
        for (url, host) in table {
            assert_eq!(host_in_clear(url), host, "{url}");
        }
    }

    #[test]
    fn parameters_have_their_places() {
        let url = "https://a/b?x=1&api%5Fkey=abc&flag&e=#access_token=z";
        let found = parameters(url);
        let shown: Vec<(&str, &str)> = found
            .iter()
            .map(|(name, range)| (name.as_str(), &url[range.clone()]))
            .collect();
        assert_eq!(shown, [("x", "1"), ("api_key", "abc"), ("e", "")]);
        assert!(carries_credential("api_key") && carries_credential("access_token"));
        assert!(!carries_credential("client_id") && !carries_credential("page"));
    }
}
