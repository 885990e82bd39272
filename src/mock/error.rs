//! Why a request is refused, and the one shape in which the platform says so.

use serde_json::json;

use super::answer;
use crate::exchange::Response;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Headers that belong to it: `Allow`, `Retry-After`, `WWW-Authenticate`.
    pub(super) headers: Vec<(&'static str, String)>,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `{"error":{"code","message","path","correlationId"}}`
    Platform,
    /// `{"error","error_description"}` (RFC 6749 §5.2)
    OAuth,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            headers: Vec::new(),
            shape: Shape::Platform,
        }
    }

    /// A refusal of the token endpoint.
    pub(super) fn oauth(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            shape: Shape::OAuth,
            ..Self::new(status, code, message)
        }
    }

    pub(super) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    /// 400: `place` in the body is wrong.
    pub(super) fn invalid_body(place: &str, message: impl AsRef<str>) -> Self {
        Self::new(400, "InvalidBody", format!("{place}: {}", message.as_ref()))
    }

    /// 404: there is no such thing.
    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::new(404, "NotFound", format!("there is no {what} {id}"))
    }

    /// 403: the thing belongs to somebody else.
    pub(super) fn foreign(what: &str, id: &str) -> Self {
        Self::new(
            403,
            "ForeignId",
            format!("the {what} {id} is not one of yours"),
        )
    }

    /// The answer; `path` is that of the request.
    pub(super) fn into_response(self, path: &str, correlation_id: &str) -> Response {
        let body = match self.shape {
            Shape::Platform => json!({"error": {
                "code": self.code,
                "message": self.message,
                "path": path,
                "correlationId": correlation_id,
            }}),
            Shape::OAuth => json!({"error": self.code, "error_description": self.message}),
        };
        let mut response = answer::json(self.status, &body);
        for (name, value) in self.headers {
            response.headers.push(name, value);
        }
        response
    }
}
