//! Whether an archive has what a verdict needs.

use std::path::Path;

use crate::cli::failure::CommandFailure;
use crate::conformance::is_commitment;
use crate::exchange::{Exchange, Outcome};
use crate::history::{Api, Omission};

/// Of so many moments, chance does not make all of them whole seconds.
const ENOUGH_MOMENTS: usize = 8;

/// Words that writers put where a credential was.
const PLACEHOLDERS: [&str; 8] = [
    "redact", "sanit", "mask", "hidden", "remov", "filter", "omit", "secret",
];

/// Refuses what would be taken for something that it is not.
pub(super) fn check(
    path: &Path,
    calls: &[(Api, Exchange)],
    omissions: &[Omission],
) -> Result<(), CommandFailure> {
    let refusal = |message: &str, remedy: &str| {
        Err(CommandFailure::Usage {
            message: format!("{}: {message}", path.display()),
            remedy: remedy.to_owned(),
        })
    };
    if calls.is_empty() {
        return refusal(
            "no exchange is with the platform, by the paths of the profile",
            "record the traffic between the connector and the platform, or lay a profile with your \
             paths over the built-in one (--profile)",
        );
    }
    if withholds_credentials(calls) {
        return refusal(
            "what authorises the requests was left out of the archive",
            "export it with sensitive data; it is replaced by commitments before it is judged, and \
             never printed",
        );
    }
    if omissions.contains(&Omission::RequestBody) {
        return refusal(
            "bodies of requests were left out of the archive",
            "export it with content: repetitions are known by their bodies",
        );
    }
    let begins_whole =
        |(_, call): &(Api, Exchange)| call.timing.request_first.subsec_nanosecond() == 0;
    if calls.len() >= ENOUGH_MOMENTS && calls.iter().all(begins_whole) {
        return refusal(
            "its times are whole seconds, too coarse to say what came first",
            "let the gateway write milliseconds, as HAR 1.2 has them (`startedDateTime`)",
        );
    }
    Ok(())
}

/// Whether requests were served though nothing that authorises them is there, or the same
/// placeholder in each.
fn withholds_credentials(calls: &[(Api, Exchange)]) -> bool {
    let mut served = calls
        .iter()
        .filter(|(api, _)| *api == Api::Provider)
        .map(|(_, exchange)| exchange)
        .filter(|exchange| match &exchange.outcome {
            Outcome::Response(response) => response.status < 300,
            Outcome::Failure(_) => false,
        })
        .peekable();
    served.peek().is_some()
        && served.all(|exchange| {
            let authorization = exchange.request.headers.get("authorization");
            authorization.is_none_or(is_placeholder)
        })
}

/// Whether a header's value is what a writer put in place of a credential.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let credential = value
        .split_once(' ')
        .map_or(value, |(_, credential)| credential.trim());
    // RFC 9110 §11.2: token68.
    let is_token = credential
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    // Archives of ours have commitments.
    if is_commitment(credential) {
        return false;
    }
    let small = credential.to_ascii_lowercase();
    let first = small.chars().next();
    !is_token
        || first.is_none_or(|first| small.chars().all(|it| it == first))
        || (small.len() < 24 && PLACEHOLDERS.iter().any(|word| small.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_told_from_a_credential() {
        for value in [
            "[REDACTED]",
            "Bearer [REDACTED]",
            "Bearer ***",
            "Bearer xxxxxxxxxxxx",
            "REDACTED",
            "Bearer <token>",
            "Bearer removed",
            "Bearer [secret:hidden]",
            "",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in [
            "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
            "Bearer 4f9c-secret-of-thirty-characters",
            "Basic dXNlcjpwYXNzd29yZA==",
            "Bearer [secret:0a1b2c3d4e5f]",
        ] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
