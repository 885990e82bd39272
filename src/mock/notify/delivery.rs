//! What a scenario does to deliveries.

use std::time::Duration;

/// How notifications reach the endpoint; by default at once, once, and in the order in which they
/// were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotificationDelivery {
    /// How long each is held back before its first attempt.
    pub hold: Duration,
    /// Those that are made within such a time of the first of them wait for its end and then go
    /// in another order than that in which they were made.
    pub shuffled_within: Option<Duration>,
    /// How many first attempts of each are lost on the way.
    pub lost: u32,
    /// How many times each is sent again as soon as it was taken.
    pub duplicates: u32,
    /// After which time each that was taken is sent once more.
    pub redelivered_after: Option<Duration>,
}
