//! What the platform asks of a provider, as data.

use std::fmt;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::promise::{DeclaredItem, Promise};

use crate::event::Subject;
use crate::profile::AttestationKind;

/// How strongly a clause is worded. `Must` is the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keyword {
    /// Asked only of those who choose the feature.
    Optional,
    /// How the platform behaves; what follows for the provider is not worded.
    Fact,
    /// A recommendation.
    Should,
    /// An obligation.
    Must,
}

impl Keyword {
    /// The word used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Fact => "fact",
            Self::Should => "should",
            Self::Must => "must",
        }
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whose doing a clause is about, and so which kind of history can show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// Whoever calls the Provider API: a replay shows it as well as a connector.
    Caller,
    /// The collections and the platform's answers to them: only a replay shows it.
    Replay,
    /// The provider's own software: only an observed connector shows it.
    Connector,
    /// The provider's notification endpoint: only a probe of it shows it.
    Endpoint,
    /// The provider's organisation: no traffic shows it, somebody has to say it.
    Declaration,
}

impl Concern {
    /// Whether a history of `subject` can show it.
    #[must_use]
    pub fn covers(self, subject: Subject) -> bool {
        match (self, subject) {
            (Self::Caller, Subject::Replay | Subject::Connector)
            | (Self::Replay, Subject::Replay)
            | (Self::Connector, Subject::Connector)
            | (Self::Endpoint, Subject::Endpoint) => true,
            (
                Self::Caller | Self::Replay | Self::Connector | Self::Declaration,
                Subject::Endpoint,
            )
            | (Self::Replay | Self::Endpoint | Self::Declaration, Subject::Connector)
            | (Self::Connector | Self::Endpoint | Self::Declaration, Subject::Replay) => false,
        }
    }

    /// Whether no traffic can show it.
    #[must_use]
    pub fn is_declaration(self) -> bool {
        match self {
            Self::Declaration => true,
            Self::Caller | Self::Replay | Self::Connector | Self::Endpoint => false,
        }
    }
}

/// How a clause is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Checks name it.
    Checks,
    /// Checks name it, and the provider says what they cannot see; what and why.
    ChecksAndPromised(Promise, &'static str),
    /// It asks nothing of the provider; what follows from it for the verdict.
    NothingAsked(&'static str),
    /// The provider says it; what and why.
    Promised(Promise, &'static str),
}

impl Coverage {
    /// What is to be said of the clause, where something is.
    #[must_use]
    pub fn promise(self) -> Option<Promise> {
        match self {
            Self::ChecksAndPromised(promise, _) | Self::Promised(promise, _) => Some(promise),
            Self::Checks | Self::NothingAsked(_) => None,
        }
    }

    /// Why it is not left to checks alone; none where it is.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::ChecksAndPromised(_, reason)
            | Self::Promised(_, reason)
            | Self::NothingAsked(reason) => Some(reason),
            Self::Checks => None,
        }
    }

    /// The word used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Checks => "checks",
            Self::ChecksAndPromised(Promise::Attestation(_), _) => "checks-and-attested",
            Self::ChecksAndPromised(Promise::Declared(_), _) => "checks-and-declared",
            Self::NothingAsked(_) => "nothing-asked",
            Self::Promised(Promise::Attestation(_), _) => "attested",
            Self::Promised(Promise::Declared(_), _) => "declared",
        }
    }

    /// The same in a sentence, with its reason; none where checks cover it alone.
    #[must_use]
    pub fn text(self) -> Option<String> {
        let heading = match self {
            Self::Checks => return None,
            Self::NothingAsked(_) => "nothing is asked",
            Self::ChecksAndPromised(promise, _) | Self::Promised(promise, _) => promise.kept(),
        };
        Some(format!("{heading}: {}", self.reason().unwrap_or_default()))
    }
}

impl Serialize for Coverage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let reason = self.reason();
        let mut map = serializer.serialize_map(Some(1 + usize::from(reason.is_some())))?;
        map.serialize_entry("by", self.name())?;
        if let Some(reason) = reason {
            map.serialize_entry("reason", reason)?;
        }
        map.end()
    }
}

/// A sentence that the provider is held to, in our words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// Its id.
    pub id: &'static str,
    /// What it says.
    pub text: &'static str,
    /// How strongly.
    pub keyword: Keyword,
    /// Where it stands: a page under <https://developer.sage.com>, or the collections.
    pub source: &'static str,
    /// Whose doing it is about.
    pub concern: Concern,
    /// How it is covered.
    pub coverage: Coverage,
}

/// The page "2. Get set up".
const SETUP: &str = "/payments-out/provider-api/get-started/setup";

