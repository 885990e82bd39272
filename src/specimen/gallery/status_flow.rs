//! Connectors that tell of states, and when: some in ways of their own that conform, others broken.

use std::time::Duration;

use super::specimen::{Specimen, broken, conforming};
use crate::profile::Declaration;
use crate::specimen::{Completion, Echo, IdempotencyKey, Naming, Reasons, Sequence, Step};

const MIXED: &str = "Two mixed batches";
const AGAIN: &str = "Notifications come twice and out of order";
const LATE: &str = "Updates are answered late";
const SLOW: &str = "Updates are cut and answered late";
const MANY: &str = "Sixty batches";
const NEW: &str = "One new subscription";

/// A provider that promises an update within two seconds.
fn two_seconds() -> Declaration {
    Declaration {
        latency_target: Some(Duration::from_secs(2)),
        ..Declaration::default()
    }
}

/// Puts `step` before the first one that `place` finds.
fn before(steps: &mut Vec<Step>, step: Step, place: fn(&Step) -> bool) {
    let found = steps.iter().position(place).unwrap_or(steps.len());
    steps.insert(found, step);
}

fn without(steps: &mut Vec<Step>, unwanted: fn(&Step) -> bool) {
    steps.retain(|step| !unwanted(step));
}

fn is_mark(step: &Step) -> bool {
    matches!(step, Step::Mark(_))
}

fn is_pay(step: &Step) -> bool {
    *step == Step::Pay
}

fn is_close(step: &Step) -> bool {
    *step == Step::Close
}

fn is_offer(step: &Step) -> bool {
    matches!(step, Step::Offer(_))
}

/// Those that conform, then those that each break one check, by its id.
pub const SPECIMENS: &[Specimen] = &[
    conforming(
        "payments-one-by-one",
        "It updates one payment at a time, with notifications twice and out of order",
        AGAIN,
        |policy| policy.payments_per_update = 1,
    ),
    conforming(
        "payments-by-fifty",
        "It updates fifty payments at a time",
        MIXED,
        |policy| policy.payments_per_update = 50,
    ),
    conforming(
        "payments-all-at-once",
        "It updates all payments at once",
        SLOW,
        |policy| policy.payments_per_update = 2_000,
    ),
    conforming(
        "payments-marked-by-name",
        "It sets each payment to Processing by name",
        MIXED,
        |policy| {
            policy.batch.insert(2, Step::MarkEach("Processing".into()));
            policy.batch[1] = Step::Set("Processing".into());
        },
    ),
    conforming(
        "reads-before-writes",
        "It reads before each update",
        AGAIN,
        |policy| {
            for place in [is_close, is_pay, is_mark] {
                before(&mut policy.batch, Step::Read, place);
            }
        },
    ),
    conforming(
        "updates-keyed",
        "Each of its updates has an idempotency key",
        SLOW,
        |policy| policy.telling.key = IdempotencyKey::PerOperation,
    ),
    conforming(
        "dates-omitted",
        "It tells no dates of completion",
        MIXED,
        |policy| policy.telling.completion = Completion::Omitted,
    ),
    conforming(
        "amounts-repeated",
        "Its updates repeat amount and currency",
        MIXED,
        |policy| policy.telling.echo = Echo::Faithful,
    ),
    Specimen {
        declaration: two_seconds,
        ..conforming(
            "promise-kept",
            "Its provider promises updates within two seconds",
            MANY,
            |_| {},
        )
    },
    broken(
        "subscription-suspended-first",
        ("ST-01", &["ST-02"]),
        "It begins a new subscription by suspending it",
        NEW,
        |policy| {
            before(
                &mut policy.subscription,
                Step::Set("Suspended".into()),
                is_offer,
            );
        },
    ),
    broken(
        "processing-taken-back",
        ("ST-02", &[]),
        "It sets what it works on back to Received",
        MIXED,
        |policy| before(&mut policy.batch, Step::Mark("Received".into()), is_pay),
    ),
    broken(
        "processing-left-out",
        ("ST-02", &["ST-01"]),
        "It never tells that it works on a batch",
        MIXED,
        |policy| without(&mut policy.batch, is_mark),
    ),
    broken(
        "end-reversed",
        ("ST-03", &["ST-02"]),
        "It gives each payment another end after the first",
        MIXED,
        |policy| before(&mut policy.batch, Step::Reverse, is_close),
    ),
    Specimen {
        profile: "status.final-within = \"30s\"\n",
        ..broken(
            "end-never-told",
            ("ST-04", &[]),
            "It never tells the end of a batch",
            MIXED,
            |policy| without(&mut policy.batch, is_close),
        )
    },
    Specimen {
        profile: "status.final-within = \"30s\"\n",
        ..broken(
            "end-told-late",
            ("ST-04", &[]),
            "It works on a batch for a minute",
            MIXED,
            |policy| {
                before(
                    &mut policy.batch,
                    Step::Work(Duration::from_mins(1)),
                    is_pay,
                );
            },
        )
    },
    broken(
        "one-key-for-all",
        ("ST-05", &[]),
        "All of its updates have the same idempotency key",
        SLOW,
        |policy| policy.telling.key = IdempotencyKey::Constant,
    ),
    broken(
        "updates-overlapping",
        ("ST-06", &[]),
        "It does not wait for the answer to an update",
        LATE,
        |policy| policy.telling.sequence = Sequence::Overlapping,
    ),
    broken(
        "clock-ahead",
        ("ST-07", &[]),
        "Its clock is an hour ahead",
        MIXED,
        |policy| policy.telling.completion = Completion::Ahead(Duration::from_hours(1)),
    ),
    broken(
        "amounts-rounded",
        ("ST-08", &[]),
        "Its updates repeat amounts without their pence",
        MIXED,
        |policy| policy.telling.echo = Echo::Rounded,
    ),
    broken(
        "reasons-withheld",
        ("ST-09", &[]),
        "It does not say why a payment failed",
        MIXED,
        |policy| policy.telling.reasons = Reasons::Withheld,
    ),
    broken(
        "payments-renamed",
        ("ST-10", &[]),
        "It names payments by ids of its own",
        MIXED,
        |policy| policy.telling.naming = Naming::Own,
    ),
    broken(
        "batch-ahead-of-payments",
        ("ST-11", &[]),
        "It ends a batch before its payments",
        MIXED,
        |policy| {
            without(&mut policy.batch, is_close);
            before(&mut policy.batch, Step::Close, is_pay);
        },
    ),
    broken(
        "mixture-called-success",
        ("ST-11", &[]),
        "It calls a batch completed of which some payments failed",
        MIXED,
        |policy| policy.statuses.partially_completed = policy.statuses.completed.clone(),
    ),
    Specimen {
        profile: "status.first-within = \"30s\"\n",
        ..broken(
            "work-forgotten",
            ("ST-14", &[]),
            "It takes notifications of batches and does nothing",
            MIXED,
            |policy| policy.batch.clear(),
        )
    },
    Specimen {
        declaration: two_seconds,
        ..broken(
            "promise-broken",
            ("ST-15", &[]),
            "Its provider promises updates within two seconds; it polls every five",
            MIXED,
            |policy| {
                before(
                    &mut policy.batch,
                    Step::Work(Duration::from_secs(5)),
                    is_mark,
                );
            },
        )
    },
];
