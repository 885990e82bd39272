//! Reads plans.

use std::collections::BTreeSet;
use std::time::Duration;

use super::sheet::{Found, Paper, Sheet};
use super::{Act, Cue, Deed, FaultQueue, MessageKind, Plan, PlanError, Scenario, Templates, Venue};
use crate::mock::{Fault, NotificationDelivery};

/// How long nothing arrives before a scenario ends, unless it says otherwise.
const QUIET: Duration = Duration::from_secs(2);

/// The templates of a plan that has none of its own.
const TEMPLATES: &str = include_str!("../plans/templates.toml");

/// What an act can do, for messages.
const DEEDS: &str = "subscribe, submit-batch, send, read, set-status, revoke-tokens";

impl Plan {
    /// Reads a plan (TOML). See the prose of the room for what stands in one.
    ///
    /// # Errors
    /// Everything that is wrong with it at once, each with its place under `file`.
    pub fn read(file: &str, text: &str) -> Result<Self, PlanError> {
        let paper = Paper::new(text);
        let mut templates = Templates::default();
        let built_in = Paper::new(TEMPLATES);
        if let Some(mut sheet) = built_in.sheet() {
            templates.read(&mut sheet);
        }
        let plan = paper.sheet().map(|sheet| read_plan(sheet, templates));
        let problems = paper.problems();
        match plan {
            Some(plan) if problems.is_empty() => Ok(plan),
            Some(_) | None => Err(PlanError {
                file: file.to_owned(),
                problems,
            }),
        }
    }
}

