//! Conformance harness for payments providers that integrate with the Provider API of the Sage
//! Payments Out Service, compatible with Postman.
//!
//! Producing a history and judging it are two programs. [`run`] drives the user's collections, and
//! [`observe`] watches the user's connector from the platform's side; both record everything that
//! happens on the wire as one ordered, append-only [`history`]. [`conformance`] makes a verdict of a
//! history and a [`profile`], and of nothing else. So a verdict can be recomputed, a rule can be
//! tested from a file, and a run that was killed is still judged.
//!
//! # Floors
//!
//! A room uses only rooms on floors below it; rooms of one floor do not know each other.
//! `tests/architecture.rs` holds this.
//!
//! | floor | rooms |
//! |---|---|
//! | 8 | [`cli`] |
//! | 7 | [`evidence`], [`comparison`] |
//! | 6 | [`report`] |
//! | 5 | [`observe`], [`conformance`], [`lint`], [`snapshot`] |
//! | 4 | [`run`], [`specimen`] |
//! | 3 | [`transport`], [`script`], [`history`], [`mock`] |
//! | 2 | [`variable`], [`auth`], [`event`], [`profile`] |
//! | 1 | [`collection`], [`exchange`] |
//! | 0 | [`base`] |
//!
//! # Words
//!
//! | word | means |
//! |---|---|
//! | platform | the Payments Out Service, which serves the Provider API: the real sandbox, or our mock |
//! | provider, connector | the organisation under test; its software, the client of the Provider API |
//! | target | where requests go: *sandbox* (the environment's own URLs) or *mock* |
//! | subject | what is judged: *replay* (the collections, driven by our runner) or *connector* |
//! | exchange | one request with its response or its transport failure, and its times |
//! | history | all exchanges and marks of a run in order, hash-chained |
//! | profile | what may differ by agreement or is not public, each value with its provenance |
//! | provenance | what a value rests on: *stated*, *inferred* or *assumed* |
//! | clause, check | a sentence of the platform's page; one rule with one id (`BK-02`) |
//! | raw and reported outcome | what the rule says; what its provenance lets it say |
//! | finding, verdict | one check's outcome with its witness; the fold of all findings |
//! | scenario, plan | collection folders, or what the product does, with what the platform does meanwhile; an ordered list |
//! | specimen | a built-in connector: conforming, or broken in exactly one named way |
//! | snapshot | the golden transcript that a run is held against |

pub mod auth;
pub mod base;
pub mod cli;
pub mod collection;
pub mod comparison;
pub mod conformance;
pub mod event;
pub mod evidence;
pub mod exchange;
pub mod history;
pub mod lint;
pub mod mock;
pub mod observe;
pub mod profile;
pub mod report;
pub mod run;
pub mod script;
pub mod snapshot;
pub mod specimen;
pub mod transport;
pub mod variable;
