//! Which bytes of which part of a URL are percent-encoded: the sets of Postman's URL encoder.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

pub(super) const FRAGMENT: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');
pub(super) const PATH: &AsciiSet = &FRAGMENT.add(b'#').add(b'?').add(b'{').add(b'}');
pub(super) const USER_INFORMATION: &AsciiSet = &PATH
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'=')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'|');
pub(super) const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'\'')
    .add(b'<')
    .add(b'>');
/// What `encodeURIComponent` and RFC 3986 leave alone: letters, digits, `-`, `.`, `_`, `~`.
const FORM: &AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Whether a URL is encoded (`protocolProfileBehavior.disableUrlEncoding`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UrlEncoding {
    /// By Postman's sets.
    #[default]
    Postman,
    /// Left as written.
    Off,
}

impl UrlEncoding {
    /// `text` with the bytes of `set` encoded, or as it is.
    pub(super) fn encode(self, text: &str, set: &'static AsciiSet) -> String {
        match self {
            Self::Postman => utf8_percent_encode(text, set).to_string(),
            Self::Off => text.to_owned(),
        }
    }
}

/// Encodes one name or value of a form (`application/x-www-form-urlencoded` as newman writes it:
/// a space becomes `%20`).
#[must_use]
pub fn encode_query_value(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}

/// A host as it goes on the wire: lower case, international names in Punycode.
pub(super) fn encoded_host(host: &str) -> String {
    if host.is_ascii() {
        return host.to_ascii_lowercase();
    }
    url::Url::parse(&format!("http://{host}"))
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| host.to_lowercase())
}
