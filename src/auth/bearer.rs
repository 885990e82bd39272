//! `bearer` (RFC 6750 §2.1).

use super::parameter::Parameters;
use super::signature::Signed;

/// Postman: an empty token leaves the request, and its own `Authorization`, as they are.
pub(super) fn sign(parameters: Parameters<'_>, signed: &mut Signed) {
    if let Some(token) = parameters.text("token").filter(|token| !token.is_empty()) {
        signed.set_header("Authorization", format!("Bearer {token}"));
    }
}
