//! How much a door bears.

use tokio::io::AsyncWriteExt as _;

use super::desk::{Client, Desk, answer, bounded, open_with};
use crate::base::Clock;
use crate::mock::DoorLimits;

const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn of_a_body_that_is_too_long_the_attendant_sees_no_more_than_that() {
    let limits = DoorLimits {
        body_bytes: 1_000,
        ..DoorLimits::default()
    };
    // sent, kept, whether the connection is kept
    let table = [
        (999, 999, true),
        (1_000, 1_000, true),
        (1_001, 1_001, true),
        (3_999, 1_001, true),
        (1_000_000, 1_001, false),
    ];
    for (sent, kept, keeps) in table {
        let desk = Desk::ruling(|request| match request.body.len() {
            0..=1_000 => answer(204, ""),
            _ => answer(413, ""),
        });
        let door = open_with(&desk, Clock::system(), limits);
        let mut client = Client::connect(&door).await;
        client
            .write(&format!(
                "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {sent}\r\n\r\n"
            ))
            .await;
        let body = "x".repeat(sent);
        // The door may stop to listen before the end.
        let (reader, mut writer) = client.0.split();
        let writing = writer.write_all(body.as_bytes());
        let _unheard = bounded("a whole body", async {
            tokio::select! {
                written = writing => written,
                readable = reader.readable() => readable,
            }
        })
        .await;
        let exchange = desk.exchanges(1).await.remove(0);
        assert_eq!(exchange.request.body.len(), kept, "{sent}");
        let status = if kept > 1_000 { 413 } else { 204 };
        assert_eq!(exchange.status(), Some(status), "{sent}");
        let text = client.read_to("\r\n\r\n").await;
        assert_eq!(!text.contains("connection: close"), keeps, "{sent}: {text}");
    }
}

#[tokio::test]
async fn one_connection_too_many_is_closed_until_another_ends() {
    let limits = DoorLimits {
        connections: 2,
        ..DoorLimits::default()
    };
    let desk = Desk::always(answer(204, ""));
    let door = open_with(&desk, Clock::system(), limits);
    let mut first = Client::send(&door, GET).await;
    first.read_to("\r\n\r\n").await;
    let mut second = Client::send(&door, GET).await;
    second.read_to("\r\n\r\n").await;
    let mut third = Client::connect(&door).await;
    third.read_to_end().await;
    assert_eq!(
        desk.disturbances(1).await,
        ["2 connections are open already"]
    );
    drop(first);
    let close = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    bounded("room for another", async {
        loop {
            let mut another = Client::connect(&door).await;
            // While there is no room the connection ends, sooner or later.
            let _too_late = another.0.write_all(close.as_bytes()).await;
            let (text, _) = another.read_to_end().await;
            if text.starts_with("HTTP/1.1 204") {
                return;
            }
        }
    })
    .await;
    second.write(GET).await;
    second.read_to("\r\n\r\n").await;
}

#[tokio::test]
async fn two_thousand_connections_at_once_are_served() {
    const CONNECTIONS: usize = 2_000;
    // Both ends are in this process.
    let wanted = 2 * CONNECTIONS as u64 + 200;
    let resource = nix::sys::resource::Resource::RLIMIT_NOFILE;
    let (soft, hard) = nix::sys::resource::getrlimit(resource).unwrap();
    if soft < wanted {
        nix::sys::resource::setrlimit(resource, wanted.min(hard), hard).unwrap();
    }
    let desk = Desk::always(answer(204, ""));
    let door = open_with(&desk, Clock::system(), DoorLimits::default());
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::connect(&door).await);
    }
    for client in &mut clients {
        client.write(GET).await;
    }
    for client in &mut clients {
        client.read_to("\r\n\r\n").await;
    }
    assert_eq!(desk.exchanges(CONNECTIONS).await.len(), CONNECTIONS);
}
