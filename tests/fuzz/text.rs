//! Changes bytes, and TOML line by line.

use preflight::base::Random;

/// Bytes that readers stumble over.
const TOKENS: [&[u8]; 30] = [
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[",
    b"]]",
    b",",
    b":",
    b"=",
    b"#",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"-",
    b"1e999",
    b"0x",
    b"null",
    b"true",
    b"\"\"\"",
    b"inf",
    b"99999999999999999999",
    b"\xf0\x9f",
];

/// Values that a setting of any kind may be given.
const VALUES: [&str; 44] = [
    "0",
    "-1",
    "1",
    "10",
    "0.0",
    "-0.0",
    "0.5",
    "1e308",
    "1e-308",
    "inf",
    "nan",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "true",
    "\"\"",
    "\"none\"",
    "\"0s\"",
    "\"1ns\"",
    "\"1ms\"",
    "\"5s\"",
    "\"87600h\"",
    "\"18446744073709551615s\"",
    "\"-1s\"",
    "\"1d\"",
    "\"stated\"",
    "\"full\"",
    "\"exponential\"",
    "\"body\"",
    "\"required\"",
    "\"https://a.example.org/x\"",
    "\"https://[::1\"",
    "\"/\"",
    "\"/a/{id}/\"",
    "\"env:NAME\"",
    "\"x-name\"",
    "\"\\u0000\"",
    "\"ü€😀\"",
    "2026-05-01",
    "2026-05-01T00:00:00Z",
    "[]",
    "{}",
    "[\"a\", \"a\"]",
    "{ proportional = 1e9 }",
];

/// A place in something that has `length` places; 0 where it has none.
pub fn below(random: &mut Random, length: usize) -> usize {
    let last = u64::try_from(length.saturating_sub(1)).unwrap();
    usize::try_from(random.between(0, last)).unwrap()
}

/// Some bytes.
pub fn noise(random: &mut Random) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(random.between(0, 40)).unwrap()];
    random.fill(&mut bytes);
    bytes
}

/// Changes a few bytes of a text.
pub fn change_bytes(random: &mut Random, text: &mut Vec<u8>) {
    for _ in 0..random.between(1, 4) {
        if text.is_empty() {
            text.push(b' ');
        }
        let at = below(random, text.len());
        let end = (at + below(random, 60)).min(text.len());
        match random.between(0, 6) {
            0 => text[at] ^= 1 << random.between(0, 7),
            1 => text[at] = u8::try_from(random.between(0, 255)).unwrap(),
            2 => drop(text.drain(at..end)),
            3 => {
                let copy = text[at..end].to_vec();
                let to = below(random, text.len());
                text.splice(to..to, copy);
            }
            4 => text.splice(at..at, noise(random)).for_each(drop),
            5 => text.truncate(at),
            _ => {
                let token = TOKENS[below(random, TOKENS.len())];
                let times = if random.between(0, 20) == 0 { 300 } else { 1 };
                text.splice(at..at, token.repeat(times)).for_each(drop);
            }
        }
    }
}

/// A text with a few bytes changed, as text again.
pub fn spoilt(random: &mut Random, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    change_bytes(random, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A sheet of settings: one of the seeds, with lines changed, taken away, repeated, swapped, taken
/// from another.
pub fn sheet(random: &mut Random, seeds: &[String]) -> Vec<u8> {
    // The whole is slow to read, and a table has most of what there is to go wrong.
    let whole = random.between(0, 15) == 0;
    let seed = if whole {
        0
    } else {
        1 + below(random, seeds.len() - 1)
    };
    let mut lines: Vec<String> = seeds[seed].lines().map(str::to_owned).collect();
    if lines.is_empty() {
        lines.push(String::new());
    }
    for _ in 0..random.between(1, 3) {
        let at = below(random, lines.len());
        match random.between(0, 11) {
            0 if lines.len() > 1 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => {
                let other = below(random, lines.len());
                lines.swap(at, other);
            }
            3 => {
                let other = &seeds[below(random, seeds.len())];
                let from = below(random, other.lines().count());
                let taken = other.lines().skip(from).take(3);
                lines.extend(taken.map(str::to_owned));
            }
            4 => lines[at] = spoilt(random, &lines[at]),
            _ => lines[at] = with_another_value(random, &lines[at], seeds),
        }
    }
    let mut text = lines.join("\n").into_bytes();
    if random.between(0, 30) == 0 {
        change_bytes(random, &mut text);
    }
    text
}

/// `key = value` with another value; `key = { value = … }` with another one in it, or none around it.
fn with_another_value(random: &mut Random, line: &str, seeds: &[String]) -> String {
    let Some((key, rest)) = line.split_once(" = ") else {
        return line.to_owned();
    };
    let value = if random.between(0, 2) == 0 {
        // One that some other setting has.
        let other = &seeds[below(random, seeds.len())];
        let at = below(random, other.lines().count());
        let other = other.lines().nth(at).and_then(value_in);
        other.unwrap_or_default().to_owned()
    } else {
        VALUES[below(random, VALUES.len())].to_owned()
    };
    match (value_in(line), random.between(0, 3)) {
        (Some(old), 1..) if old != rest => line.replacen(old, &value, 1),
        _ => format!("{key} = {value}"),
    }
}

fn value_in(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(" = ")?;
    let inner = rest.strip_prefix("{ value = ");
    Some(inner.map_or(rest, |inner| {
        inner.split(", provenance").next().unwrap_or(inner)
    }))
}
