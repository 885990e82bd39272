//! The text of a `.snap` file: insta's front matter, then the transcript.

use super::Transcript;

/// What begins the front matter and ends it.
const FENCE: &str = "---\n";

/// The text of the file that holds `transcript`.
pub(super) fn write(transcript: &Transcript) -> String {
    format!(
        "{FENCE}source: preflight\nexpression: {}\n{FENCE}{}",
        transcript.name, transcript.text
    )
}

/// The transcript in the text of such a file, its lines ending in `\n`; none where there is no
/// front matter.
pub(super) fn read(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n");
    let (_, content) = text
        .strip_prefix(FENCE)?
        .split_once(&format!("\n{FENCE}"))?;
    let mut content = content.trim_end_matches('\n').to_owned();
    content.push('\n');
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_whatever_the_line_ends() {
        let transcript = Transcript {
            name: "backoff",
            text: "one\n\n---\ntwo\n".into(),
        };
        let text = write(&transcript);
        assert_eq!(read(&text), Some(transcript.text.clone()));
        assert_eq!(read(&text.replace('\n', "\r\n")), Some(transcript.text));
    }

    #[test]
    fn a_file_without_front_matter_is_none() {
        for text in ["", "one\n", "---\nsource: x\n"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
