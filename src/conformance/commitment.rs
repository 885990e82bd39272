//! Finds the commitments that stand for secrets in what was recorded.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::history::Call;

/// How a commitment begins and how many hexadecimal digits follow (`base::Redactor`).
const OPENING: &str = "[secret:";
const DIGITS: usize = 12;

/// Where in an exchange a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot<'c> {
    /// In the URL of the request.
    Url,
    /// In this header of the request.
    Header(&'c str),
    /// In the body of the request.
    Body,
}

impl std::fmt::Display for Spot<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url => formatter.write_str("the URL"),
            Self::Header(name) => write!(formatter, "the header {name}"),
            Self::Body => formatter.write_str("the body"),
        }
    }
}

/// The commitments in `text`, in order.
pub fn commitments(text: &str) -> impl Iterator<Item = &str> {
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(OPENING));
    FINDER.find_iter(text.as_bytes()).filter_map(|start| {
        let end = start + OPENING.len() + DIGITS;
        let digits = text.get(start + OPENING.len()..end)?;
        let whole = text.get(start..=end)?;
        let is_one = digits.bytes().all(|digit| digit.is_ascii_hexdigit()) && whole.ends_with(']');
        is_one.then_some(whole)
    })
}

/// Whether `text` is a commitment and nothing else.
#[must_use]
pub fn is_commitment(text: &str) -> bool {
    commitments(text).next() == Some(text)
}

/// Every commitment in the request of `call`, with its place.
pub(super) fn in_request<'c>(call: &'c Call<'_>) -> impl Iterator<Item = (Spot<'c>, &'c str)> {
    let request = &call.exchange.request;
    let url = commitments(&request.url).map(|found| (Spot::Url, found));
    let headers = request
        .headers
        .iter()
        .flat_map(|(name, value)| commitments(value).map(move |found| (Spot::Header(name), found)));
    let body = request.body.text().into_iter().flat_map(commitments);
    url.chain(headers)
        .chain(body.map(|found| (Spot::Body, found)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Redactor;

    #[test]
    fn what_the_redactor_writes_is_found_and_nothing_else() {
        let commitment = Redactor::new([7; 32]).commitment("hunter2-hunter2");
        let text = format!("a={commitment}&b=[secret:xyz] {commitment}[secret:0a1b2c3d4e5f");
        assert_eq!(
            commitments(&text).collect::<Vec<_>>(),
            [commitment.as_str(), commitment.as_str()]
        );
        assert!(is_commitment(&commitment));
        assert!(!is_commitment(&format!("{commitment}!")) && !is_commitment("ü"));
        assert_eq!(commitments("[secret:é").count(), 0);
    }
}
