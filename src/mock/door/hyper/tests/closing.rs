//! Doors that are closed, and those that do not open.

use std::time::Duration;

use tokio::net::TcpStream;

use super::desk::{Client, Desk, answer, bounded, delivered, open};
use crate::base::Clock;
use crate::exchange::FailureKind;
use crate::mock::{Delivery, DoorOptions, HyperDoor};

const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const GRACE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_stop_lets_requests_in_flight_end_and_accepts_no_more() {
    let delay = Duration::from_millis(100);
    let desk = Desk::always(delivered(200, "still answered", Delivery::Whole, delay));
    let door = open(&desk);
    let address = door.address();
    let mut idle = Client::send(&door, GET).await;
    idle.read_to("still answered").await;
    let mut fresh = Client::connect(&door).await;
    let mut busy = Client::send(&door, GET).await;
    desk.asked(2).await;
    bounded("the end of the door", door.stop(GRACE)).await;
    assert!(busy.read_to_end().await.0.ends_with("still answered"));
    assert_eq!(desk.exchanges(2).await[1].status(), Some(200));
    assert_eq!(idle.read_to_end().await.0, "");
    assert_eq!(fresh.read_to_end().await.0, "");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn what_is_in_flight_when_the_grace_is_over_is_told_as_interrupted() {
    let desk = Desk::always(delivered(
        200,
        "never",
        Delivery::Whole,
        Duration::from_hours(1),
    ));
    let door = open(&desk);
    let mut client = Client::send(&door, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    desk.asked(1).await;
    bounded("the end of the door", door.stop(Duration::from_millis(10))).await;
    assert_eq!(desk.failure().await.kind, FailureKind::Interrupted);
    assert_eq!(client.read_to_end().await.0, "");
}

#[tokio::test]
async fn a_door_that_is_dropped_closes_at_once() {
    let desk = Desk::always(answer(204, ""));
    let door = open(&desk);
    let mut client = Client::send(&door, GET).await;
    client.read_to("\r\n\r\n").await;
    let address = door.address();
    drop(door);
    client.read_to_end().await;
    bounded("a closed port", async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_port_in_use_is_refused_with_a_remedy() {
    let desk = Desk::always(answer(204, ""));
    let door = open(&desk);
    let options = DoorOptions {
        address: door.address(),
        ..DoorOptions::default()
    };
    let error = HyperDoor::open(desk, Clock::system(), options).unwrap_err();
    assert!(error.is_in_use());
    assert_eq!(
        error.to_string(),
        format!(
            "somebody listens on {} already; let preflight choose a port of its own, or name a free one",
            door.address()
        )
    );
}

#[tokio::test]
async fn a_fixed_port_can_be_used_again_at_once() {
    let desk = Desk::always(answer(200, "hello"));
    let door = open(&desk);
    let address = door.address();
    Client::send(&door, GET).await.read_to("hello").await;
    bounded("the end of the door", door.stop(GRACE)).await;
    let options = DoorOptions {
        address,
        ..DoorOptions::default()
    };
    let door = HyperDoor::open(desk, Clock::system(), options).unwrap();
    Client::send(&door, GET).await.read_to("hello").await;
    assert_eq!(door.origin(), format!("http://{address}"));
}
