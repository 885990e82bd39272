//! JSON whose texts are redacted while it is written, so that no document is built in between.
//!
//! The same bytes come out as from a document that is built, redacted text by text, and written
//! without spaces. Names and the values of the fields of [`FORM`] are left as they are.

use std::fmt::{self, Display, Write as _};

use serde::{Serialize, ser};

use super::censor::{self, Censor};
use super::recorder::FORM;

/// Writes one value.
pub(super) struct Json<'a> {
    out: &'a mut Vec<u8>,
    censor: &'a mut Censor,
    /// Where a text that has to be made first is made.
    scratch: &'a mut String,
    place: Place,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It is the value of a field of the format.
    Form,
    /// It is any other value.
    Value,
}

/// A value has no JSON.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct JsonError(String);

impl ser::Error for JsonError {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl<'a> Json<'a> {
    pub(super) fn new(
        out: &'a mut Vec<u8>,
        censor: &'a mut Censor,
        scratch: &'a mut String,
    ) -> Self {
        Self {
            out,
            censor,
            scratch,
            place: Place::Value,
        }
    }

    fn plain(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: impl Display) -> Result<(), JsonError> {
        self.scratch.clear();
        write!(self.scratch, "{number}").map_err(ser::Error::custom)?;
        self.out.extend_from_slice(self.scratch.as_bytes());
        Ok(())
    }

    fn text(&mut self, text: &str) {
        match self.place {
            Place::Form => censor::write(text, self.out),
            Place::Value => self.censor.write(text, self.out),
        }
    }

    /// The name of a field, and its value.
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), JsonError> {
        censor::write(name, self.out);
        self.plain(":");
        self.place_of(name);
        self.value(value)
    }

    /// A value whose place is known.
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
        value.serialize(&mut *self)?;
        self.place = Place::Value;
        Ok(())
    }

    /// The next value is that of the field `name`.
    fn place_of(&mut self, name: &str) {
        self.place = if FORM.contains(&name) {
            Place::Form
        } else {
            Place::Value
        };
    }

    fn open<'b>(&'b mut self, opening: &str, closing: &'static str) -> Compound<'b, 'a> {
        self.plain(opening);
        self.place = Place::Value;
        Compound {
            json: self,
            separator: "",
            closing,
        }
    }

    fn open_variant<'b>(
        &'b mut self,
        variant: &str,
        opening: &str,
        closing: &'static str,
    ) -> Compound<'b, 'a> {
        self.plain("{");
        censor::write(variant, self.out);
        self.plain(":");
        self.open(opening, closing)
    }
}

/// A list or an object that is being written.
pub(super) struct Compound<'b, 'a> {
    json: &'b mut Json<'a>,
    /// What stands before the next part.
    separator: &'static str,
    closing: &'static str,
}

impl Compound<'_, '_> {
    fn separate(&mut self) {
        self.json.plain(self.separator);
        self.separator = ",";
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
        self.separate();
        self.json.value(value)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), JsonError> {
        self.separate();
        self.json.field(name, value)
    }

    fn close(self) {
        self.json.plain(self.closing);
    }
}

macro_rules! numbers {
    ($($method:ident: $number:ty),*) => {
        $(fn $method(self, number: $number) -> Result<(), JsonError> {
            self.number(number)
        })*
    };
}

impl<'b, 'a> ser::Serializer for &'b mut Json<'a> {
    type Ok = ();
    type Error = JsonError;
    type SerializeSeq = Compound<'b, 'a>;
    type SerializeTuple = Compound<'b, 'a>;
    type SerializeTupleStruct = Compound<'b, 'a>;
    type SerializeTupleVariant = Compound<'b, 'a>;
    type SerializeMap = Compound<'b, 'a>;
    type SerializeStruct = Compound<'b, 'a>;
    type SerializeStructVariant = Compound<'b, 'a>;

    numbers!(
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128
    );

    fn serialize_f32(self, number: f32) -> Result<(), JsonError> {
        serde_json::to_writer(&mut *self.out, &number).map_err(ser::Error::custom)
    }

    fn serialize_f64(self, number: f64) -> Result<(), JsonError> {
        serde_json::to_writer(&mut *self.out, &number).map_err(ser::Error::custom)
    }

