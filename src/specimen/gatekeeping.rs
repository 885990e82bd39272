//! Who may speak to the notification endpoint: the header that the provider chose.

use percent_encoding::percent_decode_str;

use super::{HeaderQuirk, Settings, Validation};
use crate::exchange::Request;

/// Whether `request` carries the header as it should, as far as `validation` looks.
pub(super) fn header_is_right(
    request: &Request,
    settings: &Settings,
    validation: Validation,
) -> bool {
    let name = settings.notification_header.as_str();
    let right = settings.notification_value.expose();
    let values: Vec<&str> = request.headers.all(name).collect();
    let checked = values == [right];
    match validation {
        Validation::Ignored => true,
        // Whether the token suffices is not for the header to say.
        Validation::Checked | Validation::Quirky(HeaderQuirk::OrToken) => checked,
        Validation::Quirky(HeaderQuirk::Optional) => {
            checked || values.iter().all(|value| value.trim().is_empty())
        }
        Validation::Quirky(HeaderQuirk::AnyValue) => {
            values.iter().any(|value| !value.trim().is_empty())
        }
        Validation::Quirky(HeaderQuirk::Prefix) => match values.as_slice() {
            [value] if !value.is_empty() => value.starts_with(right) || right.starts_with(value),
            _ => false,
        },
        Validation::Quirky(HeaderQuirk::ValueCase) => match values.as_slice() {
            [value] => value.eq_ignore_ascii_case(right),
            _ => false,
        },
        Validation::Quirky(HeaderQuirk::NameCase) => {
            checked && request.headers.iter().any(|(spelled, _)| spelled == name)
        }
        Validation::Quirky(HeaderQuirk::First) => values.first() == Some(&right),
        Validation::Quirky(HeaderQuirk::Last) => values.last() == Some(&right),
        Validation::Quirky(HeaderQuirk::Query) => {
            checked
                || pairs(request.query().unwrap_or_default(), '&', name)
                    .any(|value| percent_decode_str(value).eq(right.bytes()))
        }
        Validation::Quirky(HeaderQuirk::Cookie) => {
            let cookies = request.headers.get("cookie").unwrap_or_default();
            checked || pairs(cookies, ';', name).any(|value| value == right)
        }
    }
}

/// The values that `text`, a list of `name=value`, gives to `name`.
fn pairs<'t>(text: &'t str, sign: char, name: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(sign).filter_map(move |pair| {
        let (key, value) = pair.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}
