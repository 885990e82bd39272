//! The states of each resource, and which operation set or showed them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::history::{Answer, NoteKind, ResourceKind, Walk};

pub(super) fn text(walks: &[Walk]) -> String {
    let mut text = String::new();
    let mut numbers: BTreeMap<ResourceKind, usize> = BTreeMap::new();
    for walk in walks {
        let number = numbers.entry(walk.kind).or_default();
        *number += 1;
        if !text.is_empty() {
            text.push('\n');
        }
        writeln!(text, "{} {number}", walk.kind).expect("writing to a String cannot fail");
        for note in &walk.notes {
            let status = &note.status;
            let what = match note.kind {
                NoteKind::Created => format!("created as {status}"),
                NoteKind::Observed => format!("shows {status}"),
                NoteKind::Asked(Answer::Accepted) => format!("sets {status}"),
                NoteKind::Asked(Answer::AcceptedByDefault) => format!("sets {status} by default"),
                NoteKind::Asked(Answer::Refused | Answer::Declined(_)) => {
                    format!("asks for {status}, refused")
                }
                NoteKind::Asked(Answer::Unknown) => format!("asks for {status}, outcome unknown"),
            };
            let answered = note
                .answered
                .map_or_else(|| "no answer".to_owned(), |code| code.to_string());
            let purpose = if note.provoked { ", on purpose" } else { "" };
            writeln!(text, "  {} {answered}: {what}{purpose}", note.operation)
                .expect("writing to a String cannot fail");
        }
    }
    or_nothing(text, "no resource was mentioned")
}

/// A transcript is never empty: an empty file reads like a missing one.
pub(super) fn or_nothing(text: String, nothing: &str) -> String {
    if text.is_empty() {
        format!("({nothing})\n")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::event::Provocation;
    use crate::history::composer::Composer;
    use crate::profile::Profile;
    use crate::snapshot::transcripts;

    const BATCH: &str = "/api-provider-v1/batchpayments/5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716";

    /// A run whose ids begin with `letter`.
    fn run(letter: char, delay: u64) -> String {
        let path = format!("/api-provider-v1/batchpayments/{letter}-1");
        let answer = |status: &str| {
            json!({"data": {
                "batchId": format!("{letter}-1"),
                "status": status,
                "payments": [
                    {"paymentId": format!("{letter}-2"), "status": status},
                    {"paymentId": format!("{letter}-3"), "status": status},
                ],
            }})
        };
        let mut composer = Composer::replay();
        composer
            .step("Submit")
            .send(
                "POST",
                "/v3/batchpayments",
                json!({}),
                201,
                answer("Received"),
            )
            .wait(std::time::Duration::from_millis(delay))
            .step("Start")
            .send(
                "PATCH",
                &path,
                json!({"data": {"defaultStatus": "Processing"}}),
                204,
                Value::Null,
            )
            .provoking("Too late", &[Provocation::IllegalTransition])
            .send(
                "PATCH",
                &path,
                json!({"data": {"status": "Received"}}),
                409,
                Value::Null,
            )
            .step("Cut")
            .send(
                "PATCH",
                &path,
                json!({"data": {"status": "Completed"}}),
                204,
                Value::Null,
            )
            .cut()
            .step("Read")
            .send("GET", &path, Value::Null, 200, answer("Processing"));
        transcripts(&composer.history(), &Profile::built_in())[0]
            .text
            .clone()
    }

    #[test]
    fn the_states_of_each_resource_are_told_in_order() {
        insta::assert_snapshot!(run('a', 0), @r#"
        batch 1
          POST /v3/batchpayments 201: created as Received
          PATCH /api-provider-v1/batchpayments/{batchId} 204: sets Processing
          PATCH /api-provider-v1/batchpayments/{batchId} 409: asks for Received, refused, on purpose
          PATCH /api-provider-v1/batchpayments/{batchId} no answer: asks for Completed, outcome unknown
          GET /api-provider-v1/batchpayments/{batchId} 200: shows Processing

        payment 1
          POST /v3/batchpayments 201: created as Received
          PATCH /api-provider-v1/batchpayments/{batchId} 204: sets Processing by default
          GET /api-provider-v1/batchpayments/{batchId} 200: shows Processing

        payment 2
          POST /v3/batchpayments 201: created as Received
          PATCH /api-provider-v1/batchpayments/{batchId} 204: sets Processing by default
          GET /api-provider-v1/batchpayments/{batchId} 200: shows Processing
        "#);
    }

    #[test]
    fn neither_ids_nor_times_are_in_it() {
        assert_eq!(run('a', 0), run('b', 7_777));
    }

    #[test]
    fn a_run_without_resources_says_so() {
        let history = Composer::replay().history();
        let text = &transcripts(&history, &Profile::built_in())[0].text;
        assert_eq!(text, "(no resource was mentioned)\n");
        let history = Composer::replay()
            .step("Read nothing")
            .send("GET", BATCH, Value::Null, 404, Value::Null)
            .history();
        let text = &transcripts(&history, &Profile::built_in())[0].text;
        assert_eq!(text, "(no resource was mentioned)\n");
    }
}
