//! Which endpoint a request calls.

use ecow::{EcoString, eco_format};

use super::ResourceKind;
use crate::exchange::Request;
use crate::profile::Profile;

/// Which API a request calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Where tokens are issued.
    Identity,
    /// The Provider API and the Provider messaging API.
    Provider,
    /// The Consumer API and the Consumer messaging API.
    Consumer,
    /// Something that the profile does not name.
    Elsewhere,
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new token.
    Token,
    /// A new subscription or batch.
    Creation(ResourceKind),
    /// Reading or updating a subscription or a batch.
    Resource(ResourceKind, EcoString),
    /// Anything else.
    Other,
}

/// The endpoint that a request calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Of which API.
    pub api: Api,
    /// What for.
    pub purpose: Purpose,
    /// Method and path with the ids replaced by their names:
    /// `PATCH /api-provider-v1/batchpayments/{batchId}`.
    pub operation: EcoString,
}

impl Endpoint {
    /// The endpoint that `request` calls, by the paths of `profile`.
    #[must_use]
    pub fn of(request: &Request, profile: &Profile) -> Self {
        let path = request.path();
        let paths = &profile.paths;
        let places = [
            (Api::Provider, paths.provider_messaging.value.as_str()),
            (Api::Provider, paths.provider_api.value.as_str()),
            (Api::Consumer, paths.consumer_messaging.value.as_str()),
            (Api::Consumer, paths.consumer_api.value.as_str()),
        ];
        if path == paths.token.value {
            return Self {
                api: Api::Identity,
                purpose: if request.method == "POST" {
                    Purpose::Token
                } else {
                    Purpose::Other
                },
                operation: eco_format!("{} {path}", request.method),
            };
        }
        for (api, base) in places {
            let Some(rest) = path.strip_prefix(base) else {
                continue;
            };
            if rest.is_empty() || rest.starts_with('/') {
                let segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
                let purpose = purpose(api, &request.method, &segments);
                return Self {
                    api,
                    purpose,
                    operation: eco_format!("{} {base}{}", request.method, template(&segments)),
                };
            }
        }
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        Self {
            api: Api::Elsewhere,
            purpose: Purpose::Other,
            operation: eco_format!("{} {}", request.method, template(&segments)),
        }
    }
}

fn purpose(api: Api, method: &str, segments: &[&str]) -> Purpose {
    match (api, method, segments) {
        (_, "GET" | "PATCH", ["subscriptions", id]) => {
            Purpose::Resource(ResourceKind::Subscription, (*id).into())
        }
        (_, "GET" | "PATCH", ["batchpayments", id]) => {
            Purpose::Resource(ResourceKind::Batch, (*id).into())
        }
        (Api::Consumer, "POST", ["subscriptions", "organisations", _, "subscriptions"]) => {
            Purpose::Creation(ResourceKind::Subscription)
        }
        (Api::Consumer, "POST", ["batchpayments"]) => Purpose::Creation(ResourceKind::Batch),
        _ => Purpose::Other,
    }
}

/// The path of `segments` with each id replaced by what stands before it: `/batchpayments/{batchId}`.
fn template(segments: &[&str]) -> String {
    let mut path = String::new();
    let mut before = "";
    for segment in segments {
        let name = match before {
            "subscriptions" if *segment != "organisations" => Some("{subscriptionId}"),
            "batchpayments" => Some("{batchId}"),
            "providers" => Some("{providerId}"),
            "organisations" => Some("{organisationId}"),
            _ if is_id(segment) => Some("{id}"),
            _ => None,
        };
        path.push('/');
        path.push_str(name.unwrap_or(segment));
        before = segment;
    }
    if path.is_empty() {
        "/".to_owned()
    } else {
        path
    }
}

/// Whether a segment looks like an id rather than a name.
fn is_id(segment: &str) -> bool {
    uuid::Uuid::try_parse(segment).is_ok()
        || (!segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Body, Headers};

    #[test]
    fn endpoints_are_told_apart_by_the_paths_of_the_profile() {
        use ResourceKind::{Batch, Subscription};
        let batch = |id: &str| Purpose::Resource(Batch, id.into());
        let subscription = |id: &str| Purpose::Resource(Subscription, id.into());
        let uuid = "3d2a9f40-6a1c-4d55-9f0b-7f6f0c1d2e3a";
        let table = [
            (
                "POST",
                "/oauth/token",
                Api::Identity,
                Purpose::Token,
                "/oauth/token",
            ),
            (
                "GET",
                "/oauth/token",
                Api::Identity,
                Purpose::Other,
                "/oauth/token",
            ),
            (
                "PATCH",
                "/api-provider-v1/batchpayments/b-1?x=1",
                Api::Provider,
                batch("b-1"),
                "/api-provider-v1/batchpayments/{batchId}",
            ),
            (
                "GET",
                "/api-provider-v1/subscriptions/s-1",
                Api::Provider,
                subscription("s-1"),
                "/api-provider-v1/subscriptions/{subscriptionId}",
            ),
            (
                "GET",
                "/v3/subscriptions/s-1",
                Api::Consumer,
                subscription("s-1"),
                "/v3/subscriptions/{subscriptionId}",
            ),
            (
                "POST",
                "/v3/subscriptions/organisations/o-1/subscriptions",
                Api::Consumer,
                Purpose::Creation(Subscription),
                "/v3/subscriptions/organisations/{organisationId}/subscriptions",
            ),
            (
                "POST",
                "/v3/batchpayments",
                Api::Consumer,
                Purpose::Creation(Batch),
                "/v3/batchpayments",
            ),
            (
                "POST",
                "/api-provider-msg-v1/creditorputs",
                Api::Provider,
                Purpose::Other,
                "/api-provider-msg-v1/creditorputs",
            ),
            (
                "POST",
                "/api/msg-v1/creditorputs",
                Api::Consumer,
                Purpose::Other,
                "/api/msg-v1/creditorputs",
            ),
            (
                "GET",
                "/api-provider-v10/x",
                Api::Elsewhere,
                Purpose::Other,
                "/api-provider-v10/x",
            ),
            (
                "GET",
                &format!("/other/{uuid}/7"),
                Api::Elsewhere,
                Purpose::Other,
                "/other/{id}/{id}",
            ),
        ];
        let profile = Profile::built_in();
        for (method, path, api, purpose, template) in table {
            let request = Request {
                method: method.into(),
                url: format!("https://host.invalid{path}"),
                headers: Headers::new(),
                body: Body::default(),
            };
            let expected = Endpoint {
                api,
                purpose,
                operation: eco_format!("{method} {template}"),
            };
            assert_eq!(
                Endpoint::of(&request, &profile),
                expected,
                "{method} {path}"
            );
        }
    }
}
