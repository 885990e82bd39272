//! What a body tells of the states of resources.

use ecow::EcoString;
use serde_json::Value;

use super::skim::Skimmed;
use super::{Call, Details, Purpose, ResourceKind};
use crate::profile::Profile;

/// Whether `call` is an update.
pub(super) fn is_update(call: &Call<'_>) -> bool {
    call.exchange.request.method == "PATCH"
}

/// What holds for the Sage product that `call` names.
pub(super) fn profile_of<'p>(call: &Call<'_>, profile: &'p Profile) -> &'p Profile {
    match call.header(&profile.headers.application.value) {
        Some(application) => profile.for_application(application),
        None => profile,
    }
}

/// What a body tells of states: that of an update, or that of another's answer.
pub(super) struct Told {
    /// The id that an answer names.
    pub(super) id: Option<EcoString>,
    pub(super) status: Option<EcoString>,
    pub(super) default: Option<EcoString>,
    pub(super) payments: Vec<ToldPayment>,
}

/// What is told of a payment.
pub(super) struct ToldPayment {
    pub(super) id: EcoString,
    pub(super) status: Option<EcoString>,
    /// Only of an update.
    pub(super) details: Option<Box<Details>>,
}

impl Told {
    /// What `call` tells; none where it is about no resource, or its body no JSON.
    pub(super) fn by(call: &Call<'_>, profile: &Profile) -> Option<Self> {
        match &call.endpoint.purpose {
            Purpose::Resource(kind, _) if is_update(call) => Self::by_update(call, *kind, profile),
            Purpose::Creation(kind) | Purpose::Resource(kind, _) if call.succeeded() => {
                Self::by_answer(call, *kind)
            }
            Purpose::Token | Purpose::Creation(_) | Purpose::Resource(..) | Purpose::Other => None,
        }
    }

    fn by_answer(call: &Call<'_>, kind: ResourceKind) -> Option<Self> {
        let answer = call.exchange.response()?;
        let skimmed = Skimmed::of(answer.body.bytes(), id_of(kind))?;
        let is_batch = kind == ResourceKind::Batch;
        let payment = |(id, status)| ToldPayment {
            id,
            status,
            details: None,
        };
        Some(Self {
            id: skimmed.id,
            status: skimmed.status,
            default: skimmed.default.filter(|_| is_batch),
            payments: if is_batch {
                skimmed.payments.into_iter().map(payment).collect()
            } else {
                Vec::new()
            },
        })
    }

    fn by_update(call: &Call<'_>, kind: ResourceKind, profile: &Profile) -> Option<Self> {
        let body = call.exchange.request.body.json()?;
        let data = &body["data"];
        let text = |name: &str| data[name].as_str().map(EcoString::from);
        let payments = match kind {
            ResourceKind::Batch => data["payments"].as_array().map_or(&[][..], Vec::as_slice),
            ResourceKind::Subscription | ResourceKind::Payment => &[],
        };
        let reasons = &profile_of(call, profile).status.reason_members.value;
        let payment = |item: &Value| {
            let status = item["status"].as_str().map(EcoString::from);
            Some(ToldPayment {
                id: item["paymentId"].as_str()?.into(),
                details: status.as_ref().and_then(|_| Details::of(item, reasons)),
                status,
            })
        };
        Some(Self {
            id: text(id_of(kind)),
            status: text("status"),
            default: text("defaultStatus").filter(|_| kind == ResourceKind::Batch),
            payments: payments.iter().filter_map(payment).collect(),
        })
    }
}

/// The member with the id of a resource.
fn id_of(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Subscription => "subscriptionId",
        ResourceKind::Batch => "batchId",
        ResourceKind::Payment => "paymentId",
    }
}

impl Details {
    /// What `item` says beside id and status, if anything; a reason may stand in `reason_members`.
    fn of(item: &Value, reason_members: &[String]) -> Option<Box<Self>> {
        let mut details = Self::default();
        for (name, value) in item.as_object()? {
            match name.as_str() {
                "paymentId" | "status" | "extendedStatus" | "additionalData" => {}
                "paymentCompletedDate" => details.completed = value.as_str().map(str::to_owned),
                _ => drop(details.repeated.insert(name.clone(), value.clone())),
            }
        }
        details.reason = reason_members
            .iter()
            .find_map(|member| text_in(&item[member.as_str()]));
        (details != Self::default()).then(|| Box::new(details))
    }
}

/// The first text with something in it: `value` itself, or a member of it.
fn text_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        Value::Array(items) => items.iter().find_map(text_in),
        Value::Object(members) => members.values().find_map(text_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
