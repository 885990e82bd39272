//! The platform as a client sees it, without a socket.

mod client;
mod effect;
mod fault;
mod gate;
mod notification;
mod property;
mod refusal;
mod separation;
mod throttle;
