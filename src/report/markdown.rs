//! Markdown from texts that others wrote.

/// The text on one line, with nothing in it that Markdown, GitHub's included, would take for more
/// than text: no emphasis, link, picture, table, HTML or mention of a person.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (place, character) in text.char_indices() {
        match character {
            '\n' | '\r' | '\t' => plain.push(' '),
            control if control.is_control() => plain.push('\u{fffd}'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' => {
                plain.push('\\');
                plain.push(character);
            }
            // A URL that stands alone becomes a link (GFM §6.9) unless its colon is escaped.
            ':' if text[place..].starts_with("://") => plain.push_str("\\:"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '@' => plain.push_str("(at)"),
            other => plain.push(other),
        }
    }
    plain
}

/// The same, of at most about `most` characters.
#[must_use]
pub fn brief(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => plain(text),
        Some((end, _)) => {
            let words = text[..end].rsplit_once(' ').map_or(&text[..end], |it| it.0);
            format!("{} …", plain(words))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_more_than_text() {
        let table = [
            ("a | b\n# c", "a \\| b \\# c"),
            ("<img src=x> &amp;", "&lt;img src=x&gt; &amp;amp;"),
            ("[x](https://e.org)", "\\[x\\](https\\://e.org)"),
            ("`*_~\\$", "\\`\\*\\_\\~\\\\\\$"),
            ("ask @team", "ask (at)team"),
            ("\u{1b}[31m", "\u{fffd}\\[31m"),
            ("at 10:00", "at 10:00"),
        ];
        for (text, expected) in table {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_text_ends_behind_a_word() {
        assert_eq!(brief("one two three", 9), "one two …");
        assert_eq!(brief("one two three", 13), "one two three");
        assert_eq!(brief("üüü", 2), "üü …");
    }
}
