//! Asks for a declaration, question by question, and gives the text of the file.

use std::fmt::Write as _;
use std::io::{self, BufRead};

use jiff::civil::Date;

use super::question::{Answer, Asked, Form, QUESTIONS, Question};
use crate::base::{Flaw, SheetProblem};
use crate::profile::{Around, Declaration};

/// What is said before the first question.
const PREFACE: &str = "Each question says why it is asked. An empty line takes what stands in brackets, or leaves the \
                       key out where nothing does; `-` leaves it out in any case.\n";

/// Asks everything, and gives the text of the file. An answer that the reader of declarations
/// refuses is told, and asked for again.
///
/// # Errors
/// Asked::If the answers cannot be read, or end too early.
pub fn converse(
    input: &mut dyn BufRead,
    say: &mut dyn FnMut(&str),
    today: Date,
) -> io::Result<String> {
    let mut file = Draft::default();
    say(PREFACE);
    for question in QUESTIONS {
        if !file.calls_for(question) {
            continue;
        }
        say(&format!("\n{}\n  ({})\n", question.text, question.why));
        loop {
            let proposal = match question.answer {
                Answer::Proposed(text) => Some(text.to_owned()),
                Answer::Today => Some(today.to_string()),
                Answer::Optional | Answer::Needed => None,
            };
            let shown = proposal.as_ref().map(|text| format!(" [{text}]"));
            say(&format!("{}{}: ", question.key, shown.unwrap_or_default()));
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let answer = match (line.trim(), proposal) {
                ("", proposal) => proposal,
                ("-", _) => None,
                (typed, _) => Some(typed.to_owned()),
            };
            if answer.is_none() && question.answer == Answer::Needed {
                say("  this one is needed, for the answer before it\n");
                continue;
            }
            let tried = file.with(question, answer);
            match tried.objection(today) {
                None => {
                    file = tried;
                    break;
                }
                Some(objection) => {
                    let SheetProblem {
                        message, remedy, ..
                    } = objection;
                    say(&format!("  {message}; {remedy}\n"));
                }
            }
        }
    }
    Ok(file.text())
}

/// The answers so far.
#[derive(Clone, Default)]
struct Draft {
    answers: Vec<(&'static str, Option<Written>)>,
}

#[derive(Clone)]
struct Written {
    typed: String,
    toml: String,
}

impl Draft {
    fn answer(&self, key: &str) -> Option<&Written> {
        let mut answers = self.answers.iter();
        answers.find(|(it, _)| *it == key)?.1.as_ref()
    }

    fn calls_for(&self, question: &Question) -> bool {
        match question.asked {
            Asked::Always => true,
            Asked::After(keys) => keys.iter().any(|key| self.answer(key).is_some()),
            Asked::If(key, expected) => self.answer(key).is_some_and(|it| it.typed == expected),
        }
    }

    fn with(&self, question: &Question, typed: Option<String>) -> Self {
        let mut all = self.clone();
        let written = typed.map(|typed| {
            let quoted = match question.form {
                Form::Text => true,
                // What is no value is quoted, so that the reader says what it should be.
                Form::Bare => !is_value(&typed),
                Form::TextOrTable => !(typed.starts_with('{') && is_value(&typed)),
            };
            let toml = if quoted {
                toml::Value::String(typed.clone()).to_string()
            } else {
                typed.clone()
            };
            Written { typed, toml }
        });
        all.answers.push((question.key, written));
        all
    }

    /// What is wrong with the last answer; what is only not there yet is no objection.
    fn objection(&self, today: Date) -> Option<SheetProblem> {
        // Whether a variable is set is for those to know who use the file.
        let variable = |_: &str| Some("set".to_owned());
        let around = Around {
            today,
            variable: Some(&variable),
        };
        let errors = Declaration::read("", &self.text(), around).err()?;
        let mut problems = errors.problems.into_iter();
        problems.find(|problem| problem.code != Flaw::Missing)
    }

