//! Connections that bring no request, or only a part of one.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::desk::{Client, Desk, answer, open, open_with};
use crate::base::Clock;
use crate::mock::DoorLimits;

const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn what_is_no_whole_request_is_told_with_its_reason() {
    // sent before the client closes its side, status, reason
    let table = [
        ("", "", "it was closed without a request"),
        (
            "\u{16}\u{3}\u{1}\r\n\r\n",
            "400",
            "invalid HTTP method parsed",
        ),
        (
            "HELLO / platform\r\n\r\n",
            "400",
            "invalid HTTP version parsed",
        ),
        (
            "GET / HTTP/1.1\r\nbad header\r\n\r\n",
            "400",
            "invalid HTTP header parsed",
        ),
        ("GET / HT", "", "connection closed before message completed"),
        (
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf",
            "",
            "end of file before message length reached",
        ),
        (
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
            "",
            "Invalid chunk size line: missing size digit",
        ),
    ];
    for (sent, status, reason) in table {
        let desk = Desk::always(answer(204, ""));
        let door = open(&desk);
        let mut client = Client::send(&door, sent).await;
        let _closed_already = client.0.shutdown().await;
        let (text, _) = client.read_to_end().await;
        assert_eq!(
            text.get(9..12).unwrap_or_default(),
            status,
            "{sent:.40}: {text}"
        );
        assert_eq!(desk.disturbances(1).await, [reason], "{sent:.40}");
        assert_eq!(desk.counts(), (0, 1), "{sent:.40}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let limits = DoorLimits {
        head_bytes: 8_192,
        ..DoorLimits::default()
    };
    let desk = Desk::always(answer(204, ""));
    let door = open_with(&desk, Clock::system(), limits);
    let large = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(100_000));
    let (text, _) = Client::send(&door, &large).await.read_to_end().await;
    assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
    assert_eq!(desk.disturbances(1).await, ["message head is too large"]);
}

#[tokio::test]
async fn a_kept_connection_that_ends_between_requests_is_no_disturbance() {
    let desk = Desk::always(answer(204, ""));
    let door = open(&desk);
    for _ in 0..2 {
        let mut client = Client::send(&door, GET).await;
        client.read_to("\r\n\r\n").await;
        client.0.shutdown().await.unwrap();
        client.read_to_end().await;
    }
    assert_eq!(desk.counts(), (2, 0));
}

#[tokio::test]
async fn a_connection_that_is_silent_too_long_is_closed() {
    let short = Duration::from_millis(30);
    let table = [
        // sent, the limit that passes, reason
        ("", "idle", "it was silent for 30ms"),
        (
            "GET / HT",
            "head",
            "the head of a request was not whole for 30ms",
        ),
        (
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx",
            "stall",
            "nothing more came of a body for 30ms",
        ),
    ];
    for (sent, limit, reason) in table {
        let mut limits = DoorLimits::default();
        match limit {
            "idle" => limits.idle = short,
            "head" => limits.head = short,
            _ => limits.stall = short,
        }
        let desk = Desk::always(answer(204, ""));
        let door = open_with(&desk, Clock::system(), limits);
        let mut client = Client::send(&door, sent).await;
        client.read_to_end().await;
        assert_eq!(desk.disturbances(1).await, [reason]);
    }
}

#[tokio::test]
async fn a_kept_connection_may_be_silent_only_so_long() {
    let limits = DoorLimits {
        idle: Duration::from_millis(30),
        ..DoorLimits::default()
    };
    let desk = Desk::always(answer(204, ""));
    let door = open_with(&desk, Clock::system(), limits);
    let mut client = Client::send(&door, GET).await;
    client.read_to_end().await;
    assert_eq!(desk.counts(), (1, 0), "it had brought a request");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_fails_in_time() {
    let limits = DoorLimits {
        stall: Duration::from_millis(50),
        ..DoorLimits::default()
    };
    let desk = Desk::always(answer(200, &"x".repeat(20_000_000)));
    let door = open_with(&desk, Clock::system(), limits);
    let _client = Client::send(&door, GET).await;
    assert_eq!(
        desk.failure().await.message,
        "nothing was taken of the answer for 50ms"
    );
}
