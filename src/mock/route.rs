//! Which endpoint a request is for.

use std::sync::Arc;

use super::error::Refusal;
use crate::profile::Paths;

/// What can be asked of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Token,
    GetProvider,
    PatchProvider,
    GetSubscription,
    PatchSubscription,
    GetBatch,
    PatchBatch,
    ProviderMessage,
    CreateSubscription,
    GetSubscriptionAsProduct,
    CreateBatch,
    GetBatchAsProduct,
    ListProviders,
    ProductMessage,
    /// The keys with which tokens are verified.
    GetKeys,
}

/// The endpoints that may share a bucket of the throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Token,
    ProviderApi,
    ProviderMessaging,
    ConsumerApi,
    ConsumerMessaging,
}

/// Whose credentials an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Nobody's.
    Everybody,
    /// A client id and secret.
    Client,
    Provider,
    Product,
}

impl Operation {
    pub(super) fn caller(self) -> Caller {
        match self {
            Self::GetKeys => Caller::Everybody,
            Self::Token => Caller::Client,
            Self::GetProvider
            | Self::PatchProvider
            | Self::GetSubscription
            | Self::PatchSubscription
            | Self::GetBatch
            | Self::PatchBatch
            | Self::ProviderMessage => Caller::Provider,
            Self::CreateSubscription
            | Self::GetSubscriptionAsProduct
            | Self::CreateBatch
            | Self::GetBatchAsProduct
            | Self::ListProviders
            | Self::ProductMessage => Caller::Product,
        }
    }

    /// Whether it takes a JSON body.
    pub(super) fn takes_body(self) -> bool {
        match self {
            Self::PatchProvider
            | Self::PatchSubscription
            | Self::PatchBatch
            | Self::ProviderMessage
            | Self::CreateSubscription
            | Self::CreateBatch
            | Self::ProductMessage => true,
            Self::Token
            | Self::GetProvider
            | Self::GetSubscription
            | Self::GetBatch
            | Self::GetSubscriptionAsProduct
            | Self::GetBatchAsProduct
            | Self::ListProviders
            | Self::GetKeys => false,
        }
    }

    /// With which endpoints it may share a bucket of the throttle.
    pub(super) fn group(self) -> Group {
        match self {
            Self::Token | Self::GetKeys => Group::Token,
            Self::GetProvider
            | Self::PatchProvider
            | Self::GetSubscription
            | Self::PatchSubscription
            | Self::GetBatch
            | Self::PatchBatch => Group::ProviderApi,
            Self::ProviderMessage => Group::ProviderMessaging,
            Self::CreateSubscription
            | Self::GetSubscriptionAsProduct
            | Self::CreateBatch
            | Self::GetBatchAsProduct
            | Self::ListProviders => Group::ConsumerApi,
            Self::ProductMessage => Group::ConsumerMessaging,
        }
    }
}

/// The messages that a provider sends.
const PROVIDER_MESSAGES: [&str; 7] = [
    "debtoraccountputs",
    "debtoraccountlistqueryresponses",
    "debtoraccountdeletes",
    "creditorputs",
    "creditorlistqueryresponses",
    "creditordeletes",
    "notifications",
];

/// The messages that a product sends.
const PRODUCT_MESSAGES: [&str; 6] = [
    "debtoraccountputs",
    "debtoraccountlistqueries",
    "debtoraccountdeletes",
    "creditorputs",
    "creditorlistqueries",
    "creditordeletes",
];

/// The endpoints of a platform.
#[derive(Clone, Debug)]
pub(super) struct Routes(Vec<Route>);

#[derive(Clone, Debug)]
struct Route {
    method: &'static str,
    /// None stands for the template's `{parameter}`.
    segments: Vec<Option<String>>,
    operation: Operation,
    /// `METHOD /path/{template}`; that of the endpoint proper where this is an alias.
    name: Arc<str>,
}

impl Route {
    fn new(method: &'static str, template: &str, operation: Operation, name: &str) -> Self {
        let segments = template
            .split('/')
            .map(|segment| (!segment.starts_with('{')).then(|| segment.to_owned()))
            .collect();
        Self {
            method,
            segments,
            operation,
            name: name.into(),
        }
    }
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) operation: Operation,
    /// `PATCH /api-provider-v1/batchpayments/{batchId}`.
    pub(super) name: Arc<str>,
    /// The id in the path, if the template has one.
    pub(super) id: Option<String>,
}

