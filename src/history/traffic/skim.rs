//! Reads of an answer what it tells of states, and builds nothing of the rest.
//!
//! What is accepted as JSON is what [`serde_json::Value`] accepts, and of members with the same name
//! the last one counts, as there.

use std::borrow::Cow;
use std::fmt;

use ecow::EcoString;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// What stands in the `data` of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Skimmed {
    /// The text of the member that was asked for.
    pub(super) id: Option<EcoString>,
    /// `status`.
    pub(super) status: Option<EcoString>,
    /// `defaultStatus`.
    pub(super) default: Option<EcoString>,
    /// `paymentId` and `status` of each of the `payments` that has an id.
    pub(super) payments: Vec<(EcoString, Option<EcoString>)>,
}

impl Skimmed {
    /// What `bytes` tell, with the id in the member `id`; none where they are no JSON.
    pub(super) fn of(bytes: &[u8], id: &'static str) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let body = Object(Body { id, data: None }).deserialize(&mut json);
        let body = body.ok()?;
        json.end().ok()?;
        Some(body.and_then(|body| body.data).unwrap_or_default())
    }
}

/// What takes what it needs of the members of an object.
trait Members {
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

struct Body {
    id: &'static str,
    data: Option<Skimmed>,
}

impl Members for Body {
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        if name != "data" {
            return map.next_value().map(|Skipped| ());
        }
        let data = Object(Data {
            id: self.id,
            told: Skimmed::default(),
        });
        self.data = map.next_value_seed(data)?.map(|data| data.told);
        Ok(())
    }
}

struct Data {
    id: &'static str,
    told: Skimmed,
}

impl Members for Data {
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "status" => self.told.status = map.next_value_seed(Text)?,
            "defaultStatus" => self.told.default = map.next_value_seed(Text)?,
            "payments" => self.told.payments = map.next_value_seed(Payments)?,
            _ if name == self.id => self.told.id = map.next_value_seed(Text)?,
            _ => map.next_value().map(|Skipped| ())?,
        }
        Ok(())
    }
}

#[derive(Default)]
struct Payment {
    id: Option<EcoString>,
    status: Option<EcoString>,
}

impl Members for Payment {
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "paymentId" => self.id = map.next_value_seed(Text)?,
            "status" => self.status = map.next_value_seed(Text)?,
            _ => map.next_value().map(|Skipped| ())?,
        }
        Ok(())
    }
}

/// The name of a member.
#[derive(Deserialize)]
struct Name<'n>(#[serde(borrow)] Cow<'n, str>);

/// Values that are not what is wanted: they are read and forgotten.
macro_rules! forgotten {
    ($($method:ident: $value:ty),*) => {
        $(fn $method<E>(self, _: $value) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })*
    };
}

macro_rules! forgotten_scalars {
    () => {
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("any JSON value")
        }

        forgotten!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

macro_rules! forgotten_list {
    () => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<Skipped>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

macro_rules! forgotten_object {
    () => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_key::<Name<'de>>()?.is_some() {
                map.next_value().map(|Skipped| ())?;
            }
            Ok(Self::Value::default())
        }
    };
}

macro_rules! seed {
    ([$($member:ident)?] $seed:ty => $value:ty) => {
        impl<'de $(, $member: Members)?> DeserializeSeed<'de> for $seed {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<$value, D::Error> {
                json.deserialize_any(self)
            }
        }
    };
}

/// The members of an object; none of anything else.
struct Object<M>(M);

seed!([M] Object<M> => Option<M>);

impl<'de, M: Members> Visitor<'de> for Object<M> {
    type Value = Option<M>;

    forgotten_scalars!();
    forgotten!(visit_str: &str);
    forgotten_list!();

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            self.0.take(&name, &mut map)?;
        }
        Ok(Some(self.0))
    }
}

/// A text; none of anything else.
struct Text;

seed!([] Text => Option<EcoString>);

