//! A provider's rules: what must, may or must not be in what a product submits
//! (`/payments-out/guides/provider/understand-provider-rules`).
//!
//! A rule names by `apiPath` for which requests it holds and by `jsonPath` (RFC 9535) a place in
//! their body. Patterns and paths come from whoever integrates: their size is limited. A rule of a
//! local instrument is not known here, because nothing public shows its form.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};
use serde_json_path::JsonPath;
use uuid::Uuid;

use super::body::Part;
use super::error::Refusal;
use crate::profile::RuleWords;

/// The largest size of a compiled pattern, in bytes.
const PATTERN_BYTES: usize = 256 * 1024;

/// The longest path, in bytes.
const PATH_BYTES: usize = 500;

/// For what a product submits something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A new subscription.
    Subscription,
    /// A creditor that is put.
    Creditor,
    /// A new batch.
    Batch,
}

impl Subject {
    /// Each `apiPath` that means it.
    fn names(self, words: &RuleWords) -> &[String] {
        match self {
            Self::Subscription => &words.subscriptions.value,
            Self::Creditor => &words.creditors.value,
            Self::Batch => &words.batches.value,
        }
    }
}

/// A rule that was read.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    id: String,
    api_path: String,
    json_path: String,
    place: Place,
    optionality: Option<String>,
    pattern: Option<Regex>,
    message: Option<String>,
}

/// A path, cut after each `[*]`, so that a rule holds for each element of a list.
#[derive(Clone, Debug)]
struct Place(Vec<JsonPath>);

impl Rule {
    /// Reads a member of `validationRules`.
    pub(super) fn read(rule: &Part<'_>, words: &RuleWords) -> Result<Self, Refusal> {
        let id = rule.need("ruleId")?.text()?.to_owned();
        let validation = rule.need("validation")?;
        let text = |name: &str| -> Result<Option<String>, Refusal> {
            validation
                .member(name)?
                .map(|text| text.text().map(str::to_owned))
                .transpose()
        };
        let path = validation.need("jsonPath")?;
        let place = Place::read(path.text()?).map_err(|message| path.refuse(message))?;
        if let Some(optionality) = validation.member("optionality")? {
            let known = [&words.required, &words.optional, &words.not_allowed]
                .map(|word| word.value.as_str());
            if !known.contains(&optionality.text()?) {
                return Err(optionality.refuse(format!("is not one of {}", known.join(", "))));
            }
        }
        let example = text("example")?;
        let pattern = match validation.member("regex")? {
            None => None,
            Some(pattern) => Some(
                compile(pattern.text()?, example.as_deref())
                    .map_err(|message| pattern.refuse(message))?,
            ),
        };
        text("description")?;
        Ok(Self {
            id,
            api_path: validation.need("apiPath")?.text()?.to_owned(),
            json_path: path.text()?.to_owned(),
            place,
            optionality: text("optionality")?,
            pattern,
            message: text("errorMessage")?,
        })
    }

    /// The id, which is unique in a configuration.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// That `body` keeps the rule.
    fn check(&self, body: &Value, words: &RuleWords) -> Result<(), Refusal> {
        let is = |word: &str| self.optionality.as_deref() == Some(word);
        let found = self.place.find(body);
        let flaw = if is(&words.required.value) && found.contains(&None) {
            Some("is missing")
        } else if is(&words.not_allowed.value) && found.iter().any(Option::is_some) {
            Some("is not allowed")
        } else if found.into_iter().flatten().any(|value| !self.fits(value)) {
            Some("has not the right form")
        } else {
            None
        };
        let Some(flaw) = flaw else { return Ok(()) };
        let mut message = format!("rule {}: {} {flaw}", self.id, self.json_path);
        if let Some(own) = &self.message {
            message = format!("{message}: {own}");
        }
        Err(Refusal::new(400, "RuleViolated", message))
    }

