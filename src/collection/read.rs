//! From the file as it is to what it means, collecting every problem on the way.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::environment::variables;
use super::model::{Collection, Folder, Item, Node, Script, ScriptEvent};
use super::template::is_auth;
use super::{Document, Problem, ProblemCode, Problems, RequestTemplate};
use crate::base::sha256;

/// How deep folders may be nested. Postman itself becomes unusable long before.
const DEPTH: usize = 2_000;

impl Collection {
    /// Reads a collection of version 2.0 or 2.1, wrapped (`{"collection": …}`) or not.
    pub fn read(document: &Document) -> Result<Self, Problems> {
        let wrapped = document
            .value()
            .get("collection")
            .filter(|inner| inner.is_object());
        let (value, pointer) = match wrapped {
            Some(inner) => (inner, "/collection"),
            None => (document.value(), ""),
        };
        let mut reader = Reader {
            document,
            problems: Vec::new(),
        };
        reader.check_kind(value, pointer);
        let root = reader.folder(value, pointer);
        if reader.problems.is_empty() {
            Ok(Self {
                variables: variables(value.get("variable")),
                value: Arc::new(value.clone()),
                root,
            })
        } else {
            Err(document.problems(reader.problems))
        }
    }
}

struct Reader<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn report(&mut self, code: ProblemCode, pointer: &str, message: String, remedy: &str) {
        let offset = self.document.offset_of(pointer);
        self.problems.push(Problem {
            code,
            offset,
            message,
            remedy: remedy.to_owned(),
        });
    }

    fn check_kind(&mut self, value: &Value, pointer: &str) {
        let has = |key: &str| value.get(key).is_some();
        let export = "export the collection from Postman as «Collection v2.1»";
        if !has("item") && has("requests") {
            let message = "a collection of version 1; versions 2.0 and 2.1 are read".into();
            self.report(ProblemCode::Version, pointer, message, export);
        } else if !has("item") && has("values") {
            let message = "not a Postman collection: this is an environment".into();
            self.report(
                ProblemCode::Kind,
                pointer,
                message,
                "name it with `-e` instead",
            );
        } else if !has("item") && has("openapi") {
            let message = "not a Postman collection: this is an OpenAPI document".into();
            self.report(
                ProblemCode::Kind,
                pointer,
                message,
                "import it into Postman, then export",
            );
        } else if !has("item") {
            let message = "not a Postman collection: there is no list `item`".into();
            self.report(ProblemCode::Kind, pointer, message, export);
        }
        let schema = value
            .pointer("/info/schema")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if schema.contains("/v3.") {
            let message = format!("the schema «{schema}» is not read; versions 2.0 and 2.1 are");
            self.report(
                ProblemCode::Version,
                &format!("{pointer}/info/schema"),
                message,
                export,
            );
        }
    }

    /// Reads the collection or a folder with everything below it, without recursion.
    fn folder(&mut self, value: &Value, pointer: &str) -> Folder {
        let name = value.pointer("/info/name").or_else(|| value.get("name"));
        let id = value
            .pointer("/info/_postman_id")
            .or_else(|| value.get("id"));
        let mut open = vec![Open::new(
            self.folder_fields(value, name, id, pointer),
            value,
            pointer,
        )];
        loop {
            let depth = open.len();
            let current = open
                .last_mut()
                .expect("the loop ends when the last folder is closed");
            let Some((index, node)) = current.rest.next() else {
                let closed = open.pop().expect("just looked at").folder;
                match open.last_mut() {
                    Some(outer) => outer.folder.nodes.push(Node::Folder(closed)),
                    None => return closed,
                }
                continue;
            };
            let pointer = format!("{}/item/{index}", current.pointer);
            if node.get("item").is_some() {
                if depth > DEPTH {
                    let message = format!("folders are nested deeper than {DEPTH}");
                    self.report(
                        ProblemCode::Shape,
                        &pointer,
                        message,
                        "flatten the collection",
                    );
                    continue;
                }
                let fields = self.folder_fields(node, node.get("name"), folder_id(node), &pointer);
                self.check_items(node, &pointer);
                open.push(Open::new(fields, node, &pointer));
            } else if let Some(item) = self.item(node, &pointer) {
                open.last_mut()
                    .expect("just looked at")
                    .folder
                    .nodes
                    .push(Node::Item(item));
            }
        }
    }

    fn check_items(&mut self, value: &Value, pointer: &str) {
        if value.get("item").is_some_and(|items| !items.is_array()) {
            let pointer = format!("{pointer}/item");
            let message = "`item` should be a list of requests and folders".into();
            self.report(
                ProblemCode::Shape,
                &pointer,
                message,
                "make it a list, or remove it",
            );
        }
    }

    fn folder_fields(
        &mut self,
        value: &Value,
        name: Option<&Value>,
        id: Option<&Value>,
        pointer: &str,
    ) -> Folder {
        if pointer.is_empty() || pointer == "/collection" {
            self.check_items(value, pointer);
        }
        let name = text(name).unwrap_or_default();
        Folder {
            id: text(id).unwrap_or_else(|| derived_id(pointer, &name)),
            auth: auth(value.get("auth")),
            scripts: self.scripts(value, &name, pointer),
            behavior: object(value.get("protocolProfileBehavior")),
            nodes: Vec::new(),
            name,
        }
    }

    fn item(&mut self, value: &Value, pointer: &str) -> Option<Arc<Item>> {
        let request = value.get("request");
        match request {
            Some(Value::Object(_) | Value::String(_)) => {}
            Some(_) => {
                let message = "`request` should be an object or a URL".into();
                let pointer = format!("{pointer}/request");
                self.report(
                    ProblemCode::Shape,
                    &pointer,
                    message,
                    "give it a `method` and a `url`",
                );
                return None;
            }
            None if value.is_object() => {
                let name = text(value.get("name")).unwrap_or_default();
                let message = format!("«{name}» has neither a `request` nor an `item` list");
                self.report(
                    ProblemCode::Missing,
                    pointer,
                    message,
                    "add a `request`, or remove it",
                );
                return None;
            }
            None => {
                let message = "an item should be an object".into();
                self.report(ProblemCode::Shape, pointer, message, "remove it");
                return None;
            }
        }
        let template = RequestTemplate::new(request.unwrap_or(&Value::Null));
        let name = text(value.get("name")).unwrap_or_else(|| template.url().text());
        let id = value.get("id").or_else(|| value.get("_postman_id"));
        Some(Arc::new(Item {
            id: text(id).unwrap_or_else(|| derived_id(pointer, &name)),
            auth: auth(template.auth()),
            scripts: self.scripts(value, &name, pointer),
            behavior: object(value.get("protocolProfileBehavior")),
            request: template,
            value: Arc::new(value.clone()),
            name,
        }))
    }

    fn scripts(&mut self, value: &Value, owner: &str, pointer: &str) -> Vec<Script> {
        let key = if value.get("event").is_some() {
            "event"
        } else {
            "events"
        };
        let events = match value.get(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(events)) => events,
            Some(_) => {
                let message = format!("`{key}` should be a list of scripts");
                let pointer = format!("{pointer}/{key}");
                self.report(
                    ProblemCode::Shape,
                    &pointer,
                    message,
                    "make it a list, or remove it",
                );
                return Vec::new();
            }
        };
        events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.get("disabled") != Some(&Value::Bool(true)))
            .filter_map(|(index, event)| {
                let moment = match event.get("listen")?.as_str()? {
                    "prerequest" => ScriptEvent::Prerequest,
                    "test" => ScriptEvent::Test,
                    _ => return None,
                };
                let script = event.get("script")?;
                let source = script_text(script);
                let id = text(script.get("id"));
                Some(Script {
                    event: moment,
                    source: source.into(),
                    id: id
                        .unwrap_or_else(|| derived_id(&format!("{pointer}/{key}/{index}"), owner)),
                    owner: owner.to_owned(),
                })
            })
            .collect()
    }
}

