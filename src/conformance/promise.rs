//! What a provider says of itself because no traffic shows it.

use jiff::civil::Date;
use serde::Serialize;

use crate::profile::{AttestationKind, Declaration, Endpoints};

/// What is to be said of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A responsible person attests it.
    Attestation(AttestationKind),
    /// The provider declares it.
    Declared(DeclaredItem),
}

/// A part of a declaration that a clause asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredItem {
    /// Where users authorise, in both environments.
    AuthorisationEndpoint,
    /// How keys are delivered.
    KeyDelivery,
    /// Where notifications go, in both environments.
    NotificationEndpoint,
    /// Which header they carry.
    NotificationHeader,
}

/// A promise that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Given {
    /// A responsible person attests it.
    Attested {
        /// Who.
        by: String,
        /// Since when.
        on: Date,
    },
    /// The provider declares it.
    Declared,
}

impl Promise {
    /// What `declarations` say of it; none where nobody says it.
    #[must_use]
    pub fn given(self, declarations: &[&Declaration]) -> Option<Given> {
        let mut declarations = declarations.iter();
        declarations.find_map(|declaration| match self {
            Self::Attestation(kind) => {
                let attestation = declaration.attestations.get(&kind)?;
                Some(Given::Attested {
                    by: attestation.name.clone(),
                    on: attestation.date,
                })
            }
            Self::Declared(item) => item.is_in(declaration).then_some(Given::Declared),
        })
    }

    /// How it is called once it was given.
    #[must_use]
    pub fn kept(self) -> &'static str {
        match self {
            Self::Attestation(_) => "attested",
            Self::Declared(_) => "declared",
        }
    }

    /// How it is called until it is given.
    #[must_use]
    pub fn open(self) -> &'static str {
        match self {
            Self::Attestation(_) => "to be attested",
            Self::Declared(_) => "to be declared",
        }
    }
}

impl DeclaredItem {
    fn is_in(self, declaration: &Declaration) -> bool {
        let both =
            |endpoint: &Endpoints| endpoint.sandbox.is_some() && endpoint.production.is_some();
        let notification = declaration.notification.as_ref();
        match self {
            Self::AuthorisationEndpoint => both(&declaration.authorisation_endpoint),
            Self::KeyDelivery => declaration.key_delivery.is_some(),
            Self::NotificationEndpoint => notification.is_some_and(|it| both(&it.endpoint)),
            // Its value may be known only to who sends it.
            Self::NotificationHeader => notification.is_some_and(|it| it.header.is_some()),
        }
    }
}

impl Given {
    /// In words: `attested by Jo Smith on 2026-03-02`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Attested { by, on } => format!("attested by {by} on {on}"),
            Self::Declared => "declared".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Around;

    fn declaration(text: &str) -> Declaration {
        let around = Around {
            today: jiff::civil::date(2026, 6, 1),
            variable: None,
        };
        Declaration::read("x", text, around).unwrap()
    }

    #[test]
    fn a_promise_is_given_by_what_it_is_about_and_by_nothing_less() {
        use DeclaredItem::{
            AuthorisationEndpoint, KeyDelivery, NotificationEndpoint, NotificationHeader,
        };
        let table = [
            (
                AuthorisationEndpoint,
                "[authorisation-endpoint]\nsandbox = 'https://a'",
                false,
            ),
            (
                AuthorisationEndpoint,
                "[authorisation-endpoint]\nsandbox = 'https://a'\nproduction = 'https://b'",
                true,
            ),
            (KeyDelivery, "provider = 'x'", false),
            (KeyDelivery, "key-delivery = 'by hand'", true),
            (
                NotificationEndpoint,
                "[notification]\nsandbox = 'https://a'",
                false,
            ),
            (
                NotificationEndpoint,
                "[notification]\nsandbox = 'https://a'\nproduction = 'https://b'",
                true,
            ),
            (
                NotificationHeader,
                "[notification]\nsandbox = 'https://a'",
                false,
            ),
            (
                NotificationHeader,
                "[notification]\nsandbox = 'https://a'\nheader = 'x-a'\nvalue = 'env:X'",
                true,
            ),
        ];
        for (item, text, given) in table {
            let found = Promise::Declared(item).given(&[&declaration(text)]);
            assert_eq!(found.is_some(), given, "{item:?} {text}");
        }
    }

    #[test]
    fn an_attestation_says_who_and_since_when() {
        let said = declaration(
            "[attestation.owner]\nstatement = 'x'\nname = 'Jo Smith'\ndate = 2026-03-02",
        );
        let nothing = Declaration::default();
        let owner = Promise::Attestation(AttestationKind::Owner);
        let given = owner.given(&[&nothing, &said]).unwrap();
        assert_eq!(given.text(), "attested by Jo Smith on 2026-03-02");
        let storage = Promise::Attestation(AttestationKind::CredentialStorage);
        assert_eq!(storage.given(&[&nothing, &said]), None);
    }
}
