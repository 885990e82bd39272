//! What verdicts come to.

use std::time::Duration;

use proptest::prelude::*;

use super::fixture::{conforming_run, update};
use super::{
    CLAUSES, ExitStatus, Finding, Gate, Golden, GoldenState, Level, Readiness, Scope, Standing,
    Verdict, judge,
};
use crate::event::{AssertionOutcome, End, EventKind, Subject};
use crate::history::History;
use crate::history::composer::Composer;
use crate::profile::{Around, Declaration, Profile};

fn verdict(run: &mut Composer) -> Verdict {
    judge(&run.history(), &Profile::built_in(), &Scope::default())
}

fn exits(verdict: &Verdict) -> [u8; 2] {
    Gate::ALL.map(|gate| verdict.gate(gate).exit.code())
}

fn finding<'v>(verdict: &'v Verdict, check: &str) -> &'v Finding {
    let mut findings = verdict.findings.iter();
    findings.find(|finding| finding.check == check).unwrap()
}

#[test]
fn a_conforming_run_meets_both_gates_subject_to_what_is_open() {
    let verdict = verdict(&mut conforming_run());
    let raw: Vec<Level> = verdict.findings.iter().map(|finding| finding.raw).collect();
    assert_eq!(raw, [Level::Pass; 11], "{:#?}", verdict.findings);
    assert_eq!(exits(&verdict), [0, 0]);
    assert_eq!(verdict.headline.readiness, Readiness::SubjectToAssessment);
    insta::assert_snapshot!(verdict.headline.text, @"Replay of the collections: ready subject to further assessment: PO-CREDENTIALS to be attested, PO-BREACH to be attested, PO-MAINTAIN to be attested, PO-AUTH-ENDPOINT to be declared, PO-KEY-DELIVERY to be declared. 9 clauses are outside this verdict. The run was made under another profile.");
}

#[test]
fn the_same_lines_give_the_same_verdict() {
    let events = conforming_run().complete();
    let bytes = History::lines(&events);
    let profile = Profile::built_in();
    let scope = Scope::default();
    let from_file = judge(&History::parse(&bytes).unwrap(), &profile, &scope);
    let from_memory = judge(&History::of(events).unwrap(), &profile, &scope);
    assert_eq!(from_file, from_memory);
}

#[test]
fn a_stated_failure_fails_both_gates() {
    let mut run = conforming_run();
    run.assertion(
        "There is a provider",
        AssertionOutcome::Failed {
            message: "AssertionError: no".into(),
        },
    );
    let verdict = verdict(&mut run);
    assert_eq!(exits(&verdict), [1, 1]);
    assert!(
        verdict
            .headline
            .text
            .starts_with("Replay of the collections: not ready: RP-01 FAIL.")
    );
}

#[test]
fn a_failure_that_rests_on_an_assumption_waits_for_a_person_in_both_gates() {
    let mut run = conforming_run();
    run.patch_batch("Processing");
    let verdict = verdict(&mut run);
    let found = finding(&verdict, "ST-03");
    assert_eq!((found.raw, found.reported), (Level::Fail, Level::Review));
    assert!(
        found
            .would_flip
            .as_ref()
            .unwrap()
            .starts_with("becomes FAIL if the platform confirms")
    );
    assert_eq!(exits(&verdict), [4, 4]);
    assert_eq!(verdict.headline.readiness, Readiness::SubjectToAssessment);
    assert!(verdict.headline.text.contains("ST-03 REVIEW"));
}

#[test]
fn the_same_failure_counts_once_the_flows_are_stated() {
    let text = r#"
[flows.payment]
provenance = "stated"
initial = ["Received"]
terminal = ["Completed", "Failed"]
edges = [
  { from = "Received", to = ["Processing"] },
  { from = "Processing", to = ["Completed", "Failed"] },
]
[flows.batch]
provenance = "stated"
initial = ["Received"]
terminal = ["Completed"]
edges = [
  { from = "Received", to = ["Processing"] },
  { from = "Processing", to = ["Completed"] },
]
[flows.subscription]
provenance = "stated"
initial = ["Received"]
terminal = ["Authorised"]
edges = [{ from = "Received", to = ["Authorised"] }]
"#;
    let profile = Profile::with_override(text, "own.toml").unwrap();
    let mut run = conforming_run();
    run.patch_batch("Processing");
    let verdict = judge(&run.history(), &profile, &Scope::default());
    assert_eq!(finding(&verdict, "ST-03").reported, Level::Fail);
    assert_eq!(exits(&verdict), [1, 1]);
    let text = &verdict.headline.text;
    assert!(
        text.contains("Judged by the profile payments-out, which overrides flows."),
        "{text}"
    );
}

