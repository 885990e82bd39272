//! Built-in connectors: the software of a provider, as small as it can be.
//!
//! A [`Connector`] is a sans-I/O state machine: it is told what happened ([`Input`]) and says what
//! it wants done ([`Output`]); it knows no socket, no clock and no chance but the stream it was
//! given. So the same code runs straight on the platform in logical time and over HTTP in real
//! time ([`Host`]). What it does is its [`Policy`], which is data: the reference connector is the
//! policy that conforms, and a broken one differs from it in one trait. What is agreed or not public
//! of the platform, its profile says: base paths, headers and bodies of notifications reach a
//! connector as its [`Dialect`], flows and statuses as the policy that follows the profile
//! ([`Policy::following`]).
//!
//! ```text
//!  notification → reception (who speaks? jwt) → matter → errand (steps) ─┐
//!                                              └→ messaging (ledger) ───┤ asks
//!        answer ← effort (done, again, lost) ← platform ← request ← desk ┘
//!                                                  token · pace · interaction id
//! ```
//!
//! Whatever it does it does for a matter: an errand goes through the steps that the policy names,
//! and asks; the desk sends what is asked, in order, and says what became of it. Time and rate are
//! the desk's: an errand never knows that it was throttled. Nothing is kept on a disk: a connector
//! that was started anew learns from the platform how far it had come.
//!
//! The room neither plays the platform nor judges: it is judged like any other connector.

mod adaptation;
mod backoff;
mod connector;
mod desk;
mod effort;
mod errand;
mod exposure;
mod gallery;
mod gatekeeping;
mod host;
mod jwt;
mod matter;
mod memory;
mod messaging;
mod offer;
mod pace;
mod policy;
mod reception;
mod reception_policy;
mod settings;
mod telling_policy;
mod token;
mod token_policy;

#[cfg(test)]
mod tests;

pub use backoff::{Backoff, Growth, Jitter};
pub use connector::{Call, Connector, Input, Output};
pub use exposure::Exposure;
pub use gallery::{GALLERY, Nature, Specimen, Trial, specimen};
pub use host::{Host, HostOptions};
pub use offer::{Link, Publication};
pub use policy::{
    Application, Exhausted, Hint, InteractionId, Messages, Pacing, Pause, Policy, Resent,
    Resumption, Retried, RetryPolicy, Statuses, Step,
};
pub use reception_policy::{
    Claim, HeaderQuirk, LockOut, Methods, Order, ReceptionPolicy, RefusalPolicy, RefusalWords,
    Repetition, TokenQuirk, TokenValidation, Transport, Validation,
};
pub use settings::{Dialect, Settings};
pub use telling_policy::{
    Completion, Echo, IdempotencyKey, Naming, Reasons, Sequence, TellingPolicy,
};
pub use token_policy::{
    Flight, LifeCount, Patience, Refusal, TokenPolicy, TokenReuse, UnknownLife,
};
