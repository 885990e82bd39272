//! What the rules say of one text.

use super::address::{carries_credential, in_clear, in_clear_in_script, parameters};
use super::credential::{
    Named, is_hexadecimal, is_literal, is_literal_in_text, is_placeholder, is_useless,
    looks_generated, looks_random, named, rule_of,
};
use super::passage::Passage;
use super::shape::{Hit, random_literals, shapes};
use super::{Rule, Spot};

/// Headers whose values look random and give nothing away.
const INNOCENT_HEADERS: [&str; 12] = [
    "accept",
    "content-type",
    "content-md5",
    "digest",
    "etag",
    "if-match",
    "if-none-match",
    "postman-token",
    "sec-websocket-key",
    "traceparent",
    "user-agent",
    "x-request-id",
];

/// What is to be said of a text, in its order.
pub(super) fn judge(passage: &Passage) -> Vec<Hit> {
    let mut hits = shapes(&passage.text);
    match passage.spot {
        Spot::Variable | Spot::Form => by_name(passage, &mut hits, Place::Value),
        Spot::SecretVariable => secret_variable(passage, &mut hits),
        Spot::Authorisation => authorisation(passage, &mut hits),
        Spot::Header => header(passage, &mut hits),
        Spot::Query => query(&passage.name, &passage.text, 0, &mut hits),
        Spot::Url => url(passage, &mut hits),
        Spot::Body => hits.extend(random_literals(&passage.text, &hits)),
        Spot::Script => {
            hits.extend(random_literals(&passage.text, &hits));
            hits.extend(in_clear_in_script(&passage.text));
        }
        Spot::AnswerHeader | Spot::Member => by_name(passage, &mut hits, Place::Text),
        Spot::Answer | Spot::Prose | Spot::Text => {}
    }
    hits.sort_by_key(|hit| hit.range.start);
    hits
}

/// How sure it is that a text is a value and not part of a story.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Value,
    Text,
}

/// The whole of a text under a rule.
fn whole(passage: &Passage, rule: Rule, what: String) -> Hit {
    Hit {
        rule,
        what,
        range: 0..passage.text.len(),
    }
}

/// What follows from the name of a value, and from its look where the name says nothing.
fn by_name(passage: &Passage, hits: &mut Vec<Hit>, place: Place) {
    let name = &passage.name;
    let text = passage.text.trim();
    if !hits.is_empty() || (passage.spot == Spot::AnswerHeader && cookies(passage, hits)) {
        return;
    }
    if let Some(kind) = named(name) {
        let literal = match place {
            Place::Value => is_literal(kind, text),
            Place::Text => is_literal_in_text(kind, text),
        };
        if literal {
            hits.push(whole(passage, rule_of(kind), format!("`{name}`")));
        }
        return;
    }
    if place == Place::Value {
        // Without a scheme a variable is anything: a host, a name.
        if text.contains("://") {
            url(passage, hits);
        } else if looks_random(text) {
            hits.push(whole(passage, Rule::RandomValue, format!("`{name}`")));
        }
    }
}

fn secret_variable(passage: &Passage, hits: &mut Vec<Hit>) {
    hits.clear();
    if !is_placeholder(&passage.text) && !is_useless(&passage.name) {
        let what = format!("variable `{}`", passage.name);
        hits.push(whole(passage, Rule::FilledSecret, what));
    }
}

