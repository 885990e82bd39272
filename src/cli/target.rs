//! Where the requests of a command go: the map of origins, the embedded mock, the guard of hosts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::args::{GateChoice, PlatformArgs, TargetArgs, TargetChoice, TrustArgs};
use super::failure::CommandFailure;
use super::files;
use super::newman_args::NewmanArgs;
use crate::base::{Clock, Random, Seed};
use crate::collection::{Collection, Environment};
use crate::mock::{Defects, Door, Platform};
use crate::profile::Profile;
use crate::transport::{Identity, Route, TargetMap, Trust};

/// The embedded mock while it is open.
pub struct OpenMock {
    /// The platform behind the door, to queue faults.
    pub platform: Arc<Mutex<Platform>>,
    door: Door,
}

impl OpenMock {
    /// Opens the mock on a free port.
    pub async fn open(
        profile: Arc<Profile>,
        clock: &Clock,
        chance: &Random,
        args: &PlatformArgs,
    ) -> Result<Self, CommandFailure> {
        let defects: Defects = args.mock_defect.iter().copied().collect();
        let platform = Platform::new(profile, chance.fork("platform"), defects);
        let platform = Arc::new(Mutex::new(platform));
        let door = Door::open(Arc::clone(&platform), clock.clone(), None).await?;
        Ok(Self { platform, door })
    }
}

/// Which origins may be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Any: `run` sends to the collection's own URLs.
    Open,
    /// Those that the environment or `--map` names.
    Named,
}

/// The profile: the built-in one, or with a file laid over it.
pub fn profile(file: Option<&Path>) -> Result<Profile, CommandFailure> {
    match file {
        None => Ok(Profile::built_in()),
        Some(path) => {
            let text = files::read_text(path)?;
            Ok(Profile::with_override(&text, &path.display().to_string())?)
        }
    }
}

/// Refuses, at the gate of certification, a profile whose file lowers what the platform states: by
/// such a file a requirement could be made to fail nobody.
///
/// # Errors
/// If it does.
pub fn check_stated(profile: &Profile, gate: GateChoice) -> Result<(), CommandFailure> {
    let lowered = match gate {
        GateChoice::Ci => Vec::new(),
        GateChoice::Certify => profile.lowered(),
    };
    if lowered.is_empty() {
        return Ok(());
    }
    let lowered: Vec<String> = lowered
        .iter()
        .map(|one| format!("{} ({} now; stated is {})", one.key, one.now, one.stated))
        .collect();
    Err(CommandFailure::Usage {
        message: format!(
            "the profile lowers what the platform states: {}",
            lowered.join(", ")
        ),
        remedy: "remove it, or write `provenance = \"stated\"` and the agreement it rests on as \
                 `source`; --gate ci judges by it as it is"
            .into(),
    })
}

/// The seed: the one that was typed, otherwise one from the operating system; the history names it.
pub fn seed(args: &PlatformArgs, fixed: Option<Seed>) -> Seed {
    args.seed
        .map(Seed)
        .or(fixed)
        .unwrap_or_else(|| Seed(Random::from_entropy().next_u64() >> 16))
}

/// Whom we trust.
pub fn trust(args: &TrustArgs) -> Result<Trust, CommandFailure> {
    let extra_authorities = match &args.extra_certificates {
        Some(path) => files::read(path)?,
        None => Vec::new(),
    };
    Ok(Trust {
        extra_authorities,
        anybody: args.insecure,
        identities: Vec::new(),
    })
}

