//! What a command is told of a provider's endpoint.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use url::Url;

use crate::base::Secret;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::probe_args::ProbeArgs;
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::profile::{Declaration, DeclaredNotification, Profile, Trust};

/// What was typed of an endpoint, or declared where nothing was typed.
#[derive(Debug)]
pub struct Introduction {
    /// Where it is.
    pub url: Url,
    /// The header that it asks for, with its value; none where it asks for none.
    pub header: Option<(String, Secret)>,
    /// Whether it trusts the issuer that preflight plays.
    pub trust: Trust,
    /// Where that issuer listens.
    pub issuer_listen: SocketAddr,
    /// What its tokens say of their issuer; none for where it listens.
    pub issuer: Option<String>,
    /// The audience of its tokens.
    pub audience: String,
    /// Where the state of a resource can be read.
    pub read_back: Option<String>,
}

impl Introduction {
    /// Reads what was typed and declared.
    ///
    /// # Errors
    /// If something is missing or wrong, or production is meant without leave.
    pub fn read(
        args: &ProbeArgs,
        declaration: &Declaration,
        profile: &Profile,
        surroundings: Surroundings,
    ) -> Result<Self, CommandFailure> {
        let declared = declaration.notification.as_ref();
        let url = endpoint(args, declared)?;
        let read_back = args.read_back.clone();
        let read_back = read_back.or_else(|| declared.and_then(|it| it.read_back.clone()));
        if let Some(template) = &read_back {
            let filled = Url::parse(&template.replace("{id}", "id"));
            let usable = filled.is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !usable || !template.contains("{id}") {
                return Err(usage(
                    "--read-back: this is no http or https URL with {id} in it",
                    "write https://provider.example/state/{id}",
                ));
            }
        }
        let named = BTreeSet::from([url.to_string()])
            .into_iter()
            .chain(read_back.clone())
            .collect();
        let production = target::production_hosts(&named, profile);
        if !production.is_empty() && !args.allow_production {
            return Err(usage(
                &format!("this is production: {}", production.join(", ")),
                "probe a test build, or say --allow-production",
            ));
        }
        let trust = match (args.trusted_issuer, declared) {
            (true, _) => Trust::Trusted,
            (false, Some(declared)) => declared.test_issuer,
            (false, None) => Trust::Untrusted,
        };
        let audience = args.audience.clone();
        let audience = audience.or_else(|| profile.notifications.audience.value.clone());
        let (issuer_listen, audience) = match (trust, args.issuer_listen, audience) {
            (Trust::Trusted, None, _) => {
                return Err(usage(
                    "the endpoint trusts the issuer that preflight plays, and nobody says where \
                     that is",
                    "name its address with --issuer-listen, as the endpoint is configured",
                ));
            }
            (Trust::Trusted, Some(_), None) => {
                return Err(usage(
                    "nobody says for whom the tokens have to be",
                    "say --audience, or notifications.audience in the profile",
                ));
            }
            (_, listen, audience) => (
                listen.unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)),
                audience.unwrap_or_default(),
            ),
        };
        Ok(Self {
            url,
            header: header(args, declared, surroundings)?,
            trust,
            issuer_listen,
            issuer: args.issuer.clone(),
            audience,
            read_back,
        })
    }
}

fn endpoint(
    args: &ProbeArgs,
    declared: Option<&DeclaredNotification>,
) -> Result<Url, CommandFailure> {
    let declared = declared.and_then(|declared| declared.endpoint.sandbox.as_deref());
    let Some(text) = args.url.as_deref().or(declared) else {
        return Err(usage(
            "there is no endpoint to probe",
            "name its URL, a --declaration that has one, or a --specimen",
        ));
    };
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| {
            usage(
                "the endpoint is no http or https URL",
                "write https://provider.example/notifications, without credentials",
            )
        })
}

