//! The platform as a client sees it, without a socket.

mod agreement;
mod application;
mod client;
mod effect;
mod fault;
mod gate;
mod model;
mod notification;
mod property;
mod refusal;
mod retention;
mod rule;
mod separation;
mod throttle;
mod token;
