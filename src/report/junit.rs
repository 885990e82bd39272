//! A verdict for a CI server: JUnit.
//!
//! JUnit knows neither warning nor review nor evidence that is missing. Each case has the outcome
//! as a property, so that nothing is lost:
//!
//! | reported | JUnit |
//! |---|---|
//! | PASS | a case |
//! | FAIL | `failure` |
//! | ERROR | `error` |
//! | REVIEW, NOT_EXERCISED, INCONCLUSIVE where they block the gate | `failure` of that type |
//! | NOT_EXERCISED where it does not | `skipped`: it must not look green |
//! | REVIEW, INCONCLUSIVE where they do not; WARN, INFO | a case with `system-out` |
//! | NOT_APPLICABLE | `skipped` |

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::conformance::{
    Family, Finding, Gate, GoldenState, JudgedRun, Level, Stale, Verdict, blocks, check,
};

/// What stands in a case.
enum Content {
    Nothing,
    Failure { kind: String, message: String },
    Error { message: String },
    Skipped { message: String },
    Told { message: String },
}

struct Case {
    name: String,
    properties: Vec<(&'static str, String)>,
    content: Content,
}

/// The verdict as JUnit XML, for `gate`.
#[must_use]
pub fn junit_xml(verdict: &Verdict, gate: Gate) -> String {
    let mut suites: Vec<(String, Vec<Case>)> = Vec::new();
    for family in Family::ALL {
        let cases: Vec<Case> = verdict
            .findings
            .iter()
            .filter(|finding| check(finding.check).is_some_and(|check| check.family == family))
            .map(|finding| case(finding, gate))
            .collect();
        if !cases.is_empty() {
            suites.push((family.letters().to_owned(), cases));
        }
    }
    if !verdict.golden.is_empty() {
        suites.push(("snapshots".to_owned(), golden(verdict)));
    }
    if !verdict.stale.is_empty() {
        suites.push((
            "baseline".to_owned(),
            verdict.stale.iter().map(stale).collect(),
        ));
    }
    suites.push(("run".to_owned(), verdict.runs.iter().map(run).collect()));
    let bytes = write(&suites).expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("only text was written")
}

fn case(finding: &Finding, gate: Gate) -> Case {
    let known = check(finding.check);
    let mut message = finding.message.clone();
    if let Some(margin) = &finding.witness.margin {
        message = format!("{message} [{margin}]");
    }
    let blocking = blocks(gate, finding).is_some();
    let content = match finding.reported {
        Level::Pass => Content::Nothing,
        Level::Error => Content::Error { message },
        Level::Fail | Level::Review | Level::NotExercised | Level::Inconclusive | Level::Warn
            if blocking =>
        {
            Content::Failure {
                kind: finding.reported.to_string(),
                message,
            }
        }
        Level::NotExercised | Level::NotApplicable => Content::Skipped {
            message: format!("{}: {message}", finding.reported),
        },
        // A failure that does not block is expected or waived.
        Level::Fail | Level::Review | Level::Inconclusive | Level::Warn | Level::Info => {
            Content::Told {
                message: format!("{}: {message}", finding.reported),
            }
        }
    };
    let sequences: Vec<String> = finding
        .witness
        .sequences
        .iter()
        .map(u64::to_string)
        .collect();
    let mut properties = vec![
        ("subject", finding.subject.to_string()),
        ("outcome", finding.reported.to_string()),
        ("raw", finding.raw.to_string()),
        ("provenance", finding.provenance.to_string()),
        (
            "clauses",
            known.map_or_else(String::new, |check| check.clauses.join(" ")),
        ),
    ];
    if !sequences.is_empty() {
        properties.push(("events", sequences.join(" ")));
    }
    for overlay in &finding.overlays {
        properties.push((
            "overlay",
            format!("{}: {}", overlay.kind.name(), overlay.reason),
        ));
    }
    Case {
        name: format!(
            "{} {}",
            finding.check,
            known.map_or("", |check| check.title)
        ),
        properties,
        content,
    }
}

fn stale(stale: &Stale) -> Case {
    Case {
        name: stale.text(),
        properties: Vec::new(),
        content: Content::Failure {
            kind: "STALE".to_owned(),
            message: format!("the entry in the {} is out of date", stale.list),
        },
    }
}

fn golden(verdict: &Verdict) -> Vec<Case> {
    verdict
        .golden
        .iter()
        .map(|golden| Case {
            name: format!("snapshot {}", golden.name),
            properties: Vec::new(),
            content: match golden.state {
                GoldenState::Match => Content::Nothing,
                GoldenState::Missing => Content::Failure {
                    kind: "Missing".to_owned(),
                    message: "no transcript was accepted yet".to_owned(),
                },
                GoldenState::Differs => Content::Failure {
                    kind: "Differs".to_owned(),
                    message: "the run differs from the accepted transcript".to_owned(),
                },
            },
        })
        .collect()
}

fn run(run: &JudgedRun) -> Case {
    let unfinished = (!run.unfinished.is_empty())
        .then(|| format!("not completed: {}", run.unfinished.join(", ")));
    let message = run.cut_short().map(str::to_owned).or(unfinished);
    Case {
        name: format!("the run is complete: {}", run.subject),
        properties: Vec::new(),
        content: match message {
            Some(message) => Content::Error { message },
            None if run.notices.is_empty() => Content::Nothing,
            None => Content::Told {
                message: run.notices.join("\n"),
            },
        },
    }
}

/// Tests, failures, errors and skipped.
fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> [(&'static str, String); 4] {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.content {
            Content::Failure { .. } => failures += 1,
            Content::Error { .. } => errors += 1,
            Content::Skipped { .. } => skipped += 1,
            Content::Nothing | Content::Told { .. } => {}
        }
    }
    [
        ("tests", tests),
        ("failures", failures),
        ("errors", errors),
        ("skipped", skipped),
    ]
    .map(|(name, count): (_, usize)| (name, count.to_string()))
}

