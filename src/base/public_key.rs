//! The text of an RSA public key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The identifier of RSA keys and its empty parameters (RFC 8017 appendix C), in DER.
const ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// The public key as `-----BEGIN PUBLIC KEY-----` (RFC 7468 §13); both numbers big-endian.
#[must_use]
pub fn public_key_pem(modulus: &[u8], exponent: &[u8]) -> String {
    let numbers = [integer(modulus), integer(exponent)].concat();
    let mut key = vec![0];
    key.extend(tagged(0x30, &numbers));
    let document = tagged(0x30, &[ALGORITHM.to_vec(), tagged(0x03, &key)].concat());
    let text = STANDARD.encode(document);
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem + "-----END PUBLIC KEY-----\n"
}

/// A positive integer in DER (X.690 §8.3).
fn integer(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(0);
    let mut digits = number[start..].to_vec();
    if digits.first().is_none_or(|first| *first >= 0x80) {
        digits.insert(0, 0);
    }
    tagged(0x02, &digits)
}

/// Tag, length and content (X.690 §8.1).
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => element.push(length),
        Ok(_) | Err(_) => {
            let length = content.len().to_be_bytes();
            let start = length.iter().position(|byte| *byte != 0).unwrap_or(0);
            let length = &length[start..];
            // Not more than eight bytes.
            element.push(0x80 | u8::try_from(length.len()).unwrap_or(8));
            element.extend(length);
        }
    }
    element.extend(content);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_positive() {
        let pem = public_key_pem(&[0xff, 0x01], &[1, 0, 1]);
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let document = STANDARD.decode(base64).unwrap();
        assert!(document.ends_with(&[
            0x30, 0x0a, 0x02, 0x03, 0x00, 0xff, 0x01, 0x02, 0x03, 0x01, 0x00, 0x01
        ]));
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    }

    #[test]
    fn a_long_key_has_long_lengths_and_lines_of_64_characters() {
        let pem = public_key_pem(&[0x81; 256], &[1, 0, 1]);
        let lines: Vec<&str> = pem.lines().collect();
        assert!(
            lines[1..lines.len() - 2]
                .iter()
                .all(|line| line.len() == 64)
        );
        let document = STANDARD.decode(lines[1..lines.len() - 1].concat()).unwrap();
        assert_eq!(document.len(), 294, "as every RSA key of 2048 bits");
        assert_eq!(&document[..4], &[0x30, 0x82, 0x01, 0x22]);
    }
}
