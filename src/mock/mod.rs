//! The Provider API as a pure state machine, and the doors through which requests reach it.
//!
//! [`Platform::handle`] takes a moment and a request and gives a [`Reply`]: no sockets, no clock,
//! no chance but the stream it was given, so the same requests at the same moments are answered
//! with the same bytes. A request passes these gates in this order, and the first that refuses it
//! answers: route, API key, token, name of the Sage product, interaction id, scripted answers
//! ([`Fault`]), throttle, media type, size and form of the body, idempotency key, ownership, state,
//! the provider's rules. A request has all of its effect or none.
//!
//! Everything that the platform's pages leave open comes from the profile: paths, names of
//! headers, rate, flows, what a 429 says, and what holds for one Sage product only. What the mock
//! knows from the start is in [`Tenant`]: two providers and two products, each of which sees its own
//! things only; their credentials are published and worth nothing elsewhere, and so is the key that
//! signs the tokens. [`Defects`] make the mock wrong in a named way, so that tests can show that
//! somebody notices.
//!
//! A platform may serve for as long as one likes: of tokens, interaction ids, idempotency keys,
//! messages and buckets it remembers the latest, and batches go when their time is over. A model of
//! it, as small as it gets, is among its tests and is held against it by random sequences of calls.
//!
//! What needs the provider's attention becomes a [`Notification`]: the platform says when which
//! attempt is due ([`Platform::due`]) and is told what became of it ([`Platform::notified`]);
//! sending is left to whoever has sockets.
//!
//! [`Door`] serves a platform on a loopback socket. [`HyperDoor`] serves whoever is an
//! [`Attendant`], and knows when each byte came and went; [`AdminDoor`] is beside it. The room
//! judges nothing: whether a client behaved well is left to the checks.

mod answer;
mod body;
mod client;
mod country;
mod defect;
mod door;
mod endpoint;
mod error;
mod fault;
mod gate;
mod idempotency;
mod initiative;
mod jwt;
mod notify;
mod platform;
mod recent;
mod route;
mod rule;
mod store;
mod tenant;
mod throttle;
mod token;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Delivery, Ending, Reply};
pub use defect::{Defect, Defects, UnknownDefect};
pub use door::{
    AdminAnswer, AdminCall, AdminDoor, AdminRefusal, AdminService, Administrator, Arrival,
    Attendant, Door, DoorError, DoorLimits, DoorOptions, HyperDoor, Tls, TlsError,
};
pub use fault::{Fault, FaultError, FaultKind, Hint};
pub use initiative::StatusRefused;
pub use jwt::Signatures;
pub use notify::{Notification, NotificationCounters, NotificationDelivery, NotificationEndpoint};
pub use platform::{Counters, Platform, UnknownOperation};
pub use store::{Batch, Message, Messages, Payment, Store, Subscription};
pub use tenant::{Credential, Tenant};
pub use token::{TokenAnswers, TokenText};
