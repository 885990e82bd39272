//! What is known of a request, and when it came and was answered.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::desk::{Client, Desk, answer, delivered, open, open_with};
use crate::base::Clock;
use crate::exchange::{Outcome, Vantage};
use crate::mock::{Delivery, DoorLimits};

const GET: &str = "GET /a?b=c HTTP/1.1\r\nhost: api.mock.invalid\r\nX-Key: 1\r\n\r\n";

#[tokio::test]
async fn a_request_is_told_as_its_sender_knows_it() {
    let desk = Desk::always(answer(200, "hello"));
    let door = open(&desk);
    let mut client = Client::send(
        &door,
        "POST /a?b=c HTTP/1.1\r\nHost: api.mock.invalid\r\nX-Key: 1\r\nx-key: 2\r\ncontent-length: 4\r\n\r\nbody",
    )
    .await;
    let text = client.read_to("hello").await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert_eq!(text.matches("date: ").count(), 1, "{text}");
    let exchange = desk.exchanges(1).await.remove(0);
    let request = &exchange.request;
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("POST", "http://api.mock.invalid/a?b=c")
    );
    assert_eq!(request.headers.all("x-key").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(request.body.text(), Some("body"));
    assert_eq!(exchange.status(), Some(200));
    assert_eq!(exchange.vantage, Vantage::Mock);
    let connection = exchange.connection.unwrap();
    let peer = client.0.local_addr().unwrap().to_string();
    assert_eq!((connection.number, connection.peer), (1, peer));
}

#[tokio::test]
async fn the_url_is_made_of_what_the_request_says() {
    // request line, host, URL
    let table = [
        ("GET / HTTP/1.1", Some("a.invalid"), "http://a.invalid/"),
        ("GET /p HTTP/1.1", Some("a:8080"), "http://a:8080/p"),
        (
            "GET http://b.invalid/p?q HTTP/1.1",
            Some("a"),
            "http://b.invalid/p?q",
        ),
        ("OPTIONS * HTTP/1.1", Some("a"), "http://a*"),
        ("GET /p HTTP/1.0", None, "http://DOOR/p"),
    ];
    for (line, host, url) in table {
        let desk = Desk::always(answer(204, ""));
        let door = open(&desk);
        let host = host
            .map(|host| format!("host: {host}\r\n"))
            .unwrap_or_default();
        let mut client = Client::send(&door, &format!("{line}\r\n{host}\r\n")).await;
        client.read_to("\r\n\r\n").await;
        let url = url.replace("DOOR", &door.address().to_string());
        assert_eq!(desk.exchanges(1).await[0].request.url, url, "{line}");
    }
}

#[tokio::test]
async fn first_and_last_byte_of_every_request_on_a_connection_are_stamped() {
    let desk = Desk::always(answer(204, ""));
    let clock = Clock::logical(Clock::logical_start());
    let door = open_with(&desk, clock.clone(), DoorLimits::default());
    let mut client = Client::connect(&door).await;
    for _ in 0..3 {
        clock.advance(Duration::from_secs(5));
        client
            .write(
                "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n",
            )
            .await;
        client.read_to("100 Continue\r\n\r\n").await;
        clock.advance(Duration::from_secs(2));
        client.write("{}").await;
        client.read_to("\r\n\r\n").await;
    }
    let milliseconds: Vec<_> = desk
        .exchanges(3)
        .await
        .iter()
        .map(|exchange| {
            let timing = exchange.timing;
            [
                timing.request_first,
                timing.request_last,
                timing.response_first,
                timing.response_last,
            ]
            .map(|moment| moment.duration_since(Clock::logical_start()).as_millis())
        })
        .collect();
    // The modelled latency of an exchange is 40 ms.
    let expected = [
        [5_000, 7_000, 7_040, 7_040],
        [12_040, 14_040, 14_080, 14_080],
        [19_080, 21_080, 21_120, 21_120],
    ];
    assert_eq!(milliseconds, expected);
}

