//! A token that still lives is not replaced.
//!
//! # What is required
//!
//! A new token is asked for when the old one is about to expire, after the platform refused it, or
//! by a new instance; not in the middle of its life.
//!
//! # Why
//!
//! Each fetch loads the identity service, which has limits of its own. A client that renews at will
//! often lost its cache: a token for each worker, each thread, each deployment.
//!
//! # How it is judged
//!
//! Of tokens with a long life (longer than `longest-skew` of the profile; shorter ones are TK-03's):
//! a renewal is allowed once no more than the longest skew of the life is left, after a 401, and as
//! long as fewer tokens are held than instances are declared. An earlier one is WARN; FAIL if more
//! than `early-share` of all fetches are such (20 %), from three of them on. Where nobody declares how
//! many instances run, and as many as tokens are used by turns, or as hosts ask for them, would explain
//! it, that FAIL is reported as REVIEW: declare the instances. Where a skew is declared,
//! a renewal that comes more than the tolerance `in-flight` before it is WARN too: the observed
//! policy is not the declared one. The skew that was found is reported whatever the verdict.
//! NOT_EXERCISED where no token was renewed.
//!
//! # An example that conforms
//!
//! A token for 28,800 s, and a new one 28,740 s later: a skew of a minute.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (a token is used until it expires); the common
//! skews of client libraries are 5, 60, 225 and 300 s.

use std::time::Duration;

use super::client::{Cause, Client, Renewal, clients, instances, is_long, skew};
use super::side_by_side::{DECLARE, seen};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// From how many early renewals their share says something.
const ENOUGH: usize = 3;