impl<'de> Visitor<'de> for Text {
    type Value = Option<EcoString>;

    forgotten_scalars!();
    forgotten_list!();
    forgotten_object!();

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }
}

/// The payments of a list; none of anything else.
struct Payments;

seed!([] Payments => Vec<(EcoString, Option<EcoString>)>);

impl<'de> Visitor<'de> for Payments {
    type Value = Vec<(EcoString, Option<EcoString>)>;

    forgotten_scalars!();
    forgotten!(visit_str: &str);
    forgotten_object!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut payments = Vec::new();
        while let Some(payment) = list.next_element_seed(Object(Payment::default()))? {
            if let Some(Payment {
                id: Some(id),
                status,
            }) = payment
            {
                payments.push((id, status));
            }
        }
        Ok(payments)
    }
}

/// A value of which nothing is wanted.
#[derive(Default)]
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Skipped)
    }
}

impl<'de> Visitor<'de> for Skipped {
    type Value = Self;

    forgotten_scalars!();
    forgotten!(visit_str: &str);
    forgotten_list!();
    forgotten_object!();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// The same, of a document.
    fn reference(bytes: &[u8]) -> Option<Skimmed> {
        let body: Value = serde_json::from_slice(bytes).ok()?;
        let text = |value: &Value| value.as_str().map(EcoString::from);
        let data = &body["data"];
        let payments = data["payments"].as_array().into_iter().flatten();
        Some(Skimmed {
            id: text(&data["batchId"]),
            status: text(&data["status"]),
            default: text(&data["defaultStatus"]),
            payments: payments
                .filter_map(|item| Some((text(&item["paymentId"])?, text(&item["status"]))))
                .collect(),
        })
    }

    #[test]
    fn what_is_odd_is_told_as_of_a_document() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for body in [
            "",
            "null",
            "\"data\"",
            "[1]",
            "{}x",
            "{} ",
            r#"{"data":null}"#,
            r#"{"data":{"batchId":"a","batchId":"b","status":"x","status":1}}"#,
            r#"{"data":{"status":"x"},"data":{"batchId":"b"}}"#,
            r#"{"data":{"status":"x"},"data":7}"#,
            r#"{"d\u0061ta":{"st\u0061tus":"\u00fc\n"}}"#,
            r#"{"data":{"payments":[{"paymentId":"p"},{"paymentId":1},7,{"status":"s"},[]]}}"#,
            r#"{"data":{"payments":[{"paymentId":"p"}],"payments":{}}}"#,
            r#"{"data":{"other":1e999}}"#,
            r#"{"data":{"other":"\ud800"}}"#,
            r#"{"data":{"other":[true,null,-1,1.5,{"a":{"b":[]}}],"status":"x"}}"#,
            r#"{"data":{"status":"x"}"#,
            &format!(r#"{{"a":{}}}"#, deep(126)),
            &format!(r#"{{"a":{}}}"#, deep(127)),
        ] {
            let skimmed = Skimmed::of(body.as_bytes(), "batchId");
            assert_eq!(skimmed, reference(body.as_bytes()), "{body}");
        }
        assert_eq!(Skimmed::of(b"{\"a\":\"\xff\"}", "batchId"), None);
    }

    const ATOMS: [&str; 16] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"data\"",
        "\"status\"",
        "\"payments\"",
        "\"paymentId\"",
        "\"batchId\"",
        "\"x\"",
        "1",
        "null",
        "{\"data\":{",
        "\"defaultStatus\":\"y\"",
    ];

    proptest! {
        #[test]
        fn what_is_skimmed_is_what_a_document_tells(
            atoms in prop::collection::vec(0..ATOMS.len(), 0..24),
        ) {
            let body: String = atoms.iter().map(|atom| ATOMS[*atom]).collect();
            prop_assert_eq!(Skimmed::of(body.as_bytes(), "batchId"), reference(body.as_bytes()));
        }
    }
}
