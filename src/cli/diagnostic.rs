//! Problems of the user's files as miette draws them: the one place that knows miette.

use std::fmt;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};

use super::failure::CommandFailure;
use crate::collection::{Problems, Sensitivity};

/// The text of a failure for the terminal.
#[must_use]
pub fn render(failure: &CommandFailure, color: bool) -> String {
    match failure {
        CommandFailure::Problems(problems) => render_problems(problems, color),
        other => {
            let remedy = other
                .remedy()
                .map(|remedy| format!("\n  help: {remedy}"))
                .unwrap_or_default();
            format!("error: {}{remedy}\n", legible(&other.text()))
        }
    }
}

/// The text without what a terminal would obey: it may quote what somebody else wrote.
fn legible(text: &str) -> String {
    let is_obeyed = |character: char| {
        // Unicode Bidirectional Algorithm, explicit formatting characters.
        matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || character.is_control() && !matches!(character, '\n' | '\t')
    };
    text.chars()
        .map(|character| {
            if is_obeyed(character) {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}

/// Each problem with its piece of the file, and one line that counts them.
fn render_problems(problems: &Problems, color: bool) -> String {
    let theme = if color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_links(false);
    // Files with secrets are not drawn: neither the line of a problem nor its neighbours. One file
    // may be one enormous line. The places are told in words then.
    let drawable = problems.sensitivity() == Sensitivity::Public
        && problems.text().lines().all(|line| line.len() <= 400);
    let mut text = String::new();
    let count = problems.iter().count();
    for problem in problems.iter() {
        let place = problems.place(problem);
        let shown = Shown {
            message: match (place, drawable) {
                (Some(place), false) => {
                    format!("{}:{place}: {}", problems.file(), problem.message)
                }
                _ => problem.message.clone(),
            },
            code: format!("preflight::file::{}", problem.code),
            remedy: problem.remedy.clone(),
            source: NamedSource::new(problems.file(), Arc::clone(problems.text())),
            offset: problem
                .offset
                .filter(|_| drawable && !problems.text().is_empty()),
        };
        if handler.render_report(&mut text, &shown).is_err() {
            text += &format!("{}: {}\n", problems.file(), problem.message);
        }
    }
    let noun = if count == 1 { "problem" } else { "problems" };
    text + &format!("{count} {noun} in {}\n", problems.file())
}

#[derive(Debug)]
struct Shown {
    message: String,
    code: String,
    remedy: String,
    source: NamedSource<Arc<str>>,
    offset: Option<usize>,
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(&self.code))
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(&self.remedy))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.offset.map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let offset = self.offset?;
        Some(Box::new(std::iter::once(LabeledSpan::at_offset(
            offset, "here",
        ))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::{Collection, Document};

    #[test]
    fn a_problem_shows_its_piece_of_the_file_and_a_remedy() {
        let text = "{\n  \"info\": {\"name\": \"C\"},\n  \"item\": {}\n}";
        let document = Document::parse("my.json", text.as_bytes()).unwrap();
        let problems = Collection::read(&document).unwrap_err();
        insta::assert_snapshot!(render(&problems.into(), false));
    }

    #[test]
    fn the_text_of_an_environment_is_never_shown() {
        let text = "{\"values\": [\n{\"key\":\"k\",\"value\":\"T0PS3CR3T\"}\n{\"key\":\"l\"}]}";
        let problems = Document::parse_sensitive("my.json", text.as_bytes()).unwrap_err();
        let shown = render(&problems.into(), false);
        assert!(!shown.contains("T0PS3CR3T"), "{shown}");
        assert!(shown.contains("my.json:3:1: not JSON"), "{shown}");
    }

    #[test]
    fn a_file_of_one_long_line_is_not_drawn() {
        let text = format!(
            "{{\"info\":{{\"name\":\"{}\"}},\"item\":{{}}}}",
            "x".repeat(1000)
        );
        let document = Document::parse("my.json", text.as_bytes()).unwrap();
        let shown = render(&Collection::read(&document).unwrap_err().into(), false);
        assert!(shown.len() < 500, "{shown}");
        assert!(shown.contains("my.json:1:"), "{shown}");
    }
}