fn write(suites: &[(String, Vec<Case>)]) -> std::io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let totals = counts(suites.iter().flat_map(|(_, cases)| cases));
    element(&mut xml, "testsuites", "preflight", &totals, |xml| {
        for (name, cases) in suites {
            let totals = counts(cases.iter());
            element(
                xml,
                "testsuite",
                &format!("preflight.{name}"),
                &totals,
                |xml| {
                    cases
                        .iter()
                        .try_for_each(|case| write_case(xml, case, &format!("preflight.{name}")))
                },
            )?;
        }
        Ok(())
    })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn element(
    xml: &mut Writer<Vec<u8>>,
    tag: &str,
    name: &str,
    attributes: &[(&'static str, String)],
    content: impl FnOnce(&mut Writer<Vec<u8>>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut element = xml
        .create_element(tag)
        .with_attribute(("name", legal(name).as_str()));
    for (key, value) in attributes {
        element = element.with_attribute((*key, legal(value).as_str()));
    }
    element.write_inner_content(content)?;
    Ok(())
}

fn write_case(xml: &mut Writer<Vec<u8>>, case: &Case, class: &str) -> std::io::Result<()> {
    let class = [("classname", class.to_owned())];
    element(xml, "testcase", &case.name, &class, |xml| {
        if !case.properties.is_empty() {
            xml.create_element("properties")
                .write_inner_content(|xml| {
                    for (name, value) in &case.properties {
                        xml.create_element("property")
                            .with_attribute(("name", *name))
                            .with_attribute(("value", legal(value).as_str()))
                            .write_empty()?;
                    }
                    Ok(())
                })?;
        }
        match &case.content {
            Content::Nothing => {}
            Content::Failure { kind, message } => {
                xml.create_element("failure")
                    .with_attribute(("type", kind.as_str()))
                    .with_attribute(("message", legal(message).as_str()))
                    .write_empty()?;
            }
            Content::Error { message } => {
                xml.create_element("error")
                    .with_attribute(("message", legal(message).as_str()))
                    .write_empty()?;
            }
            Content::Skipped { message } => {
                xml.create_element("skipped")
                    .with_attribute(("message", legal(message).as_str()))
                    .write_empty()?;
            }
            Content::Told { message } => {
                xml.create_element("system-out")
                    .write_text_content(BytesText::new(&legal(message)))?;
            }
        }
        Ok(())
    })
}

/// The text without the characters that XML 1.0 cannot hold (§2.2).
fn legal(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'.. => character,
            _ => '\u{fffd}',
        })
        .collect()
}
