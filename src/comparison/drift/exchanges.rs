//! The drift between two runs.

use serde::Serialize;

use super::answer::compared;
use super::pairing::{Pairing, Place, Placed};
use crate::base::Sha256Hex;
use crate::event::{Subject, Target};
use crate::history::History;
use crate::profile::Profile;
use crate::snapshot::{difference, transcripts};

/// How two runs were answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Who is judged in both.
    pub subject: Subject,
    /// The older run.
    pub then: RunNote,
    /// The newer run.
    pub now: RunNote,
    /// How many exchanges stand beside each other.
    pub pairs: usize,
    /// Those that were answered differently.
    pub exchanges: Vec<ExchangeDrift>,
    /// Exchanges of the older run that the newer has not.
    pub only_then: Vec<Lonely>,
    /// Exchanges of the newer run that the older has not.
    pub only_now: Vec<Lonely>,
    /// What the runs did, where that differs: steps of status flows, waits.
    pub flows: Vec<Flow>,
}

/// A run, as far as it is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunNote {
    /// Where its requests went.
    pub target: Target,
    /// Its plan.
    pub plan: String,
    /// The digest that stands for its history.
    pub head: Sha256Hex,
}

/// A pair of exchanges that were answered differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExchangeDrift {
    /// Its place in the plan.
    #[serde(flatten)]
    pub place: Place,
    /// What was called, in the newer run.
    pub called: String,
    /// The event of the older run.
    pub then: u64,
    /// The event of the newer run.
    pub now: u64,
    /// In what they differ.
    pub differences: Vec<Difference>,
}

/// Something in which the answers to a pair of exchanges differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Difference {
    /// What.
    pub aspect: Aspect,
    /// Which header, or which field of the body; empty where that says itself.
    pub at: String,
    /// How it was.
    pub then: String,
    /// How it is.
    pub now: String,
}

/// In what answers can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// Another operation was called: the runs themselves differ.
    Operation,
    /// The status code, or that there was no answer.
    Outcome,
    /// A header.
    Header,
    /// The shape of the body.
    Body,
}

impl Aspect {
    /// The word for it.
    pub(in crate::comparison) fn name(self) -> &'static str {
        match self {
            Self::Operation => "called",
            Self::Outcome => "status",
            Self::Header => "header",
            Self::Body => "body",
        }
    }
}

/// An exchange that only one of the runs has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lonely {
    /// Its place in the plan.
    #[serde(flatten)]
    pub place: Place,
    /// What was called.
    pub called: String,
    /// Its event.
    pub event: u64,
}

/// A transcript that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// Its name: `status-flow` or `backoff`.
    pub name: &'static str,
    /// A unified diff: `-` is the older run, `+` the newer.
    pub diff: String,
}

impl Drift {
    /// That between two runs, each read by its profile.
    #[must_use]
    pub fn between(then: (&History, &Profile), now: (&History, &Profile)) -> Self {
        let pairing = Pairing::of(then, now);
        let ids = [then, now].map(|(_, by)| by.headers.interaction_id.value.as_str());
        let exchanges = pairing.pairs.iter().filter_map(|(before, after)| {
            let differences = compared((before, ids[0]), (after, ids[1]));
            (!differences.is_empty()).then(|| ExchangeDrift {
                place: after.place.clone(),
                called: after.operation.clone(),
                then: before.sequence,
                now: after.sequence,
                differences,
            })
        });
        let told = [then, now].map(|(history, by)| transcripts(history, by));
        let flows = told[0].iter().zip(&told[1]).filter_map(|(before, after)| {
            let diff = difference(("old", &before.text), ("new", &after.text))?;
            Some(Flow {
                name: after.name,
                diff,
            })
        });
        Self {
            subject: now.0.start().subject,
            then: RunNote::of(then.0),
            now: RunNote::of(now.0),
            pairs: pairing.pairs.len(),
            exchanges: exchanges.collect(),
            flows: flows.collect(),
            only_then: pairing.only_then.iter().map(Lonely::of).collect(),
            only_now: pairing.only_now.iter().map(Lonely::of).collect(),
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
            && self.only_then.is_empty()
            && self.only_now.is_empty()
            && self.flows.is_empty()
    }
}

impl RunNote {
    fn of(history: &History) -> Self {
        Self {
            target: history.start().target,
            plan: history.start().plan.clone(),
            head: history.head().clone(),
        }
    }
}

impl Lonely {
    fn of(placed: &Placed<'_>) -> Self {
        Self {
            place: placed.place.clone(),
            called: placed.operation.clone(),
            event: placed.sequence,
        }
    }
}
