//! `apikey`: a header or a query parameter of any name.

use super::parameter::Parameters;
use super::signature::Signed;

/// Postman: anything but `in: query` is a header; without a name nothing is sent; an empty value
/// is.
pub(super) fn sign(parameters: Parameters<'_>, signed: &mut Signed) {
    let Some(name) = parameters.text("key").filter(|name| !name.is_empty()) else {
        return;
    };
    let value = parameters.text("value").unwrap_or_default();
    if parameters.text("in").as_deref() == Some("query") {
        signed.set_query(&name, &value);
    } else {
        signed.set_header(&name, value);
    }
}
