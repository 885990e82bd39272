//! How scenarios and plans end.

use super::theatre::{Habit, Theatre};
use crate::base::Clock;
use crate::event::{End, EventKind, Events};
use crate::exchange::{Body, Exchange, Headers, Outcome, Request, Timing, Vantage};
use crate::mock::Reply;
use crate::observe::{Logbook, Stage};
use crate::profile::Profile;

const BATCH: &str = "[[scenario.act]]\ndo = 'submit-batch'\npayments = 2\n";

/// A plan of scenarios of 20 s with these acts.
fn plan(scenarios: &[&str]) -> String {
    let mut plan = "name = 'p'\ndescription = 'd'\n".to_owned();
    for (index, scenario) in scenarios.iter().enumerate() {
        plan += &format!("[[scenario]]\nname = 's{index}'\nbudget = '20s'\n{scenario}\n");
    }
    plan
}

/// What the only scenario waited for in vain; ids are left out.
fn missing(habit: Habit, scenario: &str) -> Vec<String> {
    let theatre = Theatre::new(&plan(&[scenario]), habit).play();
    assert_eq!(
        theatre.end(),
        Some(End::Complete),
        "one alone is no pattern"
    );
    assert_eq!(theatre.duration().as_secs(), 20, "the budget");
    let id = regex::Regex::new("[0-9a-f]{8}-[0-9a-f-]{27}").unwrap();
    let (_, missing) = theatre.ended().remove(0);
    missing
        .iter()
        .map(|line| id.replace_all(line, "…").into_owned())
        .collect()
}

#[test]
fn a_batch_that_nobody_touches_is_missing() {
    assert_eq!(
        missing(Habit::Ignores, BATCH),
        ["batch … is still Received"]
    );
}

#[test]
fn a_batch_that_never_becomes_final_is_missing() {
    assert_eq!(
        missing(Habit::StopsAtProcessing, BATCH),
        ["batch … is still Processing"]
    );
}

#[test]
fn payments_that_never_become_final_are_missing() {
    assert_eq!(
        missing(Habit::ForgetsPayments, BATCH),
        ["batch … is Completed, but 2 of its 2 payments are not final: the first is Processing"]
    );
}

#[test]
fn a_subscription_that_nobody_authorises_is_missing_and_the_timetable_with_it() {
    assert_eq!(
        missing(Habit::Ignores, &format!("subscription = 'new'\n{BATCH}")),
        [
            "subscription … is still Received",
            "the timetable has not begun: its subscription is not authorised"
        ]
    );
}

#[test]
fn a_subscription_that_waits_for_its_user_is_named_with_what_it_waits_for() {
    let scenario = format!("subscription = 'new'\n{BATCH}");
    let mut theatre = Theatre::new(&plan(&[&scenario]), Habit::AsksTheUser);
    while theatre.now.duration_since(Clock::logical_start()).as_secs() < 10 {
        assert!(theatre.step());
    }
    let missing = theatre.director.progress(&theatre.platform).missing;
    assert!(
        missing[0].ends_with("is still AwaitingAuthorisation, and nobody authorises it"),
        "{missing:?}"
    );
}

#[test]
fn a_message_that_is_not_answered_is_missing() {
    assert_eq!(
        missing(
            Habit::Ignores,
            "[[scenario.act]]\ndo = 'send'\nmessage = 'creditorlistqueries'\n"
        ),
        [
            "nobody asked for POST /api-provider-msg-v1/creditorlistqueryresponses: 0 of 1 messages `creditorlistqueries` under subscription … are answered"
        ]
    );
}

#[test]
fn notifications_that_are_refused_or_still_tried_are_missing() {
    assert_eq!(
        missing(Habit::Refuses, BATCH),
        [
            "batch … is still Received",
            "notifications that the provider did not take: 1"
        ]
    );
    assert_eq!(
        missing(
            Habit::Works,
            &format!("[scenario.delivery]\nredelivered_after = '1m'\n{BATCH}")
        ),
        ["notifications still to be delivered: 1"]
    );
}

#[test]
fn scripted_answers_that_nobody_met_are_missing() {
    assert_eq!(
        missing(
            Habit::Works,
            &format!(
                "[[scenario.fault]]\noperation = 'POST /api-provider-msg-v1/creditorputs'\nanswers = ['429', '500']\n{BATCH}"
            )
        ),
        [
            "nobody asked for POST /api-provider-msg-v1/creditorputs: 2 of 2 scripted answers are left"
        ]
    );
}

#[test]
fn scripted_answers_that_are_optional_are_not_waited_for() {
    let faults = "[[scenario.fault]]\noperation = 'GET {provider-api}/subscriptions/{subscriptionId}'\nanswers = ['404']\ndemand = 'optional'\n";
    let scenario = format!("{BATCH}{faults}");
    let theatre = Theatre::new(&plan(&[&scenario]), Habit::Works).play();
    let (_, missing) = theatre.ended().remove(0);
    assert_eq!(missing, Vec::<String>::new());
    let proof = theatre.events.iter().find_map(|event| match event {
        EventKind::FaultProof(proof) => Some(proof.delivered),
        _ => None,
    });
    assert_eq!(proof, Some(0), "nobody met it, and that is told");
}

#[test]
fn an_operation_that_the_platform_does_not_have_is_told() {
    let missing = missing(
        Habit::Works,
        &format!("[[scenario.fault]]\noperation = 'GET /nowhere'\nanswers = ['429']\n{BATCH}"),
    );
    assert_eq!(missing.len(), 1);
    assert!(missing[0].starts_with("the platform has no operation `GET /nowhere`"));
}

#[test]
fn acts_that_were_not_done_are_missing() {
    assert_eq!(
        missing(
            Habit::Works,
            "[[scenario.act]]\ndo = 'submit-batch'\nevery = '15s'\ntimes = 4\n"
        ),
        ["acts of the timetable still to come: 2"]
    );
}

