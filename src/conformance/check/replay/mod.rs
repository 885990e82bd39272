//! `RP`: what the collections assert of their own requests.

pub mod assertions;