    fn serialize_char(self, character: char) -> Result<(), JsonError> {
        self.text(character.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), JsonError> {
        self.text(text);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), JsonError> {
        let mut scratch = std::mem::take(self.scratch);
        scratch.clear();
        let made = write!(scratch, "{value}");
        match self.place {
            Place::Form => censor::write(&scratch, self.out),
            // Mostly a moment, which does not come again.
            Place::Value => self.censor.write_once(&scratch, self.out),
        }
        *self.scratch = scratch;
        made.map_err(|fmt::Error| JsonError("a value cannot be shown".into()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), JsonError> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), JsonError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), JsonError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), JsonError> {
        self.plain("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), JsonError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), JsonError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), JsonError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), JsonError> {
        self.plain("{");
        self.field(variant, value)?;
        self.plain("}");
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'b, 'a>, JsonError> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Compound<'b, 'a>, JsonError> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Compound<'b, 'a>, JsonError> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'b, 'a>, JsonError> {
        Ok(self.open_variant(variant, "[", "]}"))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Compound<'b, 'a>, JsonError> {
        Ok(self.open("{", "}"))
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Compound<'b, 'a>, JsonError> {
        Ok(self.open("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'b, 'a>, JsonError> {
        Ok(self.open_variant(variant, "{", "}}"))
    }
}

macro_rules! lists {
    ($($list:ident::$method:ident),*) => {
        $(impl ser::$list for Compound<'_, '_> {
            type Ok = ();
            type Error = JsonError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
                self.item(value)
            }

            fn end(self) -> Result<(), JsonError> {
                self.close();
                Ok(())
            }
        })*
    };
}

lists!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! objects {
    ($($object:ident),*) => {
        $(impl ser::$object for Compound<'_, '_> {
            type Ok = ();
            type Error = JsonError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), JsonError> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), JsonError> {
                self.close();
                Ok(())
            }
        })*
    };
}

objects!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = JsonError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), JsonError> {
        self.separate();
        let json = &mut *self.json;
        let start = json.out.len();
        serde_json::to_writer(&mut *json.out, key).map_err(ser::Error::custom)?;
        // No name of the format needs escapes.
        let name = json.out[start..]
            .strip_prefix(b"\"")
            .and_then(|name| name.strip_suffix(b"\""))
            .ok_or_else(|| JsonError("a name is no text".into()))?;
        json.place = if FORM.iter().any(|form| form.as_bytes() == name) {
            Place::Form
        } else {
            Place::Value
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
        self.json.plain(":");
        self.json.value(value)
    }

    fn end(self) -> Result<(), JsonError> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::base::redact_texts;

    #[derive(Serialize)]
    enum Kind {
        Unit,
        One(Option<char>),
        Two(u8, String),
        Named { kind: String, own: f64 },
    }

    #[derive(Serialize)]
    struct Everything {
        kind: Kind,
        list: Vec<Kind>,
        numbers: (bool, i64, u128, f32),
        unit: (),
        outcome: Vec<String>,
        map: BTreeMap<String, Value>,
        #[serde(flatten)]
        rest: BTreeMap<String, Option<String>>,
    }

    #[test]
    fn every_form_of_value_is_written_as_a_redacted_document_is() {
        let everything = Everything {
            kind: Kind::Named {
                kind: "form".into(),
                own: 0.5,
            },
            list: vec![
                Kind::Unit,
                Kind::One(Some('f')),
                Kind::One(None),
                Kind::Two(7, "form".into()),
            ],
            numbers: (true, -7, 7, 1.5),
            unit: (),
            outcome: vec!["form".into()],
            map: [
                ("a \"form\"".into(), Value::from("form")),
                ("level".into(), Value::from("form")),
                ("end".into(), serde_json::json!(["form", {"end": "form"}])),
            ]
            .into(),
            rest: [
                ("kind".to_owned() + "s", Some("form".into())),
                ("time".into(), Some("form".into())),
                ("none".into(), None),
            ]
            .into(),
        };
        let redact = |text: &str| text.to_uppercase();
        let mut document = serde_json::to_value(&everything).unwrap();
        redact_texts(&mut document, &redact, &FORM);
        let mut out = Vec::new();
        let mut censor = Censor::new(Arc::new(redact));
        let mut scratch = String::new();
        everything
            .serialize(&mut Json::new(&mut out, &mut censor, &mut scratch))
            .unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), document.to_string());
    }

    #[test]
    fn a_name_that_is_no_text_is_refused() {
        let map = BTreeMap::from([(1, 2)]);
        let mut censor = Censor::new(Arc::new(str::to_owned));
        let error = map
            .serialize(&mut Json::new(
                &mut Vec::new(),
                &mut censor,
                &mut String::new(),
            ))
            .unwrap_err();
        assert_eq!(error.to_string(), "a name is no text");
    }
}
