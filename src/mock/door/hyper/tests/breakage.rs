//! Connections that break: by script, and because the client goes away.

use std::io::ErrorKind;
use std::time::Duration;

use super::desk::{Client, Desk, answer, cut, delivered, open};
use crate::exchange::FailureKind;
use crate::mock::{Delivery, Ending};

const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// How an ending looks to the client.
fn seen(ending: Ending) -> Option<ErrorKind> {
    match ending {
        Ending::Closed => None,
        Ending::Reset => Some(ErrorKind::ConnectionReset),
    }
}

#[tokio::test]
async fn a_connection_ends_before_the_answer_as_scripted() {
    for (ending, word) in [(Ending::Closed, "closed"), (Ending::Reset, "reset")] {
        let desk = Desk::always(cut(ending));
        let door = open(&desk);
        let (text, broken) = Client::send(&door, GET).await.read_to_end().await;
        assert_eq!(text, "");
        assert_eq!(broken, seen(ending));
        let failure = desk.failure().await;
        assert_eq!(failure.kind, FailureKind::Cut);
        assert_eq!(
            failure.message,
            format!("the connection was {word} before the answer, as scripted")
        );
        assert_eq!(desk.counts(), (1, 0), "a script is no disturbance");
    }
}

#[tokio::test]
async fn an_answer_breaks_off_after_its_head_and_half_of_its_body() {
    for ending in [Ending::Closed, Ending::Reset] {
        let half = Delivery::Half(ending);
        let desk = Desk::always(delivered(200, "0123456789", half, Duration::ZERO));
        let door = open(&desk);
        let (text, broken) = Client::send(&door, GET).await.read_to_end().await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-length: 10"), "{head}");
        assert_eq!(body, "01234");
        assert_eq!(broken, seen(ending));
        let failure = desk.failure().await;
        assert!(
            failure
                .message
                .ends_with("in the middle of the answer, as scripted")
        );
    }
}

#[tokio::test]
async fn a_large_answer_breaks_off_in_the_middle_too() {
    let body = "0123456789".repeat(400_000);
    let half = Delivery::Half(Ending::Closed);
    let desk = Desk::always(delivered(200, &body, half, Duration::ZERO));
    let door = open(&desk);
    let (text, _) = Client::send(&door, GET).await.read_to_end().await;
    let (_, received) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(received.len(), body.len() / 2);
}

#[tokio::test]
async fn an_answer_without_a_body_breaks_off_in_its_head() {
    for ending in [Ending::Closed, Ending::Reset] {
        let desk = Desk::always(delivered(204, "", Delivery::Half(ending), Duration::ZERO));
        let door = open(&desk);
        let (text, broken) = Client::send(&door, GET).await.read_to_end().await;
        assert!(
            text.starts_with("HTTP/1.1 204") && !text.contains("\r\n\r\n"),
            "{text}"
        );
        assert_eq!(broken, seen(ending));
        desk.failure().await;
    }
}

#[tokio::test]
async fn a_request_after_one_that_broke_is_served_on_a_new_connection() {
    let desk = Desk::ruling(|request| match request.path() {
        "/broken" => cut(Ending::Reset),
        _ => answer(200, "fine"),
    });
    let door = open(&desk);
    let broken = "GET /broken HTTP/1.1\r\nhost: a\r\n\r\n";
    Client::send(&door, broken).await.read_to_end().await;
    Client::send(&door, GET).await.read_to("fine").await;
    let numbers: Vec<_> = desk
        .exchanges(2)
        .await
        .into_iter()
        .map(|exchange| exchange.connection.unwrap().number)
        .collect();
    assert_eq!(numbers, [1, 2]);
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_a_failure_as_soon_as_the_client_is_gone() {
    let hour = Duration::from_hours(1);
    let body = "x".repeat(4_000_000);
    // delay, body
    let table = [(hour, "late"), (hour, ""), (Duration::ZERO, body.as_str())];
    for (delay, body) in table {
        for ending in [Ending::Closed, Ending::Reset] {
            let desk = Desk::always(delivered(200, body, Delivery::Whole, delay));
            let door = open(&desk);
            let client = Client::send(&door, GET).await;
            // The answer has begun, or never will.
            if delay.is_zero() {
                client.0.readable().await.unwrap();
            }
            if ending == Ending::Reset {
                client.0.set_zero_linger().unwrap();
            }
            drop(client);
            let failure = desk.failure().await;
            assert_eq!(
                failure.message,
                "the client closed the connection before the answer had left"
            );
            assert_eq!(desk.counts(), (1, 0));
        }
    }
}
