//! What goes on the wire.

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
        let Some(start) = after_scheme.find(['/', '?', '#']) else {
            return "/";
        };
        let path = after_scheme[start..]
            .split(['?', '#'])
            .next()
            .unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }

    /// The query of the URL, percent-encoded as sent, without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        let before_fragment = self.url.split('#').next().unwrap_or_default();
        before_fragment.split_once('?').map(|(_, query)| query)
    }

    /// Scheme, host and port of the URL: `https://host:port`.
    #[must_use]
    pub fn origin(&self) -> &str {
        let start = self.url.find("://").map_or(0, |place| place + 3);
        let end = self.url[start..]
            .find(['/', '?', '#'])
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
