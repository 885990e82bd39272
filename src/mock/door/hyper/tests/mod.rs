//! The door as clients meet it, over real sockets.

mod arrival;
mod breakage;
mod closing;
mod desk;
mod disturbance;
mod limits;
mod script;
mod tls;
