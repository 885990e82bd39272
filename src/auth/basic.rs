//! `basic` (RFC 7617), in UTF-8.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::parameter::Parameters;
use super::signature::Signed;

/// Postman: the header is set even when user and password are empty.
pub(super) fn sign(parameters: Parameters<'_>, signed: &mut Signed) {
    let user = parameters.text("username").unwrap_or_default();
    let password = parameters.text("password").unwrap_or_default();
    let credentials = STANDARD.encode(format!("{user}:{password}"));
    signed.set_header("Authorization", format!("Basic {credentials}"));
}
