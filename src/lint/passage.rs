//! The texts of a JSON document, each with the way back to its place.

use std::ops::Range;

use jsonc_parser::ast::{Array, Object, ObjectProp, Value};

use super::credential::looks_generated;
use super::spot::{Spot, Surrounding};

/// The members of a pair that hold its value; what an export calls the current value among them.
const PAIR_VALUES: [&str; 4] = ["value", "initialValue", "currentValue", "sessionValue"];

/// A text: a string of a document, several lines of a script together, or a whole file.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    /// The name under which it stands: of a pair the key, of a member its name.
    pub(super) name: String,
    pub(super) spot: Spot,
    pub(super) text: String,
    /// The path in the document: `item[0].request.url.raw`.
    pub(super) path: String,
    pieces: Vec<Piece>,
}

/// A piece of the text: where it begins there, and where in the file.
#[derive(Clone, Copy, Debug)]
struct Piece {
    at: usize,
    source: usize,
    width: Width,
}

/// How a piece stretches in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// As it is.
    Plain,
    /// As the inside of a JSON string, with its escapes.
    Escaped,
    /// Not at all: it was put together of other parts.
    Point,
}

impl Passage {
    /// A whole file that is no JSON.
    pub(super) fn of_text(text: &str) -> Self {
        Self {
            name: String::new(),
            spot: Spot::Text,
            text: text.to_owned(),
            path: String::new(),
            pieces: vec![Piece {
                at: 0,
                source: 0,
                width: Width::Plain,
            }],
        }
    }

    /// The byte of the file at which the byte `at` of the text stands.
    pub(super) fn source_of(&self, file: &str, at: usize) -> usize {
        let piece = self.pieces.iter().rev().find(|piece| piece.at <= at);
        let Some(piece) = piece else { return 0 };
        piece.source
            + match piece.width {
                Width::Plain => at - piece.at,
                Width::Escaped => raw_length(&file[piece.source..], at - piece.at),
                Width::Point => 0,
            }
    }

    /// The value of a range of the text.
    pub(super) fn value(&self, range: Range<usize>) -> &str {
        &self.text[range]
    }
}

/// How many bytes of the JSON string that `raw` is inside of stand for `decoded` bytes of its value.
fn raw_length(raw: &str, decoded: usize) -> usize {
    let mut characters = raw.char_indices();
    let mut value = 0;
    while let Some((at, character)) = characters.next() {
        if value >= decoded {
            return at;
        }
        match character {
            '"' => return at,
            '\\' => match characters.next() {
                Some((at, 'u')) => {
                    let unit = raw
                        .get(at + 1..at + 5)
                        .and_then(|hex| u16::from_str_radix(hex, 16).ok());
                    // Half of a pair stands for half of the four bytes.
                    value += match unit.unwrap_or_default() {
                        0..0x80 => 1,
                        0x80..0x800 | 0xD800..0xE000 => 2,
                        _ => 3,
                    };
                    characters.by_ref().nth(3);
                }
                Some(_) => value += 1,
                None => return raw.len(),
            },
            other => value += other.len_utf8(),
        }
    }
    raw.len()
}

/// All texts of a document.
pub(super) fn passages(root: &Value<'_>, surrounding: Surrounding) -> Vec<Passage> {
    let mut reader = Reader { found: Vec::new() };
    reader.value(root, "", "", surrounding);
    reader.found
}

struct Reader {
    found: Vec<Passage>,
}

impl Reader {
    fn value(&mut self, value: &Value<'_>, name: &str, path: &str, around: Surrounding) {
        match value {
            Value::StringLit(text) => {
                self.push(
                    name,
                    around.spot(),
                    &[(&text.value, text.range.start)],
                    path,
                );
            }
            Value::Object(object) => self.object(object, path, around),
            Value::Array(array) => self.array(array, name, path, around),
            Value::NumberLit(_) | Value::BooleanLit(_) | Value::NullKeyword(_) => {}
        }
    }

    fn array(&mut self, array: &Array<'_>, name: &str, path: &str, around: Surrounding) {
        // The lines of a script belong together: a key may stretch over several.
        if around.joins_lines() {
            let lines: Vec<(&str, usize)> = array
                .elements
                .iter()
                .filter_map(|line| match line {
                    Value::StringLit(line) => Some((line.value.as_ref(), line.range.start)),
                    _ => None,
                })
                .collect();
            self.push(name, around.spot(), &lines, path);
            return;
        }
        for (index, element) in array.elements.iter().enumerate() {
            self.value(element, name, &format!("{path}[{index}]"), around);
        }
    }

