//! The rule that all checks of this family share.
//!
//! A probe that is let through is proof by itself. A refusal is proof only beside a control: the
//! same request without the one flaw, accepted before and after. So what was refused passes only in
//! a block whose controls were all accepted.

use std::collections::BTreeSet;

use super::probe::Probe;
use super::probed::{Block, Probed};
use super::weighing::{Weighed, wanted, weigh};
use crate::conformance::check::Family;
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Expectation, ProbeRole, Withheld};
use crate::profile::Provenance;

/// The family, for the checks.
pub(super) const FAMILY: Family = Family::NotificationProbe;

/// What a check says whose clause is stated.
pub(super) const STATED_ALREADY: &str = "it rests on what is stated already";

/// What the platform states: header and token have to be validated.
pub(super) fn stated(_: &crate::profile::Profile) -> Provenance {
    Provenance::Stated
}

/// One probe of the check, weighed.
struct Outcome<'b, 'e> {
    probed: &'b Probed<'e>,
    weighed: Weighed,
    /// What shows it beside its answer.
    beside: Vec<(u64, crate::base::Timestamp)>,
}

/// Judges the probes of the check `id`.
pub(super) fn judge(id: &str, probes: &[Probe], evidence: &Evidence<'_>) -> Ruling {
    let block = Block::of(evidence);
    let mut outcomes: Vec<Outcome<'_, '_>> = Vec::new();
    for probed in block.of_check(id) {
        if let Some(probe) = probes.iter().find(|probe| probe.name == probed.start.probe) {
            outcomes.push(outcome(&block, probed, probe.expect));
        }
    }
    // Where even the control is refused, so is what differs in nothing that matters.
    if refused_control(&block).is_some() {
        outcomes.retain(|outcome| outcome.probed.start.role == ProbeRole::Negative);
    }
    if let Some(ruling) = worst(&outcomes, probes, Level::Fail) {
        return ruling;
    }
    if let Some(ruling) = worst(&outcomes, probes, Level::Error) {
        return ruling;
    }
    if let Some(ruling) = void(&block).filter(|_| block.of_check(id).next().is_some()) {
        return ruling;
    }
    if outcomes.is_empty() {
        return unsent(&block, id);
    }
    if let Some(ruling) = without_control(&block, &outcomes) {
        return ruling;
    }
    let sent: BTreeSet<&str> = outcomes
        .iter()
        .map(|outcome| outcome.probed.start.probe.as_str())
        .collect();
    let withheld: BTreeSet<&str> = block.withheld(id).map(|one| one.probe.as_str()).collect();
    let missing = probes
        .iter()
        .find(|probe| !sent.contains(probe.name) && !withheld.contains(probe.name));
    if let Some(probe) = missing {
        let message = format!("The probe «{}» was not sent.", probe.name);
        return Ruling::new(Level::NotExercised, message);
    }
    if let Some(ruling) = worst(&outcomes, probes, Level::Inconclusive) {
        return ruling;
    }
    if let Some(ruling) = worst(&outcomes, probes, Level::Warn) {
        return ruling;
    }
    let message = format!(
        "{} answered as expected, beside {} that were accepted.",
        counted(outcomes.len(), "probe"),
        counted(block.controls().count(), "control")
    );
    Ruling::new(Level::Pass, message)
}

fn outcome<'b, 'e>(
    block: &'b Block<'e>,
    probed: &'b Probed<'e>,
    expect: Expectation,
) -> Outcome<'b, 'e> {
    let mut outcome = Outcome {
        probed,
        weighed: weigh(probed, expect),
        beside: Vec::new(),
    };
    if matches!(
        outcome.weighed.level,
        Level::Fail | Level::Error | Level::Inconclusive
    ) {
        return outcome;
    }
    let taken = probed.calls.last().is_some_and(|call| call.succeeded());
    if probed.start.role == ProbeRole::Negative && !taken {
        if let Some(call) = block.consequences(probed).next() {
            let request = &call.exchange.request;
            outcome.weighed = Weighed {
                level: Level::Fail,
                said: format!(
                    "was refused, and had an effect all the same: {} {}",
                    request.method,
                    request.path()
                ),
            };
            outcome.beside.push(call.place());
        } else if let Some(back) = block.trace(probed) {
            outcome.weighed = Weighed {
                level: Level::Fail,
                said: "was refused, and left a trace that the read-back shows".into(),
            };
            outcome.beside.push(back.place());
        }
    }
    outcome
}

