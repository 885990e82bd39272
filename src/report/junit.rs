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

use super::case::{Case, Status, Suite, suites};
use crate::conformance::{Finding, Gate, Verdict, check};

/// The verdict as JUnit XML, for `gate`.
#[must_use]
pub fn junit_xml(verdict: &Verdict, gate: Gate) -> String {
    let bytes = write(&suites(verdict, gate)).expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("only text was written")
}

/// What a case says of its finding beside the message.
fn properties(finding: &Finding) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("subject", finding.subject.to_string()),
        ("outcome", finding.reported.to_string()),
        ("raw", finding.raw.to_string()),
        ("provenance", finding.provenance.to_string()),
        (
            "clauses",
            check(finding.check).map_or_else(String::new, |check| check.clauses.join(" ")),
        ),
    ];
    let sequences = finding.witness.sequences.iter();
    let sequences: Vec<String> = sequences.map(u64::to_string).collect();
    if !sequences.is_empty() {
        properties.push(("events", sequences.join(" ")));
    }
    for overlay in &finding.overlays {
        properties.push((
            "overlay",
            format!("{}: {}", overlay.kind.name(), overlay.reason),
        ));
    }
    properties
}

/// Tests, failures, errors and skipped.
fn counts<'c>(cases: impl Iterator<Item = &'c Case<'c>>) -> [(&'static str, String); 4] {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.status {
            Status::Failed { .. } => failures += 1,
            Status::Error { .. } => errors += 1,
            Status::Skipped { .. } => skipped += 1,
            Status::Passed | Status::Told { .. } => {}
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

fn write(suites: &[Suite<'_>]) -> std::io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let totals = counts(suites.iter().flat_map(|suite| &suite.cases));
    element(&mut xml, "testsuites", "preflight", &totals, |xml| {
        for Suite { name, cases } in suites {
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

fn write_case(xml: &mut Writer<Vec<u8>>, case: &Case<'_>, class: &str) -> std::io::Result<()> {
    let class = [("classname", class.to_owned())];
    element(xml, "testcase", &case.name, &class, |xml| {
        if let Some(finding) = case.finding {
            xml.create_element("properties")
                .write_inner_content(|xml| {
                    for (name, value) in properties(finding) {
                        xml.create_element("property")
                            .with_attribute(("name", name))
                            .with_attribute(("value", legal(&value).as_str()))
                            .write_empty()?;
                    }
                    Ok(())
                })?;
        }
        match &case.status {
            Status::Passed => {}
            Status::Failed { kind, message } => {
                xml.create_element("failure")
                    .with_attribute(("type", kind.as_str()))
                    .with_attribute(("message", legal(message).as_str()))
                    .write_empty()?;
            }
            Status::Error { message } => {
                xml.create_element("error")
                    .with_attribute(("message", legal(message).as_str()))
                    .write_empty()?;
            }
            Status::Skipped { message } => {
                xml.create_element("skipped")
                    .with_attribute(("message", legal(message).as_str()))
                    .write_empty()?;
            }
            Status::Told { message } => {
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
