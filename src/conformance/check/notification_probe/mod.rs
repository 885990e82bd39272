//! `NP`: whether a notification endpoint validates what it is sent.
//!
//! A probe is a notification that differs in one factor from one that is accepted. Each check has a
//! list of probes, and what is expected of each; one rule judges them all: what should have been
//! refused and was let through fails; a refusal counts only between controls that were accepted, and
//! only where it left no trace.

#[cfg(test)]
pub(crate) mod fixture;

mod algorithm_confusion;
mod algorithm_none;
mod another_request;
mod audience;
mod body_signature;
mod both_required;
mod changed_replay;
mod critical_header;
mod effect;
mod expired;
mod header_elsewhere;
mod header_missing;
mod header_name_case;
mod header_twice;
mod header_value;
mod header_value_case;
mod issuer;
mod key_in_header;
mod key_unknown;
mod kind_of_token;
mod leeway;
mod list;
mod lock_out;
mod missing_timestamp;
mod not_yet_valid;
mod probe;
mod probed;
mod replay;
mod rule;
mod scheme_case;
mod scope;
mod signature_changed;
mod stale_timestamp;
mod subject;
mod timing;
mod token_missing;
mod transport;
mod two_signatures;
mod valid_request;
mod weighing;

use super::Check;
pub use list::LISTS;
pub use probe::Probe;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &valid_request::CHECK,
    &header_missing::CHECK,
    &header_value::CHECK,
    &header_value_case::CHECK,
    &header_name_case::CHECK,
    &header_twice::CHECK,
    &header_elsewhere::CHECK,
    &token_missing::CHECK,
    &scheme_case::CHECK,
    &both_required::CHECK,
    &algorithm_none::CHECK,
    &signature_changed::CHECK,
    &key_unknown::CHECK,
    &algorithm_confusion::CHECK,
    &key_in_header::CHECK,
    &critical_header::CHECK,
    &expired::CHECK,
    &leeway::CHECK,
    &not_yet_valid::CHECK,
    &issuer::CHECK,
    &audience::CHECK,
    &kind_of_token::CHECK,
    &scope::CHECK,
    &subject::CHECK,
    &replay::CHECK,
    &stale_timestamp::CHECK,
    &missing_timestamp::CHECK,
    &changed_replay::CHECK,
    &body_signature::CHECK,
    &two_signatures::CHECK,
    &another_request::CHECK,
    &transport::CHECK,
    &timing::CHECK,
    &lock_out::CHECK,
];
