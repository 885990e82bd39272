//! What may differ by agreement or is not public: rate, burst, status flows, token lifetime and so
//! on, each value with its provenance.
//!
//! The built-in [`Profile`] is `payments-out.toml`, read by the same code as a user's file. A file
//! of the user's is laid over it key by key ([`Profile::with_override`]); a flow is replaced as a
//! whole. A value that a file replaces counts as *assumed* unless the file says otherwise, because
//! only a *stated* value may fail a provider. A setting is written either bare (`rate = 25`) or
//! with what it rests on (`rate = { value = 25, provenance = "stated", source = "agreement of …" }`);
//! `provenance` and `source` at the top of a file hold for all of its settings that say nothing
//! themselves.
//!
//! A file may also say what holds for one Sage product only, which a request names in its
//! `x-application` header: `[application."sage.intacct"]` with any settings but those that the
//! platform has to know beforehand ([`Profile::for_application`]).
//!
//! What a provider says of itself is a [`Declaration`], read from a file of its own
//! ([`Declaration::read`]); nothing of it is built in.
//!
//! The room promises to report everything wrong with a file at once, each with its place, and never
//! to give out a profile that contradicts itself. It reads no files: it is given their text. What
//! the values mean for a verdict is left to the checks; what the platform does with them, to the
//! mock.

mod assembly;
mod declaration;
mod declaration_reader;
#[cfg(test)]
mod declaration_tests;
mod flow;
mod kind;
mod layer;
mod lowering;
mod notification;
mod probe;
mod problem;
mod provenance;
mod reader;
mod settings;
mod status;

pub use declaration::{
    Attestation, AttestationKind, Declaration, DeclaredGrowth, DeclaredJitter,
    DeclaredNotification, DeclaredRetry, Endpoints, Product, Support, Trust,
};
pub use declaration_reader::{Around, Variables};
pub use flow::{Edge, Flow, Reason, Setter, Skipping};
pub use lowering::Lowered;
pub use notification::{BodyTemplate, Notifications, Retried, Telling};
pub use probe::Probe;
pub use problem::{Problem, ProfileErrors};
pub use provenance::{Provenance, Sourced};
pub use reader::Setting;
pub use settings::{
    Afterwards, Backoff, ClientAuthentication, DefaultStatus, HeaderNames, InteractionId,
    LatencyModel, Limits, Paths, Presence, Profile, Refusals, Retention, RetryAfterHint, RuleWords,
    Throttle, ThrottleScope, Token, TokenRules, TokenThrottle, Tolerances, Treatment, Updates,
};
pub use status::{BatchOutcome, StatusRules};
