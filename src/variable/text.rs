//! The text of a JSON value as JavaScript's `String()` gives it, and the casts of typed variables.

use serde_json::Value;

/// What stands in a text where a variable with this value is named: numbers in JavaScript's
/// notation, `null` as `null`, an array as its elements between commas, an object as
/// `[object Object]`.
#[must_use]
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number_text(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            let texts: Vec<String> = elements
                .iter()
                .map(|element| match element {
                    Value::Null => String::new(),
                    Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => text_of(element),
                })
                .collect();
            texts.join(",")
        }
        Value::Object(_) => "[object Object]".into(),
    }
}

/// `Number::toString` of ECMA-262 §6.1.6.1.20.
pub(super) fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .into();
    }
    if number == 0.0 {
        return "0".into();
    }
    // Rust's exponent form has the same shortest digits.
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("the exponent form has an exponent");
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().expect("the exponent is a whole number");
    let count = i32::try_from(digits.len()).expect("a double has at most 17 digits");
    let point = exponent + 1;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let sign = if number < 0.0 { "-" } else { "" };
    let body = if (count..=21).contains(&point) {
        format!("{digits}{}", zeros(point - count))
    } else if (1..=21).contains(&point) {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
        format!("{whole}.{fraction}")
    } else if (-5..=0).contains(&point) {
        format!("0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = digits.split_at(1);
        let separator = if rest.is_empty() { "" } else { "." };
        let plus = if exponent < 0 { "-" } else { "+" };
        format!("{first}{separator}{rest}e{plus}{}", exponent.abs())
    };
    format!("{sign}{body}")
}

/// JavaScript's `Number()`.
pub(super) fn number_of(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(_) | Value::Array(_) | Value::Object(_) => parsed_number(&text_of(value)),
    }
}

fn parsed_number(text: &str) -> f64 {
    let text = text.trim();
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.to_ascii_lowercase().strip_prefix(prefix) {
            return u64::from_str_radix(digits, radix).map_or(f64::NAN, |number| number as f64);
        }
    }
    match text.trim_start_matches(['+', '-']) {
        "Infinity" => {}
        // Rust also knows "inf" and "nan", which JavaScript does not.
        other if other.contains(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E')) => {
            return f64::NAN;
        }
        _ => {}
    }
    text.parse().unwrap_or(f64::NAN)
}

/// JavaScript's `Boolean()`.
pub(super) fn truth_of(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// A number as JSON; `NaN` and the infinities are `null`, as `JSON.stringify` has it. Whole numbers
/// are written without a fraction.
pub(super) fn json_number(number: f64) -> Value {
    serde_json::from_str(&number_text(number)).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        let table = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (-1.5, "-1.5"),
            (100_000.0, "100000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.25e21, "1.25e+21"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (0.1, "0.1"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (123.456, "123.456"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (number, text) in table {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn values_become_texts_as_in_javascript() {
        let table = [
            (json!(null), "null"),
            (json!(false), "false"),
            (json!([1, [2, 3], null, {}]), "1,2,3,,[object Object]"),
            (json!([]), ""),
            (json!({"a": 1}), "[object Object]"),
            (json!("x"), "x"),
        ];
        for (value, text) in table {
            assert_eq!(text_of(&value), text);
        }
    }

    #[test]
    fn texts_become_numbers_as_in_javascript() {
        let table = [
            ("", 0.0),
            (" 7 ", 7.0),
            ("1.50", 1.5),
            ("1e3", 1000.0),
            ("0x10", 16.0),
            ("-Infinity", f64::NEG_INFINITY),
        ];
        for (text, number) in table {
            assert!((number_of(&json!(text)) - number).abs() < 1e-9 || number.is_infinite());
        }
        for text in ["abc", "12x", "nan", "inf", "null", "{}"] {
            assert!(number_of(&json!(text)).is_nan(), "{text}");
        }
    }
}
