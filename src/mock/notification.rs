//! What the platform has to tell the provider.

use std::time::Duration;

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
#[derive(Clone, Debug)]
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
