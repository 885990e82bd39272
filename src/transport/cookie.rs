//! The cookie jar of a run (RFC 6265).

use cookie_store::{CookieStore, RawCookie};
use url::Url;

use crate::exchange::Headers;

/// The cookies of a run; it lives for all of its iterations.
#[derive(Default)]
pub struct CookieJar(CookieStore);

/// A cookie as scripts see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JarCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The domain to which it belongs.
    pub domain: String,
    /// The path below which it is sent.
    pub path: String,
    /// Whether only that host gets it.
    pub host_only: bool,
    /// Whether it travels by https only.
    pub secure: bool,
    /// Whether scripts of a page may not see it.
    pub http_only: bool,
    /// When it ends, in Unix seconds; `None` at the end of the session.
    pub expires: Option<i64>,
}

impl CookieJar {
    /// Takes in the `Set-Cookie` headers of a response of `url`. Cookies that RFC 6265 refuses are
    /// left out.
    pub fn take(&mut self, url: &Url, headers: &Headers) {
        for line in headers.all("set-cookie") {
            self.set(url, line);
        }
    }

    /// Sets a cookie by the text of a `Set-Cookie` header; `false` where it is refused.
    pub fn set(&mut self, url: &Url, line: &str) -> bool {
        RawCookie::parse(line.to_owned())
            .is_ok_and(|cookie| self.0.insert_raw(&cookie, url).is_ok())
    }

    /// The `Cookie` header for a request to `url`, longer paths first; `None` where there are no
    /// cookies for it.
    #[must_use]
    pub fn header(&self, url: &Url) -> Option<String> {
        let pairs: Vec<_> = self
            .matching(url)
            .into_iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The cookies that a request to `url` would carry, longer paths first.
    #[must_use]
    pub fn matching(&self, url: &Url) -> Vec<JarCookie> {
        let mut cookies: Vec<_> = self.0.matches(url).into_iter().map(jar_cookie).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        cookies
    }

    /// Removes the cookie called `name` from those for `url`.
    pub fn unset(&mut self, url: &Url, name: &str) {
        for cookie in self
            .matching(url)
            .into_iter()
            .filter(|cookie| cookie.name == name)
        {
            self.0.remove(&cookie.domain, &cookie.path, &cookie.name);
        }
    }

    /// Removes every cookie for `url`.
    pub fn clear(&mut self, url: &Url) {
        for cookie in self.matching(url) {
            self.0.remove(&cookie.domain, &cookie.path, &cookie.name);
        }
    }

    /// Every cookie.
    #[must_use]
    pub fn all(&self) -> Vec<JarCookie> {
        self.0.iter_unexpired().map(jar_cookie).collect()
    }
}

fn jar_cookie(cookie: &cookie_store::Cookie<'static>) -> JarCookie {
    use cookie_store::{CookieDomain, CookieExpiration};
    let (domain, host_only) = match &cookie.domain {
        CookieDomain::HostOnly(host) => (host.clone(), true),
        CookieDomain::Suffix(suffix) => (suffix.clone(), false),
        CookieDomain::NotPresent | CookieDomain::Empty => (String::new(), true),
    };
    JarCookie {
        name: cookie.name().to_owned(),
        value: cookie.value().to_owned(),
        domain,
        path: AsRef::<str>::as_ref(&cookie.path).to_owned(),
        host_only,
        secure: cookie.secure().unwrap_or(false),
        http_only: cookie.http_only().unwrap_or(false),
        expires: match cookie.expires {
            CookieExpiration::AtUtc(moment) => Some(moment.unix_timestamp()),
            CookieExpiration::SessionEnd => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn cookies_come_back_to_their_host_and_path_only() {
        let mut jar = CookieJar::default();
        let headers = Headers::from_iter([
            ("Set-Cookie", "a=1; Path=/"),
            ("set-cookie", "b=2; Path=/deep"),
            ("set-cookie", "evil=1; Domain=other.example"),
        ]);
        jar.take(&url("http://h.example/deep/x"), &headers);
        assert_eq!(
            jar.header(&url("http://h.example/deep/y")).unwrap(),
            "b=2; a=1"
        );
        assert_eq!(jar.header(&url("http://h.example/")).unwrap(), "a=1");
        assert_eq!(jar.header(&url("http://other.example/")), None);
        jar.unset(&url("http://h.example/"), "a");
        assert_eq!(jar.header(&url("http://h.example/")), None);
        jar.clear(&url("http://h.example/deep/"));
        assert!(jar.all().is_empty());
    }
}
