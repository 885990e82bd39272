//! Plans as their authors write them.

use std::time::Duration;

use super::reader::{QUIET, TEMPLATES};
use super::sheet::Paper;
use super::{Cue, Deed, Demand, MessageKind, Plan, Templates, Venue};
use crate::base::Place;
use crate::mock::{NotificationDelivery, TokenAnswers, TokenText};
use crate::profile::Presence;

fn problems(text: &str) -> String {
    Plan::read("own.plan.toml", text).unwrap_err().to_string()
}

#[test]
fn a_plan_says_everything_in_its_own_words() {
    let text = r#"
name = "mine"
description = "For a test."

[[scenario]]
name = "one"
description = "What happens."
exercises = ["BK-01", "BK-02"]
budget = "1m 30s"
quiet = "500ms"
subscription = "new"
token_lifetime = "90s"
token_text = "repeated"
expires_in = "absent"

[scenario.delivery]
hold = "1s"
shuffled_within = "2s"
lost = 1
duplicates = 2
redelivered_after = "5s"

[[scenario.fault]]
operation = "GET /x"
answers = ["429 retry-after=2", "503 for=3s"]
demand = "optional"

[[scenario.act]]
do = "submit-batch"
payments = 3
rejected = 1
amounts = ["1.00"]
at = "2s"
every = "1s"
times = 5

[[scenario.act]]
do = "send"
message = "creditorputs"
after = "500ms"
[[scenario.act.fault]]
operation = "POST /y"
answers = ["cut"]

[[scenario.act]]
do = "set-status"
status = "Suspended"

[[scenario]]
name = "two"
budget = "1s"
exercises = ["BK-02", "ST-01"]
[[scenario.act]]
do = "read"
"#;
    let plan = Plan::read("own.plan.toml", text).unwrap();
    assert_eq!((plan.name.as_str(), plan.scenarios.len()), ("mine", 2));
    assert_eq!(plan.exercises(), ["BK-01", "BK-02", "ST-01"]);
    let operations: Vec<_> = plan
        .faults()
        .map(|queue| (queue.operation.as_str(), queue.place.line))
        .collect();
    assert_eq!(operations, [("GET /x", 24), ("POST /y", 42)]);
    let demands: Vec<_> = plan.faults().map(|queue| queue.demand).collect();
    assert_eq!(demands, [Demand::Optional, Demand::Required]);
    let [one, two] = plan.scenarios.as_slice() else {
        panic!("{plan:?}");
    };
    let seconds = Duration::from_secs;
    assert_eq!(
        (one.budget, one.quiet),
        (seconds(90), Duration::from_millis(500))
    );
    assert_eq!(
        (one.subscription, two.subscription),
        (Venue::New, Venue::Seeded)
    );
    assert_eq!(
        (one.token_lifetime, two.token_lifetime),
        (Some(seconds(90)), None)
    );
    let absent = TokenAnswers {
        text: TokenText::Repeated,
        expires_in: Some(Presence::Optional),
    };
    assert_eq!(
        (one.token_answers, two.token_answers),
        (absent, TokenAnswers::default())
    );
    assert_eq!(
        one.delivery,
        NotificationDelivery {
            hold: seconds(1),
            shuffled_within: Some(seconds(2)),
            lost: 1,
            duplicates: 2,
            redelivered_after: Some(seconds(5)),
        }
    );
    assert_eq!(two.delivery, NotificationDelivery::default());
    assert_eq!(two.quiet, QUIET);
    let acts: Vec<_> = one
        .acts
        .iter()
        .map(|act| (act.deed.clone(), act.cue, act.times, act.faults.len()))
        .collect();
    let at = |at, every| Cue::At {
        at: seconds(at),
        every: seconds(every),
    };
    assert_eq!(
        acts,
        [
            (
                Deed::SubmitBatch {
                    payments: 3,
                    rejected: 1,
                    amounts: vec!["1.00".into()]
                },
                at(2, 1),
                5,
                0
            ),
            (
                Deed::Send(MessageKind::CreditorPut),
                Cue::After(Duration::from_millis(500)),
                1,
                1
            ),
            (Deed::SetStatus("Suspended".into()), at(0, 0), 1, 0),
        ]
    );
}

