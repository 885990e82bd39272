//! Answers the product's messages.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Messages;
use super::matter::{Message, Question};

/// What the provider keeps of vendors and accounts, by subscription.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    creditors: BTreeMap<String, Value>,
    debtors: BTreeMap<String, Value>,
}

/// A message to the product: the endpoint, and the body.
pub(super) struct Reply {
    pub(super) endpoint: &'static str,
    pub(super) body: Value,
}

impl Ledger {
    /// Does what `message` asks for, and gives the answer.
    pub(super) fn attend(&mut self, message: &Message, policy: Messages) -> Option<Reply> {
        let endpoint = match policy {
            Messages::Answered | Messages::Late(_) | Messages::Doubled | Messages::Misrouted => {
                message.question.answer()
            }
            Messages::Echoed => message.question.name(),
            Messages::Ignored => return None,
        };
        let subscription = &message.subscription;
        let mut data = match &message.data {
            Value::Object(members) => members.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        match message.question {
            Question::CreditorPut => {
                self.creditors.insert(
                    subscription.clone(),
                    data.get("creditor").cloned().unwrap_or_default(),
                );
            }
            Question::CreditorDelete => {
                self.creditors.remove(subscription);
            }
            Question::CreditorListQuery => {
                let known = self.creditors.get(subscription).cloned();
                data.insert("creditor".into(), creditor(known));
            }
            Question::DebtorAccountPut => {
                self.debtors.insert(
                    subscription.clone(),
                    data.get("debtor").cloned().unwrap_or_default(),
                );
            }
            Question::DebtorAccountDelete => {
                self.debtors.remove(subscription);
            }
            Question::DebtorAccountListQuery => {
                let known = self.debtors.get(subscription).cloned();
                data.insert("debtor".into(), debtor(known));
                data.insert("legalEntity".into(), json!("Specimen Ltd"));
            }
        }
        Some(Reply {
            endpoint,
            body: json!({"subscriptionId": subscription, "data": data}),
        })
    }
}

/// A vendor with what an answer says of it (`/payments-out/announcements/2021-07-08`).
fn creditor(known: Option<Value>) -> Value {
    with(
        known.unwrap_or_else(|| json!({"name": "Northwind Paper Ltd"})),
        &[("creditorType", "Organisation")],
    )
}

/// A debtor with what an answer says of it (`/payments-out/announcements/2021-07`, `…/2021-09`).
fn debtor(known: Option<Value>) -> Value {
    with(
        known.unwrap_or_else(|| json!({"name": "Specimen Ltd"})),
        &[
            ("remittanceEmail", "remittances@specimen.invalid"),
            ("taxId", "GB000000000"),
        ],
    )
}

/// `value` with these members where it has none of that name.
fn with(mut value: Value, members: &[(&str, &str)]) -> Value {
    if let Value::Object(object) = &mut value {
        for (name, text) in members {
            object
                .entry((*name).to_owned())
                .or_insert_with(|| json!(text));
        }
    }
    value
}
