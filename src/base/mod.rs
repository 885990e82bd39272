//! Ground floor: values that every other room needs and that know nothing of Postman, HTTP or
//! payments.
//!
//! Time ([`Clock`]), chance ([`Random`]), secrets ([`Secret`]), places in a text
//! ([`Place`]) and digests come from here and nowhere else, so that a run on the logical clock
//! with a given seed gives the same bytes every time. The room promises never to touch a file, a
//! socket or the terminal; [`Clock::system`] and [`Random::from_entropy`] are its only ties to the
//! machine.

mod clock;
mod digest;
mod id;
mod random;
mod secret;

mod span;

pub use clock::{Clock, Timestamp};
pub use digest::{Sha256Hex, keyed_sha256, sha256};
pub use id::uuid;
pub use random::{Random, Seed};
pub use secret::{Secret, SecretName};
pub use span::{Place, place_of};
