//! Redaction of a TOML text: what a text in it says may be written in many ways, with escapes and over
//! several lines, in which nobody who looks for characters finds it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// `text` with every value and everything else as `redact` leaves it. A value that says something else
/// then is written anew; everything else keeps its form.
#[must_use]
pub fn redact_sheet(text: &str, redact: &dyn Fn(&str) -> String) -> String {
    let (table, _) = DeTable::parse_recoverable(text);
    let mut changes = Vec::new();
    for value in table.get_ref().values() {
        collect(value, redact, &mut changes);
    }
    changes.sort_by_key(|(place, _): &(Range<usize>, String)| std::cmp::Reverse(place.start));
    let mut text = text.to_owned();
    for (place, value) in changes {
        text.replace_range(place, &value);
    }
    redact(&text)
}

/// The values that `redact` changes, each with its place.
fn collect(
    value: &Spanned<DeValue<'_>>,
    redact: &dyn Fn(&str) -> String,
    changes: &mut Vec<(Range<usize>, String)>,
) {
    match value.get_ref() {
        DeValue::String(said) => {
            let redacted = redact(said);
            if redacted != **said {
                changes.push((value.span(), toml::Value::String(redacted).to_string()));
            }
        }
        DeValue::Array(items) => items.iter().for_each(|it| collect(it, redact, changes)),
        DeValue::Table(table) => table.values().for_each(|it| collect(it, redact, changes)),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_redacted_however_it_is_written() {
        let redact = |text: &str| text.replace("se cret", "…");
        for (before, after) in [
            ("a = \"x se cret\"\n", "a = \"x …\"\n"),
            ("a = 'x se cret' # kept\n", "a = \"x …\" # kept\n"),
            ("a = \"\\u0073e cret\"\n", "a = \"…\"\n"),
            (
                "a = \"\"\"\\\n  se \\\n  cret\"\"\"\nb = 1\n",
                "a = \"…\"\nb = 1\n",
            ),
            (
                "[[t]]\na = [{ b = 'se cret' }, 'y']\n",
                "[[t]]\na = [{ b = \"…\" }, 'y']\n",
            ),
            ("# se cret\na = 1\n", "# …\na = 1\n"),
            (
                "a = \"\"\"\nkept\n  as it is\"\"\"\n",
                "a = \"\"\"\nkept\n  as it is\"\"\"\n",
            ),
            ("no TOML: se cret", "no TOML: …"),
        ] {
            assert_eq!(redact_sheet(before, &redact), after);
        }
    }
}