#[test]
fn every_plan_has_templates_and_may_replace_them() {
    let scenario = "[[scenario]]\nname = 's'\nbudget = '1s'\n[[scenario.act]]\ndo = 'read'\n";
    let bare = Plan::read("p", &format!("name = 'p'\ndescription = 'd'\n{scenario}")).unwrap();
    assert!(!bare.templates.accepted.is_empty());
    assert_eq!(bare.templates.messages.len(), MessageKind::ALL.len());
    let own = Plan::read(
            "p",
            &format!(
                "name = 'p'\ndescription = 'd'\n[payment.accepted]\namount = 1\n[message.creditordeletes]\nid = 'x'\n[subscription]\nadditionalData = '{{}}'\n{scenario}"
            ),
        )
        .unwrap();
    assert_eq!(own.templates.accepted.len(), 1);
    assert_eq!(own.templates.rejected, bare.templates.rejected);
    assert_eq!(own.templates.subscription["additionalData"], "{}");
    let message = &own.templates.messages[&MessageKind::CreditorDelete];
    assert_eq!(message["id"], "x");
}

#[test]
fn everything_wrong_is_reported_at_once_with_its_place() {
    let text = r#"name = ""
descripton = "typo"
[payment.maybe]
amount = 1
[message.hello]
x = 1
[[scenario]]
name = "one"
budget = "soon"
subscription = "old"
exercises = "BK-01"
[scenario.delivery]
hold = 3
twice = true
[[scenario.fault]]
operation = "GET /x"
answers = ["429 soon", "429", 7]
[[scenario.fault]]
answers = ["maybe", "cut now"]
[[scenario.act]]
do = "dance"
[[scenario.act]]
do = "submit-batch"
payments = 0
rejected = 2
times = 3
colour = "red"
[[scenario.act]]
do = "send"
message = "hello"
after = "1s"
at = "2s"
[[scenario.act]]
do = "send"
[[scenario.act]]
do = "set-status"
[[scenario.act]]
at = "1s"
[[scenario]]
name = "one"
act = 3
"#;
    insta::assert_snapshot!(problems(text), @r#"
        own.plan.toml:1:1: a plan lacks `description`; write, for example, `description = "What it is for"`
        own.plan.toml:1:8: `name` is not a text with something in it; write, for example, `name = "mine"`
        own.plan.toml:2:1: a plan has no `descripton`; remove it, or use one of name, description, payment, subscription, message, scenario
        own.plan.toml:3:10: `payment` has no `maybe`; remove it, or use one of accepted, rejected
        own.plan.toml:5:10: `message` has no `hello`; remove it, or use one of debtoraccountputs, debtoraccountlistqueries, debtoraccountdeletes, creditorputs, creditorlistqueries, creditordeletes
        own.plan.toml:9:10: `budget` is not a duration; write, for example, `budget = "30s"`
        own.plan.toml:10:16: `subscription` is not "seeded" or "new"; write, for example, `subscription = "new"`
        own.plan.toml:11:13: `exercises` is not a list of texts; write, for example, `exercises = ["BK-01"]`
        own.plan.toml:13:8: `hold` is not a duration; write, for example, `hold = "30s"`
        own.plan.toml:14:1: a delivery has no `twice`; remove it, or use one of hold, shuffled_within, lost, duplicates, redelivered_after
        own.plan.toml:17:11: `answers` is not a list of texts; write, for example, `answers = ["429 retry-after=2"]`
        own.plan.toml:18:1: a fault lacks `operation`; write, for example, `operation = "PATCH /api-provider-v1/batchpayments/{batchId}"`
        own.plan.toml:19:12: the scripted answer `maybe` cannot be read: `maybe` is neither a status from 400 to 599 nor a known word; write, for example, `429 retry-after=7`, `429 retry-after=date+7`, `503 retry-after=2 delay=1s`, `503 for=10s`, `delay=2s`, `slow-body=5s`, `truncated`, `revoke`, `cut`, `cut-after-effect`, `reset`, `reset-after-effect` or `reset-mid-answer`
        own.plan.toml:19:21: the scripted answer `cut now` cannot be read: nothing may follow but `for=`, and `now` does; write, for example, `429 retry-after=7`, `429 retry-after=date+7`, `503 retry-after=2 delay=1s`, `503 for=10s`, `delay=2s`, `slow-body=5s`, `truncated`, `revoke`, `cut`, `cut-after-effect`, `reset`, `reset-after-effect` or `reset-mid-answer`
        own.plan.toml:21:6: nobody knows how to do `dance`; use one of subscribe, submit-batch, send, read, set-status, revoke-tokens
        own.plan.toml:22:1: an act that is done several times lacks `every` or `after`; write, for example, `every = "1s"`
        own.plan.toml:24:12: `payments` is not a whole number from 1 to 100000; write, for example, `payments = 1`
        own.plan.toml:27:1: such an act has no `colour`; remove it, or use one of do, payments, rejected, amounts, at, every, after, times, fault
        own.plan.toml:30:11: `message` is not one of debtoraccountputs, debtoraccountlistqueries, debtoraccountdeletes, creditorputs, creditorlistqueries, creditordeletes; write, for example, `message = "creditorputs"`
        own.plan.toml:31:9: `after` waits for what was done before, so `at` and `every` say nothing; remove `after`, or remove `at` and `every`
        own.plan.toml:33:1: the act lacks `message`; write, for example, `message = "creditorputs"`
        own.plan.toml:35:1: the act lacks `status`; write, for example, `status = "Suspended"`
        own.plan.toml:37:1: an act lacks `do`; write, for example, `do = "submit-batch"`
        own.plan.toml:39:1: a scenario lacks `budget`; write, for example, `budget = "60s"`
        own.plan.toml:39:1: the scenario has no act; begin one with `[[scenario.act]]`
        own.plan.toml:40:8: an earlier scenario is called «one»; give each a name of its own
        own.plan.toml:41:7: `act` is not a list of tables; begin each with `[[…act]]`
        "#);
}

#[test]
fn an_empty_plan_and_one_that_is_no_toml_are_refused() {
    insta::assert_snapshot!(problems(""), @r#"
        own.plan.toml:1:1: a plan lacks `name`; write, for example, `name = "mine"`
        own.plan.toml:1:1: a plan lacks `description`; write, for example, `description = "What it is for"`
        own.plan.toml:1:1: the plan has no scenario; begin one with `[[scenario]]`
        "#);
    insta::assert_snapshot!(problems("name = \n"), @"own.plan.toml:1:8: string values must be quoted, expected literal string; write the file as TOML 1.0");
}

#[test]
fn the_built_in_plans_and_templates_are_without_fault() {
    let paper = Paper::new(TEMPLATES);
    let mut sheet = paper.sheet().unwrap();
    let mut templates = Templates::default();
    templates.read(&mut sheet);
    sheet.finish("the templates");
    assert_eq!(paper.problems(), []);
    assert!(!templates.rejected.is_empty() && !templates.subscription.is_empty());
    for name in Plan::BUILT_IN {
        let plan = Plan::built_in(name).unwrap();
        assert_eq!(plan.name, name);
        assert!(plan.scenarios.iter().all(|it| !it.description.is_empty()));
    }
    assert_eq!(Plan::built_in("nowhere"), None);
    let first = Place { line: 1, column: 1 };
    assert!(
        Plan::built_in("ci")
            .unwrap()
            .faults()
            .all(|it| it.place > first)
    );
}