fn read_plan(mut sheet: Sheet<'_, '_>, mut templates: Templates) -> Plan {
    const HOLDER: &str = "a plan";
    sheet.need("name", r#""mine""#, HOLDER);
    let name = sheet.text("name", r#""mine""#);
    sheet.need("description", r#""What it is for""#, HOLDER);
    let description = sheet.text("description", r#""What it is for""#);
    templates.read(&mut sheet);
    let sheets = sheet.sheets("scenario");
    if sheets.is_empty() {
        sheet.problem(
            0,
            "the plan has no scenario",
            "begin one with `[[scenario]]`",
        );
    }
    let mut names = BTreeSet::new();
    let scenarios = sheets
        .into_iter()
        .map(|sheet| read_scenario(sheet, &mut names))
        .collect();
    sheet.finish(HOLDER);
    Plan {
        name: Found::or_default(name),
        description: Found::or_default(description),
        templates,
        scenarios,
    }
}

impl Templates {
    /// Takes the templates of a file over those that are there.
    fn read(&mut self, sheet: &mut Sheet<'_, '_>) {
        if let Some(mut payments) = sheet.sheet("payment") {
            if let Some(accepted) = payments.object("accepted") {
                self.accepted = accepted;
            }
            if let Some(rejected) = payments.object("rejected") {
                self.rejected = rejected;
            }
            payments.finish("`payment`");
        }
        if let Some(subscription) = sheet.object("subscription") {
            self.subscription = subscription;
        }
        if let Some(mut messages) = sheet.sheet("message") {
            for kind in MessageKind::ALL {
                if let Some(message) = messages.object(kind.question()) {
                    self.messages.insert(kind, message);
                }
            }
            messages.finish("`message`");
        }
    }
}

fn read_scenario(mut sheet: Sheet<'_, '_>, names: &mut BTreeSet<String>) -> Scenario {
    const HOLDER: &str = "a scenario";
    sheet.need("name", r#""A batch of one""#, HOLDER);
    let name = sheet.text("name", r#""A batch of one""#);
    if let Some(name) = &name
        && !names.insert(name.value.clone())
    {
        sheet.problem(
            name.start,
            format!("an earlier scenario is called «{}»", name.value),
            "give each a name of its own",
        );
    }
    let description = sheet.text("description", r#""What happens""#);
    let exercises = sheet.texts("exercises", r#"["BK-01"]"#);
    sheet.need("budget", r#""60s""#, HOLDER);
    let budget = sheet.duration("budget");
    let quiet = sheet.duration("quiet");
    let subscription = sheet.read(
        "subscription",
        r#""seeded" or "new""#,
        r#""new""#,
        |value| match value.as_str()? {
            "seeded" => Some(Venue::Seeded),
            "new" => Some(Venue::New),
            _ => None,
        },
    );
    let token_lifetime = sheet.duration("token_lifetime");
    let delivery = sheet.sheet("delivery").map(read_delivery);
    let faults = read_faults(&mut sheet);
    let acts = sheet.sheets("act");
    if acts.is_empty() {
        sheet.problem(
            sheet.start,
            "the scenario has no act",
            "begin one with `[[scenario.act]]`",
        );
    }
    let acts = acts.into_iter().filter_map(read_act).collect();
    sheet.finish(HOLDER);
    Scenario {
        name: Found::or_default(name),
        description: Found::or_default(description),
        exercises: Found::or_default(exercises)
            .into_iter()
            .map(|check| check.value)
            .collect(),
        budget: Found::or_default(budget),
        quiet: quiet.map_or(QUIET, |quiet| quiet.value),
        subscription: subscription.map_or(Venue::Seeded, |found| found.value),
        token_lifetime: token_lifetime.map(|found| found.value),
        delivery: delivery.unwrap_or_default(),
        faults,
        acts,
    }
}

fn read_delivery(mut sheet: Sheet<'_, '_>) -> NotificationDelivery {
    let delivery = NotificationDelivery {
        hold: Found::or_default(sheet.duration("hold")),
        shuffled_within: sheet.duration("shuffled_within").map(|found| found.value),
        lost: Found::or_default(sheet.count("lost", 0)),
        duplicates: Found::or_default(sheet.count("duplicates", 0)),
        redelivered_after: sheet.duration("redelivered_after").map(|found| found.value),
    };
    sheet.finish("a delivery");
    delivery
}

fn read_faults(sheet: &mut Sheet<'_, '_>) -> Vec<FaultQueue> {
    const EXAMPLE: &str = r#""PATCH /api-provider-v1/batchpayments/{batchId}""#;
    sheet
        .sheets("fault")
        .into_iter()
        .filter_map(|mut sheet| {
            sheet.need("operation", EXAMPLE, "a fault");
            let operation = sheet.text("operation", EXAMPLE);
            const ANSWERS: &str = r#"["429 retry-after=2"]"#;
            sheet.need("answers", ANSWERS, "a fault");
            let words = sheet.texts("answers", ANSWERS);
            if let Some(words) = &words
                && words.value.is_empty()
            {
                sheet.problem(
                    words.start,
                    "the fault has no answers",
                    "write some, or remove it",
                );
            }
            let mut answers = Vec::new();
            for word in Found::or_default(words) {
                match word.value.parse::<Fault>() {
                    Ok(fault) => answers.push(fault),
                    Err(error) => {
                        let text = error.to_string();
                        let (message, remedy) =
                            text.split_once("; ").unwrap_or((&text, "correct it"));
                        sheet.problem(word.start, message, remedy);
                    }
                }
            }
            let queue = operation.map(|operation| FaultQueue {
                place: sheet.place(operation.start),
                operation: operation.value,
                answers,
            });
            sheet.finish("a fault");
            queue
        })
        .collect()
}

fn read_act(mut sheet: Sheet<'_, '_>) -> Option<Act> {
    sheet.need("do", r#""submit-batch""#, "an act");
    let deed = sheet.text("do", r#""submit-batch""#);
    let deed = deed.and_then(|deed| read_deed(&deed.value, deed.start, &mut sheet));
    let at = sheet.duration("at");
    let every = sheet.duration("every");
    let after = sheet.duration("after");
    let times = sheet.count("times", 1).map_or(1, |times| times.value);
    if let (Some(after), true) = (&after, at.is_some() || every.is_some()) {
        sheet.problem(
            after.start,
            "`after` waits for what was done before, so `at` and `every` say nothing",
            "remove `after`, or remove `at` and `every`",
        );
    }
    if let (None, None, true) = (&after, &every, times > 1) {
        sheet.problem(
            sheet.start,
            "an act that is done several times lacks `every` or `after`",
            "write, for example, `every = \"1s\"`",
        );
    }
    let faults = read_faults(&mut sheet);
    sheet.finish("such an act");
    Some(Act {
        deed: deed?,
        cue: match after {
            Some(after) => Cue::After(after.value),
            None => Cue::At {
                at: Found::or_default(at),
                every: Found::or_default(every),
            },
        },
        times,
        faults,
    })
}

fn read_deed(word: &str, start: usize, sheet: &mut Sheet<'_, '_>) -> Option<Deed> {
    Some(match word {
        "subscribe" => Deed::Subscribe,
        "submit-batch" => {
            let given = sheet.has("payments");
            let payments = sheet.count("payments", 1);
            let rejected = sheet.count("rejected", 0);
            // What could not be read is a problem already, and no measure of the rest.
            let otherwise = if given { u32::MAX } else { 1 };
            let payments = payments.map_or(otherwise, |found| found.value);
            if let Some(rejected) = &rejected
                && rejected.value > payments
            {
                sheet.problem(
                    rejected.start,
                    format!("only {payments} of the payments can be rejected"),
                    "raise `payments` or lower `rejected`",
                );
            }
            let amounts = sheet.texts("amounts", r#"["10.00"]"#);
            Deed::SubmitBatch {
                payments,
                rejected: Found::or_default(rejected),
                amounts: Found::or_default(amounts)
                    .into_iter()
                    .map(|amount| amount.value)
                    .collect(),
            }
        }
        "send" => {
            const EXAMPLE: &str = r#""creditorputs""#;
            sheet.need("message", EXAMPLE, "the act");
            let names = MessageKind::ALL.map(MessageKind::question).join(", ");
            let expected = format!("one of {names}");
            let kind = sheet.read("message", &expected, EXAMPLE, |value| {
                let name = value.as_str()?;
                MessageKind::ALL
                    .into_iter()
                    .find(|kind| kind.question() == name)
            });
            Deed::Send(kind?.value)
        }
        "read" => Deed::Read,
        "set-status" => {
            sheet.need("status", r#""Suspended""#, "the act");
            Deed::SetStatus(sheet.text("status", r#""Suspended""#)?.value)
        }
        "revoke-tokens" => Deed::RevokeTokens,
        _ => {
            sheet.problem(
                start,
                format!("nobody knows how to do `{word}`"),
                format!("use one of {DEEDS}"),
            );
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Place;

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

[scenario.delivery]
hold = "1s"
shuffled_within = "2s"
lost = 1
duplicates = 2
redelivered_after = "5s"

[[scenario.fault]]
operation = "GET /x"
answers = ["429 retry-after=2", "503 for=3s"]

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
        assert_eq!(operations, [("GET /x", 22), ("POST /y", 39)]);
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
        insta::assert_snapshot!(problems("name = \n"), @r#"
        own.plan.toml:1:8: string values must be quoted, expected literal string; write the file as TOML 1.0
        "#);
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
}