/// The client's own certificates.
pub fn identities(args: &NewmanArgs) -> Result<Vec<Identity>, CommandFailure> {
    let wrong = |option: &str, reason: String| CommandFailure::Usage {
        message: format!("{option}: {reason}"),
        remedy: "name PEM files of a certificate and its key, without a passphrase".into(),
    };
    if args.ssl_client_passphrase.is_some() {
        let reason = "keys with a passphrase are not read".into();
        return Err(wrong("--ssl-client-passphrase", reason));
    }
    let mut identities = Vec::new();
    if let Some(path) = &args.ssl_client_cert_list {
        let option = "--ssl-client-cert-list";
        let rows: Vec<ListedIdentity> = serde_json::from_slice(&files::read(path)?)
            .map_err(|error| wrong(option, error.to_string()))?;
        for row in rows {
            let (cert, key) = (files::read(&row.cert.src)?, files::read(&row.key.src)?);
            let identity = Identity::read(&row.matches, &cert, &key);
            identities.push(identity.map_err(|error| wrong(option, error.to_string()))?);
        }
    }
    match (&args.ssl_client_cert, &args.ssl_client_key) {
        (Some(cert), key) => {
            // The key may stand in the file of the certificate.
            let (cert, key) = (
                files::read(cert)?,
                files::read(key.as_ref().unwrap_or(cert))?,
            );
            let identity = Identity::read(&[], &cert, &key);
            let identity =
                identity.map_err(|error| wrong("--ssl-client-cert", error.to_string()))?;
            identities.push(identity);
        }
        (None, Some(_)) => {
            let reason = "there is no --ssl-client-cert to go with it".into();
            return Err(wrong("--ssl-client-key", reason));
        }
        (None, None) => {}
    }
    Ok(identities)
}

/// One entry of newman's list of client certificates.
#[derive(serde::Deserialize)]
struct ListedIdentity {
    #[serde(default)]
    matches: Vec<String>,
    cert: ListedFile,
    key: ListedFile,
}

#[derive(serde::Deserialize)]
struct ListedFile {
    src: PathBuf,
}

/// The map of a command.
pub fn map(
    target: TargetChoice,
    guard: Guard,
    args: &TargetArgs,
    mock: Option<&OpenMock>,
    named: &BTreeSet<String>,
    written: &BTreeSet<String>,
) -> Result<TargetMap, CommandFailure> {
    let address = mock.map(|mock| mock.door.address());
    let mut map = match (target, guard) {
        (TargetChoice::Sandbox, Guard::Open) => TargetMap::direct(),
        (TargetChoice::Mock, _) | (TargetChoice::Sandbox, Guard::Named) => TargetMap::closed(),
    };
    for argument in &args.map {
        map.add_argument(argument, address)?;
    }
    match (target, address) {
        (TargetChoice::Mock, Some(address)) => {
            for url in named.iter().chain(written) {
                map.add(url, Route::Mock(address))?;
            }
        }
        (TargetChoice::Mock, None) => {
            return Err(CommandFailure::Fault("the mock is not open".into()));
        }
        (TargetChoice::Sandbox, _) if guard == Guard::Named => {
            for url in named {
                map.add(url, Route::Direct)?;
            }
        }
        (TargetChoice::Sandbox, _) => {}
    }
    Ok(map)
}

/// Whether a command needs the mock.
pub fn needs_mock(target: TargetChoice, args: &TargetArgs) -> bool {
    target == TargetChoice::Mock || args.map.iter().any(|argument| argument.ends_with("=mock"))
}

/// The origins that an environment names: every value that is an http(s) URL or, where nothing
/// else makes sense, a host with a port.
pub fn origins_of_environment(environment: &Environment) -> BTreeSet<String> {
    environment
        .variables
        .iter()
        .filter(|variable| !variable.disabled)
        .filter_map(|variable| variable.value.as_str())
        .filter_map(origin)
        .collect()
}

/// The origins that a collection writes out: in its variables, URLs and scripts.
pub fn origins_of_collection(collection: &Collection) -> BTreeSet<String> {
    let mut origins = BTreeSet::new();
    for step in collection.steps() {
        let url = step.item.request.url();
        let host = url.host.as_deref().unwrap_or_default();
        if !host.is_empty() && !host.contains("{{") {
            origins.extend(origin(
                &url.encoded(crate::collection::UrlEncoding::Postman),
            ));
        }
        for script in step.prerequest.iter().chain(&step.tests) {
            origins.extend(urls_in(&script.source).filter_map(origin));
        }
    }
    let variables = collection
        .variables
        .iter()
        .filter_map(|variable| variable.value.as_str());
    origins.extend(variables.filter_map(origin));
    origins
}