    fn fits(&self, value: &Value) -> bool {
        let Some(pattern) = &self.pattern else {
            return true;
        };
        match value {
            Value::String(text) => pattern.is_match(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => pattern.is_match(&value.to_string()),
            Value::Array(_) | Value::Object(_) => false,
        }
    }
}

/// A pattern that matches its own example, or why not.
fn compile(pattern: &str, example: Option<&str>) -> Result<Regex, String> {
    let compiled = RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .build()
        .map_err(|error| {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default();
            format!("is no pattern that the mock can use: {reason}")
        })?;
    match example {
        Some(example) if !compiled.is_match(example) => {
            Err(format!("does not match the rule's own example `{example}`"))
        }
        Some(_) | None => Ok(compiled),
    }
}

impl Place {
    fn read(path: &str) -> Result<Self, String> {
        if path.len() > PATH_BYTES {
            return Err(format!("is longer than {PATH_BYTES} bytes"));
        }
        if path.matches("..").count() > 1 {
            return Err("descends more than once".to_owned());
        }
        let mut parts = Vec::new();
        let mut rest = path.to_owned();
        while let Some(end) = each(&rest) {
            parts.push(parse(&rest[..end])?);
            rest = format!("${}", &rest[end..]);
        }
        if rest != "$" || parts.is_empty() {
            parts.push(parse(&rest)?);
        }
        Ok(Self(parts))
    }

    /// The values at this place; none where it is missing from the body, or from an element of a
    /// list.
    fn find<'b>(&self, body: &'b Value) -> Vec<Option<&'b Value>> {
        let (last, lists) = self.0.split_last().expect("a path has a part");
        let mut nodes = vec![body];
        for list in lists {
            nodes = nodes
                .into_iter()
                .flat_map(|node| list.query(node).all())
                .collect();
        }
        nodes
            .into_iter()
            .flat_map(|node| {
                let found: Vec<_> = last.query(node).all();
                if found.is_empty() {
                    vec![None]
                } else {
                    found.into_iter().map(Some).collect()
                }
            })
            .collect()
    }
}

/// The end of the first `[*]` outside of quotes.
fn each(path: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (place, sign) in path.char_indices() {
        match (quote, sign) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == sign => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            // Within a filter it belongs to another query.
            (None, '?') => return None,
            (None, '[') if path[place..].starts_with("[*]") => return Some(place + 3),
            _ => {}
        }
    }
    None
}

fn parse(path: &str) -> Result<JsonPath, String> {
    JsonPath::parse(path).map_err(|error| format!("is no JSONPath of RFC 9535: {error}"))
}

/// The rules of a configuration. Their ids are unique.
pub(super) fn read_all(data: &Part<'_>, words: &RuleWords) -> Result<Vec<Rule>, Refusal> {
    let mut rules: Vec<Rule> = Vec::new();
    let Some(types) = data.member("accountType")? else {
        return Ok(rules);
    };
    let Some(list) = types.member("validationRules")? else {
        return Ok(rules);
    };
    for item in list.items()? {
        let id = item.need("ruleId")?;
        if rules.iter().any(|rule| id.value() == rule.id()) {
            return Err(id.refuse("is the id of an earlier rule"));
        }
        rules.push(Rule::read(&item, words)?);
    }
    Ok(rules)
}

/// The rules of all providers, read when they are first needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules(BTreeMap<Uuid, Arc<[Rule]>>);

impl Rules {
    /// Takes the rules of a provider's new configuration.
    pub(super) fn replace(&mut self, provider: Uuid, rules: Vec<Rule>) {
        self.0.insert(provider, rules.into());
    }

    /// That `body` keeps the rules of `provider`, whose configuration this is, for `subject`.
    pub(super) fn check(
        &mut self,
        provider: Uuid,
        configuration: &Map<String, Value>,
        words: &RuleWords,
        subject: Subject,
        body: &Value,
    ) -> Result<(), Refusal> {
        let rules = self.0.entry(provider).or_insert_with(|| {
            let configuration = Value::Object(configuration.clone());
            // What is stored was read before, or is the mock's own.
            read_all(&Part::whole(&configuration), words)
                .unwrap_or_default()
                .into()
        });
        let names = subject.names(words);
        let mut rules = rules
            .iter()
            .filter(|rule| names.contains(&rule.api_path))
            .peekable();
        if rules.peek().is_none() {
            return Ok(());
        }
        let opened = match subject {
            Subject::Subscription => Some(opened(body)),
            Subject::Creditor | Subject::Batch => None,
        };
        let body = opened.as_ref().unwrap_or(body);
        rules.try_for_each(|rule| rule.check(body, words))
    }
}

