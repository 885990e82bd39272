//! What browsers offer to scripts and Rust already has: the rules of URLs and of text encodings.

use url::{Url, quirks};

/// The parts of `address`, resolved against `base`, as the JSON array that the prelude reads;
/// `None` if it is no URL.
pub(super) fn url_parts(address: &str, base: Option<&str>) -> Option<String> {
    let base = match base {
        Some(base) => Some(Url::parse(base).ok()?),
        None => None,
    };
    let url = Url::options().base_url(base.as_ref()).parse(address).ok()?;
    Some(parts(&url))
}

/// As [`url_parts`] for `href` after one part of it was set, by the rules of the `URL` class.
/// What cannot be set leaves the URL as it is; only a wrong `href` gives `None`.
pub(super) fn url_with(href: &str, part: &str, value: &str) -> Option<String> {
    let mut url = Url::parse(href).ok()?;
    match part {
        "href" => quirks::set_href(&mut url, value).ok()?,
        "protocol" => ignore(quirks::set_protocol(&mut url, value)),
        "username" => ignore(quirks::set_username(&mut url, value)),
        "password" => ignore(quirks::set_password(&mut url, value)),
        "host" => ignore(quirks::set_host(&mut url, value)),
        "hostname" => ignore(quirks::set_hostname(&mut url, value)),
        "port" => ignore(quirks::set_port(&mut url, value)),
        "pathname" => quirks::set_pathname(&mut url, value),
        "search" => quirks::set_search(&mut url, value),
        "hash" => quirks::set_hash(&mut url, value),
        _ => {}
    }
    Some(parts(&url))
}

fn ignore(_refused: Result<(), ()>) {}

fn parts(url: &Url) -> String {
    let origin = quirks::origin(url);
    serde_json::json!([
        quirks::href(url),
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
        origin,
    ])
    .to_string()
}

/// The name that the Encoding standard gives to the encoding `label`.
pub(super) fn encoding_name(label: &str) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
    Some(encoding.name().to_ascii_lowercase())
}

/// `bytes` as text; what cannot be decoded becomes the replacement character.
pub(super) fn decode(bytes: &[u8], label: &str) -> String {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_falls_into_its_parts() {
        let parts = url_parts("../b?x=1#y", Some("https://u:p@host:8443/a/c")).unwrap();
        let parts: Vec<String> = serde_json::from_str(&parts).unwrap();
        assert_eq!(parts[0], "https://u:p@host:8443/b?x=1#y");
        assert_eq!(parts[4], "host:8443");
        assert_eq!(parts[10], "https://host:8443");
        assert_eq!(url_parts("nowhere", None), None);
    }

    #[test]
    fn setting_a_part_follows_the_url_standard() {
        let parts = url_with("https://host/a", "search", "q=ü").unwrap();
        assert!(parts.starts_with("[\"https://host/a?q=%C3%BC\""), "{parts}");
        let same = url_with("https://host/a", "port", "many").unwrap();
        assert!(same.starts_with("[\"https://host/a\""), "{same}");
        assert_eq!(url_with("https://host/a", "href", "nowhere"), None);
    }

    #[test]
    fn latin_1_is_decoded_as_browsers_do() {
        assert_eq!(encoding_name("latin1").as_deref(), Some("windows-1252"));
        assert_eq!(decode(&[0xe9, 0x80], "latin1"), "é€");
        assert_eq!(decode(&[0x61, 0xff], "utf-8"), "a\u{fffd}");
    }
}
