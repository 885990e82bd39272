//! What a notification is about.

use serde_json::Value;

/// Something that the connector has to attend to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matter {
    /// Its own configuration, when it starts.
    Configuration,
    /// A new subscription.
    Subscription(String),
    /// A subscription that somebody else changed.
    Change(String),
    /// A new batch of payments.
    Batch(String),
    /// A message of the product.
    Message(Message),
}

/// A message of the product.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    /// The subscription by which the answer is routed.
    pub(super) subscription: String,
    /// What is asked.
    pub(super) question: Question,
    /// Of whom.
    pub(super) data: Value,
}

/// What a product asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    DebtorAccountPut,
    DebtorAccountListQuery,
    DebtorAccountDelete,
    CreditorPut,
    CreditorListQuery,
    CreditorDelete,
}

impl Question {
    const ALL: [Self; 6] = [
        Self::DebtorAccountPut,
        Self::DebtorAccountListQuery,
        Self::DebtorAccountDelete,
        Self::CreditorPut,
        Self::CreditorListQuery,
        Self::CreditorDelete,
    ];

    /// The endpoint at which the product asks.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DebtorAccountPut => "debtoraccountputs",
            Self::DebtorAccountListQuery => "debtoraccountlistqueries",
            Self::DebtorAccountDelete => "debtoraccountdeletes",
            Self::CreditorPut => "creditorputs",
            Self::CreditorListQuery => "creditorlistqueries",
            Self::CreditorDelete => "creditordeletes",
        }
    }

    /// The endpoint at which the provider answers.
    pub(super) fn answer(self) -> &'static str {
        match self {
            Self::DebtorAccountPut => "debtoraccountputs",
            Self::DebtorAccountListQuery => "debtoraccountlistqueryresponses",
            Self::DebtorAccountDelete => "debtoraccountdeletes",
            Self::CreditorPut => "creditorputs",
            Self::CreditorListQuery => "creditorlistqueryresponses",
            Self::CreditorDelete => "creditordeletes",
        }
    }

    /// Whether there is something to do beside the answer.
    pub(super) fn changes_something(self) -> bool {
        match self {
            Self::DebtorAccountPut
            | Self::DebtorAccountDelete
            | Self::CreditorPut
            | Self::CreditorDelete => true,
            Self::DebtorAccountListQuery | Self::CreditorListQuery => false,
        }
    }
}

impl Matter {
    /// What the body of a notification is about, if that is known here.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let resource = &body["resource"];
        let kind = resource["type"].as_str()?;
        let id = || resource["id"].as_str().map(str::to_owned);
        match (body["type"].as_str()?, kind) {
            ("resourceCreated", "subscription") => Some(Self::Subscription(id()?)),
            ("resourceUpdated", "subscription") => Some(Self::Change(id()?)),
            ("resourceCreated", "batch") => Some(Self::Batch(id()?)),
            ("resourceCreated", kind) => {
                let question = Question::ALL
                    .into_iter()
                    .find(|question| question.name() == kind)?;
                let message = &body["message"];
                Some(Self::Message(Message {
                    subscription: message["subscriptionId"]
                        .as_str()
                        .map(str::to_owned)
                        .or_else(id)?,
                    question,
                    data: message["data"].clone(),
                }))
            }
            _ => None,
        }
    }

    /// Whether the platform expects 201.
    pub(super) fn is_creation(&self) -> bool {
        match self {
            Self::Subscription(_) | Self::Batch(_) => true,
            Self::Configuration | Self::Change(_) | Self::Message(_) => false,
        }
    }
}
