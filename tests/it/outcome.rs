//! What a run of the binary left behind on its streams.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use regex::Regex;

/// Exit code, stdout and stderr.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; none where a signal ended the process.
    pub code: Option<i32>,
    /// What went to stdout.
    pub stdout: String,
    /// What went to stderr.
    pub stderr: String,
    folder: PathBuf,
}

impl Outcome {
    /// What `output` says of a process that ran in `folder`.
    pub fn new(output: &Output, folder: &Path) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let outcome = Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            folder: folder.to_owned(),
        };
        assert!(
            !outcome.stderr.contains("panicked at"),
            "a panic reached the user:\n{}",
            outcome.stderr
        );
        outcome
    }

    /// Holds the exit code to `code` and shows the streams where it is another.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Holds the command to have been refused before anything was sent: code 2, nothing on
    /// stdout, a message on stderr.
    #[track_caller]
    pub fn expect_refused(self) -> Self {
        let outcome = self.expect(2);
        assert_eq!(outcome.stdout, "");
        assert!(!outcome.stderr.is_empty());
        outcome
    }

    /// The whole of it for a snapshot, without what differs from run to run.
    pub fn shown(&self) -> String {
        let mut text = match self.code {
            Some(code) => format!("exit code: {code}\n"),
            None => "ended by a signal\n".to_owned(),
        };
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            let _ = write!(text, "----- {name} -----\n{}", self.redacted(stream));
        }
        text
    }

    fn redacted(&self, stream: &str) -> String {
        let folder = self.folder.display().to_string();
        let mut text = stream.replace(&folder, "[folder]");
        for (pattern, replacement) in [
            (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
            (r"localhost:\d+", "localhost:[port]"),
            (
                r"\[(\d{3} [^,\]]*), [^,\]]+, [^,\]]+\]",
                "[$1, [size], [time]]",
            ),
            (
                r"(total run duration:|average response time:) .*",
                "$1 [time]",
            ),
            (
                r"(history +)\d+ events, head [0-9a-f]+",
                "$1[count] events, head [digest]",
            ),
            (r"(total data received:) .*", "$1 [size]"),
            (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[uuid]"),
        ] {
            let pattern = Regex::new(pattern).expect("the pattern is well-formed");
            text = pattern.replace_all(&text, replacement).into_owned();
        }
        text.lines()
            .fold(String::new(), |text, line| text + line.trim_end() + "\n")
    }
}