fn authorisation(passage: &Passage, hits: &mut Vec<Hit>) {
    let name = passage.name.as_str();
    let text = passage.text.trim();
    let kind = match name {
        "in" if text == "query" => {
            hits.push(whole(
                passage,
                Rule::CredentialInQuery,
                "the API key of the authorisation".into(),
            ));
            return;
        }
        "addTokenTo" if text == "queryParams" => {
            hits.push(whole(
                passage,
                Rule::CredentialInQuery,
                "the token of the authorisation".into(),
            ));
            return;
        }
        // The value of an API key; its name stands beside it under `key`.
        "value" => Some(Named::Generated),
        _ => named(name),
    };
    if text.contains("://") {
        hits.extend(in_clear(&passage.text));
    }
    if !hits.is_empty() {
        return;
    }
    let Some(kind) = kind.filter(|kind| is_literal(*kind, text)) else {
        return;
    };
    let rule = match (kind, name) {
        (Named::Password, _) => Rule::BasicCredentials,
        (Named::Generated, "token" | "accessToken") => Rule::BearerToken,
        (Named::Generated | Named::ClientId, _) => rule_of(kind),
    };
    hits.push(whole(
        passage,
        rule,
        format!("`{name}` of the authorisation"),
    ));
}

fn header(passage: &Passage, hits: &mut Vec<Hit>) {
    let name = passage.name.to_ascii_lowercase();
    let text = passage.text.trim();
    if !hits.is_empty() || INNOCENT_HEADERS.contains(&name.as_str()) || cookies(passage, hits) {
        return;
    }
    let named = named(&name);
    // `Authorization: Basic …` with a placeholder in it was looked at by its shape.
    let schemed = named.is_some() && text.contains(' ');
    let literal = named.is_some_and(|kind| is_literal(kind, text)) && !schemed;
    let random = looks_random(text)
        || (text.len() >= 32
            && !text.contains('-')
            && is_hexadecimal(text)
            && looks_generated(text));
    if literal {
        hits.push(whole(
            passage,
            Rule::NamedCredential,
            format!("header `{}`", passage.name),
        ));
    } else if random && named.is_none() {
        hits.push(whole(
            passage,
            Rule::RandomValue,
            format!("header `{}`", passage.name),
        ));
    }
}

/// Whether it is a cookie's header and nothing else (RFC 6265 §4): a value may be that of a session.
fn cookies(passage: &Passage, hits: &mut Vec<Hit>) -> bool {
    let is_set = passage.name.eq_ignore_ascii_case("set-cookie");
    if !is_set && !passage.name.eq_ignore_ascii_case("cookie") {
        return false;
    }
    let mut start = 0;
    // Behind the first pair of `Set-Cookie` come its attributes.
    let pairs = passage
        .text
        .split(';')
        .take(if is_set { 1 } else { usize::MAX });
    for pair in pairs {
        if let Some((name, value)) = pair.split_once('=') {
            let value = value.trim().trim_matches('"');
            let end = start + pair.trim_end().trim_end_matches('"').len();
            if looks_generated(value) && !is_placeholder(value) {
                hits.push(Hit {
                    rule: Rule::NamedCredential,
                    what: format!("cookie `{}`", name.trim()),
                    range: end - value.len()..end,
                });
            }
        }
        start += pair.len() + 1;
    }
    passage.text.contains('=')
}

/// A parameter of a query whose value begins at `start` of a text.
fn query(name: &str, value: &str, start: usize, hits: &mut Vec<Hit>) {
    let range = start..start + value.len();
    // What has a shape is told by it as well, but a query is the worse place.
    if carries_credential(name) {
        let template = value.contains("{{");
        let literal = value.len() >= 4 && !is_placeholder(value);
        if template || literal {
            hits.retain(|hit| hit.range.end <= range.start || range.end <= hit.range.start);
            let what = if template {
                format!("parameter `{name}`, from a variable")
            } else {
                format!("parameter `{name}`")
            };
            hits.push(Hit {
                rule: Rule::CredentialInQuery,
                what,
                range,
            });
        }
    } else if looks_random(value)
        && !hits
            .iter()
            .any(|hit| hit.range.start < range.end && range.start < hit.range.end)
    {
        hits.push(Hit {
            rule: Rule::RandomValue,
            what: format!("parameter `{name}`"),
            range,
        });
    }
}

fn url(passage: &Passage, hits: &mut Vec<Hit>) {
    let text = &passage.text;
    hits.extend(in_clear(text));
    for (name, range) in parameters(text) {
        query(&name, &text[range.clone()], range.start, hits);
    }
}
