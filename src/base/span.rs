//! Places in a user's text.

use std::fmt;

use serde::Serialize;

/// A place in a text, both numbers counted from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// The place of the byte at `offset` in `text`; an offset past the end is the end.
#[must_use]
pub fn place_of(text: &str, offset: usize) -> Place {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let text = "eins\nzwölf!";
        assert_eq!(place_of(text, 0).to_string(), "1:1");
        assert_eq!(place_of(text, text.len() - 1).to_string(), "2:6");
        assert_eq!(place_of(text, 9999).to_string(), "2:7");
        assert_eq!(
            place_of(text, 8).to_string(),
            "2:3",
            "inside a character is its start"
        );
    }
}
