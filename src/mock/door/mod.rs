//! Doors: how requests reach a platform. [`Door`] is a loopback socket served by wiremock.

mod wiremock;

pub use self::wiremock::{Door, DoorError};
