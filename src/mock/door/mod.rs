//! Doors: how requests reach a platform. [`Door`] is a loopback socket served by wiremock, for
//! replays and tests; it has a platform behind it and nothing else. Whoever wants to know when a
//! byte arrived, and from whom, is an [`Attendant`] at a [`HyperDoor`]. Whoever is to be asked and
//! told beside the requests of a client is an [`Administrator`] at an [`AdminDoor`].

mod admin;
mod attendant;
mod error;
mod hyper;
mod wiremock;

pub use self::hyper::{DoorLimits, DoorOptions, HyperDoor, Tls, TlsError};
pub use self::wiremock::Door;
pub use admin::{AdminAnswer, AdminCall, AdminDoor, AdminRefusal, AdminService, Administrator};
pub use attendant::{Arrival, Attendant};
pub use error::DoorError;
