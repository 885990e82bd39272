//! What a connector is told before it begins.

use std::path::PathBuf;

use indexmap::IndexMap;
use regex::{Captures, Regex};
use thiserror::Error;

use crate::base::{Place, Secret, place_of};
use crate::specimen::Settings;

/// Everything that a connector must know of the platform that it is to speak to. It reaches a
/// connector as variables of its environment, as an `.env` file or in a configuration file of its
/// own, never on a command line.
#[derive(Clone, Debug)]
pub struct Briefing {
    /// Addresses, credentials, ids.
    pub settings: Settings,
    /// The port on which the connector is to receive notifications; none where it has its own.
    pub notification_port: Option<u16>,
    /// The authority of the door's certificate (PEM), where it speaks TLS.
    pub ca_file: Option<PathBuf>,
}

/// A template names variables that there are not.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{file} names what there is not: {}", listed(unknown))]
pub struct TemplateError {
    /// How the user called the template.
    pub file: String,
    /// The names, with their places.
    pub unknown: Vec<(Place, String)>,
}

fn listed(unknown: &[(Place, String)]) -> String {
    let names: Vec<String> = unknown
        .iter()
        .map(|(place, name)| format!("{name} at {place}"))
        .collect();
    names.join(", ")
}

impl Briefing {
    /// The names of the variables.
    pub const NAMES: [&'static str; 20] = [
        "PREFLIGHT_API_URL",
        "PREFLIGHT_PROVIDER_API_URL",
        "PREFLIGHT_PROVIDER_MESSAGING_URL",
        "PREFLIGHT_TOKEN_URL",
        "PREFLIGHT_CLIENT_AUTHENTICATION",
        "PREFLIGHT_CLIENT_ID",
        "PREFLIGHT_CLIENT_SECRET",
        "PREFLIGHT_AUDIENCE",
        "PREFLIGHT_API_KEY",
        "PREFLIGHT_APPLICATION",
        "PREFLIGHT_API_KEY_HEADER",
        "PREFLIGHT_APPLICATION_HEADER",
        "PREFLIGHT_INTERACTION_ID_HEADER",
        "PREFLIGHT_PROVIDER_ID",
        "PREFLIGHT_NOTIFICATION_PORT",
        "PREFLIGHT_NOTIFICATION_HEADER",
        "PREFLIGHT_NOTIFICATION_VALUE",
        "PREFLIGHT_ISSUER",
        "PREFLIGHT_JWKS_URL",
        "PREFLIGHT_CA_FILE",
    ];

    /// The variables, by name. What there is none of is empty.
    #[must_use]
    pub fn variables(&self) -> IndexMap<&'static str, Secret> {
        let settings = &self.settings;
        let dialect = &settings.dialect;
        let port = self.notification_port.map(|port| port.to_string());
        let ca_file = self.ca_file.as_ref().map(|path| path.display().to_string());
        let values = [
            Secret::new(&settings.api_url),
            Secret::new(format!("{}{}", settings.api_url, dialect.provider_api)),
            Secret::new(format!(
                "{}{}",
                settings.api_url, dialect.provider_messaging
            )),
            Secret::new(&settings.token_url),
            Secret::new(dialect.client_authentication.name()),
            Secret::new(&settings.client_id),
            settings.client_secret.clone(),
            Secret::new(&settings.audience),
            settings.api_key.clone(),
            Secret::new(&settings.application),
            Secret::new(&dialect.api_key_header),
            Secret::new(&dialect.application_header),
            Secret::new(&dialect.interaction_id_header),
            Secret::new(&settings.provider_id),
            Secret::new(port.unwrap_or_default()),
            Secret::new(&settings.notification_header),
            settings.notification_value.clone(),
            Secret::new(&settings.issuer),
            Secret::new(&settings.jwks_url),
            Secret::new(ca_file.unwrap_or_default()),
        ];
        Self::NAMES.into_iter().zip(values).collect()
    }

    /// The variables as the lines of an `.env` file. For the eyes of the connector only.
    #[must_use]
    pub fn env_file(&self) -> Secret {
        let lines = self
            .variables()
            .iter()
            .fold(String::new(), |lines, (name, value)| {
                lines + name + "=" + &quoted(value.expose()) + "\n"
            });
        Secret::new(lines)
    }

    /// The template `text` with every `{{PREFLIGHT_…}}` replaced. What stands between other braces
    /// is not ours and stays. For the eyes of the connector only.
    ///
    /// # Errors
    /// If it names a variable that there is not, with the place of each.
    pub fn fill(&self, file: &str, text: &str) -> Result<Secret, TemplateError> {
        Self::check(file, text)?;
        let variables = self.variables();
        let filled = pattern().replace_all(text, |found: &Captures<'_>| {
            variables[&found[1]].expose().to_owned()
        });
        Ok(Secret::new(filled))
    }

    /// Whether every variable that the template `text` names is one that there is.
    ///
    /// # Errors
    /// If it names others, with the place of each.
    pub fn check(file: &str, text: &str) -> Result<(), TemplateError> {
        let unknown: Vec<(Place, String)> = pattern()
            .captures_iter(text)
            .filter(|found| !Self::NAMES.contains(&&found[1]))
            .map(|found| {
                let start = found.get(0).map_or(0, |whole| whole.start());
                (place_of(text, start), found[1].to_owned())
            })
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let file = file.to_owned();
        Err(TemplateError { file, unknown })
    }
}

