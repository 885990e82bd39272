//! What a notification is about.

use serde_json::Value;

use crate::profile::{BodyTemplate, Notifications, Sourced};

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

impl Message {
    fn read(body: &Value, form: &BodyTemplate) -> Option<Self> {
        let found = form.values_in(body)?;
        let kind = found.get("kind")?.as_str()?;
        let question = Question::ALL
            .into_iter()
            .find(|question| question.name() == kind)?;
        let message = found.get("message").unwrap_or(&Value::Null);
        let subscription = message["subscriptionId"]
            .as_str()
            .or_else(|| found.get("subscriptionId")?.as_str())?;
        Some(Self {
            subscription: subscription.to_owned(),
            question,
            data: message["data"].clone(),
        })
    }
}

impl Matter {
    /// What the body of a notification is about, if that is known here: whose form it has.
    pub(super) fn read(body: &Value, forms: &Notifications) -> Option<Self> {
        let id = |form: &Sourced<BodyTemplate>, name: &str| {
            let found = form.value.values_in(body)?;
            found.get(name)?.as_str().map(str::to_owned)
        };
        // The forms that say more come first.
        Message::read(body, &forms.message.value)
            .map(Self::Message)
            .or_else(|| id(&forms.batch, "batchId").map(Self::Batch))
            .or_else(|| id(&forms.status_change, "subscriptionId").map(Self::Change))
            .or_else(|| id(&forms.subscription, "subscriptionId").map(Self::Subscription))
    }

    /// Whether the platform expects the answer for something new.
    pub(super) fn is_creation(&self) -> bool {
        match self {
            Self::Subscription(_) | Self::Batch(_) => true,
            Self::Configuration | Self::Change(_) | Self::Message(_) => false,
        }
    }
}
