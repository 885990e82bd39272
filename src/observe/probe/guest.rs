//! A specimen in the place of a provider's endpoint: what it is told, and what it is taken for.

use super::target::{Reach, Stamina, Target};
use crate::base::Secret;
use crate::mock::Tenant;
use crate::profile::{Profile, Trust};
use crate::specimen::{Dialect, Policy, Settings};

/// The Sage product whose connector a specimen is.
const APPLICATION: &str = "sage.specimen";

/// A specimen that is probed.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The header that it asks for, with its value.
    pub header: (String, Secret),
    /// Who issues the tokens that it believes.
    pub issuer: String,
    /// The origin of that issuer, and of all else that it asks.
    pub origin: String,
}

impl Guest {
    /// What it is told.
    #[must_use]
    pub fn settings(&self, profile: &Profile) -> Settings {
        let provider = Tenant::seeded().provider;
        let origin = &self.origin;
        Settings {
            api_url: origin.clone(),
            dialect: Dialect::of(profile, APPLICATION),
            token_url: format!("{origin}{}", profile.paths.token.value),
            client_id: provider.client_id.to_owned(),
            client_secret: Secret::new(provider.client_secret),
            audience: provider.audience.to_owned(),
            api_key: Secret::new(provider.api_key),
            application: APPLICATION.to_owned(),
            provider_id: Tenant::seeded().provider_id.to_string(),
            notification_header: self.header.0.clone(),
            notification_value: self.header.1.clone(),
            issuer: self.issuer.clone(),
            jwks_url: format!("{origin}{}", profile.paths.key_set.value),
        }
    }

    /// What `policy` is where tokens have the scope of `profile`.
    #[must_use]
    pub fn policy(mut policy: Policy, profile: &Profile) -> Policy {
        policy
            .reception
            .scope
            .clone_from(&profile.token_scope.value);
        policy
    }

    /// What is probed, at `url`.
    #[must_use]
    pub fn target(self, url: String, profile: &Profile, reach: Reach, stamina: Stamina) -> Target {
        let audience = profile.notifications.audience.value.clone();
        Target {
            url,
            header: Some(self.header),
            test_issuer: Trust::Trusted,
            issuer: self.issuer,
            audience: audience.unwrap_or_else(|| Tenant::seeded().provider.client_id.to_owned()),
            subject: profile.token.platform_subject.value.clone(),
            scope: profile.token_scope.value.clone(),
            other_issuer: Target::production_issuer(profile),
            issuer_origin: self.origin,
            read_back: None,
            reach,
            stamina,
        }
    }
}
