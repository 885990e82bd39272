//! What scripts ask of the run while they run.

use std::pin::Pin;

use serde_json::Value;

use super::ScriptResponse;

/// The run, as a script reaches it.
pub trait ScriptHost {
    /// Sends the request of `pm.sendRequest`. `request` is the Postman SDK's JSON with the URL in
    /// object form: `{url, method, header, body}`. Several may be under way at once.
    fn send(
        &self,
        request: Value,
    ) -> Pin<Box<dyn Future<Output = Result<ScriptResponse, SendError>> + '_>>;

    /// Answers `pm.cookies.jar()`.
    fn cookies(&self, call: CookieCall) -> CookieReply;

    /// The vault's secret called `name`.
    fn vault(&self, name: &str) -> Option<String>;
}

/// Why `pm.sendRequest` brought no response. Scripts see it as an `Error`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SendError {
    /// The error's text, for example `connect ECONNREFUSED 127.0.0.1:1`.
    pub message: String,
    /// Node's code, for example `ECONNREFUSED`.
    pub code: Option<String>,
}

/// One call of a cookie jar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieCall {
    /// The cookie of this name that would be sent to the URL.
    Find {
        /// Where to.
        url: String,
        /// Its name.
        name: String,
    },
    /// All cookies that would be sent to the URL.
    All {
        /// Where to.
        url: String,
    },
    /// Set a cookie as if the URL had answered with it.
    Set {
        /// Where from.
        url: String,
        /// The value of a `Set-Cookie` header.
        cookie: String,
    },
    /// Remove the cookie of this name that would be sent to the URL.
    Unset {
        /// Where to.
        url: String,
        /// Its name.
        name: String,
    },
    /// Remove all cookies that would be sent to the URL.
    Clear {
        /// Where to.
        url: String,
    },
}

impl CookieCall {
    /// The call that the prelude wrote down.
    pub(super) fn read(json: &Value) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        let url = text("url")?;
        Some(match json.get("call")?.as_str()? {
            "find" => Self::Find {
                url,
                name: text("name")?,
            },
            "all" => Self::All { url },
            "set" => Self::Set {
                url,
                cookie: text("cookie")?,
            },
            "unset" => Self::Unset {
                url,
                name: text("name")?,
            },
            "clear" => Self::Clear { url },
            _ => return None,
        })
    }
}

/// The jar's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum CookieReply {
    /// The cookies found or set, as the Postman SDK writes them.
    Cookies(Vec<Value>),
    /// It is done.
    Done,
    /// It may not be done; the text of the script's `Error`.
    Refused(String),
}
