//! A notification endpoint, probed.
//!
//! A [`Probing`] knows which requests are to be sent, in which order, and what is expected of each:
//! it knows neither socket nor clock. Each probe is a valid notification with one thing changed
//! (`lattice`); valid ones, the controls, go first, last and in between. [`rehearse`] sends them to
//! a specimen in logical time, thousands of blocks a minute; [`Visit`] sends them to an endpoint at a
//! URL. Both write a history, which the checks of the family `NP` judge.
//!
//! The tokens are signed by keys that are published with preflight. They are worth something only to
//! a test build that trusts the [`TestIssuer`], which serves their public halves on this machine as
//! long as a probe lasts. Without that trust no valid request can be made, and only what needs none
//! is sent.
//!
//! Nothing that is probed names a resource that exists, and nothing is sent to a production host
//! unless whoever calls has allowed it.

mod draft;
mod forge;
mod guest;
mod issuer;
mod lattice;
mod probing;
mod rehearsal;
mod sequence;
mod target;
mod visit;

pub use forge::Forge;
pub use guest::Guest;
pub use issuer::{IssuerError, TestIssuer};
pub use probing::{Manner, Probing, Reached, Shot};
pub use rehearsal::{Rehearsal, RehearsalError, rehearse};
pub use target::{Reach, Stamina, Target};
pub use visit::Visit;
