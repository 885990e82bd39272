//! The query of a URL while it is signed: taken apart, changed, put together again.

use percent_encoding::percent_decode_str;

use crate::collection::encode_query_value;

/// A URL with its query in rows, each name with its value where there is a `=`.
pub(super) struct Query {
    before: String,
    pub(super) rows: Vec<(String, Option<String>)>,
    fragment: Option<String>,
}

impl Query {
    /// Takes a URL apart. Nothing is decoded.
    pub(super) fn of(url: &str) -> Self {
        let (url, fragment) = match url.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment.to_owned())),
            None => (url, None),
        };
        let (before, query) = match url.split_once('?') {
            Some((before, query)) => (before, query),
            None => (url, ""),
        };
        let rows = query
            .split('&')
            .filter(|row| !row.is_empty())
            .map(|row| match row.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (row.to_owned(), None),
            })
            .collect();
        Self {
            before: before.to_owned(),
            rows,
            fragment,
        }
    }

    /// Removes every row of these names.
    pub(super) fn remove(&mut self, names: &[&str]) {
        self.rows
            .retain(|(name, _)| !names.contains(&name.as_str()));
    }

    /// Names and values as a form has them: `+` is a blank (HTML 4.01 §17.13.4.1).
    pub(super) fn decoded(&self) -> Vec<(String, Option<String>)> {
        self.rows
            .iter()
            .map(|(name, value)| (plain(name), value.as_deref().map(plain)))
            .collect()
    }

    /// Encodes names and values strictly (RFC 3986 §2.3).
    pub(super) fn encode_strictly(&mut self) {
        self.rows = self
            .decoded()
            .into_iter()
            .map(|(name, value)| {
                let value = value.map(|value| encode_query_value(&value));
                (encode_query_value(&name), value)
            })
            .collect();
    }

    /// The URL with its query.
    pub(super) fn url(&self) -> String {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|(name, value)| match value {
                Some(value) => format!("{name}={value}"),
                None => name.clone(),
            })
            .collect();
        let mut url = self.before.clone();
        if !rows.is_empty() {
            url += "?";
            url += &rows.join("&");
        }
        if let Some(fragment) = &self.fragment {
            url += "#";
            url += fragment;
        }
        url
    }
}

fn plain(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// What a scheme signs of a URL.
pub(super) struct Place<'a> {
    /// Without `://`.
    pub(super) scheme: &'a str,
    /// Host and port, without user and password.
    pub(super) authority: &'a str,
    /// Path and query, without fragment.
    pub(super) path: &'a str,
}

impl<'a> Place<'a> {
    /// Takes a URL apart; nothing is decoded or put in order.
    pub(super) fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let rest = rest.split('#').next().unwrap_or_default();
        let start = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(start);
        Self {
            scheme,
            authority: authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host),
            path: if path.is_empty() { "/" } else { path },
        }
    }

    /// The host without its port.
    pub(super) fn host(&self) -> &'a str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            Some(_) | None => self.authority,
        }
    }

    /// The port, as it is written or as the scheme has it.
    pub(super) fn port(&self) -> &'a str {
        match self.authority.rsplit_once(':') {
            Some((_, port)) if !port.contains(']') => port,
            Some(_) | None if self.scheme == "https" => "443",
            Some(_) | None => "80",
        }
    }
}
/// The rows of a request that is signed: names and values encoded strictly, and put in order.
pub(super) fn canonical_rows<'r>(rows: impl IntoIterator<Item = (&'r str, &'r str)>) -> String {
    let mut rows: Vec<(String, String)> = rows
        .into_iter()
        .map(|(name, value)| (encode_query_value(name), encode_query_value(value)))
        .collect();
    rows.sort();
    let rows: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    rows.join("&")
}