#[tokio::test]
async fn requests_that_are_pipelined_are_answered_in_their_order() {
    let desk = Desk::ruling(|request| answer(200, request.path()));
    let door = open(&desk);
    let mut client = Client::send(
        &door,
        "POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nxGET /2 HTTP/1.1\r\nhost: a\r\n\r\nGET /3 HTTP/1.1\r\nhost: a\r\n\r\n",
    )
    .await;
    for path in ["/1", "/2", "/3"] {
        client.read_to(path).await;
    }
    let exchanges = desk.exchanges(3).await;
    for pair in exchanges.windows(2) {
        assert!(pair[0].timing.request_first <= pair[1].timing.request_first);
        assert!(pair[0].timing.response_last <= pair[1].timing.response_last);
    }
}

#[tokio::test]
async fn a_scripted_delay_is_real_on_the_system_clock() {
    let delay = Duration::from_millis(60);
    let desk = Desk::always(delivered(200, "late", Delivery::Whole, delay));
    let door = open(&desk);
    Client::send(&door, GET).await.read_to("late").await;
    let timing = desk.exchanges(1).await[0].timing;
    assert!(timing.first_byte() >= delay, "{timing:?}");
}

#[tokio::test]
async fn a_slow_body_drips_over_its_time() {
    let time = Duration::from_millis(100);
    let desk = Desk::always(delivered(
        200,
        "drip by drip",
        Delivery::Slow(time),
        Duration::ZERO,
    ));
    let door = open(&desk);
    let text = Client::send(&door, GET).await.read_to("drip by drip").await;
    assert!(text.contains("content-length: 12\r\n"), "{text}");
    let exchange = desk.exchanges(1).await.remove(0);
    assert_eq!(exchange.status(), Some(200));
    let timing = exchange.timing;
    assert!(timing.total() >= time, "{timing:?}");
    assert!(
        timing.first_byte() < timing.total(),
        "the head does not wait: {timing:?}"
    );
}

#[tokio::test]
async fn a_slow_answer_without_a_body_is_late() {
    let time = Duration::from_millis(60);
    let desk = Desk::always(delivered(204, "", Delivery::Slow(time), Duration::ZERO));
    let door = open(&desk);
    Client::send(&door, GET).await.read_to("\r\n\r\n").await;
    assert!(desk.exchanges(1).await[0].timing.first_byte() >= time);
}

#[tokio::test]
async fn a_client_that_closes_its_side_is_answered_without_more_delay() {
    let hour = Duration::from_hours(1);
    for delivery in [Delivery::Whole, Delivery::Slow(hour)] {
        let desk = Desk::always(delivered(200, "for you", delivery, hour));
        let door = open(&desk);
        let mut client = Client::send(&door, GET).await;
        client.0.shutdown().await.unwrap();
        let (text, broken) = client.read_to_end().await;
        assert!(text.ends_with("for you") && broken.is_none(), "{text}");
        assert_eq!(desk.exchanges(1).await[0].status(), Some(200));
        assert_eq!(desk.counts(), (1, 0));
    }
}

// The end may come while what was sent before is being read: on another thread, and by chance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_closes_its_side_with_the_last_byte_is_answered() {
    let desk = Desk::always(answer(200, "for you"));
    let door = open(&desk);
    for request in [
        GET,
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    ] {
        for _ in 0..100 {
            let mut client = Client::send(&door, request).await;
            client.0.shutdown().await.unwrap();
            let (text, broken) = client.read_to_end().await;
            assert!(
                text.ends_with("for you") && broken.is_none(),
                "{request}: {text}"
            );
        }
    }
    assert_eq!(desk.counts(), (300, 0));
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_body_and_told() {
    let desk = Desk::always(answer(200, "not sent"));
    let door = open(&desk);
    let mut client = Client::send(&door, "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let text = client.read_to("\r\n\r\n").await;
    assert!(text.contains("content-length: 8\r\n"), "{text}");
    assert!(matches!(
        desk.exchanges(1).await[0].outcome,
        Outcome::Response(_)
    ));
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_back_does_no_harm() {
    let desk = Desk::ruling(|_| {
        let mut reply = answer(204, "");
        if let crate::mock::Reply::Answer(answer) = &mut reply {
            answer.response.headers.push("x-echo", "a\nb");
            answer.response.headers.push("x-fine", "yes");
        }
        reply
    });
    let door = open(&desk);
    let text = Client::send(&door, GET).await.read_to("\r\n\r\n").await;
    assert!(
        text.contains("x-fine: yes") && !text.contains("x-echo"),
        "{text}"
    );
}
