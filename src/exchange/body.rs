//! Bodies: bytes on the wire, text or base64 in a record.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use memchr::memmem;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::{Sha256Hex, sha256};

/// How many bytes of a body a record holds; of a longer one it has the head, the length and the
/// digest. The platform's largest body (a batch of 2,000 payments) has 5 MB.
const RECORDED_BYTES: usize = 6 * 1024 * 1024;

/// The decoded body of a message. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(Bytes);

impl Body {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The text, where the bytes are UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The JSON value, where the bytes are JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.0).ok()
    }

    /// Whether the JSON value, where there is one, may have a member called `name`, at any depth: to
    /// be asked before what is dear. No escape stands in the place of `name`.
    #[must_use]
    pub fn may_name(&self, name: &str) -> bool {
        memmem::find(&self.0, name.as_bytes()).is_some() || memmem::find(&self.0, b"\\u").is_some()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

/// The recorded form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    /// Only where the body was cut: its whole length in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256Hex>,
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cut = self.0.len() > RECORDED_BYTES;
        let mut head = &self.0[..self.0.len().min(RECORDED_BYTES)];
        let text = match std::str::from_utf8(head) {
            Ok(text) => Some(text.to_owned()),
            // The cut may have gone through a character.
            Err(error) if cut && error.error_len().is_none() => {
                head = &head[..error.valid_up_to()];
                std::str::from_utf8(head).ok().map(str::to_owned)
            }
            Err(_) => None,
        };
        let base64 = text.is_none().then(|| STANDARD.encode(head));
        Recorded {
            text,
            base64,
            length: cut.then_some(self.0.len()),
            sha256: cut.then(|| sha256(&self.0)),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let recorded = Recorded::deserialize(deserializer)?;
        match (recorded.text, recorded.base64) {
            (Some(text), None) => Ok(text.into()),
            (None, Some(base64)) => STANDARD.decode(base64).map(Self::from).map_err(|error| {
                D::Error::custom(format_args!("the body's base64 is broken: {error}"))
            }),
            (None, None) | (Some(_), Some(_)) => {
                Err(D::Error::custom("a body has either `text` or `base64`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(body: &Body) -> String {
        serde_json::to_string(body).unwrap()
    }

    #[test]
    fn text_is_recorded_as_text_and_the_rest_as_base64() {
        assert_eq!(recorded(&"ü".to_owned().into()), r#"{"text":"ü"}"#);
        assert_eq!(recorded(&vec![0xff, 0xfe].into()), r#"{"base64":"//4="}"#);
        for body in [
            Body::from("ü".to_owned()),
            vec![0xff, 0xfe].into(),
            Body::default(),
        ] {
            assert_eq!(
                serde_json::from_str::<Body>(&recorded(&body)).unwrap(),
                body
            );
        }
    }

    #[test]
    fn what_may_be_named_is_named_or_escaped() {
        // body, whether it may name `links`
        let table = [
            (r#"{"links":1}"#, true),
            (r#"{"a":{"l\u0069nks":1}}"#, true),
            (r#"{"link":1}"#, false),
            ("", false),
        ];
        for (body, expected) in table {
            assert_eq!(Body::from(body.to_owned()).may_name("links"), expected);
        }
    }

    #[test]
    fn a_cut_goes_between_characters_and_is_disclosed() {
        let body = Body::from(format!("{}üü", "x".repeat(RECORDED_BYTES - 1)));
        let record: Recorded = serde_json::from_str(&recorded(&body)).unwrap();
        assert_eq!(record.length, Some(body.len()));
        assert_eq!(record.text.unwrap().len(), RECORDED_BYTES - 1);
        assert_eq!(record.sha256, Some(sha256(body.bytes())));
    }
}
