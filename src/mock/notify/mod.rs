//! What the platform tells the provider, and how often it tries.
//!
//! An [`Occurrence`] becomes a notification: a body after the profile's template, and a number. The
//! [`Desk`] keeps it until the provider's endpoint took it or the attempts are used up; it says
//! when which attempt is due and is told what became of it. What a scenario does to deliveries
//! (hold them back, turn their order round, lose them, send them again) is a [`NotificationDelivery`].
//!
//! The room behind this door is bounded: more than [`Desk::ROOM`] notifications never wait, the
//! oldest are given up. Nothing is sent from here.

mod delivery;
mod desk;
mod notification;
mod occurrence;

pub use delivery::NotificationDelivery;
pub(super) use desk::Desk;
pub use notification::{Notification, NotificationCounters, NotificationEndpoint};
pub(super) use occurrence::Occurrence;
