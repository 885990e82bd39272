//! What is wrong with a user's file: all of it at once, each with its place and a remedy.

use std::fmt;
use std::sync::Arc;

use crate::base::{Place, place_of};

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem.
    pub code: ProblemCode,
    /// Where, as a byte offset into the text; `None` where the text has no such place.
    pub offset: Option<usize>,
    /// What is wrong and what was expected.
    pub message: String,
    /// What the user can do.
    pub remedy: String,
}

/// Kinds of problem, as printed: `preflight::collection::syntax`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemCode {
    /// The bytes are not text.
    Encoding,
    /// The text is not JSON.
    Syntax,
    /// The JSON is not what it should be: another kind of file.
    Kind,
    /// A field has another type than it should.
    Shape,
    /// A field that must be there is missing.
    Missing,
    /// A version of the format that is not read.
    Version,
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Encoding => "encoding",
            Self::Syntax => "syntax",
            Self::Kind => "kind",
            Self::Shape => "shape",
            Self::Missing => "missing",
            Self::Version => "version",
        })
    }
}

/// Whether the text of a file may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitivity {
    /// It may.
    Public,
    /// It holds secrets: environments and globals.
    Secret,
}

/// All problems of one file, in the order of their places. `Debug` does not show the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Problems {
    file: String,
    text: Arc<str>,
    sensitivity: Sensitivity,
    list: Vec<Problem>,
}

impl fmt::Debug for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Problems")
            .field("file", &self.file)
            .field("list", &self.list)
            .finish_non_exhaustive()
    }
}

impl Problems {
    /// The problems of the file called `file` with the text `text`.
    #[must_use]
    pub fn new(file: &str, text: Arc<str>, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| problem.offset);
        Self {
            file: file.to_owned(),
            text,
            sensitivity: Sensitivity::Public,
            list,
        }
    }

    /// The same problems of a file whose text may be shown or may not.
    #[must_use]
    pub fn with_sensitivity(self, sensitivity: Sensitivity) -> Self {
        Self {
            sensitivity,
            ..self
        }
    }

    /// Whether the text may be shown.
    #[must_use]
    pub fn sensitivity(&self) -> Sensitivity {
        self.sensitivity
    }

    /// How the user called the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The problems.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// The place of a problem in the text.
    #[must_use]
    pub fn place(&self, problem: &Problem) -> Option<Place> {
        problem.offset.map(|offset| place_of(&self.text, offset))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.list.iter().enumerate() {
            if number > 0 {
                formatter.write_str("\n")?;
            }
            match self.place(problem) {
                Some(place) => write!(formatter, "{}:{place}: {}", self.file, problem.message)?,
                None => write!(formatter, "{}: {}", self.file, problem.message)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