#[test]
fn what_the_plan_does_not_exercise_blocks_certification_but_not_ci_and_is_not_green() {
    let run = || {
        let mut run = Composer::replay();
        run.step("Get an access token").token("provider", 28_800);
        for _ in 0..3 {
            run.get_provider();
        }
        run.assertion("Status code is 200", AssertionOutcome::Passed);
        run
    };
    let planned = verdict(&mut run());
    assert_eq!(exits(&planned), [3, 3], "a must was not exercised");
    assert_eq!(planned.headline.readiness, Readiness::NotReady);

    let unplanned = judge(
        &run().exercising(&["RP-01", "TK-01"]).history(),
        &Profile::built_in(),
        &Scope::default(),
    );
    assert_eq!(exits(&unplanned), [0, 3]);
    let headline = &unplanned.headline;
    assert_eq!(headline.readiness, Readiness::NotReady);
    let told = "BK-02 NOT_EXERCISED (not in the plan)".to_owned();
    assert!(headline.items.contains(&told), "{:?}", headline.items);
    let row = unplanned
        .matrix
        .iter()
        .find(|row| row.clause.id == "PO-BACKOFF")
        .unwrap();
    assert_eq!(row.name(), "NOT_EXERCISED");
}

#[test]
fn golden_transcripts_count() {
    let table = [
        (GoldenState::Match, [0, 0]),
        (GoldenState::Missing, [4, 4]),
        (GoldenState::Differs, [1, 1]),
    ];
    for (state, expected) in table {
        let scope = Scope {
            file: None,
            golden: vec![Golden {
                name: "status-flow".into(),
                state,
            }],
            declaration: Declaration::default(),
        };
        let verdict = judge(&conforming_run().history(), &Profile::built_in(), &scope);
        assert_eq!(exits(&verdict), expected, "{state:?}");
        assert_eq!(
            verdict.headline.readiness == Readiness::NotReady,
            state == GoldenState::Differs
        );
    }
}

#[test]
fn a_run_that_did_not_end_well_is_not_ready() {
    let table = [
        (End::AbortedByUser, 130),
        (End::TargetUnreachable, 6),
        (End::HarnessFault, 7),
        (End::TimeBudget, 3),
    ];
    for (end, code) in table {
        let history = History::of(conforming_run().ended(end)).unwrap();
        let verdict = judge(&history, &Profile::built_in(), &Scope::default());
        assert_eq!(exits(&verdict), [code, code], "{end:?}");
        assert_eq!(verdict.headline.readiness, Readiness::NotReady);
    }
}

#[test]
fn a_killed_run_is_judged_by_what_there_is() {
    let mut events = conforming_run().complete();
    events.pop();
    let mut bytes = History::lines(&events);
    bytes.truncate(bytes.len() - 5);
    let history = History::parse(&bytes).unwrap();
    let verdict = judge(&history, &Profile::built_in(), &Scope::default());
    assert!(verdict.runs[0].torn);
    assert_eq!(verdict.runs[0].ended, None);
    assert_eq!(exits(&verdict), [3, 3]);
    assert!(
        verdict
            .headline
            .text
            .contains("not ready: the run was killed")
    );
}

#[test]
fn a_connector_is_named_as_such_and_not_held_to_the_collections() {
    let verdict = verdict(&mut Composer::of(Subject::Connector));
    assert!(verdict.headline.text.starts_with("Connector: not ready: "));
    assert!(
        verdict
            .findings
            .iter()
            .all(|finding| finding.check != "RP-01")
    );
    let standing = |id: &str| {
        let mut rows = verdict.matrix.iter();
        rows.find(|row| row.clause.id == id).unwrap().standing
    };
    assert_eq!(standing("PO-COLLECTIONS"), Standing::OutsideThisVerdict);
    assert_eq!(standing("PO-NOTIFY-AUTH"), Standing::OutsideThisVerdict);
}

#[test]
fn a_replay_never_speaks_for_the_connector() {
    let verdict = verdict(&mut conforming_run());
    let outside: Vec<&str> = verdict
        .matrix
        .iter()
        .filter(|row| row.standing == Standing::OutsideThisVerdict)
        .map(|row| row.clause.id)
        .collect();
    assert_eq!(
        outside,
        [
            "PO-STATUS-TIME",
            "PO-CREDENTIALS",
            "PO-NOTIFY-AUTH",
            "PO-NOTIFY-ANSWER",
            "PO-AUTH-LINK",
            "PO-MESSAGES",
            "PO-CONFIGURATION",
            "PO-LIMITS",
            "PO-APPLICATION",
        ]
    );
    assert_eq!(verdict.headline.outside, outside.len());
    assert_eq!(verdict.matrix.len(), CLAUSES.len());
}