    /// The file, with a comment above each key; what was left out stands there as a comment.
    fn text(&self) -> String {
        let mut text = String::from(
            "# What the provider declares of itself, for preflight.\n\
             # `preflight declaration check` says what is wrong with it.\n",
        );
        let mut section = "";
        for (key, written) in &self.answers {
            let Some(question) = QUESTIONS.iter().find(|question| question.key == *key) else {
                continue;
            };
            let (place, name) = key.rsplit_once('.').unwrap_or(("", key));
            if place != section {
                section = place;
                // A section without an answer would be a table that lacks what it needs.
                let there = self.answers.iter().any(|(key, written)| {
                    written.is_some() && key.rsplit_once('.').is_some_and(|it| it.0 == section)
                });
                let mark = if there { "" } else { "# " };
                // Writing to a String cannot fail.
                let _ = write!(text, "\n{mark}[{section}]\n");
            }
            let _ = write!(text, "# {}\n#   {}\n", question.text, question.why);
            let _ = match written {
                Some(written) => writeln!(text, "{name} = {}", written.toml),
                None => writeln!(text, "# {name} ="),
            };
        }
        text
    }
}

/// Whether `text` is one TOML value and nothing more.
fn is_value(text: &str) -> bool {
    let table = format!("x = {text}").parse::<toml::Table>();
    table.is_ok_and(|table| table.len() == 1)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// What is said, and the file or why there is none, where `answers` are typed by key and
    /// nothing else.
    fn converse_with(answers: &[(&str, &[&str])]) -> (String, io::Result<String>) {
        struct Typist<'a> {
            answers: &'a [(&'a str, &'a [&'a str])],
            said: String,
            given: Vec<&'a str>,
        }
        let typist = std::cell::RefCell::new(Typist {
            answers,
            said: String::new(),
            given: Vec::new(),
        });
        struct Keyboard<'a, 'b>(&'b std::cell::RefCell<Typist<'a>>, Vec<u8>);
        impl io::Read for Keyboard<'_, '_> {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                unreachable!("lines are read")
            }
        }
        impl BufRead for Keyboard<'_, '_> {
            fn fill_buf(&mut self) -> io::Result<&[u8]> {
                if self.1.is_empty() {
                    let mut typist = self.0.borrow_mut();
                    let prompt = typist.said.rsplit('\n').next().unwrap_or_default();
                    let key = prompt.split([' ', ':']).next().unwrap_or_default();
                    let found = typist.answers.iter().find(|(it, _)| *it == key);
                    let (key, lines) = found.copied().unwrap_or(("", &[]));
                    let given = typist.given.iter().filter(|it| **it == key).count();
                    let line = lines.get(given).copied().unwrap_or_default();
                    typist.given.push(key);
                    typist.said.push_str(line);
                    typist.said.push('\n');
                    self.1 = format!("{line}\n").into_bytes();
                }
                Ok(&self.1)
            }
            fn consume(&mut self, amount: usize) {
                self.1.drain(..amount);
            }
        }
        let file = converse(
            &mut Keyboard(&typist, Vec::new()),
            &mut |text| typist.borrow_mut().said.push_str(text),
            date(2026, 6, 1),
        );
        (typist.into_inner().said, file)
    }

    fn read(text: &str) -> Declaration {
        let variable = |_: &str| Some("value".to_owned());
        let around = Around {
            today: date(2026, 6, 1),
            variable: Some(&variable),
        };
        Declaration::read("x", text, around).unwrap()
    }

    #[test]
    fn empty_lines_take_what_is_proposed() {
        let (_, file) = converse_with(&[]);
        let file = file.unwrap();
        insta::assert_snapshot!(file, @r#"
        # What the provider declares of itself, for preflight.
        # `preflight declaration check` says what is wrong with it.
        # The name of your organisation
        #   evidence names whom it is about
        # provider =
        # How do the API key and the client secret reach you, as agreed with Live Services Management?
        #   clause PO-KEY-DELIVERY asks for an agreement
        # key-delivery =
        # How long before its expiry does your connector renew a token?
        #   an early renewal is right where it is meant
        token-skew = "60s"
        # Within which time does a status update follow its cause, for 95 of 100?
        #   clause PO-STATUS-TIME asks for near real time and names no number; you are held against yours
        latency-target = "5s"
        # How many instances of the connector run, each with a token of its own?
        #   each of them may ask for a token
        instances = 1

        # [product]
        # The name of the software that is judged
        #   evidence names what it is about
        # name =

        # [authorisation-endpoint]
        # The URL where users authorise a subscription, in the sandbox
        #   clause PO-AUTH-ENDPOINT asks for it in both environments
        # sandbox =
        # The same in production
        #   it must be another one
        # production =

        # [notification]
        # The URL of your notification endpoint in the sandbox, if you have one
        #   the platform tells it what happens; it is optional
        # sandbox =
        # The same in production
        #   it must be another one
        # production =

        [retry]
        # How does the wait between attempts grow: exponential, linear or fixed?
        #   clause PO-BACKOFF asks for suitable waits; you are held against what you declare
        growth = "exponential"
        # By which factor?
        #   it says when each attempt may come
        factor = 2.0
        # The first wait
        #   an attempt before it is too early
        base = "1s"
        # The longest wait
        #   after twice as long the connector counts as having given up
        cap = "60s"
        # The jitter: none, equal, full, decorrelated, { proportional = 0.2 } or { additive = "1s" }
        #   chance makes waits shorter, and only a declared chance is told from impatience
        jitter = "full"
        # How often is an operation tried, the first time included?
        #   more attempts than declared are a finding
        attempts = 5

        # [features]
        # Do users authorise by a link of yours: supported or unsupported?
        #   what is unsupported is not asked for
        # authorise-link =
        # Are questions about vendors and bank accounts answered: supported or unsupported?
        #   what is unsupported is not asked for
        # messaging =
        # Is there a notification endpoint: supported or unsupported?
        #   what is unsupported is not asked for
        # notifications =
        # Can batches be taken as a file: supported or unsupported?
        #   what is unsupported is not asked for
        # payment-files =
        # Does your configuration state rules for fields: supported or unsupported?
        #   what is unsupported is not asked for
        # rules =

        # [attestation.credential-storage]
        # How are client credentials and API keys kept?
        #   clause PO-CREDENTIALS: a responsible person attests it
        # statement =

        # [attestation.breach-contact]
        # How is a breach of credentials notified?
        #   clause PO-BREACH asks for it at once
        # statement =

        # [attestation.owner]
        # Who maintains the connector, as a team?
        #   clause PO-MAINTAIN: an owner is named
        # statement =
        "#);
        let declaration = read(&file);
        assert_eq!(declaration.retry.unwrap().attempts, Some(5));
        assert!(declaration.notification.is_none() && declaration.attestations.is_empty());
    }

    #[test]
    fn every_question_can_be_answered_and_its_answer_is_read() {
        let answers: &[(&str, &[&str])] = &[
            ("provider", &["The \"Quoted\" \\ Ltd"]),
            ("key-delivery", &["by hand"]),
            ("product.name", &["connector"]),
            ("product.version", &["", "1"]),
            ("authorisation-endpoint.sandbox", &["https://s/a"]),
            ("authorisation-endpoint.production", &["https://p/a"]),
            ("notification.sandbox", &["https://s/n"]),
            ("notification.production", &["https://p/n"]),
            ("notification.header", &["x-mine"]),
            ("notification.read-back", &["https://s/{id}"]),
            ("notification.test-issuer", &["trusted"]),
            ("retry.jitter", &["{ proportional = 0.5 }"]),
            ("features.rules", &["unsupported"]),
            ("attestation.owner.statement", &["We do."]),
            ("attestation.owner.name", &["Jo"]),
        ];
        let (said, file) = converse_with(answers);
        let declaration = read(&file.unwrap());
        assert!(said.contains("this one is needed"), "{said}");
        assert_eq!(declaration.provider.unwrap(), "The \"Quoted\" \\ Ltd");
        assert_eq!(declaration.product.unwrap().version, "1");
        let notification = declaration.notification.unwrap();
        assert_eq!(notification.value.unwrap().expose(), "value");
        assert!(notification.read_back.is_some());
        assert_eq!(declaration.features.len(), 1);
        let attested = declaration.attestations.values().next().unwrap();
        assert_eq!(attested.date, date(2026, 6, 1));
    }

    #[test]
    fn what_is_wrong_is_told_and_asked_again() {
        let answers: &[(&str, &[&str])] = &[
            (
                "authorisation-endpoint.sandbox",
                &["http://h/a", "https://h/a"],
            ),
            (
                "authorisation-endpoint.production",
                &["https://h/a", "https://h/b"],
            ),
            ("instances", &["many", "2"]),
            ("retry.cap", &["1ms", "30s"]),
        ];
        let (said, file) = converse_with(answers);
        let declaration = read(&file.unwrap());
        assert_eq!(declaration.instances, Some(2));
        assert_eq!(declaration.retry.unwrap().cap.as_secs(), 30);
        for told in [
            "is an http URL",
            "the URL of the sandbox too",
            "whole number",
            "is longer than",
        ] {
            assert!(said.contains(told), "{told}: {said}");
        }
    }

    #[test]
    fn a_line_cannot_smuggle_other_keys_in() {
        let (_, file) = converse_with(&[("instances", &["1\u{b}surprise = 2", "3"])]);
        assert_eq!(read(&file.unwrap()).instances, Some(3));
    }

    #[test]
    fn answers_that_end_too_early_leave_nothing() {
        let mut nobody = io::Cursor::new("Someone\n");
        let ended = converse(&mut nobody, &mut |_| {}, date(2026, 6, 1)).unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn every_feature_is_asked_for() {
        for (name, _) in Declaration::FEATURES {
            let key = format!("features.{name}");
            assert!(
                QUESTIONS.iter().any(|question| question.key == key),
                "{key}"
            );
        }
    }
}
