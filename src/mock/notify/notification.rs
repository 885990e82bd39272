//! What the platform has to tell the provider.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::base::Secret;
use crate::exchange::Request;

/// Where notifications go, and what they carry beside the token.
#[derive(Clone, Debug)]
pub struct NotificationEndpoint {
    /// The whole URL.
    pub url: String,
    /// The header whose name and value the provider chose.
    pub header: String,
    /// That value.
    pub value: Secret,
}

/// One attempt to deliver a notification.
#[derive(Clone)]
pub struct Notification {
    /// The number of the notification, from 1.
    pub number: u64,
    /// Which attempt to deliver it this is, from 1.
    pub attempt: u32,
    /// What is sent.
    pub request: Request,
    /// How long the answer may take.
    pub timeout: Duration,
}

impl fmt::Debug for Notification {
    /// Without the request, which carries the provider's header and a token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Notification")
            .field("number", &self.number)
            .field("attempt", &self.attempt)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// How many notifications became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationCounters {
    /// Events of which the provider is to be told while it has no endpoint.
    pub unaddressed: u64,
    /// Notifications made.
    pub made: u64,
    /// Those that the endpoint took.
    pub delivered: u64,
    /// Those that it took with another status than the expected one.
    pub unexpected: u64,
    /// Those that it did not take in any of its attempts, or that it refused.
    pub given_up: u64,
    /// Deliveries beyond the first of a notification.
    pub repeated: u64,
    /// Those that are to be sent, or sent again, or are under way.
    pub waiting: u64,
}
