//! The cookie jar as a file: the JSON of tough-cookie, which newman reads and writes.

use serde_json::{Value, json};
use url::Url;

use super::cookie::{CookieJar, JarCookie};
use crate::base::Timestamp;

/// A file is no cookie jar.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no cookie jar: a JSON object with a list `cookies` is expected")]
pub struct NoCookieJar;

impl CookieJar {
    /// Reads a jar. Cookies that are refused or cannot be read are left out.
    pub fn read(value: &Value) -> Result<Self, NoCookieJar> {
        let rows = value.get("cookies").and_then(Value::as_array);
        let mut jar = Self::default();
        for row in rows.ok_or(NoCookieJar)? {
            if let Some((url, line)) = cookie_line(row) {
                jar.set(&url, &line);
            }
        }
        Ok(jar)
    }

    /// The jar in that form.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "version": "tough-cookie@4.1.3-postman.1",
            "storeType": "MemoryCookieStore",
            "rejectPublicSuffixes": true,
            "enableLooseMode": false,
            "allowSpecialUseDomain": true,
            "prefixSecurity": "silent",
            "cookies": self.all().iter().map(row).collect::<Vec<_>>(),
        })
    }
}

/// Where a cookie belongs, and its `Set-Cookie` line.
fn cookie_line(row: &Value) -> Option<(Url, String)> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let is = |name: &str| row.get(name) == Some(&Value::Bool(true));
    let domain = text("domain")?.trim_start_matches('.');
    let path = text("path").unwrap_or("/");
    let scheme = if is("secure") { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{domain}{path}")).ok()?;
    let mut line = format!(
        "{}={}; Path={path}",
        text("key")?,
        text("value").unwrap_or_default()
    );
    if !is("hostOnly") {
        line += &format!("; Domain={domain}");
    }
    if let Some(expires) = text("expires").filter(|expires| *expires != "Infinity") {
        let expires: Timestamp = expires.parse().ok()?;
        line += &format!(
            "; Expires={}",
            expires.strftime("%a, %d %b %Y %H:%M:%S GMT")
        );
    }
    for (name, attribute) in [("secure", "; Secure"), ("httpOnly", "; HttpOnly")] {
        if is(name) {
            line += attribute;
        }
    }
    Some((url, line))
}

fn row(cookie: &JarCookie) -> Value {
    let mut row = json!({
        "key": cookie.name,
        "value": cookie.value,
        "domain": cookie.domain,
        "path": cookie.path,
        "hostOnly": cookie.host_only,
    });
    if let Some(expires) = cookie
        .expires
        .and_then(|second| Timestamp::from_second(second).ok())
    {
        row["expires"] = json!(expires.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string());
    }
    if cookie.secure {
        row["secure"] = json!(true);
    }
    if cookie.http_only {
        row["httpOnly"] = json!(true);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jar_survives_its_file() {
        let file = json!({"cookies": [
            {"key": "a", "value": "1", "domain": "h.example", "path": "/", "hostOnly": true},
            {"key": "b", "value": "2", "domain": "h.example", "path": "/deep", "hostOnly": false,
             "expires": "2999-01-02T03:04:05.000Z", "httpOnly": true},
            {"key": "s", "value": "3", "domain": "h.example", "path": "/", "hostOnly": true, "secure": true},
            {"key": "old", "value": "4", "domain": "h.example", "path": "/", "expires": "1999-01-01T00:00:00.000Z"},
            {"value": "no name"},
        ]});
        let jar = CookieJar::read(&file).unwrap();
        let header = |jar: &CookieJar, url: &str| jar.header(&Url::parse(url).unwrap());
        for jar in [CookieJar::read(&jar.to_value()).unwrap(), jar] {
            assert_eq!(
                header(&jar, "http://h.example/deep/x").as_deref(),
                Some("b=2; a=1")
            );
            assert_eq!(
                header(&jar, "http://sub.h.example/deep").as_deref(),
                Some("b=2")
            );
            assert_eq!(
                header(&jar, "https://h.example/").as_deref(),
                Some("a=1; s=3")
            );
        }
        assert_eq!(CookieJar::read(&json!([])).err(), Some(NoCookieJar));
    }
}
