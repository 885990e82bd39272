//! Who answers at a door, and what it is told.

use std::future::Future;

use crate::base::Timestamp;
use crate::exchange::{Connection, Exchange, Request};
use crate::mock::Reply;

/// How a request came in.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When its first byte arrived.
    pub first: Timestamp,
    /// When its last byte did.
    pub last: Timestamp,
    /// On which connection.
    pub connection: Connection,
}

/// Who answers what arrives at a door.
pub trait Attendant: Send + Sync + 'static {
    /// Answers a request that arrived whole.
    fn answer(&self, arrival: &Arrival, request: &Request) -> impl Future<Output = Reply> + Send;

    /// Is told what became of a request, after its answer left or its connection broke.
    fn done(&self, exchange: Exchange);

    /// Is told of a connection that brought no request, or only a part of one, and why it was
    /// closed.
    fn disturbed(&self, connection: &Connection, reason: &str);
}