impl Routes {
    pub(super) fn new(paths: &Paths) -> Self {
        let provider = &paths.provider_api.value;
        let consumer = &paths.consumer_api.value;
        let fixed = [
            ("POST", paths.token.value.clone(), Operation::Token),
            (
                "GET",
                format!("{provider}/providers/{{providerId}}"),
                Operation::GetProvider,
            ),
            (
                "PATCH",
                format!("{provider}/providers/{{providerId}}"),
                Operation::PatchProvider,
            ),
            (
                "GET",
                format!("{provider}/subscriptions/{{subscriptionId}}"),
                Operation::GetSubscription,
            ),
            (
                "PATCH",
                format!("{provider}/subscriptions/{{subscriptionId}}"),
                Operation::PatchSubscription,
            ),
            (
                "GET",
                format!("{provider}/batchpayments/{{batchId}}"),
                Operation::GetBatch,
            ),
            (
                "PATCH",
                format!("{provider}/batchpayments/{{batchId}}"),
                Operation::PatchBatch,
            ),
            (
                "POST",
                format!("{consumer}/subscriptions/organisations/{{organisationId}}/subscriptions"),
                Operation::CreateSubscription,
            ),
            (
                "GET",
                format!("{consumer}/subscriptions/{{subscriptionId}}"),
                Operation::GetSubscriptionAsProduct,
            ),
            (
                "POST",
                format!("{consumer}/batchpayments"),
                Operation::CreateBatch,
            ),
            (
                "GET",
                format!("{consumer}/batchpayments/{{batchId}}"),
                Operation::GetBatchAsProduct,
            ),
            (
                "GET",
                format!("{consumer}/providers"),
                Operation::ListProviders,
            ),
        ];
        let mut routes: Vec<_> = fixed
            .into_iter()
            .map(|(method, template, operation)| {
                let name = format!("{method} {template}");
                Route::new(method, &template, operation, &name)
            })
            .collect();
        let messaging = &paths.provider_messaging.value;
        for message in PROVIDER_MESSAGES {
            // A guide gives the Provider API's own base path for messages.
            for base in [messaging, provider] {
                routes.push(Route::new(
                    "POST",
                    &format!("{base}/{message}"),
                    Operation::ProviderMessage,
                    &format!("POST {messaging}/{message}"),
                ));
            }
        }
        for message in PRODUCT_MESSAGES {
            let template = format!("{}/{message}", paths.consumer_messaging.value);
            let name = format!("POST {template}");
            routes.push(Route::new(
                "POST",
                &template,
                Operation::ProductMessage,
                &name,
            ));
        }
        let keys = &paths.key_set.value;
        let name = format!("GET {keys}");
        routes.push(Route::new("GET", keys, Operation::GetKeys, &name));
        Self(routes)
    }

    /// The names of all operations, each once.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.0.iter().map(|route| &*route.name).collect();
        names.dedup();
        names
    }

    /// Where a request goes; 404 or 405 if nowhere.
    pub(super) fn find(&self, method: &str, path: &str) -> Result<Destination, Refusal> {
        let mut allowed = Vec::new();
        for route in &self.0 {
            let id = match fit(&route.segments, path) {
                Fit::Not => continue,
                Fit::Plain => None,
                Fit::Parameter(id) => Some(id),
            };
            if route.method == method {
                return Ok(Destination {
                    operation: route.operation,
                    name: Arc::clone(&route.name),
                    id: id.map(str::to_owned),
                });
            }
            allowed.push(route.method);
        }
        if allowed.is_empty() {
            return Err(Refusal::new(
                404,
                "NoSuchEndpoint",
                format!("there is no endpoint {path}"),
            ));
        }
        let allow = allowed.join(", ");
        Err(Refusal::new(
            405,
            "MethodNotAllowed",
            format!("{method} is not allowed here; use {allow}"),
        )
        .with("allow", allow))
    }
}

/// How a path fits a template.
enum Fit<'p> {
    Not,
    Plain,
    /// With this in place of the template's `{parameter}`.
    Parameter(&'p str),
}

fn fit<'p>(template: &[Option<String>], path: &'p str) -> Fit<'p> {
    let mut fit = Fit::Plain;
    let mut segments = path.split('/');
    for expected in template {
        match (expected, segments.next()) {
            (None, Some(segment)) if !segment.is_empty() => fit = Fit::Parameter(segment),
            (Some(expected), Some(segment)) if segment == expected => {}
            (_, Some(_) | None) => return Fit::Not,
        }
    }
    if segments.next().is_some() {
        return Fit::Not;
    }
    fit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn routes() -> Routes {
        Routes::new(&Profile::built_in().paths)
    }

    #[test]
    fn a_request_finds_its_endpoint_and_id() {
        let found = routes()
            .find("PATCH", "/api-provider-v1/batchpayments/17")
            .unwrap();
        assert_eq!(found.operation, Operation::PatchBatch);
        assert_eq!(
            &*found.name,
            "PATCH /api-provider-v1/batchpayments/{batchId}"
        );
        assert_eq!(found.id.as_deref(), Some("17"));
    }

    #[test]
    fn messages_are_taken_under_both_base_paths() {
        for base in ["/api-provider-msg-v1", "/api-provider-v1"] {
            let found = routes()
                .find("POST", &format!("{base}/creditorputs"))
                .unwrap();
            assert_eq!(&*found.name, "POST /api-provider-msg-v1/creditorputs");
        }
    }

    #[test]
    fn an_unknown_path_and_an_unknown_method_are_told_apart() {
        // method, path, status, allow
        let table = [
            ("GET", "/", 404, None),
            ("GET", "/api-provider-v1/batchpayments/", 404, None),
            ("GET", "/api-provider-v1/batchpayments/1/2", 404, None),
            (
                "PUT",
                "/api-provider-v1/batchpayments/1",
                405,
                Some("GET, PATCH"),
            ),
            ("GET", "/oauth/token", 405, Some("POST")),
        ];
        for (method, path, status, allow) in table {
            let refusal = routes().find(method, path).unwrap_err();
            assert_eq!(refusal.status, status, "{method} {path}");
            let found = refusal.headers.first().map(|(_, value)| value.as_str());
            assert_eq!(found, allow, "{method} {path}");
        }
    }

    #[test]
    fn every_operation_has_one_name() {
        let routes = routes();
        let names = routes.names();
        assert_eq!(names.len(), 12 + 7 + 6 + 1);
    }
}
