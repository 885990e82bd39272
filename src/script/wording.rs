//! Syntax errors in V8's words: that is what users know from Postman and search for.

/// `message` as V8 would put it for the error at `place` (line and column, from 1) of `source`.
pub(super) fn syntax_error(message: &str, source: &str, place: (u32, u32)) -> String {
    let (line, column) = (place.0 as usize, place.1 as usize);
    if line > source.lines().count().max(1) && !message.starts_with("Unexpected token") {
        // What the engine met there is the end of our own function.
        return "Unexpected end of input".to_owned();
    }
    let text: Vec<char> = source.lines().nth(line - 1).unwrap_or("").chars().collect();
    let before: String = text.iter().take(column.saturating_sub(1)).collect();
    let rest: String = text.iter().skip(column.saturating_sub(1)).collect();
    if message == "unexpected end of string" {
        return "Invalid or unexpected token".to_owned();
    }
    if message.starts_with("expecting ") && last_word(before.trim_end()) == "await" {
        return "await is only valid in async functions and the top level bodies of modules".into();
    }
    if message.starts_with("invalid redefinition of") {
        // The place is behind the name.
        let name = last_word(before.trim_end());
        return format!("Identifier '{name}' has already been declared");
    }
    if let Some(token) = message.strip_prefix("unexpected token in expression: ") {
        return format!("Unexpected token {token}");
    }
    if message.starts_with("expecting ") || message.starts_with("Unexpected token") {
        return unexpected(&rest).unwrap_or_else(|| message.to_owned());
    }
    message.to_owned()
}

fn last_word(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, sign)| is_word(*sign))
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_' || sign == '$'
}

/// How V8 names the token at the start of `rest`.
fn unexpected(rest: &str) -> Option<String> {
    let first = rest.chars().next()?;
    let word: String = rest.chars().take_while(|sign| is_word(*sign)).collect();
    Some(match first {
        '"' | '\'' => "Unexpected string".to_owned(),
        '`' => "Unexpected template string".to_owned(),
        '0'..='9' => "Unexpected number".to_owned(),
        _ if is_word(first) => format!("Unexpected identifier '{word}'"),
        _ => format!("Unexpected token '{first}'"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_are_put_as_v8_puts_them() {
        for (message, source, place, expected) in [
            (
                "expecting ';'",
                "foo bar",
                (1, 5),
                "Unexpected identifier 'bar'",
            ),
            ("expecting ')'", "f(1 'a')", (1, 5), "Unexpected string"),
            ("expecting ')'", "f(1 2)", (1, 5), "Unexpected number"),
            ("expecting '('", "if {", (1, 4), "Unexpected token '{'"),
            (
                "unexpected token in expression: ';'",
                "let a = ;",
                (1, 9),
                "Unexpected token ';'",
            ),
            (
                "unexpected token in expression: '}'",
                "if (",
                (2, 1),
                "Unexpected end of input",
            ),
            (
                "unexpected end of string",
                "'abc",
                (1, 1),
                "Invalid or unexpected token",
            ),
            (
                "invalid redefinition of lexical identifier",
                "let a; let a;",
                (1, 13),
                "Identifier 'a' has already been declared",
            ),
            (
                "expecting ';'",
                "let a = await b();",
                (1, 15),
                "await is only valid in async functions and the top level bodies of modules",
            ),
            ("something else", "x", (1, 1), "something else"),
        ] {
            assert_eq!(syntax_error(message, source, place), expected);
        }
    }
}