    fn object(&mut self, object: &Object<'_>, path: &str, around: Surrounding) {
        let member = |name: &str| {
            object
                .properties
                .iter()
                .find_map(|property| match &property.value {
                    Value::StringLit(text) if property.name.as_str() == name => {
                        Some(text.value.as_ref())
                    }
                    _ => None,
                })
        };
        let key = member("key").or_else(|| member("name"));
        let pair = match (key, member("value")) {
            (Some(key), Some(_)) => Some(key),
            _ => None,
        };
        let of_pair = around.of_pair(member("type"), pair);
        // What a query says stands in the raw URL already.
        let raw = member("raw").filter(|_| around.is_url());
        if around.is_url() {
            self.parts_of_url(object, raw.unwrap_or_default(), path);
        }
        for property in &object.properties {
            let name = property.name.as_str();
            let path = joined(path, name);
            match pair {
                Some(key) if PAIR_VALUES.contains(&name) => {
                    self.value(&property.value, key, &path, of_pair);
                }
                Some(_) if matches!(name, "key" | "name" | "type") => {}
                Some(_) | None => self.property(property, &path, around, raw),
            }
        }
    }

    /// Postman sends what the parts of a URL say, whatever the raw text shows.
    fn parts_of_url(&mut self, object: &Object<'_>, raw: &str, path: &str) {
        let part = |name: &str| object.properties.iter().find(|it| it.name.as_str() == name);
        let Some(Value::StringLit(protocol)) = part("protocol").map(|part| &part.value) else {
            return;
        };
        if protocol.value != "http" || raw.starts_with("http:") {
            return;
        }
        let host = match part("host").map(|part| &part.value) {
            Some(Value::StringLit(host)) => host.value.to_string(),
            Some(Value::Array(labels)) => {
                let labels = labels.elements.iter().filter_map(|label| match label {
                    Value::StringLit(label) => Some(label.value.as_ref()),
                    _ => None,
                });
                labels.collect::<Vec<_>>().join(".")
            }
            _ => return,
        };
        // All of it is told at the protocol.
        self.found.push(Passage {
            name: String::new(),
            spot: Spot::Url,
            text: format!("http://{host}"),
            path: joined(path, "protocol"),
            pieces: vec![Piece {
                at: 0,
                source: protocol.range.start + 1,
                width: Width::Point,
            }],
        });
    }

    fn property(
        &mut self,
        property: &ObjectProp<'_>,
        path: &str,
        around: Surrounding,
        raw: Option<&str>,
    ) {
        let name = property.name.as_str();
        let around = match &property.value {
            Value::StringLit(_) => around.entering_text(name, raw),
            _ => around.entering(name, raw),
        };
        if let Some(around) = around {
            self.value(&property.value, name, path, around);
        }
    }

    fn push(&mut self, name: &str, spot: Spot, lines: &[(&str, usize)], path: &str) {
        let mut text = String::new();
        let mut pieces = Vec::new();
        for (line, start) in lines {
            if !text.is_empty() {
                text.push('\n');
            }
            pieces.push(Piece {
                at: text.len(),
                source: start + 1,
                width: Width::Escaped,
            });
            text.push_str(line);
        }
        if !text.is_empty() {
            self.found.push(Passage {
                name: shown_name(name),
                spot,
                text,
                // The root of a document that is one string.
                path: if path.is_empty() {
                    "$".into()
                } else {
                    path.into()
                },
                pieces,
            });
        }
    }
}

/// A path with one more member. A name that is a credential itself is not shown.
fn joined(path: &str, name: &str) -> String {
    let name = shown_name(name);
    match path {
        "" => name,
        path => format!("{path}.{name}"),
    }
}

/// A name as it may be shown.
fn shown_name(name: &str) -> String {
    let characters = name.chars().count();
    if characters > 60 || looks_generated(name) {
        format!("(name of {characters} characters)")
    } else {
        name.chars()
            .filter(|character| !character.is_control())
            .collect()
    }
}
