//! Redirects as newman follows them.

use crate::collection::{Url, UrlEncoding};
use crate::exchange::{Body, Request, Response};

/// How redirects are followed (`protocolProfileBehavior`, `--ignore-redirects`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectPolicy {
    /// How many are followed; none where this is 0.
    pub maximum: u32,
    /// Whether the method and the body survive 301, 302 and 303.
    pub keep_method: bool,
    /// Whether `Authorization` survives a change of host.
    pub keep_authorization: bool,
    /// Whether no `Referer` is sent.
    pub remove_referer: bool,
}

impl Default for RedirectPolicy {
    fn default() -> Self {
        Self {
            maximum: 10,
            keep_method: false,
            keep_authorization: false,
            remove_referer: false,
        }
    }
}

/// The request that follows `response`, or `None` where it redirects nowhere.
#[must_use]
pub fn redirected(
    request: &Request,
    response: &Response,
    policy: RedirectPolicy,
) -> Option<Request> {
    if policy.maximum == 0 || !(300..400).contains(&response.status) {
        return None;
    }
    let location = response.headers.get("location")?;
    let base = url::Url::parse(&request.url).ok()?;
    let target = base.join(location).ok()?;
    let mut next = request.clone();
    next.url = if location.starts_with("http:") || location.starts_with("https:") {
        // What is whole is encoded as every URL is, and nothing in it is tidied.
        Url::parse(location).encoded(UrlEncoding::Postman)
    } else {
        target.to_string()
    };
    next.headers.remove("host");
    if base.host_str() != target.host_str() && !policy.keep_authorization {
        next.headers.remove("authorization");
    }
    if !policy.keep_method && !matches!(response.status, 307 | 308) {
        if next.method != "HEAD" {
            next.method = "GET".into();
        }
        next.body = Body::default();
        next.headers.remove("content-type");
        next.headers.remove("content-length");
    }
    if !policy.remove_referer {
        next.headers.set("Referer", base.to_string());
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Headers;

    fn follow(status: u16, location: &str, policy: RedirectPolicy) -> Option<Request> {
        let request = Request {
            method: "POST".into(),
            url: "https://a.example/x/y".into(),
            headers: Headers::from_iter([("Authorization", "Bearer t"), ("Content-Type", "a/b")]),
            body: "body".to_owned().into(),
        };
        let headers = Headers::from_iter([("Location", location)]);
        let response = Response {
            status,
            reason: String::new(),
            headers,
            body: Body::default(),
        };
        redirected(&request, &response, policy)
    }

    #[test]
    fn only_307_and_308_keep_method_and_body() {
        for (status, method) in [
            (301, "GET"),
            (302, "GET"),
            (303, "GET"),
            (307, "POST"),
            (308, "POST"),
        ] {
            let next = follow(status, "z", RedirectPolicy::default()).unwrap();
            assert_eq!(
                (next.method.as_str(), next.url.as_str()),
                (method, "https://a.example/x/z")
            );
            assert_eq!(next.body.is_empty(), method == "GET");
        }
        let keep = RedirectPolicy {
            keep_method: true,
            ..RedirectPolicy::default()
        };
        assert_eq!(follow(302, "z", keep).unwrap().method, "POST");
    }

    #[test]
    fn a_whole_url_is_taken_as_it_is_written() {
        let to = |location: &str| {
            follow(307, location, RedirectPolicy::default())
                .unwrap()
                .url
        };
        assert_eq!(
            to("http://b.example/x/../y?q={z} w"),
            "http://b.example/x/../y?q={z}%20w"
        );
        assert_eq!(to("../y?q=1"), "https://a.example/y?q=1");
    }

    #[test]
    fn authorization_does_not_follow_to_another_host() {
        let other = follow(307, "https://b.example/", RedirectPolicy::default()).unwrap();
        assert!(!other.headers.contains("authorization"));
        assert!(
            follow(307, "/w", RedirectPolicy::default())
                .unwrap()
                .headers
                .contains("authorization")
        );
    }

    #[test]
    fn what_is_no_redirect_is_not_followed() {
        assert!(follow(200, "/w", RedirectPolicy::default()).is_none());
        let off = RedirectPolicy {
            maximum: 0,
            ..RedirectPolicy::default()
        };
        assert!(follow(302, "/w", off).is_none());
    }
}
