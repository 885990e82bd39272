//! What a connector must know of the platform that is played for it.

use std::path::Path;

use super::notification_header::ChosenBy;
use super::{NotificationHeader, Setting};
use crate::base::Secret;
use crate::mock::Tenant;
use crate::observe::Briefing;
use crate::specimen::{Dialect, Settings};

/// What a connector must know of the platform at `origin`, whose certificate the authority in
/// `ca_file` signed.
#[must_use]
pub fn brief(
    setting: &Setting,
    origin: &str,
    ca_file: Option<&Path>,
    application: &str,
    notification_port: Option<u16>,
) -> Briefing {
    let tenant = Tenant::seeded();
    let NotificationHeader { name, value, .. } = setting.header.clone();
    Briefing {
        settings: Settings {
            dialect: Dialect::of(&setting.profile, application),
            token_url: format!("{origin}{}", setting.profile.paths.token.value),
            client_id: tenant.provider.client_id.to_owned(),
            client_secret: Secret::new(tenant.provider.client_secret),
            audience: tenant.provider.audience.to_owned(),
            api_key: Secret::new(tenant.provider.api_key),
            application: application.to_owned(),
            provider_id: tenant.provider_id.to_string(),
            notification_header: name,
            notification_value: value,
            issuer: setting.profile.token.issuer.value.clone(),
            jwks_url: format!("{origin}{}", setting.profile.paths.key_set.value),
            api_url: origin.to_owned(),
        },
        notification_port,
        ca_file: ca_file.map(Path::to_owned),
    }
}

/// The variables for a person who configures a connector. The mock's credentials are published; a
/// value that the user chose is not shown back.
#[must_use]
pub fn introduce(briefing: &Briefing, header: &NotificationHeader) -> String {
    let mut text = String::new();
    for (name, value) in briefing.variables() {
        let shown = match (name, header.chosen_by) {
            ("PREFLIGHT_NOTIFICATION_VALUE", ChosenBy::User) => "(the value that you gave)",
            _ => value.expose(),
        };
        if !shown.is_empty() {
            text += &format!("  {name}={shown}\n");
        }
    }
    text
}
