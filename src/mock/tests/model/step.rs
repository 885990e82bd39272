//! What is done to the platform, and how it is chosen.

use proptest::prelude::*;

use crate::mock::tests::client::As;

pub const STATUSES: [&str; 13] = [
    "Received",
    "Pending",
    "AwaitingAuthorisation",
    "Authorised",
    "Suspended",
    "Cancelled",
    "Rejected",
    "Processing",
    "Completed",
    "PartiallyCompleted",
    "Failed",
    "Bogus",
    "",
];

/// Each of the things that there are by its number, or none that there is.
pub type Pick = Option<prop::sample::Index>;

#[derive(Clone, Debug)]
pub enum Step {
    CreateSubscription {
        product: Side,
        organisation: Side,
        provider: Option<Side>,
    },
    CreateBatch {
        product: Side,
        subscription: Pick,
        payments: usize,
    },
    PatchSubscription {
        provider: Side,
        subscription: Pick,
        status: Option<&'static str>,
    },
    PatchBatch {
        provider: Side,
        batch: Pick,
        update: BatchUpdate,
    },
    GetSubscription {
        who: As,
        subscription: Pick,
    },
    GetBatch {
        who: As,
        batch: Pick,
    },
    /// The PATCH before, word by word.
    Repeat,
    Wait {
        days: u64,
    },
}

/// The first pair of a provider and a product, or the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    First,
    Second,
}

#[derive(Clone, Debug)]
pub struct BatchUpdate {
    pub status: Option<&'static str>,
    pub default_status: Option<&'static str>,
    pub payments: Vec<(PaymentPick, Option<&'static str>)>,
}

#[derive(Clone, Copy, Debug)]
pub enum PaymentPick {
    OfTheBatch(prop::sample::Index),
    OfAnother(prop::sample::Index),
    Unknown,
    Missing,
}

pub fn side() -> impl Strategy<Value = Side> {
    // The second pair comes along less often, so that sequences get somewhere.
    prop_oneof![4 => Just(Side::First), 1 => Just(Side::Second)]
}

pub fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        9 => any::<prop::sample::Index>().prop_map(Some),
        1 => Just(None),
    ]
}

pub fn status() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        6 => prop::sample::select(&STATUSES[..]).prop_map(Some),
        // What leads on.
        3 => prop::sample::select(&["Authorised", "Processing", "Completed"][..]).prop_map(Some),
        1 => Just(None),
    ]
}

pub fn payment() -> impl Strategy<Value = PaymentPick> {
    prop_oneof![
        12 => any::<prop::sample::Index>().prop_map(PaymentPick::OfTheBatch),
        1 => any::<prop::sample::Index>().prop_map(PaymentPick::OfAnother),
        1 => Just(PaymentPick::Unknown),
        1 => Just(PaymentPick::Missing),
    ]
}

pub fn batch_update() -> impl Strategy<Value = BatchUpdate> {
    let maybe = || prop_oneof![1 => Just(None), 1 => status()];
    let payments = prop::collection::vec((payment(), status()), 0..3);
    (maybe(), maybe(), payments).prop_map(|(status, default_status, payments)| BatchUpdate {
        status,
        default_status,
        payments,
    })
}

pub fn reader() -> impl Strategy<Value = As> {
    prop::sample::select(
        &[
            As::Provider,
            As::Product,
            As::SecondProvider,
            As::SecondProduct,
        ][..],
    )
}

pub fn step() -> impl Strategy<Value = Step> {
    let provider = prop_oneof![
        4 => Just(Some(Side::First)),
        2 => Just(Some(Side::Second)),
        1 => Just(None),
    ];
    prop_oneof![
        2 => (side(), side(), provider).prop_map(|(product, organisation, provider)| {
            Step::CreateSubscription { product, organisation, provider }
        }),
        2 => (side(), pick(), 1_usize..4).prop_map(|(product, subscription, payments)| {
            Step::CreateBatch { product, subscription, payments }
        }),
        4 => (side(), pick(), status()).prop_map(|(provider, subscription, status)| {
            Step::PatchSubscription { provider, subscription, status }
        }),
        8 => (side(), pick(), batch_update()).prop_map(|(provider, batch, update)| {
            Step::PatchBatch { provider, batch, update }
        }),
        1 => (reader(), pick()).prop_map(|(who, subscription)| {
            Step::GetSubscription { who, subscription }
        }),
        1 => (reader(), pick()).prop_map(|(who, batch)| Step::GetBatch { who, batch }),
        2 => Just(Step::Repeat),
        1 => (1_u64..200).prop_map(|days| Step::Wait { days }),
    ]
}