/// The http(s) URLs that stand in a text.
fn urls_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("http").filter_map(|(start, _)| {
        let rest = &text[start..];
        let end = rest
            .find(|character: char| character.is_whitespace() || "\"'`<>\\)${}".contains(character))
            .unwrap_or(rest.len());
        let url = &rest[..end];
        (url.starts_with("http://") || url.starts_with("https://")).then_some(url)
    })
}

/// The origin of a value that is a URL.
fn origin(value: &str) -> Option<String> {
    let value = value.trim();
    let url = if value.contains("://") {
        url::Url::parse(value).ok()?
    } else {
        // `localhost:8080` or `api.example:443/base`: a host needs a port to be taken for one.
        let authority = value.split('/').next()?;
        let (host, port) = authority.rsplit_once(':')?;
        port.parse::<u16>().ok()?;
        let plain =
            |character: char| character.is_ascii_alphanumeric() || ".-_".contains(character);
        // Digits alone are a time of day rather than a host.
        if !host
            .chars()
            .any(|character| character == '.' || character.is_ascii_alphabetic())
            || !host.chars().all(plain)
        {
            return None;
        }
        url::Url::parse(&format!("http://{value}")).ok()?
    };
    let host = url
        .host_str()
        .filter(|host| !host.is_empty() && !host.contains("{{"))?;
    matches!(url.scheme(), "http" | "https").then(|| match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    })
}

/// The origins outside of this process to which requests may go.
pub fn outside_hosts(map: &TargetMap) -> BTreeSet<String> {
    map.iter()
        .filter_map(|(origin, route)| match route {
            Route::Mock(_) => None,
            Route::Origin(other) => Some(other.clone()),
            Route::Direct => Some(origin.to_owned()),
        })
        .collect()
}

/// The production hosts among the origins, by the profile's list.
pub fn production_hosts(origins: &BTreeSet<String>, profile: &Profile) -> Vec<String> {
    origins
        .iter()
        .filter_map(|origin| {
            url::Url::parse(origin)
                .ok()?
                .host_str()
                .map(|host| host.trim_end_matches('.').to_ascii_lowercase())
        })
        .filter(|host| {
            profile
                .production_hosts
                .value
                .iter()
                .any(|production| production.eq_ignore_ascii_case(host))
        })
        .collect()
}

/// The map in words, a line for each origin; where the mock listens is told once.
pub fn describe(map: &TargetMap) -> String {
    map.iter()
        .map(|(origin, route)| match route {
            Route::Mock(address) => format!("  {origin} -> the embedded mock on {address}\n"),
            Route::Origin(other) => format!("  {origin} -> {other}\n"),
            Route::Direct => format!("  {origin} -> itself\n"),
        })
        .collect()
}

/// Sets `KEY=VALUE` pairs, split at the first `=`; without one the value is empty.
pub fn set_variables(environment: &mut Environment, pairs: &[String]) {
    for pair in pairs {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        environment.set(key, Value::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_urls_name_their_origin() {
        let table = [
            ("https://API.example/base", Some("https://api.example")),
            ("http://h:8080", Some("http://h:8080")),
            ("localhost:4041", Some("http://localhost:4041")),
            ("12:30", None),
            ("ftp://h", None),
            ("Bearer x:y", None),
            ("{{base}}:80", None),
            ("just text", None),
        ];
        for (value, expected) in table {
            assert_eq!(origin(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn urls_are_found_in_scripts() {
        let script = "pm.sendRequest('https://a.example/x', f); let u = `http://b.example:1/${x}`;";
        let found: Vec<_> = urls_in(script).filter_map(origin).collect();
        assert_eq!(found, ["https://a.example", "http://b.example:1"]);
    }

    #[test]
    fn production_hosts_are_recognised() {
        let origins = BTreeSet::from(["https://api-payout.sage.com".into(), "https://h".into()]);
        assert_eq!(
            production_hosts(&origins, &Profile::built_in()),
            ["api-payout.sage.com"]
        );
    }
}