/// All clauses: those of the set-up page in its order, then those of other pages.
pub const CLAUSES: &[Clause] = &[
    Clause {
        id: "PO-STATUS-FLOW",
        text: "Updates of subscriptions, batches and payments follow the platform's status flows.",
        keyword: Keyword::Should,
        source: SETUP,
        concern: Concern::Caller,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-STATUS-TIME",
        text: "Updates are sent in near real time.",
        keyword: Keyword::Should,
        source: SETUP,
        concern: Concern::Connector,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-RATE",
        text: "The API throttles at a rate agreed with the commercial team, 10 requests a second \
               unless agreed otherwise.",
        keyword: Keyword::Fact,
        source: SETUP,
        concern: Concern::Caller,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-BACKOFF",
        text: "Above the rate the answer may be 429; the provider backs off appropriately before \
               it tries again.",
        keyword: Keyword::Should,
        source: SETUP,
        concern: Concern::Caller,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-TOKEN",
        text: "A Sage ID access token is used until it expires; not a new one for each request.",
        keyword: Keyword::Must,
        source: SETUP,
        concern: Concern::Caller,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-CREDENTIALS",
        text: "Client credentials and API keys are stored securely.",
        keyword: Keyword::Should,
        source: SETUP,
        concern: Concern::Connector,
        coverage: Coverage::ChecksAndPromised(
            Promise::Attestation(AttestationKind::CredentialStorage),
            "leaks are looked for on the wire; how secrets are stored no traffic shows",
        ),
    },
    Clause {
        id: "PO-BREACH",
        text: "A breach of credentials is notified immediately.",
        keyword: Keyword::Should,
        source: SETUP,
        concern: Concern::Declaration,
        coverage: Coverage::Promised(
            Promise::Attestation(AttestationKind::BreachContact),
            "no traffic shows it: a contact who would notify is named",
        ),
    },
    Clause {
        id: "PO-NOTIFY-AUTH",
        text: "A provider that supports the notification endpoint validates the API key header \
               and the Sage ID token.",
        keyword: Keyword::Must,
        source: SETUP,
        concern: Concern::Endpoint,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-MAINTAIN",
        text: "The provider maintains its connector.",
        keyword: Keyword::Fact,
        source: SETUP,
        concern: Concern::Declaration,
        coverage: Coverage::Promised(
            Promise::Attestation(AttestationKind::Owner),
            "no traffic shows it: an owner is named",
        ),
    },
    Clause {
        id: "PO-AUTH-ENDPOINT",
        text: "The provider has an authorisation endpoint, in sandbox and in production.",
        keyword: Keyword::Must,
        source: SETUP,
        concern: Concern::Declaration,
        coverage: Coverage::Promised(
            Promise::Declared(DeclaredItem::AuthorisationEndpoint),
            "its contract is not public: both URLs are declared",
        ),
    },
    Clause {
        id: "PO-KEY-DELIVERY",
        text: "How API key and client secret are delivered is agreed with Live Services \
               Management.",
        keyword: Keyword::Must,
        source: SETUP,
        concern: Concern::Declaration,
        coverage: Coverage::Promised(
            Promise::Declared(DeclaredItem::KeyDelivery),
            "an agreement between people: the way agreed is declared",
        ),
    },
    Clause {
        id: "PO-NOTIFY-ENDPOINT",
        text: "The provider may have a notification endpoint, in sandbox and in production.",
        keyword: Keyword::Optional,
        source: SETUP,
        concern: Concern::Declaration,
        coverage: Coverage::Promised(
            Promise::Declared(DeclaredItem::NotificationEndpoint),
            "optional: its URLs are declared where there is one",
        ),
    },
    Clause {
        id: "PO-NOTIFY-ANSWER",
        text: "A notification of a new subscription or a new batch is answered with 201.",
        keyword: Keyword::Fact,
        source: "/payments-out/provider-api/get-started/integrate",
        concern: Concern::Connector,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-NOTIFY-HEADER",
        text: "The provider may ask for a notification header of its own name and value.",
        keyword: Keyword::Optional,
        source: SETUP,
        concern: Concern::Declaration,
        coverage: Coverage::Promised(
            Promise::Declared(DeclaredItem::NotificationHeader),
            "optional: name and value are declared where there is one",
        ),
    },
    Clause {
        id: "PO-PRODUCT",
        text: "Features may be implemented differently across Sage products.",
        keyword: Keyword::Fact,
        source: SETUP,
        concern: Concern::Caller,
        coverage: Coverage::NothingAsked(
            "what differs for one product stands in the profile, under its x-application",
        ),
    },
    Clause {
        id: "PO-INTERACTION-ID",
        text: "Each request to the Provider API carries a new RFC 4122 UUID for the correlation of \
               logs.",
        keyword: Keyword::Fact,
        source: "/payments-out/provider-api/get-started/establish-config",
        concern: Concern::Caller,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-AUTH-LINK",
        text: "A user authorises at a link to the provider's authorisation endpoint, which says from \
               when until when it is good.",
        keyword: Keyword::Fact,
        source: "/payments-out/announcements/2021-07-26",
        concern: Concern::Connector,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-MESSAGES",
        text: "Messages of the product about creditors and debtor accounts are answered by messages \
               that are routed by their subscription.",
        keyword: Keyword::Fact,
        source: "/payments-out/guides/provider/understand-provider-messaging-webhooks",
        concern: Concern::Connector,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-CONFIGURATION",
        text: "The provider keeps its configuration current; an update replaces it, and an element \
               that is left out is removed.",
        keyword: Keyword::Fact,
        source: "/payments-out/guides/provider/provider-api-update-provider-rules",
        concern: Concern::Connector,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-LIMITS",
        text: "A batch has at most 2,000 payments, or as many as the provider takes, and 5 MB.",
        keyword: Keyword::Fact,
        source: "/payments-out/guides/consumer/submit-and-process-electronic-payments",
        concern: Concern::Connector,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-APPLICATION",
        text: "A request to the Provider API names the Sage product that it is for.",
        keyword: Keyword::Fact,
        source: "/payments-out/provider-api/get-started/establish-config",
        concern: Concern::Connector,
        coverage: Coverage::Checks,
    },
    Clause {
        id: "PO-COLLECTIONS",
        text: "The requests of the collections succeed as the collections themselves assert.",
        keyword: Keyword::Must,
        source: "the collections that were replayed",
        concern: Concern::Replay,
        coverage: Coverage::Checks,
    },
];

/// The clause with this id.
#[must_use]
pub fn clause(id: &str) -> Option<&'static Clause> {
    CLAUSES.iter().find(|clause| clause.id == id)
}
