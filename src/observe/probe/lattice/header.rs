//! Probes of the header that the provider chose, and of the place of the token.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::recipe::{Making, Need, Recipe, negative, positive};
use crate::event::Expectation::{
    Accepted, AcceptedIdeally, Challenged, Created, Refused, RefusedOrMalformed,
};
use crate::event::ProbeRole;
use crate::observe::probe::draft::{Authorization, Draft, sign_as_stranger};

/// With the right token, which only a trusted issuer can sign.
const HEADER: &[Need] = &[Need::Issuer, Need::Header];

/// A token is there, and a header where one is asked for.
const ISSUER: &[Need] = &[Need::Issuer];

/// NP-00 to NP-12.
pub(super) const RECIPES: &[Recipe] = &[
    Recipe {
        check: "NP-00",
        name: "valid",
        factor: "nothing is changed",
        role: ProbeRole::Control,
        expect: Created,
        needs: ISSUER,
        making: Making::Changed(|_| {}),
    },
    negative(
        "NP-01",
        ("missing", "the header is left out"),
        Refused,
        HEADER,
        |draft| draft.values.clear(),
    ),
    negative(
        "NP-01",
        ("empty", "the header has no value"),
        Refused,
        HEADER,
        |draft| draft.values = vec![String::new()],
    ),
    negative(
        "NP-01",
        ("spaces", "the header's value is spaces"),
        Refused,
        HEADER,
        |draft| draft.values = vec!["   ".into()],
    ),
    negative(
        "NP-02",
        ("another", "the header has another value"),
        Refused,
        HEADER,
        |draft| draft.values = vec!["preflight-wrong-value".into()],
    ),
    negative(
        "NP-02",
        (
            "one-character-changed",
            "one character of the header's value is changed",
        ),
        Refused,
        HEADER,
        |draft| draft.values = vec![last_changed(draft.value())],
    ),
    negative(
        "NP-02",
        ("prefix", "the header's value lacks its last character"),
        Refused,
        HEADER,
        |draft| draft.values = vec![shortened(draft.value())],
    ),
    negative(
        "NP-02",
        ("suffix-added", "the header's value has one character more"),
        Refused,
        HEADER,
        |draft| draft.values = vec![format!("{}x", draft.value())],
    ),
    negative(
        "NP-02",
        (
            "of-another-provider",
            "the header's value is as another provider would choose it",
        ),
        Refused,
        HEADER,
        |draft| draft.values = vec![format!("{}-2", reversed(draft.value()))],
    ),
    negative(
        "NP-03",
        (
            "case-flipped",
            "the case of the header's value is the other one",
        ),
        Refused,
        &[Need::Issuer, Need::Header, Need::Letters],
        |draft| draft.values = vec![flipped(draft.value())],
    ),
    spelled("lower", "the header's name is in lower case", |draft| {
        draft.header = draft.header.to_ascii_lowercase();
    }),
    spelled("upper", "the header's name is in upper case", |draft| {
        draft.header = draft.header.to_ascii_uppercase();
    }),
    spelled("mixed", "the header's name is in mixed case", |draft| {
        draft.header = mixed(&draft.header);
    }),
    negative(
        "NP-05",
        (
            "right-then-wrong",
            "the header comes twice, first with the right value",
        ),
        RefusedOrMalformed,
        HEADER,
        |draft| draft.values.push("preflight-wrong-value".into()),
    ),
    negative(
        "NP-05",
        (
            "wrong-then-right",
            "the header comes twice, first with a wrong value",
        ),
        RefusedOrMalformed,
        HEADER,
        |draft| draft.values.insert(0, "preflight-wrong-value".into()),
    ),
    negative(
        "NP-05",
        (
            "joined",
            "the right value of the header and a wrong one are joined by a comma",
        ),
        RefusedOrMalformed,
        HEADER,
        |draft| draft.values = vec![format!("{}, preflight-wrong-value", draft.value())],
    ),
    negative(
        "NP-06",
        (
            "query",
            "the header's value stands in the query of the URL instead",
        ),
        Refused,
        HEADER,
        |draft| {
            let sign = if draft.url.contains('?') { '&' } else { '?' };
            let value = utf8_percent_encode(draft.value(), NON_ALPHANUMERIC);
            draft.url = format!("{}{sign}{}={value}", draft.url, draft.header);
            draft.values.clear();
        },
    ),
    negative(
        "NP-06",
        ("cookie", "the header's value stands in a cookie instead"),
        Refused,
        HEADER,
        |draft| {
            draft.cookie = Some(format!("{}={}", draft.header, draft.value()));
            draft.values.clear();
        },
    ),
    negative(
        "NP-10",
        ("missing", "Authorization is left out"),
        Challenged,
        &[],
        |draft| draft.authorization = Authorization::Absent,
    ),
    negative(
        "NP-10",
        ("empty", "the scheme Bearer has no token behind it"),
        Challenged,
        &[],
        |draft| draft.authorization = Authorization::Text("Bearer".into()),
    ),
    negative(
        "NP-10",
        ("basic", "the scheme is Basic"),
        Challenged,
        &[],
        // Somebody and a password, in base64.
        |draft| draft.authorization = Authorization::Text("Basic c29tZWJvZHk6cGFzc3dvcmQ=".into()),
    ),
    negative(
        "NP-10",
        ("garbage", "the token is no token"),
        Challenged,
        &[],
        |draft| draft.authorization = Authorization::Text("Bearer not.a.token".into()),
    ),
    positive(
        "NP-11",
        ("lower", "the scheme is spelled bearer"),
        AcceptedIdeally,
        ISSUER,
        |draft| draft.authorization = Authorization::Token("bearer"),
    ),
    positive(
        "NP-11",
        ("upper", "the scheme is spelled BEARER"),
        AcceptedIdeally,
        ISSUER,
        |draft| draft.authorization = Authorization::Token("BEARER"),
    ),
    negative(
        "NP-12",
        ("bad-token", "the header is right, the token a stranger's"),
        Refused,
        &[],
        sign_as_stranger,
    ),
    negative(
        "NP-12",
        ("bad-header", "the token is right, the header's value wrong"),
        Refused,
        HEADER,
        |draft| draft.values = vec!["preflight-wrong-value".into()],
    ),
];

