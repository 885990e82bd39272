//! Who we say that we are: client certificates, each for the URLs that it fits.

use std::sync::Arc;

use regex::Regex;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// A client certificate with its key.
#[derive(Clone, Debug)]
pub struct Identity {
    patterns: Vec<UrlPattern>,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Arc<PrivateKeyDer<'static>>,
}

/// A client certificate cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The certificate is none.
    #[error("the client's certificate is not PEM")]
    Certificate,
    /// The key is none, or it is encrypted.
    #[error("the client's key is not a PEM key; one with a passphrase has to be decrypted first")]
    Key,
    /// A pattern is none.
    #[error("«{0}» is no pattern of URLs; one looks like https://*.example.com/*")]
    Pattern(String),
}

impl Identity {
    /// A certificate for the URLs that `patterns` fit; for all where there are none.
    pub fn read(patterns: &[String], chain: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let patterns: Result<_, _> = patterns.iter().map(|text| UrlPattern::read(text)).collect();
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| IdentityError::Certificate)?;
        if chain.is_empty() {
            return Err(IdentityError::Certificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| IdentityError::Key)?;
        Ok(Self {
            patterns: patterns?,
            chain,
            key: Arc::new(key),
        })
    }

    /// Whether it is shown to the server of `url`.
    pub(super) fn fits(&self, url: &url::Url) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.fits(url))
    }
}

/// A pattern of URLs as Postman has it: `http+https://*.example.com/*`.
#[derive(Clone, Debug)]
struct UrlPattern {
    schemes: Vec<String>,
    rest: Regex,
}

impl UrlPattern {
    fn read(text: &str) -> Result<Self, IdentityError> {
        let wrong = || IdentityError::Pattern(text.to_owned());
        let text = if text == "<all_urls>" {
            "*://*/*"
        } else {
            text
        };
        let (schemes, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (host, path) = rest.split_once('/').ok_or_else(wrong)?;
        let glob = |text: &str| regex::escape(text).replace(r"\*", ".*");
        // A pattern without a port fits every port.
        let port = if host.contains(':') { "" } else { "(:[0-9]+)?" };
        let host = match host.strip_prefix("*.") {
            Some(domain) => format!(r"([^/]*\.)?{}", glob(domain)),
            None => glob(host),
        };
        let rest = format!("(?i)^{host}{port}/(?-i:{})$", glob(path));
        Ok(Self {
            schemes: schemes.split('+').map(str::to_owned).collect(),
            rest: Regex::new(&rest).map_err(|_| wrong())?,
        })
    }

    fn fits(&self, url: &url::Url) -> bool {
        let is_scheme = |scheme: &String| scheme == "*" || scheme == url.scheme();
        let rest = &url[url::Position::BeforeHost..url::Position::AfterPath];
        self.schemes.iter().any(is_scheme) && self.rest.is_match(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_postmans_do() {
        // pattern, URL, whether it fits
        let table = [
            ("<all_urls>", "https://a.b/c", true),
            (
                "https://*.example.com/*",
                "https://x.example.com:8443/y",
                true,
            ),
            ("https://*.example.com/*", "https://example.com/", true),
            ("https://*.example.com/*", "https://badexample.com/", false),
            ("https://*.example.com/*", "http://x.example.com/", false),
            ("http+https://h:81/a/*", "http://H:81/a/b", true),
            ("http+https://h:81/a/*", "http://h:82/a/b", false),
            ("*://h/A", "https://h/a", false),
        ];
        for (pattern, url, fits) in table {
            let pattern = UrlPattern::read(pattern).unwrap();
            assert_eq!(
                pattern.fits(&url::Url::parse(url).unwrap()),
                fits,
                "{pattern:?} {url}"
            );
        }
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let made = rcgen::generate_simple_self_signed(["h".to_owned()]).unwrap();
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let read = |patterns: &[&str], chain: &str, key: &str| {
            let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
            Identity::read(&patterns, chain.as_bytes(), key.as_bytes()).map(drop)
        };
        assert_eq!(read(&["https://h/*"], &chain, &key), Ok(()));
        assert_eq!(read(&[], "no", &key), Err(IdentityError::Certificate));
        assert_eq!(read(&[], &chain, "no"), Err(IdentityError::Key));
        assert_eq!(
            read(&["h"], &chain, &key),
            Err(IdentityError::Pattern("h".into()))
        );
    }
}