/// TK-02.
pub const CHECK: Check = Check {
    id: "TK-02",
    family: Family::Token,
    title: "A token that still lives is not replaced",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Connector],
    // Ages of tokens are long beside the latency.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "the platform says how early a token may be renewed",
    source: include_str!("early_renewal.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let rules = &profile.token_rules;
    let clients = clients(evidence, profile);
    let longest = rules.longest_skew.value;
    let usable = |lifetime: Duration| {
        let skew = if lifetime > longest {
            longest
        } else {
            skew(rules, lifetime)
        };
        lifetime.saturating_sub(skew)
    };
    let renewals_of = |count: &dyn Fn(&Client<'_>) -> usize| -> Vec<Renewal<'_>> {
        let of_each = clients.values().map(|client| {
            client.renewals(count(client), |token| {
                token.expires_in.map_or(Duration::MAX, usable)
            })
        });
        of_each.flatten().collect()
    };
    let renewals = renewals_of(&|_| instances(evidence));
    let long: Vec<&Renewal<'_>> = renewals
        .iter()
        .filter(|renewal| is_long(rules, renewal.old))
        .collect();
    let fetches = evidence
        .tokens()
        .iter()
        .filter(|token| is_long(rules, token))
        .count();
    let early: Vec<&&Renewal<'_>> = long
        .iter()
        .filter(|renewal| renewal.cause == Cause::Early)
        .collect();
    let is_too_often = |early: usize| {
        early >= ENOUGH && early as f64 / fetches.max(1) as f64 > rules.early_share.value
    };
    // By what is seen, where nothing is declared.
    let is_explained = || {
        let count = |client: &Client<'_>| seen(client, evidence, profile).unwrap_or(1);
        let renewals = renewals_of(&count);
        let early = renewals
            .iter()
            .filter(|it| it.cause == Cause::Early && is_long(rules, it.old));
        evidence.declaration().instances.is_none() && !is_too_often(early.count())
    };
    let aged = renewals.iter().filter(|it| it.cause == Cause::Aged);
    let skews: Vec<Duration> = aged.filter_map(Renewal::skew).collect();
    let found = skews.iter().max().copied();
    let declared = evidence.declaration().token_skew;
    let beyond = declared.zip(found).filter(|(declared, found)| {
        *found > declared.saturating_add(profile.tolerances.in_flight.value)
    });
    let ruling = match early.iter().max_by_key(|renewal| renewal.skew()) {
        Some(worst) => {
            let level = if is_too_often(early.len()) {
                Level::Fail
            } else {
                Level::Warn
            };
            let left = worst.skew().unwrap_or_default().as_secs();
            // How early is too early is assumed; that a token is used for half of its life is not.
            let wasteful = early.iter().filter(|renewal| {
                let life = renewal.old.expires_in.unwrap_or(Duration::MAX);
                renewal.skew().is_some_and(|skew| skew > life / 2)
            });
            let rests_on = if wasteful.count() >= ENOUGH {
                Provenance::Stated
            } else {
                rules.longest_skew.provenance
            };
            let ruling = Ruling::new(
                level,
                format!(
                    "{} of {} found the old token alive; the worst had {left} s left.",
                    early.len(),
                    counted(fetches, "fetch"),
                ),
            )
            .resting_on(rests_on)
            .shown_by(
                Witness::of([
                    (worst.old.sequence, worst.old.received),
                    (worst.new.token.sequence, worst.new.began),
                ])
                .with_margin(format!(
                    "{left} s left; {} s allowed",
                    rules.longest_skew.value.as_secs()
                )),
            );
            if level == Level::Fail && is_explained() {
                ruling.at_most(Level::Review, DECLARE)
            } else {
                ruling
            }
        }
        None if renewals.is_empty() => {
            Ruling::new(Level::NotExercised, "No token was renewed in this history.")
        }
        None => match (beyond, renewals.iter().max_by_key(|renewal| renewal.skew())) {
            (Some((declared, found)), Some(worst)) => Ruling::new(
                Level::Warn,
                format!(
                    "A token was renewed {} s before its end, but a skew of {} s is declared: the \
                     observed policy is not the declared one.",
                    found.as_secs(),
                    declared.as_secs()
                ),
            )
            .shown_by(Witness::of([
                (worst.old.sequence, worst.old.received),
                (worst.new.token.sequence, worst.new.began),
            ])),
            (Some(_) | None, Some(_) | None) => Ruling::new(
                Level::Pass,
                format!("{}, each explained.", counted(renewals.len(), "renewal")),
            ),
        },
    };
    let shown = |skew: Option<Duration>| {
        skew.map_or_else(|| "none".to_owned(), |skew| format!("{} s", skew.as_secs()))
    };
    ruling
        .with("declared skew", shown(declared))
        .with("largest skew of an explained renewal", shown(found))
        .with(
            "early renewals",
            format!("{} of {}", early.len(), counted(fetches, "fetch")),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::token::fixture;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;
    use crate::profile::Declaration;

    /// Tokens of eight hours, each renewed so many seconds before its end.
    fn renewed(before: &[u64]) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        run.token("provider", 28_800);
        for before in before {
            run.get_provider()
                .get_provider()
                .wait(Duration::from_secs(28_800 - before))
                .token("provider", 28_800);
        }
        run
    }

    #[test]
    fn usual_skews_conform_and_one_in_the_middle_of_a_life_does_not() {
        // how long before the end, level
        let table: [(&[u64], Level); 6] = [
            (&[], Level::NotExercised),
            (&[0, 5, 60, 225, 299], Level::Pass),
            (&[20_000], Level::Warn),
            (&[60, 60, 60, 60, 20_000], Level::Warn),
            (&[60, 20_000, 20_000, 20_000], Level::Fail),
            (&[28_799, 28_799, 28_799], Level::Fail),
        ];
        for (before, level) in table {
            let finding = found(&CHECK, &mut renewed(before));
            assert_eq!(finding.raw, level, "{before:?}: {}", finding.message);
        }
    }

    #[test]
    fn instances_that_nobody_declared_are_for_review_and_a_client_that_renews_at_will_is_not() {
        let mut run = fixture::instances(4, Duration::from_secs(30));
        let finding = found(&CHECK, &mut run);
        assert_eq!(
            (finding.raw, finding.reported),
            (Level::Fail, Level::Review)
        );
        let mut run = Composer::of(Subject::Connector);
        for _ in 0..5 {
            run.token("provider", 28_800).get_provider();
        }
        assert_eq!(found(&CHECK, &mut run).reported, Level::Fail);
        assert_eq!(
            found(&CHECK, &mut renewed(&[20_000; 3])).reported,
            Level::Fail
        );
    }

    #[test]
    fn a_declared_skew_is_held_against_what_was_seen() {
        for (declared, level) in [(60, Level::Pass), (10, Level::Warn)] {
            let profile = Profile::built_in();
            let history = renewed(&[60, 60]).history();
            let declaration = Declaration {
                token_skew: Some(Duration::from_secs(declared)),
                ..Declaration::default()
            };
            let evidence = Evidence::of(&history, &profile).declared(declaration);
            let finding = CHECK.judge(&evidence, &profile);
            assert_eq!(finding.raw, level, "{}", finding.message);
            assert_eq!(
                finding.parameters["largest skew of an explained renewal"],
                "59 s"
            );
        }
    }
}