/// A probe of the spelling of the header's name.
const fn spelled(name: &'static str, factor: &'static str, change: fn(&mut Draft<'_>)) -> Recipe {
    positive("NP-04", (name, factor), Accepted, HEADER, change).made(Making::Spelled(change))
}

/// What the probes make of `value`: whoever knows one of them knows most of it.
pub(in crate::observe::probe) fn disguises(value: &str) -> Vec<String> {
    vec![
        shortened(value),
        reversed(value),
        last_changed(value),
        first_changed(value),
        flipped(value),
    ]
}

fn shortened(value: &str) -> String {
    let mut shorter = value.to_owned();
    shorter.pop();
    shorter
}

fn reversed(value: &str) -> String {
    value.chars().rev().collect()
}

/// `value` with another last character.
pub(in crate::observe::probe) fn last_changed(value: &str) -> String {
    let mut changed = value.to_owned();
    let other = match changed.pop() {
        Some('x') => 'y',
        Some(_) | None => 'x',
    };
    changed.push(other);
    changed
}

/// `value` with another first character.
pub(in crate::observe::probe) fn first_changed(value: &str) -> String {
    let other = if value.starts_with('x') { 'y' } else { 'x' };
    let rest: String = value.chars().skip(1).collect();
    format!("{other}{rest}")
}

fn flipped(value: &str) -> String {
    let flip = |letter: char| {
        if letter.is_ascii_uppercase() {
            letter.to_ascii_lowercase()
        } else {
            letter.to_ascii_uppercase()
        }
    };
    value.chars().map(flip).collect()
}

/// Every other letter in upper case, the first in lower.
fn mixed(name: &str) -> String {
    name.chars()
        .zip([false, true].into_iter().cycle())
        .map(|(letter, upper)| {
            if upper {
                letter.to_ascii_uppercase()
            } else {
                letter.to_ascii_lowercase()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_differ_in_what_they_say_and_nothing_else() {
        assert_eq!(last_changed("abcx"), "abcy");
        assert_eq!(first_changed("xbc"), "ybc");
        assert_eq!(flipped("aB-1"), "Ab-1");
        assert_eq!(mixed("X-Notify"), "x-nOtIfY");
    }
}