/// The header, from where it is told; the value is never shown back.
fn header(
    args: &ProbeArgs,
    declared: Option<&DeclaredNotification>,
    surroundings: Surroundings,
) -> Result<Option<(String, Secret)>, CommandFailure> {
    let name = args.header.clone();
    let name = name.or_else(|| declared.and_then(|it| it.header.clone()));
    let typed = match (&args.value_env, &args.value_file) {
        (Some(variable), _) => Some(surroundings.variable(variable).ok_or_else(|| {
            usage(
                &format!("--value-env: the variable {variable} is not set"),
                "set it to the value of the header",
            )
        })?),
        (None, Some(path)) => Some(files::read_text(path)?.trim_end().to_owned()),
        (None, None) => None,
    };
    let value = match typed {
        Some(value) => Some(Secret::new(value)),
        None => declared.and_then(|it| it.value.clone()),
    };
    let (name, value) = match (name, value) {
        (Some(name), Some(value)) => (name, value),
        (None, None) => return Ok(None),
        (Some(_), None) => {
            return Err(usage(
                "the header has no value",
                "name the variable or the file that holds it: --value-env, --value-file",
            ));
        }
        (None, Some(_)) => {
            return Err(usage(
                "the value has no header",
                "name the header: --header",
            ));
        }
    };
    let sendable = name.parse::<http::HeaderName>().is_ok()
        && !value.expose().is_empty()
        && http::HeaderValue::from_str(value.expose()).is_ok();
    if sendable {
        Ok(Some((name, value)))
    } else {
        Err(usage(
            "the header, or its value, cannot be sent",
            "a name is a word, a value one line of visible characters",
        ))
    }
}

fn usage(message: &str, remedy: &str) -> CommandFailure {
    CommandFailure::Usage {
        message: message.to_owned(),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Args, Command};

    fn read(line: &str, declaration: &Declaration) -> Result<Introduction, String> {
        let words = ["preflight", "probe"].into_iter().chain(line.split(' '));
        let Command::Probe(args) = Args::try_parse_from(words).unwrap().command else {
            panic!("another command");
        };
        let profile = Profile::built_in();
        Introduction::read(&args, declaration, &profile, Surroundings::default())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_is_missing_or_wrong_is_told() {
        let table = [
            ("--spare", "there is no endpoint to probe"),
            ("ftp://a", "the endpoint is no http or https URL"),
            ("https://me:it@a", "the endpoint is no http or https URL"),
            (
                "https://api-payout.sage.com/n",
                "this is production: api-payout.sage.com",
            ),
            ("https://a --header X-Key", "the header has no value"),
            (
                "https://a --header X-Key --value-env PREFLIGHT_TEST_NOT_SET",
                "--value-env: the variable PREFLIGHT_TEST_NOT_SET is not set",
            ),
            (
                "https://a --read-back https://a/state",
                "--read-back: this is no http or https URL with {id} in it",
            ),
            (
                "https://a --trusted-issuer --audience us",
                "the endpoint trusts the issuer that preflight plays, and nobody says where that is",
            ),
            (
                "https://a --trusted-issuer --issuer-listen 127.0.0.1:0",
                "nobody says for whom the tokens have to be",
            ),
        ];
        for (line, expected) in table {
            let told = read(line, &Declaration::default()).unwrap_err();
            assert_eq!(told, expected, "{line}");
        }
    }

    #[test]
    fn what_is_typed_comes_before_what_is_declared() {
        use crate::profile::Endpoints;
        let declaration = Declaration {
            notification: Some(DeclaredNotification {
                endpoint: Endpoints {
                    sandbox: Some("https://declared.example/n".into()),
                    production: None,
                },
                header: Some("X-Declared".into()),
                value: Some(Secret::new("declared-value")),
                read_back: Some("https://declared.example/{id}".into()),
                test_issuer: Trust::Untrusted,
            }),
            ..Declaration::default()
        };
        let introduction = read("--spare", &declaration).unwrap();
        assert_eq!(introduction.url.as_str(), "https://declared.example/n");
        let (name, value) = introduction.header.unwrap();
        assert_eq!(
            (name.as_str(), value.expose()),
            ("X-Declared", "declared-value")
        );
        assert_eq!(introduction.trust, Trust::Untrusted);
        let introduction = read("https://typed.example/n", &declaration).unwrap();
        assert_eq!(introduction.url.as_str(), "https://typed.example/n");
    }
}