/// What is said of the outcomes of `level`, if there are any.
fn worst(outcomes: &[Outcome<'_, '_>], probes: &[Probe], level: Level) -> Option<Ruling> {
    let mut of_level = outcomes
        .iter()
        .filter(|outcome| outcome.weighed.level == level);
    let first = of_level.next()?;
    let start = first.probed.start;
    let expect = probes.iter().find(|probe| probe.name == start.probe);
    let expect = expect.map_or(start.expect, |probe| probe.expect);
    let names: BTreeSet<&str> = of_level
        .map(|outcome| outcome.probed.start.probe.as_str())
        .filter(|name| *name != start.probe)
        .collect();
    let message = format!(
        "The probe «{}» ({}) {}{}.",
        start.probe,
        start.factor,
        first.weighed.said,
        and_more(names.len())
    );
    let places = first.beside.iter().copied().chain([first.probed.place()]);
    let witness = Witness::of(places).with_margin(format!("expected {}", wanted(expect)));
    Some(Ruling::new(level, message).shown_by(witness))
}

/// What is said of a check none of whose probes was sent.
fn unsent(block: &Block<'_>, id: &str) -> Ruling {
    let reason = block.withheld(id).map(|one| one.because).next();
    let (level, message) = match reason {
        None => (Level::NotExercised, "No probe of it was sent."),
        Some(Withheld::NoHeader) => (
            Level::NotApplicable,
            "The provider asks for no header of its own.",
        ),
        Some(Withheld::NoLetters) => (
            Level::NotApplicable,
            "The value of the agreed header has no letters.",
        ),
        Some(Withheld::NoTestIssuer) => (
            Level::NotExercised,
            "It needs tokens that the endpoint accepts, and the endpoint does not trust the issuer \
             that preflight plays: let the test build trust it, and say --trusted-issuer.",
        ),
        Some(Withheld::NoScope) => (
            Level::NotApplicable,
            "The profile names no scope that a token of the platform has.",
        ),
        Some(Withheld::NoSocket) => (
            Level::NotApplicable,
            "The endpoint was not reached over a network.",
        ),
        Some(Withheld::NoTls) => (
            Level::NotApplicable,
            "The endpoint was reached without TLS: probe the deployed one too.",
        ),
        Some(Withheld::LeftOut) => (Level::NotExercised, "The user left it out."),
    };
    Ruling::new(level, message)
}

/// The first control that was not accepted.
fn refused_control<'b, 'e>(block: &'b Block<'e>) -> Option<&'b Probed<'e>> {
    block.controls().find(|control| {
        !matches!(
            weigh(control, Expectation::Created).level,
            Level::Pass | Level::Warn
        )
    })
}

/// What is said where a control was not accepted.
fn void(block: &Block<'_>) -> Option<Ruling> {
    let control = refused_control(block)?;
    let message = "The block is void: a control was not accepted, so a refusal says nothing.";
    let witness = Witness::of([control.place()]);
    Some(Ruling::new(Level::NotExercised, message).shown_by(witness))
}

/// What is said where the controls do not carry the refusals.
fn without_control(block: &Block<'_>, outcomes: &[Outcome<'_, '_>]) -> Option<Ruling> {
    let controls: Vec<_> = block.controls().collect();
    let last = outcomes
        .iter()
        .map(|outcome| outcome.probed.begun.0)
        .max()
        .unwrap_or_default();
    let first = outcomes
        .iter()
        .map(|outcome| outcome.probed.begun.0)
        .min()
        .unwrap_or_default();
    let before = controls.iter().any(|control| control.begun.0 <= first);
    // A probe that ought to be accepted, and was, is as good as a control.
    let is_accepted = |outcome: &Outcome<'_, '_>| {
        outcome.probed.begun.0 >= last && outcome.probed.start.role == ProbeRole::Positive
    };
    let after =
        controls.iter().any(|control| control.begun.0 >= last) || outcomes.iter().any(is_accepted);
    match (controls.is_empty(), before && after) {
        (true, _) => {
            let message = format!(
                "{} refused, but nothing valid was ever accepted, so the refusal may have another \
                 reason: let the test build trust the issuer that preflight plays, and say \
                 --trusted-issuer.",
                counted(outcomes.len(), "probe")
            );
            let places = outcomes.first().map(|outcome| outcome.probed.place());
            Some(Ruling::new(Level::Inconclusive, message).shown_by(Witness::of(places)))
        }
        (false, true) => None,
        (false, false) => Some(Ruling::new(
            Level::NotExercised,
            "No control was accepted before and after the probes: the run ended too early.",
        )),
    }
}
