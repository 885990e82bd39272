//! Where a door is, and what it bears.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::Tls;

/// Where a door is, and what it bears.
#[derive(Clone, Debug)]
pub struct DoorOptions {
    /// The address and port; port 0 is a free one.
    pub address: SocketAddr,
    /// The certificate, where the door speaks TLS.
    pub tls: Option<Tls>,
    /// What it bears.
    pub limits: DoorLimits,
}

impl Default for DoorOptions {
    /// A free port of the loopback interface, without TLS.
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            tls: None,
            limits: DoorLimits::default(),
        }
    }
}

/// What a door bears. A limit of time takes effect when it has passed, at the latest after twice
/// that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorLimits {
    /// How many bytes of a body are kept. Of a longer one the attendant gets this many and one
    /// more, which is for him to refuse; the rest is thrown away, and after four times as many the
    /// connection closed with the answer.
    pub body_bytes: usize,
    /// How many bytes the head of a request may have, by and large; at least 8,192.
    pub head_bytes: usize,
    /// How many connections may be open at once; one more is closed at once.
    pub connections: usize,
    /// How long the head of a request, or the handshake of TLS, may take from its first byte.
    pub head: Duration,
    /// How long a connection may be silent between requests.
    pub idle: Duration,
    /// How long nothing may come of a body that has begun, and nothing be taken of an answer.
    pub stall: Duration,
}

impl Default for DoorLimits {
    fn default() -> Self {
        Self {
            body_bytes: 8 * 1024 * 1024,
            head_bytes: 64 * 1024,
            connections: 4_096,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(30),
        }
    }
}

impl DoorLimits {
    /// How often to look whether a limit has passed.
    pub(super) fn interval(&self) -> Duration {
        self.head.min(self.idle).min(self.stall)
    }
}
