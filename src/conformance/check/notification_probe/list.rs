//! The probes of every check.

use super::Probe;
use super::{
    algorithm_confusion, algorithm_none, another_request, audience, both_required, changed_replay,
    critical_header, expired, header_elsewhere, header_missing, header_name_case, header_twice,
    header_value, header_value_case, issuer, key_in_header, key_unknown, kind_of_token, leeway,
    lock_out, not_yet_valid, replay, scheme_case, scope, signature_changed, subject, timing,
    token_missing, transport, valid_request,
};

/// Each check with its probes, by id; those that have nothing to judge are left out.
pub const LISTS: &[(&str, &[Probe])] = &[
    (valid_request::CHECK.id, valid_request::PROBES),
    (header_missing::CHECK.id, header_missing::PROBES),
    (header_value::CHECK.id, header_value::PROBES),
    (header_value_case::CHECK.id, header_value_case::PROBES),
    (header_name_case::CHECK.id, header_name_case::PROBES),
    (header_twice::CHECK.id, header_twice::PROBES),
    (header_elsewhere::CHECK.id, header_elsewhere::PROBES),
    (token_missing::CHECK.id, token_missing::PROBES),
    (scheme_case::CHECK.id, scheme_case::PROBES),
    (both_required::CHECK.id, both_required::PROBES),
    (algorithm_none::CHECK.id, algorithm_none::PROBES),
    (signature_changed::CHECK.id, signature_changed::PROBES),
    (key_unknown::CHECK.id, key_unknown::PROBES),
    (algorithm_confusion::CHECK.id, algorithm_confusion::PROBES),
    (key_in_header::CHECK.id, key_in_header::PROBES),
    (critical_header::CHECK.id, critical_header::PROBES),
    (expired::CHECK.id, expired::PROBES),
    (leeway::CHECK.id, leeway::PROBES),
    (not_yet_valid::CHECK.id, not_yet_valid::PROBES),
    (issuer::CHECK.id, issuer::PROBES),
    (audience::CHECK.id, audience::PROBES),
    (kind_of_token::CHECK.id, kind_of_token::PROBES),
    (scope::CHECK.id, scope::PROBES),
    (subject::CHECK.id, subject::PROBES),
    (replay::CHECK.id, replay::PROBES),
    (changed_replay::CHECK.id, changed_replay::PROBES),
    (another_request::CHECK.id, another_request::PROBES),
    (transport::CHECK.id, transport::PROBES),
    (timing::CHECK.id, timing::PROBES),
    (lock_out::CHECK.id, lock_out::PROBES),
];
