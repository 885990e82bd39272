//! Tables as CSV (RFC 4180), safe to open in a spreadsheet.

/// Writes a row. A spreadsheet takes what begins with one of a few characters for a formula
/// (OWASP, CSV injection): an apostrophe before it keeps it a text.
pub(super) fn row<'c>(table: &mut String, cells: impl IntoIterator<Item = &'c str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            table.push(',');
        }
        let guarded = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        let quoted = |it: char| it.is_control() || matches!(it, '"' | ',' | ';' | '\'');
        if !guarded && !cell.contains(quoted) {
            table.push_str(cell);
            continue;
        }
        table.push('"');
        if guarded {
            table.push('\'');
        }
        for character in cell.chars() {
            match character {
                '"' => table.push_str("\"\""),
                control if control.is_control() => table.push('\u{fffd}'),
                other => table.push(other),
            }
        }
        table.push('"');
    }
    table.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_text_whatever_it_begins_with() {
        let table = [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("-1", "\"'-1\""),
            ("+1", "\"'+1\""),
            ("@x", "\"'@x\""),
            ("\t=1", "\"'\u{fffd}=1\""),
            ("a\r\nb", "\"a\u{fffd}\u{fffd}b\""),
        ];
        for (cell, expected) in table {
            let mut text = String::new();
            row(&mut text, [cell, "x"]);
            assert_eq!(text, format!("{expected},x\r\n"), "{cell:?}");
        }
    }
}
