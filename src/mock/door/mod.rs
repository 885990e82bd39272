//! Doors: how requests reach a platform. [`Door`] is a loopback socket served by wiremock, for
//! replays and tests; it has a platform behind it and nothing else. Whoever wants to know when a
//! byte arrived, and from whom, is an [`Attendant`].

mod attendant;
mod wiremock;

pub use self::wiremock::{Door, DoorError};
pub use attendant::{Arrival, Attendant};
