//! `oauth2`: attaches an access token that somebody else has fetched.

use super::AuthError;
use super::parameter::Parameters;
use super::signature::Signed;

/// Postman: a token of any type but `mac` is attached as it is; the header's prefix is `Bearer` unless another is given, and none when it is empty.
pub(super) fn sign(parameters: Parameters<'_>, signed: &mut Signed) -> Result<(), AuthError> {
    let Some(token) = parameters
        .text("accessToken")
        .filter(|token| !token.is_empty())
    else {
        return Err(AuthError::NoAccessToken);
    };
    if let Some(kind) = parameters.text("tokenType")
        && kind.eq_ignore_ascii_case("mac")
    {
        return Err(AuthError::TokenType { kind });
    }
    match parameters.text("addTokenTo").as_deref() {
        None | Some("" | "header") => {
            let prefix = parameters.text("headerPrefix");
            let value = match prefix.as_deref().map_or("Bearer", str::trim) {
                "" => token,
                prefix => format!("{prefix} {token}"),
            };
            signed.set_header("Authorization", value);
        }
        Some("queryParams") => signed.set_query("access_token", &token),
        Some(other) => {
            return Err(AuthError::TokenPlace {
                place: other.to_owned(),
            });
        }
    }
    Ok(())
}