#[test]
fn what_the_platform_refuses_the_product_is_told() {
    let missing = missing(
        Habit::Works,
        "[[scenario.act]]\ndo = 'submit-batch'\npayments = 2001\n",
    );
    assert_eq!(
        missing,
        [
            "the platform refuses the product POST /v3/batchpayments: 400 InvalidBody, data.payments: has 2001 payments, from 1 to 2000 are allowed"
        ]
    );
}

#[test]
fn a_connector_that_never_rests_is_told() {
    assert_eq!(
        missing(Habit::NeverRests, BATCH),
        ["requests still arrive although everything is done"]
    );
}

#[test]
fn a_scenario_ends_only_after_its_quiet_time() {
    for (quiet, milliseconds) in [("1s", 1300), ("7s", 7300)] {
        // The first call waits a second for its token; the rest takes 0.3 s.
        let scenario = format!("quiet = '{quiet}'\n{BATCH}");
        let theatre = Theatre::new(&plan(&[&scenario]), Habit::Works).play();
        assert_eq!(
            theatre.duration().as_millis(),
            milliseconds + 1000,
            "{quiet}"
        );
    }
}

#[test]
fn three_in_a_row_that_are_not_completed_end_the_plan() {
    let theatre = Theatre::new(&plan(&[BATCH; 5]), Habit::Ignores).play();
    assert_eq!(theatre.end(), Some(End::TargetUnreachable));
    assert_eq!(theatre.ended().len(), 3);
    let progress = theatre.director.progress(&theatre.platform);
    assert_eq!((progress.ended, progress.scenarios), (3, 5));
    assert_eq!(progress.scenario, None);
}

#[test]
fn a_completed_one_between_them_starts_the_count_anew() {
    let idle = "[[scenario.act]]\ndo = 'revoke-tokens'\n";
    let theatre = Theatre::new(&plan(&[BATCH, BATCH, idle, BATCH, BATCH]), Habit::Ignores).play();
    assert_eq!(theatre.end(), Some(End::Complete));
    assert_eq!(theatre.ended().len(), 5);
}

#[test]
fn a_scenario_can_be_skipped_and_that_is_nobodys_failure() {
    let mut theatre = Theatre::new(&plan(&[BATCH; 4]), Habit::Ignores);
    assert!(
        theatre
            .director
            .skip(theatre.now, &mut theatre.platform)
            .is_empty(),
        "none is played yet"
    );
    assert!(theatre.step());
    for scenario in ["s0", "s1", "s2", "s3"] {
        assert_eq!(
            theatre
                .director
                .progress(&theatre.platform)
                .scenario
                .as_deref(),
            Some(scenario)
        );
        let events = theatre.director.skip(theatre.now, &mut theatre.platform);
        let Some(EventKind::ScenarioEnded { missing, .. }) = events
            .iter()
            .find(|event| matches!(event, EventKind::ScenarioEnded { .. }))
        else {
            panic!("{events:?}");
        };
        assert_eq!(missing[0], "it was skipped");
        assert!(missing[1].ends_with("is still Received"), "{missing:?}");
    }
    assert_eq!(theatre.end(), Some(End::Complete));
}

#[test]
fn what_a_scenario_set_is_undone_and_what_it_made_stays() {
    let first = format!(
        "token_lifetime = '3s'\n[[scenario.fault]]\noperation = 'POST /api-provider-msg-v1/creditorputs'\nanswers = ['429']\n{BATCH}"
    );
    let theatre = Theatre::new(&plan(&[&first, BATCH]), Habit::Works).play();
    assert_eq!(theatre.ended()[1].1, Vec::<String>::new());
    assert_eq!(theatre.platform.store().batches.len(), 4);
    let lifetimes: Vec<_> = theatre
        .events
        .iter()
        .filter_map(|event| match event {
            EventKind::Exchange { exchange, .. } => {
                exchange.response()?.body.json()?["expires_in"].as_u64()
            }
            _ => None,
        })
        .collect();
    assert_eq!(lifetimes, [3, 28_800]);
}

#[test]
fn a_long_list_of_what_is_missing_is_cut() {
    let missing = missing(
        Habit::Ignores,
        "[[scenario.act]]\ndo = 'submit-batch'\nevery = '500ms'\ntimes = 30\n",
    );
    assert_eq!(missing.len(), 21);
    assert_eq!(missing[20], "and 10 more");
}

#[test]
fn a_connector_that_asks_before_the_plan_begins_does_not_begin_it() {
    let theatre = Theatre::new(&plan(&[BATCH]), Habit::Works);
    let now = theatre.now;
    let profile = Profile::built_in();
    let logbook = Logbook::new(Events::new(Clock::logical(now), Vec::new()), &profile);
    let mut stage = Stage::new(theatre.platform, Some(theatre.director), logbook);
    let request = Request {
        method: "GET".into(),
        url: "https://api-payout.mock.invalid/nowhere".into(),
        headers: Headers::new(),
        body: Body::default(),
    };
    let Reply::Answer(answer) = stage.answer(now, &request, None) else {
        panic!("it is answered");
    };
    stage.done(
        now,
        Exchange {
            request,
            outcome: Outcome::Response(answer.response),
            timing: Timing {
                request_first: now,
                request_last: now,
                response_first: now,
                response_last: now,
            },
            vantage: Vantage::Mock,
            connection: None,
        },
    );
    assert_eq!(stage.progress().unwrap().scenario, None);
    assert_eq!(stage.next_due(), None);
    assert_eq!(stage.due(now).len(), 1, "the first batch is told");
    assert!(stage.progress().unwrap().scenario.is_some());
}
