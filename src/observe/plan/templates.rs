//! What payments, messages and subscriptions are made from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::MessageKind;

/// The placeholder that is another number each time.
const NUMBER: &str = "{{number}}";

/// The templates of a plan. `{{number}}` in a text of theirs is another number each time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Templates {
    /// A payment that the provider makes.
    pub accepted: Map<String, Value>,
    /// A payment that the provider rejects.
    pub rejected: Map<String, Value>,
    /// What the product says when it asks for a subscription, beside the provider's id.
    pub subscription: Map<String, Value>,
    /// What is in `data` of a message.
    pub messages: BTreeMap<MessageKind, Map<String, Value>>,
}

impl Templates {
    /// The payments of a batch, numbered on from `number`.
    pub(in crate::observe) fn payments(
        &self,
        payments: u32,
        rejected: u32,
        amounts: &[String],
        number: &mut u64,
    ) -> Vec<Value> {
        (0..payments)
            .map(|index| {
                *number += 1;
                let template = if index < payments.saturating_sub(rejected) {
                    &self.accepted
                } else {
                    &self.rejected
                };
                let mut payment = numbered(template, *number);
                let turn = usize::try_from(index).unwrap_or_default();
                if let Some(amount) = amounts.get(turn % amounts.len().max(1)) {
                    payment.insert("amount".into(), json!(amount));
                }
                Value::Object(payment)
            })
            .collect()
    }

    /// What is in `data` of a message of `kind`.
    pub(in crate::observe) fn message(&self, kind: MessageKind, number: u64) -> Value {
        let template = self.messages.get(&kind);
        Value::Object(template.map_or_else(Map::new, |template| numbered(template, number)))
    }

    /// What a subscription is asked for with.
    pub(in crate::observe) fn subscription(&self, number: u64) -> Map<String, Value> {
        numbered(&self.subscription, number)
    }
}

fn numbered(template: &Map<String, Value>, number: u64) -> Map<String, Value> {
    template
        .iter()
        .map(|(name, value)| (name.clone(), filled(value, number)))
        .collect()
}

fn filled(value: &Value, number: u64) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) => json!(text.replace(NUMBER, &number.to_string())),
        Value::Array(items) => items.iter().map(|item| filled(item, number)).collect(),
        Value::Object(members) => Value::Object(numbered(members, number)),
    }
}
