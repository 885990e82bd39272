//! A file as it is: decoded, parsed, nothing lost.

use std::fmt;
use std::sync::Arc;

use encoding_rs::{UTF_16BE, UTF_16LE};
use serde_json::Value;

use super::{Problem, ProblemCode, Problems, Sensitivity};

/// A JSON file of the user's. `Debug` does not show its text.
#[derive(Clone)]
pub struct Document {
    name: String,
    text: Arc<str>,
    sensitivity: Sensitivity,
    value: Value,
}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Document")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// Decodes and parses `bytes`; `name` is how messages call the file.
    ///
    /// UTF-8 and UTF-16 of either byte order are read, with or without a byte order mark.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Problems> {
        Self::parse_as(name, bytes, Sensitivity::Public)
    }

    /// The same for a file with secrets, whose text no message may show.
    pub fn parse_sensitive(name: &str, bytes: &[u8]) -> Result<Self, Problems> {
        Self::parse_as(name, bytes, Sensitivity::Secret)
            .map_err(|problems| problems.with_sensitivity(Sensitivity::Secret))
    }

    fn parse_as(name: &str, bytes: &[u8], sensitivity: Sensitivity) -> Result<Self, Problems> {
        let text: Arc<str> = decode(bytes).map_err(|problem| {
            Problems::new(name, String::from_utf8_lossy(bytes).into(), vec![problem])
        })?;
        match serde_json::from_str(&text) {
            Ok(value) => Ok(Self {
                name: name.to_owned(),
                text,
                sensitivity,
                value,
            }),
            Err(error) => {
                let problem = syntax(&text, &error);
                Err(Problems::new(name, text, vec![problem]))
            }
        }
    }

    /// How the user called the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, decoded. It may hold secrets.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The JSON.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Makes an error of `problems`.
    pub(super) fn problems(&self, problems: Vec<Problem>) -> Problems {
        Problems::new(&self.name, Arc::clone(&self.text), problems)
            .with_sensitivity(self.sensitivity)
    }

    /// The byte offset at which the value under `pointer` begins (RFC 6901), or the nearest
    /// enclosing value that exists.
    pub(super) fn offset_of(&self, pointer: &str) -> Option<usize> {
        let parsed = jsonc_parser::parse_to_ast(
            &self.text,
            &jsonc_parser::CollectOptions::default(),
            &jsonc_parser::ParseOptions::default(),
        )
        .ok()?;
        let root = parsed.value?;
        let mut value = &root;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let inner = match value {
                jsonc_parser::ast::Value::Object(object) => object
                    .properties
                    .iter()
                    .find(|property| property.name.as_str() == token)
                    .map(|property| &property.value),
                jsonc_parser::ast::Value::Array(array) => token
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| array.elements.get(index)),
                _ => None,
            };
            match inner {
                Some(inner) => value = inner,
                None => break,
            }
        }
        Some(jsonc_parser::common::Ranged::range(value).start)
    }
}

fn decode(bytes: &[u8]) -> Result<Arc<str>, Problem> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let utf_16 = match bytes {
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        // JSON begins with an ASCII character, so a zero beside it betrays the encoding
        // (RFC 4627 §3).
        [first, 0, ..] if *first != 0 => Some(UTF_16LE),
        [0, second, ..] if *second != 0 => Some(UTF_16BE),
        _ => None,
    };
    if let Some(encoding) = utf_16 {
        let (text, _) = encoding.decode_with_bom_removal(bytes);
        return Ok(text.into());
    }
    std::str::from_utf8(bytes)
        .map(Into::into)
        .map_err(|error| Problem {
            code: ProblemCode::Encoding,
            offset: Some(error.valid_up_to()),
            message: format!(
                "byte {} is neither UTF-8 nor the beginning of UTF-16 text",
                error.valid_up_to()
            ),
            remedy: "export the file again, or convert it to UTF-8".into(),
        })
}

fn syntax(text: &str, error: &serde_json::Error) -> Problem {
    let line_start = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let offset = (line_start + error.column().saturating_sub(1)).min(text.len());
    let detail = error.to_string();
    // serde_json repeats the place at the end of its message; ours stands before it.
    let detail = detail
        .rsplit_once(" at line ")
        .map_or(detail.as_str(), |(detail, _)| detail);
    let (message, remedy) = if text.trim().is_empty() {
        (
            "the file is empty".to_owned(),
            "export it from Postman again",
        )
    } else if error.is_eof() {
        (
            format!("not JSON: {detail}; the file ends too early"),
            "export the file again: it was cut off",
        )
    } else if text.trim_start().starts_with('<') {
        (
            "not JSON but a page of HTML or XML".to_owned(),
            "download the file itself, not the page that shows it",
        )
    } else if text.trim_start().starts_with("$kind") || text.trim_start().starts_with("openapi") {
        (
            "not JSON but YAML".to_owned(),
            "export the collection as Collection v2.1 (JSON) from Postman",
        )
    } else {
        (
            format!("not JSON: {detail}"),
            "mend the file at this place, or export it from Postman again",
        )
    };
    Problem {
        code: ProblemCode::Syntax,
        offset: Some(offset),
        message,
        remedy: remedy.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf_16(text: &str, mark: bool, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let mark = mark.then_some(0xFEFF);
        mark.into_iter()
            .chain(text.encode_utf16())
            .flat_map(bytes_of)
            .collect()
    }

    #[test]
    fn every_encoding_that_postman_writes_is_read() {
        let text = r#"{"name":"Zürich"}"#;
        let mut with_mark = b"\xEF\xBB\xBF".to_vec();
        with_mark.extend(text.bytes());
        let forms = [
            text.as_bytes().to_vec(),
            with_mark,
            utf_16(text, true, u16::to_le_bytes),
            utf_16(text, true, u16::to_be_bytes),
            utf_16(text, false, u16::to_le_bytes),
            utf_16(text, false, u16::to_be_bytes),
        ];
        for bytes in forms {
            assert_eq!(
                Document::parse("f.json", &bytes).unwrap().value()["name"],
                "Zürich"
            );
        }
    }

    #[test]
    fn syntax_errors_name_place_reason_and_remedy() {
        // text, place, part of the message
        let table = [
            ("", "1:1", "empty"),
            ("{\n  \"a\": tru}", "2:", "not JSON: expected ident"),
            ("{\"a\": [1, 2", "1:", "ends too early"),
            ("<html>", "1:1", "HTML"),
            ("openapi: 3.0.0", "1:1", "YAML"),
        ];
        for (text, place, message) in table {
            let problems = Document::parse("f.json", text.as_bytes()).unwrap_err();
            let shown = problems.to_string();
            assert!(shown.starts_with(&format!("f.json:{place}")), "{shown}");
            assert!(shown.contains(message), "{shown}");
            assert!(problems.iter().all(|problem| !problem.remedy.is_empty()));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_place() {
        let problems = Document::parse("f.json", b"{\"a\":\"\xff\xfe\"}").unwrap_err();
        assert!(problems.to_string().contains("byte 6"), "{problems}");
    }

    #[test]
    fn a_pointer_leads_to_its_place_or_to_the_nearest_one() {
        let document = Document::parse("f", b"{\"a/b\": [1, {\"c\": 2}]}").unwrap();
        assert_eq!(document.offset_of("/a~1b/1/c"), Some(18));
        assert_eq!(document.offset_of("/a~1b/1/missing/x"), Some(12));
        assert_eq!(document.offset_of(""), Some(0));
    }
}
