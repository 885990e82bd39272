//! The rules.

use std::fmt;

use serde::{Serialize, Serializer};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Probably a credential, or one where it may stand while the file stays at home.
    Warning,
    /// A credential in a file, or one that travels in clear.
    Error,
}

impl Severity {
    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A rule; the more special come first, and win where several find the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A private key.
    PrivateKey,
    /// A signed token (JWT).
    SignedToken,
    /// A key of a well-known vendor.
    VendorKey,
    /// A name and a password.
    BasicCredentials,
    /// A bearer token.
    BearerToken,
    /// A value under the name of a credential.
    NamedCredential,
    /// A value that looks generated.
    RandomValue,
    /// The value of a `secret` variable, elsewhere.
    LeakedSecret,
    /// A `secret` variable that is filled in.
    FilledSecret,
    /// A request in clear.
    InClear,
    /// A credential in a query.
    CredentialInQuery,
    /// The id of a client.
    ClientId,
}

impl Rule {
    /// All of them, by id.
    pub const ALL: [Self; 12] = [
        Self::PrivateKey,
        Self::SignedToken,
        Self::VendorKey,
        Self::BasicCredentials,
        Self::BearerToken,
        Self::NamedCredential,
        Self::RandomValue,
        Self::LeakedSecret,
        Self::FilledSecret,
        Self::InClear,
        Self::CredentialInQuery,
        Self::ClientId,
    ];

    /// The id, which never changes.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::PrivateKey => "LN-01",
            Self::SignedToken => "LN-02",
            Self::VendorKey => "LN-03",
            Self::BasicCredentials => "LN-04",
            Self::BearerToken => "LN-05",
            Self::NamedCredential => "LN-06",
            Self::RandomValue => "LN-07",
            Self::LeakedSecret => "LN-08",
            Self::FilledSecret => "LN-09",
            Self::InClear => "LN-10",
            Self::CredentialInQuery => "LN-11",
            Self::ClientId => "LN-12",
        }
    }

    /// The rule with an id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    /// What it finds, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::PrivateKey => "private key",
            Self::SignedToken => "signed token",
            Self::VendorKey => "vendor's key",
            Self::BasicCredentials => "name and password",
            Self::BearerToken => "bearer token",
            Self::NamedCredential => "credential by its name",
            Self::RandomValue => "value that looks generated",
            Self::LeakedSecret => "value of a secret variable elsewhere",
            Self::FilledSecret => "secret variable with its value",
            Self::InClear => "request in clear",
            Self::CredentialInQuery => "credential in a query",
            Self::ClientId => "id of a client",
        }
    }

    /// How much it matters, where the place does not say otherwise.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::RandomValue | Self::FilledSecret | Self::ClientId => Severity::Warning,
            Self::PrivateKey
            | Self::SignedToken
            | Self::VendorKey
            | Self::BasicCredentials
            | Self::BearerToken
            | Self::NamedCredential
            | Self::LeakedSecret
            | Self::InClear
            | Self::CredentialInQuery => Severity::Error,
        }
    }

    /// What to do.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::PrivateKey => {
                "take the key out, replace it with a new one where it was used, and read it from a \
                 vault or a file outside the repository"
            }
            Self::SignedToken | Self::BearerToken => {
                "put `{{accessToken}}` in its place and let a script fetch the token; end the \
                 validity of this one"
            }
            Self::VendorKey => {
                "revoke the key at the vendor, and put a variable in its place whose type is `secret`"
            }
            Self::BasicCredentials | Self::NamedCredential => {
                "change the credential, and put a variable in its place whose type is `secret` and \
                 whose value is given at run time (--env-var)"
            }
            Self::RandomValue => {
                "if it is a credential: change it and use a variable of type `secret`; if not: name \
                 it in the allow file"
            }
            Self::LeakedSecret => {
                "change the credential, and refer to the variable by `{{name}}` instead of its value"
            }
            Self::FilledSecret => {
                "export the environment without the value (Postman: keep it as current value or in \
                 the vault), and keep a filled-in copy out of version control"
            }
            Self::InClear => "write https://, unless the host is this machine itself",
            Self::CredentialInQuery => {
                "send it in a header or in the body: a query ends in the logs of every server on \
                 the way"
            }
            Self::ClientId => "put a variable in its place: an id belongs to one environment",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_order_and_lead_back_to_their_rule() {
        for (number, rule) in (1..).zip(Rule::ALL) {
            assert_eq!(rule.id(), format!("LN-{number:02}"));
            assert_eq!(Rule::of(rule.id()), Some(rule));
        }
        assert_eq!(Rule::of("LN-99"), None);
    }
}
