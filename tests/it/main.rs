//! The binary as its users meet it: command lines in, exit code, stdout, stderr and files out.
//!
//! Every test runs in a temporary folder of its own, with nothing of the caller's environment.
//! Servers are threads of the test; every wait is for something that happens, and has a bound.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod archive;
mod bad_input;
mod baseline;
mod certification;
mod ci_kits;
mod collection;
mod compare;
mod crash;
mod declaration;
mod defect;
mod evidence;
mod export;
mod interruption;
mod judged_again;
mod lint;
mod mock_server;
mod network;
mod observation;
mod observe;
mod observe_faults;
mod outcome;
mod plans;
mod probe;
mod review;
mod review_page;
mod rogue;
mod run;
mod scripts;
mod secrets;
mod server;
mod snapshots;
mod tls;
mod wire;
mod workplace;
