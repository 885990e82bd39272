//! CSV data files with newman's casting: an unquoted number is a number.

use serde_json::{Map, Value, json};

/// Rows of a CSV text (RFC 4180 with newman's leniency: quotes inside fields, uneven rows).
///
/// The `csv` crate does not tell whether a field was quoted, and newman casts only fields that
/// were not, so the few rules that matter stand here.
pub(super) fn rows(text: &str) -> Vec<Map<String, Value>> {
    let mut records = records(text).into_iter();
    let Some(head) = records.next() else {
        return Vec::new();
    };
    records
        .map(|record| {
            head.iter()
                .zip(record)
                .map(|(name, field)| (name.text.clone(), field.cast()))
                .collect()
        })
        .collect()
}

#[derive(Default)]
struct Field {
    text: String,
    quoted: bool,
}

impl Field {
    fn cast(self) -> Value {
        if self.quoted {
            return json!(self.text);
        }
        if let Ok(number) = self.text.parse::<i64>() {
            return json!(number);
        }
        let numeric = self
            .text
            .starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
        match self.text.parse::<f64>() {
            Ok(number) if numeric && number.is_finite() => json!(number),
            _ => json!(self.text),
        }
    }
}

fn records(text: &str) -> Vec<Vec<Field>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = Field::default();
    let mut inside_quotes = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if inside_quotes && characters.peek() == Some(&'"') => {
                characters.next();
                field.text.push('"');
            }
            '"' if inside_quotes => inside_quotes = false,
            '"' if field.text.trim().is_empty() && !field.quoted => {
                field = Field {
                    text: String::new(),
                    quoted: true,
                };
                inside_quotes = true;
            }
            ',' if !inside_quotes => record.push(finished(&mut field)),
            '\r' if !inside_quotes && characters.peek() == Some(&'\n') => {}
            '\n' | '\r' if !inside_quotes => {
                record.push(finished(&mut field));
                close(&mut records, &mut record);
            }
            ' ' | '\t' if field.quoted && !inside_quotes => {}
            other => field.text.push(other),
        }
    }
    record.push(finished(&mut field));
    close(&mut records, &mut record);
    records
}

fn finished(field: &mut Field) -> Field {
    let mut field = std::mem::take(field);
    if !field.quoted {
        field.text = field.text.trim().to_owned();
    }
    field
}

/// Ends a record; a line with nothing in it is none.
fn close(records: &mut Vec<Vec<Field>>, record: &mut Vec<Field>) {
    let record = std::mem::take(record);
    if record.len() > 1
        || record
            .iter()
            .any(|field| field.quoted || !field.text.is_empty())
    {
        records.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_cast_as_newman_casts_them() {
        let rows = rows("a,b,c,d\r\n007,1.50,\"007\",x y\n\n-3, , \"a \"\"b\"\", c\",\"l1\nl2\"\n");
        assert_eq!(
            json!(rows),
            json!([
                {"a": 7, "b": 1.5, "c": "007", "d": "x y"},
                {"a": -3, "b": "", "c": "a \"b\", c", "d": "l1\nl2"}
            ])
        );
    }

    #[test]
    fn blanks_around_quotes_are_no_part_of_a_field() {
        assert_eq!(
            json!(rows("a, b ,c\n \"1 \" ,\t\"2\"\t, x \"y\" z\n")),
            json!([{"a": "1 ", "b": "2", "c": "x \"y\" z"}])
        );
    }

    #[test]
    fn uneven_rows_are_taken_as_far_as_they_go() {
        assert_eq!(
            json!(rows("a,b\n1\n2,3,4")),
            json!([{"a": 1}, {"a": 2, "b": 3}])
        );
        assert!(rows("").is_empty());
    }
}