/// What is filled in a template.
fn pattern() -> Regex {
    Regex::new(r"\{\{\s*(PREFLIGHT_\w*)\s*\}\}").expect("a constant pattern")
}

/// A value as shells and the readers of `.env` files understand it.
fn quoted(value: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-/:".contains(character);
    if value.chars().all(plain) {
        value.to_owned()
    } else if value.contains('\'') {
        let escaped: String = value
            .chars()
            .flat_map(|character| {
                let escape = matches!(character, '"' | '\\' | '$' | '`').then_some('\\');
                escape.into_iter().chain([character])
            })
            .collect();
        format!("\"{escaped}\"")
    } else {
        format!("'{value}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::specimen::Dialect;

    fn briefing() -> Briefing {
        let profile = Profile::with_override(
            "paths.provider-messaging = \"/messages\"\nheaders.api-key = \"x-their-key\"\n\
             token.client-authentication = \"basic\"\n",
            "own.toml",
        )
        .unwrap();
        Briefing {
            settings: Settings {
                api_url: "http://127.0.0.1:8080".into(),
                dialect: Dialect::of(&profile, "sage.intacct"),
                token_url: "http://127.0.0.1:8080/oauth/token".into(),
                client_id: "client".into(),
                client_secret: Secret::new("client-secret"),
                audience: "audience".into(),
                api_key: Secret::new("api-key"),
                application: "sage.intacct".into(),
                provider_id: "provider".into(),
                notification_header: "x-mine".into(),
                notification_value: Secret::new("it's a $value"),
                issuer: "issuer".into(),
                jwks_url: "http://127.0.0.1:8080/jwks".into(),
            },
            notification_port: Some(9000),
            ca_file: None,
        }
    }

    #[test]
    fn every_variable_of_the_contract_is_told() {
        let variables = briefing().variables();
        assert_eq!(variables.len(), Briefing::NAMES.len());
        assert_eq!(variables["PREFLIGHT_CLIENT_ID"].expose(), "client");
        assert_eq!(variables["PREFLIGHT_API_KEY"].expose(), "api-key");
        assert_eq!(
            variables["PREFLIGHT_JWKS_URL"].expose(),
            "http://127.0.0.1:8080/jwks"
        );
        for (name, value) in [
            (
                "PREFLIGHT_PROVIDER_API_URL",
                "http://127.0.0.1:8080/api-provider-v1",
            ),
            (
                "PREFLIGHT_PROVIDER_MESSAGING_URL",
                "http://127.0.0.1:8080/messages",
            ),
            ("PREFLIGHT_CLIENT_AUTHENTICATION", "basic"),
            ("PREFLIGHT_API_KEY_HEADER", "x-their-key"),
            ("PREFLIGHT_APPLICATION_HEADER", "x-application"),
            ("PREFLIGHT_INTERACTION_ID_HEADER", "x-fapi-interaction-id"),
        ] {
            assert_eq!(variables[name].expose(), value, "{name}");
        }
        assert_eq!(variables["PREFLIGHT_NOTIFICATION_PORT"].expose(), "9000");
        assert_eq!(variables["PREFLIGHT_CA_FILE"].expose(), "");
    }

    #[test]
    fn an_env_file_means_to_a_shell_what_was_told() {
        let lines = briefing().env_file();
        assert!(
            lines
                .expose()
                .contains("PREFLIGHT_CLIENT_SECRET=client-secret\n")
        );
        let output = std::process::Command::new("sh")
            .args([
                "-c",
                &format!(
                    "{}printf %s \"$PREFLIGHT_NOTIFICATION_VALUE\"",
                    lines.expose()
                ),
            ])
            .output()
            .unwrap();
        assert_eq!(output.stdout, b"it's a $value");
    }

    #[test]
    fn a_template_is_filled_and_foreign_braces_stay() {
        let text = "url: {{PREFLIGHT_API_URL}}\nkey: \"{{ PREFLIGHT_API_KEY }}\"\n{{ theirs }}\n";
        assert_eq!(
            briefing().fill("t.yaml", text).unwrap().expose(),
            "url: http://127.0.0.1:8080\nkey: \"api-key\"\n{{ theirs }}\n"
        );
    }

    #[test]
    fn unknown_names_of_a_template_are_told_together_with_their_places() {
        let text = "a: {{PREFLIGHT_API_ULR}}\n  {{PREFLIGHT_KEY}}\n";
        assert_eq!(
            briefing().fill("t.yaml", text).unwrap_err().to_string(),
            "t.yaml names what there is not: PREFLIGHT_API_ULR at 1:4, PREFLIGHT_KEY at 2:3"
        );
    }
}
