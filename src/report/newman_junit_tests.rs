//! Both forms against golden texts, and the strict one against its promises.

use quick_xml::Reader;
use quick_xml::events::Event as Xml;

use super::*;
use crate::report::newman_example::example;

#[test]
fn the_strict_form_stays_as_it_is() {
    insta::assert_snapshot!(newman_junit(&example(), JunitForm::Strict));
}

#[test]
fn the_form_of_newman_stays_as_it_is() {
    insta::assert_snapshot!(newman_junit(&example(), JunitForm::Newman));
}

/// The elements of a document by name, after a full parse.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(element) | Xml::Empty(element) => {
                names.push(element.name().as_ref().to_owned());
            }
            Xml::Eof => return names,
            _ => {}
        }
    }
}

#[test]
fn the_strict_form_loses_nothing() {
    let summary = example();
    let xml = newman_junit(&summary, JunitForm::Strict);
    let elements = elements(&xml);
    let number = |name: &str| elements.iter().filter(|element| *element == name).count();
    let assertions: usize = summary.executions.iter().map(|e| e.assertions.len()).sum();
    let script_errors = summary
        .executions
        .iter()
        .flat_map(|e| e.prerequest_errors.iter().chain(&e.test_errors))
        .flatten()
        .count();
    assert_eq!(number("testsuite"), summary.executions.len());
    assert_eq!(
        number("testcase"),
        summary.executions.len() + assertions + script_errors
    );
    assert_eq!(
        number("failure") + number("error"),
        summary.failures().count()
    );
    assert_eq!(number("skipped"), 2);
    assert!(
        xml.contains("tests=\"18\" failures=\"2\" errors=\"6\" skipped=\"2\""),
        "{xml}"
    );
    assert!(xml.contains("status is 200 (2)"));
}

#[test]
fn no_text_breaks_the_xml() {
    let mut summary = example();
    for execution in &mut summary.executions {
        for assertion in &mut execution.assertions {
            assertion.name = "]]> \u{0} <&\"'\n\u{1b}[31m\u{ffff} ü".into();
            if let Some(error) = &mut assertion.error {
                error.message.clone_from(&assertion.name);
                error.stack = Some(assertion.name.clone());
            }
        }
    }
    for form in [JunitForm::Strict, JunitForm::Newman] {
        let xml = newman_junit(&summary, form);
        assert!(elements(&xml).len() > 3);
        assert!(!xml.contains('\u{0}') && !xml.contains('\u{1b}'));
    }
}

#[test]
fn class_names_are_those_of_newman() {
    let table = [
        ("Folder one / passing", "FolderOnePassing"),
        ("HTTPServer v2 test", "HttpServerV2Test"),
        ("empty & <204>", "Empty204"),
        ("don't stop", "DontStop"),
        ("refused", "Refused"),
        ("GET /a-b_c", "GetABC"),
        ("!!", ""),
    ];
    for (name, class) in table {
        assert_eq!(class_name(name), class, "{name}");
    }
}
