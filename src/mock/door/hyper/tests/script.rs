//! A platform behind the door: what was scripted in words is what a client meets.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use super::desk::{Client, Desk, open};
use crate::base::{Clock, Random, Seed};
use crate::mock::{Defects, Fault, Platform, Tenant};
use crate::profile::Profile;

const TOKEN: &str = "POST /oauth/token";

/// What a client sees of an answer, and how the connection ends.
#[derive(Debug, PartialEq)]
enum Seen {
    Status(&'static str),
    /// The head and a part of the body.
    Part(Option<ErrorKind>),
    Nothing(Option<ErrorKind>),
}

fn token_request() -> String {
    let provider = Tenant::seeded().provider;
    let form = serde_urlencoded::to_string([
        ("grant_type", "client_credentials"),
        ("client_id", provider.client_id),
        ("client_secret", provider.client_secret),
        ("audience", provider.audience),
    ])
    .unwrap();
    format!(
        "POST /oauth/token HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
}

#[tokio::test]
async fn every_scripted_answer_is_met_by_a_client_and_proves_its_delivery() {
    let reset = Some(ErrorKind::ConnectionReset);
    // words, what the client sees, how many tokens there are then
    let table = [
        ("429 retry-after=7", Seen::Status("429"), 0),
        ("503 delay=10ms", Seen::Status("503"), 0),
        ("cut", Seen::Nothing(None), 0),
        ("reset", Seen::Nothing(reset), 0),
        ("cut-after-effect", Seen::Nothing(None), 1),
        ("reset-after-effect", Seen::Nothing(reset), 2),
        ("reset-mid-answer", Seen::Part(reset), 3),
        ("truncated", Seen::Part(None), 4),
        ("slow-body=20ms", Seen::Status("200"), 5),
        ("delay=10ms", Seen::Status("200"), 6),
        ("revoke", Seen::Status("401"), 6),
        ("500 for=1h", Seen::Status("500"), 6),
    ];
    let clock = Clock::system();
    let platform = Arc::new(Mutex::new(Platform::new(
        Arc::new(Profile::built_in()),
        Random::from_seed(Seed(1)),
        Defects::none(),
    )));
    let answers: Vec<Fault> = table.iter().map(|row| row.0.parse().unwrap()).collect();
    let count = answers.len();
    platform
        .lock()
        .unwrap()
        .queue_faults("words", TOKEN, answers)
        .unwrap();
    let answering = Arc::clone(&platform);
    let desk = Desk::ruling(move |request| {
        let now = clock.now();
        answering.lock().unwrap().handle(now, request)
    });
    let door = open(&desk);
    for (words, expected, tokens) in table {
        let mut client = Client::send(&door, &token_request()).await;
        let (text, broken) = client.read_to_end().await;
        let seen = match expected {
            Seen::Status(status) => text.get(9..12) == Some(status) && is_whole(&text),
            Seen::Part(ending) => text.contains("\r\n\r\n") && !is_whole(&text) && broken == ending,
            Seen::Nothing(ending) => text.is_empty() && broken == ending,
        };
        assert!(seen, "{words}: {text} {broken:?}");
        assert_eq!(
            platform.lock().unwrap().counters().tokens,
            tokens,
            "{words}"
        );
    }
    let proof = platform.lock().unwrap().fault_proofs().remove(0);
    assert_eq!((proof.delivered, proof.answers.len()), (count, count));
    // Again, for it lasts an hour.
    let mut client = Client::send(&door, &token_request()).await;
    assert!(client.read_to_end().await.0.starts_with("HTTP/1.1 500 "));
}

/// Whether an answer has as many bytes as it says.
fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| length.parse() == Ok(body.len()))
}