#[test]
fn another_profile_than_the_runs_is_told() {
    let text = verdict(&mut conforming_run()).headline.text;
    assert!(text.ends_with(" The run was made under another profile."));
}

proptest! {
    /// Whatever happens, a met gate of certification and a headline that says *ready* agree.
    #[test]
    fn the_headline_and_the_gate_agree(
        steps in prop::collection::vec(0_u8..9, 0..25),
        end in prop::sample::select(vec![End::Complete, End::TimeBudget]),
        whole in any::<bool>(),
    ) {
        let mut run = if whole { conforming_run() } else { Composer::replay() };
        for step in steps {
            match step {
                0 => { run.step("Get an access token").token("provider", 5); }
                1 => { run.get_provider(); }
                2 => { run.get_batch("Processing"); }
                3 => { run.patch_batch("Completed"); }
                4 => { run.throttled("3", Duration::from_secs(2)); }
                5 => { run.throttled("3", Duration::from_secs(3)); }
                6 => { run.get_provider().cut(); }
                7 => { run.assertion("holds", AssertionOutcome::Passed); }
                _ => { run.wait(Duration::from_secs(10)); }
            }
        }
        let history = History::of(run.ended(end)).unwrap();
        let verdict = judge(&history, &Profile::built_in(), &Scope::default());
        let certify = verdict.gate(Gate::Certify);
        if certify.exit == ExitStatus::Met {
            prop_assert!(verdict.headline.readiness != Readiness::NotReady);
        }
        if verdict.headline.readiness == Readiness::NotReady {
            prop_assert!(certify.exit != ExitStatus::Met);
        }
        prop_assert_eq!(certify.exit == ExitStatus::Met, certify.blockers.is_empty());
        for finding in &verdict.findings {
            prop_assert_eq!(finding.would_flip.is_some(), finding.raw != finding.reported);
            prop_assert_eq!(finding.witness.sequences.len(), finding.witness.times.len());
        }
    }
}

#[test]
fn an_update_names_its_batch_and_its_payment() {
    assert_eq!(update("Failed")["data"]["payments"][0]["status"], "Failed");
}

#[test]
fn a_scenario_that_was_not_completed_leaves_both_gates_unmet() {
    for (missing, exit) in [(Vec::new(), 0), (vec!["a batch".to_owned()], 3)] {
        let mut run = conforming_run();
        run.emit(EventKind::ScenarioEnded {
            scenario: "one batch".into(),
            missing,
        });
        let verdict = verdict(&mut run);
        assert_eq!(exits(&verdict), [exit, exit]);
        let told = verdict
            .headline
            .items
            .contains(&"scenario «one batch» was not completed".to_owned());
        assert_eq!(told, exit == 3, "{:?}", verdict.headline.items);
    }
}

#[test]
fn what_the_provider_says_is_told_and_is_open_no_longer() {
    let text = "key-delivery = 'by hand'\n\
                [authorisation-endpoint]\nsandbox = 'https://a'\nproduction = 'https://b'\n\
                [attestation.owner]\nstatement = 'x'\nname = 'Jo Smith'\ndate = 2026-03-02\n";
    let around = Around {
        today: jiff::civil::date(2026, 6, 1),
        variable: None,
    };
    let scope = Scope {
        declaration: Declaration::read("own.toml", text, around).unwrap(),
        ..Scope::default()
    };
    let verdict = judge(&conforming_run().history(), &Profile::built_in(), &scope);
    let row = |id: &str| {
        let mut rows = verdict.matrix.iter();
        rows.find(|row| row.clause.id == id).unwrap()
    };
    let said = |id: &str| row(id).said.as_ref().unwrap().text();
    assert_eq!(said("PO-MAINTAIN"), "attested by Jo Smith on 2026-03-02");
    assert_eq!(row("PO-MAINTAIN").name(), "attested");
    assert_eq!(said("PO-KEY-DELIVERY"), "declared");
    assert_eq!(said("PO-BREACH"), "to be attested");
    assert_eq!(said("PO-CREDENTIALS"), "to be attested");
    assert!(row("PO-RATE").said.is_none());
    let items = &verdict.headline.items;
    let told = |id: &str| items.iter().any(|item| item.starts_with(id));
    assert!(told("PO-BREACH") && told("PO-CREDENTIALS"), "{items:?}");
    for id in [
        "PO-MAINTAIN",
        "PO-KEY-DELIVERY",
        "PO-AUTH-ENDPOINT",
        "PO-NOTIFY-HEADER",
    ] {
        assert!(!told(id), "{id}: {items:?}");
    }
}
