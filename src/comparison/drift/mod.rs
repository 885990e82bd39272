//! Where two runs of one plan were answered differently, exchange by exchange.

mod answer;
mod exchanges;
mod pairing;
mod shape;

pub use exchanges::{Aspect, Difference, Drift, ExchangeDrift, Flow, Lonely, RunNote};
pub use pairing::Place;
