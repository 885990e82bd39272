//! The messages between product and provider, and which answers which.

/// A message that a product sends. All are answered by a message of the provider
/// (`/payments-out/guides/consumer/understand-consumer-messaging-webhooks`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// A bank account that the provider is to know.
    DebtorAccountPut,
    /// Which bank accounts the provider knows.
    DebtorAccountListQuery,
    /// A bank account that the provider is to forget.
    DebtorAccountDelete,
    /// A vendor that the provider is to know.
    CreditorPut,
    /// Which vendors the provider knows.
    CreditorListQuery,
    /// A vendor that the provider is to forget.
    CreditorDelete,
}

impl MessageKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::DebtorAccountPut,
        Self::DebtorAccountListQuery,
        Self::DebtorAccountDelete,
        Self::CreditorPut,
        Self::CreditorListQuery,
        Self::CreditorDelete,
    ];

    /// The last segment of the path to which the product posts it; its name in plans.
    #[must_use]
    pub fn question(self) -> &'static str {
        match self {
            Self::DebtorAccountPut => "debtoraccountputs",
            Self::DebtorAccountListQuery => "debtoraccountlistqueries",
            Self::DebtorAccountDelete => "debtoraccountdeletes",
            Self::CreditorPut => "creditorputs",
            Self::CreditorListQuery => "creditorlistqueries",
            Self::CreditorDelete => "creditordeletes",
        }
    }

    /// The last segment of the path to which the provider posts the answer.
    #[must_use]
    pub fn answer(self) -> &'static str {
        match self {
            Self::DebtorAccountPut => "debtoraccountputs",
            Self::DebtorAccountListQuery => "debtoraccountlistqueryresponses",
            Self::DebtorAccountDelete => "debtoraccountdeletes",
            Self::CreditorPut => "creditorputs",
            Self::CreditorListQuery => "creditorlistqueryresponses",
            Self::CreditorDelete => "creditordeletes",
        }
    }
}