/// The body of a new subscription with its `additionalData`, a text that holds JSON, read.
fn opened(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(data) = body.pointer_mut("/data/additionalData")
        && let Some(inner) = data
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
    {
        *data = inner;
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profile::Profile;

    fn read(validation: Value) -> Result<Rule, String> {
        let rule = json!({"ruleId": "r", "validation": validation});
        Rule::read(&Part::whole(&rule), &Profile::built_in().rules)
            .map_err(|refusal| refusal.message)
    }

    fn verdict(validation: Value, body: &Value) -> String {
        match read(validation)
            .unwrap()
            .check(body, &Profile::built_in().rules)
        {
            Ok(()) => String::new(),
            Err(refusal) => refusal.message,
        }
    }

    #[test]
    fn a_rule_says_what_must_may_and_must_not_be_there_and_in_which_form() {
        let body = json!({"data": {"a": "12", "n": 12, "o": {}}});
        // optionality, regex, path, flaw
        let table = [
            ("required", "^[0-9]+$", "$.data.a", ""),
            ("required", "^[0-9]+$", "$.data.n", ""),
            ("required", "^[a-z]+$", "$.data.a", "has not the right form"),
            ("required", ".*", "$.data.b", "is missing"),
            ("required", ".*", "$.x.y.z", "is missing"),
            ("required", ".*", "$.data.o", "has not the right form"),
            ("optional", "^[a-z]+$", "$.data.b", ""),
            ("optional", "^[a-z]+$", "$.data.a", "has not the right form"),
            ("notAllowed", ".*", "$.data.a", "is not allowed"),
            ("notAllowed", ".*", "$.data.b", ""),
        ];
        for (optionality, regex, path, flaw) in table {
            let rule = json!({
                "apiPath": "Creditors", "jsonPath": path, "optionality": optionality,
                "regex": regex, "errorMessage": "no good",
            });
            let expected = match flaw {
                "" => String::new(),
                flaw => format!("rule r: {path} {flaw}: no good"),
            };
            assert_eq!(
                verdict(rule, &body),
                expected,
                "{optionality} {path} {regex}"
            );
        }
    }

    #[test]
    fn a_rule_holds_for_each_element_of_a_list() {
        let path = "$.data.payments[*].creditor.code";
        let rule =
            |optionality| json!({"apiPath": "B", "jsonPath": path, "optionality": optionality});
        let of = |payments: Value| json!({"data": {"payments": payments}});
        let with = json!({"creditor": {"code": "1"}});
        let without = json!({"creditor": {}});
        assert_eq!(verdict(rule("required"), &of(json!([with, with]))), "");
        assert!(verdict(rule("required"), &of(json!([with, without]))).contains("is missing"));
        assert!(verdict(rule("notAllowed"), &of(json!([without, with]))).contains("not allowed"));
        assert_eq!(
            verdict(rule("required"), &of(json!([]))),
            "",
            "there is no element"
        );
        let all = json!({"apiPath": "B", "jsonPath": "$.data['a[*]']", "optionality": "required"});
        assert_eq!(
            verdict(all, &json!({"data": {"a[*]": 1}})),
            "",
            "a quoted name"
        );
    }

    #[test]
    fn what_cannot_be_a_rule_is_refused_with_its_place() {
        // member, value, beginning of the message
        let table = [
            (
                "jsonPath",
                json!("data.a"),
                "validation.jsonPath: is no JSONPath of RFC 9535",
            ),
            (
                "jsonPath",
                json!("$..a..b"),
                "validation.jsonPath: descends more than once",
            ),
            (
                "jsonPath",
                json!(format!("$.{}", "a".repeat(600))),
                "validation.jsonPath: is longer",
            ),
            ("jsonPath", Value::Null, "validation: lacks `jsonPath`"),
            ("apiPath", Value::Null, "validation: lacks `apiPath`"),
            (
                "regex",
                json!("("),
                "validation.regex: is no pattern that the mock can use",
            ),
            (
                "regex",
                json!("(\\w{99}){999}"),
                "validation.regex: is no pattern",
            ),
            (
                "regex",
                json!("^a$"),
                "validation.regex: does not match the rule's own example `b`",
            ),
            (
                "optionality",
                json!("must"),
                "validation.optionality: is not one of required",
            ),
            ("example", json!(7), "validation.example: is not a text"),
            (
                "errorMessage",
                json!({}),
                "validation.errorMessage: is not a text",
            ),
        ];
        for (member, value, expected) in table {
            let mut rule = json!({"apiPath": "A", "jsonPath": "$.a", "example": "b"});
            rule[member] = value;
            let message = read(rule).unwrap_err();
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn the_text_of_additional_data_is_looked_into() {
        let body = json!({"data": {"additionalData": "{\"account\": 7}"}});
        assert_eq!(opened(&body)["data"]["additionalData"]["account"], 7);
        let plain = json!({"data": {"additionalData": "plain"}});
        assert_eq!(opened(&plain), plain);
    }
}
