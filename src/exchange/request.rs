//! What goes on the wire.

use memchr::{memchr, memchr2, memchr3};
use serde::{Deserialize, Serialize};

use super::{Body, Headers};

/// A request: resolved, signed, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method, any token of RFC 9110 §9.
    pub method: String,
    /// The absolute URL as the user knows it: before the target map replaces its host.
    pub url: String,
    /// The headers.
    pub headers: Headers,
    /// The body; empty when there is none.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

impl Request {
    /// The path of the URL without query and fragment, percent-encoded as sent; `/` where the URL
    /// has none.
    #[must_use]
    pub fn path(&self) -> &str {
        let after_scheme = after_scheme(&self.url);
        let Some(start) = memchr3(b'/', b'?', b'#', after_scheme.as_bytes()) else {
            return "/";
        };
        let path = &after_scheme[start..];
        let end = memchr2(b'?', b'#', path.as_bytes()).unwrap_or(path.len());
        if end == 0 { "/" } else { &path[..end] }
    }

    /// The query of the URL, percent-encoded as sent, without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        let end = memchr(b'#', self.url.as_bytes()).unwrap_or(self.url.len());
        let start = memchr(b'?', &self.url.as_bytes()[..end])? + 1;
        Some(&self.url[start..end])
    }

    /// Scheme, host and port of the URL: `https://host:port`.
    #[must_use]
    pub fn origin(&self) -> &str {
        let start = self.url.find("://").map_or(0, |place| place + 3);
        let end = memchr3(b'/', b'?', b'#', &self.url.as_bytes()[start..])
            .map_or(self.url.len(), |end| start + end);
        &self.url[..end]
    }
}

/// `url` without its scheme. Looking for the colon first is much faster than for all three.
fn after_scheme(url: &str) -> &str {
    url.split_once(':')
        .and_then(|(_, rest)| rest.strip_prefix("//"))
        .unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_url() {
        // url, origin, path, query
        let table = [
            ("https://a.b/c/d?e=f#g", "https://a.b", "/c/d", Some("e=f")),
            ("https://a.b:8080", "https://a.b:8080", "/", None),
            ("https://a.b?x=/y", "https://a.b", "/", Some("x=/y")),
            ("https://a.b/#?no", "https://a.b", "/", None),
        ];
        for (url, origin, path, query) in table {
            let request = Request {
                method: "GET".into(),
                url: url.into(),
                headers: Headers::new(),
                body: Body::default(),
            };
            assert_eq!(
                (request.origin(), request.path(), request.query()),
                (origin, path, query)
            );
        }
    }
}
