//! What a connector is told of its surroundings.

use crate::base::Secret;
use crate::profile::{ClientAuthentication, Notifications, Profile};

/// What a connector is told of its surroundings: the values that `observe` hands to a process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Origin of the Provider API and its messaging, without a slash at the end.
    pub api_url: String,
    /// How the platform is spoken to.
    pub dialect: Dialect,
    /// Where tokens are asked for: the whole URL.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The audience of its tokens.
    pub audience: String,
    /// The API key.
    pub api_key: Secret,
    /// The Sage product, as it stands in the header for it.
    pub application: String,
    /// Its own id at the platform.
    pub provider_id: String,
    /// The header that every notification carries.
    pub notification_header: String,
    /// That header's value.
    pub notification_value: Secret,
    /// Who issues the tokens of notifications.
    pub issuer: String,
    /// Where the issuer's keys are.
    pub jwks_url: String,
}

/// How the platform is spoken to, as far as that is agreed or not public.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialect {
    /// Base path of the Provider API, without a slash at the end.
    pub provider_api: String,
    /// Base path of provider messaging, without a slash at the end.
    pub provider_messaging: String,
    /// The header of the API key.
    pub api_key_header: String,
    /// The header that names the Sage product.
    pub application_header: String,
    /// The header that has a new UUID on each request.
    pub interaction_id_header: String,
    /// The header of idempotency keys.
    pub idempotency_key_header: String,
    /// How a client proves who it is where it asks for a token.
    pub client_authentication: ClientAuthentication,
    /// The bodies of notifications.
    pub notifications: Notifications,
}

impl Dialect {
    /// That of `profile` for requests that name `application`. Tokens are asked for, and
    /// notifications come, for no application in particular.
    #[must_use]
    pub fn of(profile: &Profile, application: &str) -> Self {
        let headers = &profile.for_application(application).headers;
        Self {
            provider_api: profile.paths.provider_api.value.clone(),
            provider_messaging: profile.paths.provider_messaging.value.clone(),
            api_key_header: headers.api_key.value.clone(),
            application_header: headers.application.value.clone(),
            interaction_id_header: headers.interaction_id.value.clone(),
            idempotency_key_header: headers.idempotency_key.value.clone(),
            client_authentication: profile.token.client_authentication.value,
            notifications: profile.notifications.clone(),
        }
    }
}
