//! What is probed, as far as a probe has to know it.

use super::lattice::disguises;
use crate::base::Secret;
use crate::profile::{Profile, Trust};

/// A notification endpoint and what it asks for.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is: an absolute URL.
    pub url: String,
    /// The header that its provider chose, with its value; none where it asks for none.
    pub header: Option<(String, Secret)>,
    /// Whether it trusts the issuer that preflight plays.
    pub test_issuer: Trust,
    /// The claim `iss` of the tokens.
    pub issuer: String,
    /// Their claim `aud`.
    pub audience: String,
    /// Their claim `sub`.
    pub subject: String,
    /// Their scope, where the platform's tokens have one.
    pub scope: Option<String>,
    /// The issuer of the other environment.
    pub other_issuer: String,
    /// The origin of the issuer that preflight plays; where tokens of strangers say that their keys
    /// are.
    pub issuer_origin: String,
    /// A URL of the provider's that shows the state of the resource whose id takes the place of
    /// `{id}`.
    pub read_back: Option<String>,
    /// How it is reached.
    pub reach: Reach,
    /// Whether the answers are timed and the endpoint is tired out by hundreds of refusals.
    pub stamina: Stamina,
}

/// How an endpoint is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is a specimen in the same process.
    Direct,
    /// Over HTTP without TLS.
    Plain,
    /// Over HTTPS.
    Tls,
}

/// Whether probes are sent that take many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamina {
    /// They are.
    Tried,
    /// They are not.
    Spared,
}

impl Target {
    /// What of the header's value comes up changed in the probes: as secret as the value itself.
    #[must_use]
    pub fn disguises(&self) -> Vec<String> {
        let value = self.header.as_ref().map(|(_, value)| value.expose());
        value.map(disguises).unwrap_or_default()
    }

    /// The issuer of the platform's production environment, as far as `profile` knows its hosts.
    #[must_use]
    pub fn production_issuer(profile: &Profile) -> String {
        let hosts = &profile.production_hosts.value;
        let identity = hosts.iter().find(|host| host.starts_with("id."));
        let host = identity.or_else(|| hosts.first());
        format!("https://{}/", host.map_or("id.invalid", String::as_str))
    }
}
