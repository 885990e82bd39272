//! Reads plans.

use std::collections::BTreeSet;
use std::time::Duration;

use super::sheet::{Found, Paper, Sheet};
use super::{
    Act, Cue, Deed, Demand, FaultQueue, MessageKind, Plan, PlanError, Scenario, Templates, Venue,
};
use crate::mock::{Fault, NotificationDelivery, TokenAnswers, TokenText};
use crate::profile::Presence;

/// How long nothing arrives before a scenario ends, unless it says otherwise.
pub(super) const QUIET: Duration = Duration::from_secs(2);

/// The templates of a plan that has none of its own.
pub(super) const TEMPLATES: &str = include_str!("../plans/templates.toml");

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
    pub(super) fn read(&mut self, sheet: &mut Sheet<'_, '_>) {
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
    let token_answers = read_token_answers(&mut sheet);
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
        token_answers,
        delivery: delivery.unwrap_or_default(),
        faults,
        acts,
    }
}

fn read_token_answers(sheet: &mut Sheet<'_, '_>) -> TokenAnswers {
    let text = sheet.read(
        "token_text",
        r#""fresh" or "repeated""#,
        r#""repeated""#,
        |value| match value.as_str()? {
            "fresh" => Some(TokenText::Fresh),
            "repeated" => Some(TokenText::Repeated),
            _ => None,
        },
    );
    let expires_in = sheet.read(
        "expires_in",
        r#""given" or "absent""#,
        r#""absent""#,
        |value| match value.as_str()? {
            "given" => Some(Presence::Required),
            "absent" => Some(Presence::Optional),
            _ => None,
        },
    );
    TokenAnswers {
        text: Found::or_default(text),
        expires_in: expires_in.map(|found| found.value),
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
            let demand = sheet.read(
                "demand",
                "\"required\" or \"optional\"",
                "\"optional\"",
                |value| match value.as_str()? {
                    "required" => Some(Demand::Required),
                    "optional" => Some(Demand::Optional),
                    _ => None,
                },
            );
            let queue = operation.map(|operation| FaultQueue {
                demand: Found::or_default(demand),
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
