//! A walk, mention by mention, with what was known before each.

use crate::conformance::Witness;
use crate::exchange::Vantage;
use crate::history::{Answer, Note, NoteKind, Walk};
use crate::profile::{Flow, Profile, Provenance};

/// From where the arrival of a connector's requests is seen.
pub(super) const SERVING: [Vantage; 2] = [Vantage::Mock, Vantage::Proxy];

/// One mention, and the state before it.
pub(super) struct Stride<'w> {
    /// The states that the resource may have been in; empty where nothing was known.
    pub(super) before: Vec<&'w str>,
    /// The mention from which that is known.
    pub(super) known_from: Option<&'w Note>,
    /// The states that updates of unknown outcome may have set since; they are among `before`, or
    /// nothing was known when they were asked for.
    pub(super) perhaps: Vec<&'w str>,
    /// The mention.
    pub(super) note: &'w Note,
}

impl<'w> Stride<'w> {
    /// The strides of `walk`.
    pub(super) fn all(walk: &'w Walk, flow: &Flow) -> Vec<Self> {
        let mut states: Vec<&'w str> = Vec::new();
        let mut perhaps: Vec<&'w str> = Vec::new();
        let mut known_from = None;
        let mut strides = Vec::new();
        for note in &walk.notes {
            strides.push(Self {
                before: states.clone(),
                known_from,
                perhaps: perhaps.clone(),
                note,
            });
            match note.kind {
                NoteKind::Created | NoteKind::Observed | NoteKind::Asked(Answer::Accepted) => {
                    states = vec![&note.status];
                    perhaps.clear();
                    known_from = Some(note);
                }
                NoteKind::Asked(Answer::AcceptedByDefault | Answer::Unknown) => {
                    let unknown = states.is_empty();
                    let allowed = states.iter().any(|state| flow.allows(state, &note.status));
                    if allowed {
                        states.push(&note.status);
                    }
                    if allowed || unknown {
                        perhaps.push(&note.status);
                    }
                }
                NoteKind::Asked(Answer::Refused | Answer::Declined(_)) => {}
            }
        }
        strides
    }

    /// Whether `note` repeats a state that the resource may be in.
    pub(super) fn is_repeat(&self) -> bool {
        self.before.contains(&self.note.status.as_str())
    }

    /// Whether `flow` allows the step from a state that the resource may be in.
    pub(super) fn is_allowed(&self, flow: &Flow) -> bool {
        self.before
            .iter()
            .any(|state| flow.allows(state, &self.note.status))
    }

    /// Whether an earlier update, whose outcome is unknown, may explain why this one was refused: it
    /// is legal by one of the states that the resource may be in, and the platform saw another.
    pub(super) fn is_refused_for_the_unknown(&self, flow: &Flow) -> bool {
        let status = self.note.status.as_str();
        let perhaps = self.perhaps.iter();
        let legal = self.is_allowed(flow)
            || perhaps.clone().any(|state| *state == status)
            || perhaps.clone().any(|state| flow.allows(state, status));
        !self.perhaps.is_empty() && legal
    }

    /// Whether `flow` has a path to it from a state that the resource may be in.
    pub(super) fn is_reachable(&self, flow: &Flow) -> bool {
        self.before
            .iter()
            .any(|state| flow.reaches(state, &self.note.status))
    }

    /// Whether the resource is certainly in a terminal state.
    pub(super) fn is_after_the_end(&self, flow: &Flow) -> bool {
        !self.before.is_empty() && self.before.iter().all(|state| flow.is_terminal(state))
    }

    /// `Completed → Processing`.
    pub(super) fn step(&self) -> String {
        let before = match self.before.as_slice() {
            [] => "?".to_owned(),
            states => states.join(" or "),
        };
        format!("{before} → {}", self.note.status)
    }

    /// The pair that shows it: where the state before is known from, and the mention.
    pub(super) fn witness(&self) -> Witness {
        let pair = self.known_from.into_iter().chain([self.note]);
        Witness::of(pair.map(|note| (note.sequence, note.began))).with_margin(self.step())
    }
}

/// On what the flows rest: on the weakest of them.
pub(super) fn provenance(profile: &Profile) -> Provenance {
    profile
        .flows
        .values()
        .map(|flow| flow.provenance)
        .min()
        .unwrap_or(Provenance::Assumed)
}

/// What would have to be known of the flows.
pub(super) const FLIPS_IF: &str =
    "the platform confirms these status flows, or the profile states them with their source";

/// How many exchanges of `walks` ask for a forbidden state on purpose.
pub(super) fn provoked(walks: &[Walk]) -> usize {
    walks
        .iter()
        .flat_map(|walk| &walk.notes)
        .filter(|note| note.provoked)
        .map(|note| note.sequence)
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}
