//! Reads bodies: each part knows its place, so that a refusal can name it.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::Refusal;
use crate::profile::Flow;

/// A part of a body with its place in it: `data.payments[2].status`.
#[derive(Clone, Debug)]
pub(super) struct Part<'b> {
    value: &'b Value,
    place: String,
}

impl<'b> Part<'b> {
    /// The whole body.
    pub(super) fn whole(body: &'b Value) -> Self {
        Self {
            value: body,
            place: String::new(),
        }
    }

    /// The member `data` of the whole body, an object.
    pub(super) fn data(body: &'b Value) -> Result<Self, Refusal> {
        let data = Self::whole(body).need("data")?;
        data.object()?;
        Ok(data)
    }

    pub(super) fn place(&self) -> &str {
        if self.place.is_empty() {
            "the body"
        } else {
            &self.place
        }
    }

    pub(super) fn value(&self) -> &'b Value {
        self.value
    }

    pub(super) fn refuse(&self, message: impl AsRef<str>) -> Refusal {
        Refusal::invalid_body(self.place(), message)
    }

    pub(super) fn object(&self) -> Result<&'b Map<String, Value>, Refusal> {
        self.value
            .as_object()
            .ok_or_else(|| self.refuse("is not an object"))
    }

    /// The member called `name`, if it is there and not null.
    pub(super) fn member(&self, name: &str) -> Result<Option<Self>, Refusal> {
        Ok(self
            .object()?
            .get(name)
            .filter(|value| !value.is_null())
            .map(|value| Self {
                value,
                place: match self.place.as_str() {
                    "" => name.to_owned(),
                    place => format!("{place}.{name}"),
                },
            }))
    }

    /// The member called `name`.
    pub(super) fn need(&self, name: &str) -> Result<Self, Refusal> {
        self.member(name)?
            .ok_or_else(|| self.refuse(format!("lacks `{name}`")))
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, Refusal> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.refuse("is not a list"))?;
        Ok(items
            .iter()
            .enumerate()
            .map(|(index, value)| Self {
                value,
                place: format!("{}[{index}]", self.place),
            })
            .collect())
    }

    /// A text with something in it.
    pub(super) fn text(&self) -> Result<&'b str, Refusal> {
        self.value
            .as_str()
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| self.refuse("is not a text"))
    }

    pub(super) fn id(&self) -> Result<Uuid, Refusal> {
        self.text()?
            .parse()
            .map_err(|_| self.refuse("is not a UUID"))
    }

    /// A state of `flow`.
    pub(super) fn status(&self, flow: &Flow) -> Result<&'b str, Refusal> {
        let status = self.text()?;
        if flow.is_known(status) {
            return Ok(status);
        }
        let known: Vec<_> = flow.states().collect();
        Err(self.refuse(format!(
            "`{status}` is not a status; use one of {}",
            known.join(", ")
        )))
    }

    /// A date, or a date with time and offset (RFC 3339).
    pub(super) fn date(&self) -> Result<&'b str, Refusal> {
        let text = self.text()?;
        let is_date = text.parse::<jiff::Timestamp>().is_ok()
            || (text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok());
        if is_date {
            Ok(text)
        } else {
            Err(self.refuse("is not a date of RFC 3339"))
        }
    }

    /// Additional data: texts or nulls by name (announcement of 2022-03-04).
    pub(super) fn additional_data(&self) -> Result<Value, Refusal> {
        for (name, value) in self.object()? {
            if !value.is_string() && !value.is_null() {
                return Err(self.refuse(format!("`{name}` is neither a text nor null")));
            }
        }
        Ok(self.value.clone())
    }

    /// Links: `authorise` with an absolute URL and its validity. The names of the first 18 days of
    /// July 2021 are refused (announcement of 2021-07-26).
    pub(super) fn links(&self) -> Result<&'b Map<String, Value>, Refusal> {
        let links = self.object()?;
        self.refuse_retired_names()?;
        self.dates(["authoriseIssuedAt", "authoriseExpiresAt"])?;
        if let Some(authorise) = self.member("authorise")? {
            authorise.refuse_retired_names()?;
            let href = authorise.need("href")?;
            if !href
                .text()?
                .parse::<url::Url>()
                .is_ok_and(|url| url.has_host())
            {
                return Err(href.refuse("is not an absolute URL"));
            }
            authorise.dates(["authoriseIssuedAt", "authoriseExpiresAt"])?;
        }
        Ok(links)
    }

    fn dates(&self, names: [&str; 2]) -> Result<(), Refusal> {
        for name in names {
            if let Some(date) = self.member(name)? {
                date.date()?;
            }
        }
        Ok(())
    }

    fn refuse_retired_names(&self) -> Result<(), Refusal> {
        for (retired, now) in [
            ("issuedAt", "authoriseIssuedAt"),
            ("expiresAt", "authoriseExpiresAt"),
        ] {
            if self.member(retired)?.is_some() {
                return Err(self.refuse(format!("`{retired}` is now called `{now}`")));
            }
        }
        Ok(())
    }

    /// A text of at most `limit` characters, where the member is there.
    pub(super) fn short(&self, name: &str, limit: u32) -> Result<(), Refusal> {
        let Some(text) = self.member(name)? else {
            return Ok(());
        };
        let count = text.text()?.chars().count();
        if u32::try_from(count).is_ok_and(|count| count <= limit) {
            Ok(())
        } else {
            Err(text.refuse(format!("has {count} characters, {limit} are allowed")))
        }
    }
}
