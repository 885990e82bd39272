//! What a text is to Postman: by where it stands.

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The value of a variable.
    Variable,
    /// The value of a variable whose type is `secret`.
    SecretVariable,
    /// A parameter of an authorisation.
    Authorisation,
    /// A header of a request.
    Header,
    /// A header or cookie of a saved answer.
    AnswerHeader,
    /// A parameter of a query.
    Query,
    /// A URL.
    Url,
    /// A field of a form.
    Form,
    /// The body of a request.
    Body,
    /// A script.
    Script,
    /// The body of a saved answer.
    Answer,
    /// A description.
    Prose,
    /// A file that is no JSON.
    Text,
    /// Any other member of a JSON document.
    Member,
}

/// Where a reader is in a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surrounding {
    dialect: Dialect,
    spot: Spot,
    side: Side,
}

/// Whose names the members of a document have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Postman,
    Other,
}

/// Whether a request or a saved answer is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Request,
    Answer,
}

impl Surrounding {
    /// The root of a document.
    pub(super) fn root(document: &serde_json::Value) -> Self {
        let inner = document
            .get("collection")
            .or_else(|| document.get("environment"));
        let postman = [Some(document), inner]
            .into_iter()
            .flatten()
            .any(is_postman);
        Self {
            dialect: if postman {
                Dialect::Postman
            } else {
                Dialect::Other
            },
            spot: Spot::Member,
            side: Side::Request,
        }
    }

    pub(super) fn spot(self) -> Spot {
        self.spot
    }

    pub(super) fn joins_lines(self) -> bool {
        self.spot == Spot::Script
    }

    pub(super) fn is_url(self) -> bool {
        self.spot == Spot::Url
    }

    fn at(self, spot: Spot) -> Self {
        Self { spot, ..self }
    }

    /// At the value of a pair whose `type` is that.
    pub(super) fn of_pair(self, kind: Option<&str>, pair: Option<&str>) -> Self {
        match (self.spot, pair, kind) {
            (Spot::Variable, Some(_), Some("secret")) => self.at(Spot::SecretVariable),
            _ => self,
        }
    }

    /// The same where the member is a text: a request may be its URL alone.
    pub(super) fn entering_text(self, name: &str, raw: Option<&str>) -> Option<Self> {
        if name == "request" && self.dialect == Dialect::Postman && self.spot == Spot::Member {
            return Some(self.at(Spot::Url));
        }
        self.entering(name, raw)
    }

    /// In the member `name` of an object; none where what stands there stands elsewhere too: `raw`
    /// is the whole of a URL whose parts follow.
    pub(super) fn entering(self, name: &str, raw: Option<&str>) -> Option<Self> {
        if self.dialect == Dialect::Other {
            return Some(self);
        }
        if self.spot == Spot::Url {
            return match name {
                "query" if raw.is_some_and(|raw| raw.contains('?')) => None,
                "query" => Some(self.at(Spot::Query)),
                "variable" => Some(self.at(Spot::Variable)),
                "raw" => Some(self),
                "description" => Some(self.at(Spot::Prose)),
                _ => raw.is_none().then(|| self.at(Spot::Member)),
            };
        }
        let spot = match (name, self.side) {
            ("description" | "documentation", _) => Spot::Prose,
            ("variable" | "values", _) if self.spot == Spot::Member => Spot::Variable,
            ("auth", _) => Spot::Authorisation,
            ("header" | "cookie", Side::Answer) => Spot::AnswerHeader,
            ("header", Side::Request) => Spot::Header,
            ("url", _) if self.spot == Spot::Member => Spot::Url,
            ("script" | "exec", _) => Spot::Script,
            ("body", Side::Answer) => Spot::Answer,
            ("body", Side::Request) => Spot::Body,
            ("urlencoded" | "formdata", _) if self.spot == Spot::Body => Spot::Form,
            ("response" | "responses", _) if self.spot == Spot::Member => {
                return Some(Self {
                    side: Side::Answer,
                    ..self
                });
            }
            ("originalRequest", _) => {
                return Some(Self {
                    side: Side::Request,
                    spot: Spot::Member,
                    ..self
                });
            }
            _ => self.spot,
        };
        Some(self.at(spot))
    }
}

/// Whether a document is a collection, an environment or globals.
fn is_postman(document: &serde_json::Value) -> bool {
    let has_schema = document.pointer("/info/schema").is_some();
    let has_items = document
        .get("item")
        .is_some_and(serde_json::Value::is_array);
    let values = document.get("values").and_then(serde_json::Value::as_array);
    let has_values = values.is_some_and(|values| {
        document.get("_postman_variable_scope").is_some()
            || values.iter().any(|value| value.get("key").is_some())
    });
    has_schema || has_items || has_values
}
