//! JSON as people write it in a body: with comments.

/// `application/json` and its relatives: `application/hal+json`.
pub(super) fn is_json_type(content_type: &str) -> bool {
    content_type
        .strip_prefix("application/")
        .is_some_and(|kind| {
            let word = kind.split_whitespace().next().unwrap_or_default();
            kind.starts_with("json") || word.contains("+json")
        })
}

/// Takes `//` and `/* */` comments out of JSON text, outside of strings, leaving nothing in their
/// place.
pub(super) fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut inside_string = false;
    while let Some(character) = rest.chars().next() {
        if inside_string {
            let length = match character {
                '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
                '"' => {
                    inside_string = false;
                    1
                }
                other => other.len_utf8(),
            };
            kept.push_str(&rest[..length]);
            rest = &rest[length..];
        } else if rest.starts_with("//") {
            rest = rest.find(['\n', '\r']).map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest[2..].find("*/").map_or("", |end| &rest[2 + end + 2..]);
        } else {
            inside_string = character == '"';
            kept.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_in_strings_stay() {
        let text = "{\"u\": \"http://h\" /* a */, // b\n\"q\": \"\\\"//\"}";
        assert_eq!(
            without_comments(text),
            "{\"u\": \"http://h\" , \n\"q\": \"\\\"//\"}"
        );
    }

    #[test]
    fn only_json_of_applications_is_json() {
        for (kind, expected) in [
            ("application/json; charset=utf-8", true),
            ("application/hal+json", true),
            ("text/json", false),
            ("application/xml", false),
        ] {
            assert_eq!(is_json_type(kind), expected, "{kind}");
        }
    }
}
