//! A line of the file: the event's JSON, with the digest of the line before as its last field.

use crate::base::{Sha256Hex, sha256};

/// The version of the format that this crate writes and reads (`RunStart::format`).
pub(super) const FORMAT: u32 = 1;

/// What stands before the digest, and after it.
const OPENING: &str = ",\"previous_sha256\":\"";
const CLOSING: &str = "\"}";

/// What the first line names as the digest of the line before.
pub(super) const NOTHING_BEFORE: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// The line, without its newline, that follows the line with digest `previous`. `None` where
/// `json` is not the text of an object.
pub(super) fn link(json: &str, previous: &str) -> Option<String> {
    let mut line = json.as_bytes().to_vec();
    chain(&mut line, 0, previous)?;
    String::from_utf8(line).ok()
}

/// Makes of the JSON object that begins at `start` of `text` the line that follows the line with
/// digest `previous`. `None`, and nothing done, where it is no object.
pub(super) fn chain(text: &mut Vec<u8>, start: usize, previous: &str) -> Option<()> {
    if text.get(start) != Some(&b'{') || text.pop_if(|last| *last == b'}').is_none() {
        return None;
    }
    text.extend_from_slice(OPENING.as_bytes());
    text.extend_from_slice(previous.as_bytes());
    text.extend_from_slice(CLOSING.as_bytes());
    Some(())
}

/// The digest that a line names as that of the line before; `None` where it names none.
pub(super) fn linked(line: &str) -> Option<&str> {
    let before = line.strip_suffix(CLOSING)?;
    let start = before.len().checked_sub(NOTHING_BEFORE.len())?;
    let digest = before.get(start..)?;
    let named = before[..start].ends_with(OPENING)
        && digest
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    named.then_some(digest)
}

/// The digest of a line: of its bytes without the newline.
pub(super) fn digest(line: impl AsRef<[u8]>) -> Sha256Hex {
    sha256(line.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_back_the_digest_that_was_linked_into_it() {
        let line = link(r#"{"sequence":1}"#, NOTHING_BEFORE).unwrap();
        assert_eq!(
            line,
            format!(r#"{{"sequence":1,"previous_sha256":"{NOTHING_BEFORE}"}}"#)
        );
        assert_eq!(linked(&line), Some(NOTHING_BEFORE));
    }

    #[test]
    fn what_is_no_linked_line_has_no_digest() {
        let upper = NOTHING_BEFORE.replace('0', "A");
        for line in [
            "",
            "{}",
            r#"{"previous_sha256":"abc"}"#,
            "ü\"}",
            &format!(r#"{{"a":1,"previous_sha256":"{upper}"}}"#),
            &format!(r#"{{"a":1,"other":"{NOTHING_BEFORE}"}}"#),
        ] {
            assert_eq!(linked(line), None, "{line}");
        }
        assert_eq!(link("[1]", NOTHING_BEFORE), None);
    }
}