/// A folder that is being read.
struct Open<'a> {
    folder: Folder,
    pointer: String,
    rest: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
}

impl<'a> Open<'a> {
    fn new(folder: Folder, value: &'a Value, pointer: &str) -> Self {
        let items = value
            .get("item")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        Self {
            folder,
            pointer: pointer.to_owned(),
            rest: items.iter().enumerate(),
        }
    }
}

/// The text of a script: a string, or lines; v1 style scripts have no `exec` around them.
fn script_text(script: &Value) -> String {
    match script.get("exec").unwrap_or(script) {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

fn folder_id(value: &Value) -> Option<&Value> {
    value.get("id").or_else(|| value.get("_postman_id"))
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn object(value: Option<&Value>) -> Map<String, Value> {
    value
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

fn auth(value: Option<&Value>) -> Option<Arc<Value>> {
    value
        .filter(|auth| is_auth(auth))
        .map(|auth| Arc::new(auth.clone()))
}

/// An id for what has none: the same for the same place and name, in the form of a UUID
/// (version 8, RFC 9562 §5.8).
fn derived_id(pointer: &str, name: &str) -> String {
    let digest = sha256(format!("{pointer}\n{name}").as_bytes());
    let digits = digest.as_str();
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).expect("hexadecimal digits are ASCII");
        *byte = u8::from_str_radix(pair, 16).expect("a digest consists of hexadecimal digits");
    }
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Collection, Problems> {
        Collection::read(&Document::parse("c.json", text.as_bytes())?)
    }

    #[test]
    fn scripts_and_auth_are_inherited_outermost_first_and_nearest_wins() {
        let collection = read(
            r#"{"info":{"name":"C","schema":"…/v2.1.0/collection.json"},
            "auth":{"type":"basic","basic":[]},
            "event":[{"listen":"test","script":{"exec":["one","two"]}}],
            "item":[{"name":"F","auth":{"type":"noauth"},
              "event":[{"listen":"test","script":{"exec":"three"}},
                       {"listen":"test","disabled":true,"script":{"exec":"off"}}],
              "item":[{"name":"I","request":"http://h","event":[{"listen":"test","script":"four"}]}]},
             {"name":"J","request":{"url":"http://h","auth":null}}]}"#,
        )
        .unwrap();
        let steps = collection.steps();
        assert_eq!(steps[0].path, ["C", "F", "I"]);
        assert_eq!(steps[0].auth.as_ref().unwrap()["type"], "noauth");
        let sources: Vec<_> = steps[0]
            .tests
            .iter()
            .map(|script| &*script.source)
            .collect();
        assert_eq!(sources, ["one\ntwo", "three", "four"]);
        assert_eq!(steps[1].auth.as_ref().unwrap()["type"], "basic");
        assert_eq!(steps[0].item.id, read_again_id(), "a derived id is stable");
    }

    fn read_again_id() -> String {
        derived_id("/item/0/item/0", "I")
    }

    #[test]
    fn a_wrapped_collection_is_unwrapped() {
        let text = r#"{"collection":{"info":{"name":"C"},"item":[{"request":"http://h/x"}]}}"#;
        let collection = read(text).unwrap();
        assert_eq!(collection.steps()[0].item.name, "http://h/x");
    }

    #[test]
    fn other_kinds_of_file_are_named() {
        let table = [
            (r#"{"values":[]}"#, "this is an environment"),
            (r#"{"requests":[],"order":[]}"#, "version 1"),
            (r#"{"openapi":"3.1.0"}"#, "OpenAPI"),
            ("[]", "no list `item`"),
            (
                r#"{"info":{"schema":"https://s/v3.0.0/x"},"item":[]}"#,
                "v3.0.0",
            ),
        ];
        for (text, expected) in table {
            let shown = read(text).unwrap_err().to_string();
            assert!(shown.contains(expected), "{shown}");
        }
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_places() {
        let text = "{\"info\":{\"name\":\"C\"},\"event\":{},\"item\":[\n  {\"name\":\"A\"},\n  7,\n  {\"name\":\"F\",\"item\":{}},\n  {\"name\":\"B\",\"request\":1}]}";
        assert_eq!(
            read(text).unwrap_err().to_string(),
            "c.json:1:30: `event` should be a list of scripts\n\
             c.json:2:3: «A» has neither a `request` nor an `item` list\n\
             c.json:3:3: an item should be an object\n\
             c.json:4:22: `item` should be a list of requests and folders\n\
             c.json:5:25: `request` should be an object or a URL"
        );
    }

    #[test]
    fn an_empty_collection_is_no_problem() {
        assert!(
            read(r#"{"info":{"name":"C"},"item":[]}"#)
                .unwrap()
                .steps()
                .is_empty()
        );
    }
}
