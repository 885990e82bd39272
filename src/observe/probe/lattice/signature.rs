//! Probes of how the token is signed.

use serde_json::json;

use super::recipe::{Need, Recipe, negative, positive};
use crate::event::Expectation::{AcceptedOrRefused, Refused};
use crate::observe::probe::draft::{Draft, sign_as_stranger};
use crate::observe::probe::forge::{KeyName, Signature};

/// Something that only a trusted issuer can sign, or that only its key can be confused with.
const ISSUER: &[Need] = &[Need::Issuer];

/// NP-20 to NP-25.
pub(super) const RECIPES: &[Recipe] = &[
    negative("NP-20", ("none", "alg is none"), Refused, &[], |draft| {
        unsigned(draft, "none");
    }),
    negative(
        "NP-20",
        ("capitalised", "alg is None"),
        Refused,
        &[],
        |draft| unsigned(draft, "None"),
    ),
    negative("NP-20", ("mixed", "alg is nOnE"), Refused, &[], |draft| {
        unsigned(draft, "nOnE");
    }),
    negative(
        "NP-20",
        ("empty-signature", "the signature is empty"),
        Refused,
        &[],
        |draft| draft.token.signature = Signature::Empty,
    ),
    negative(
        "NP-21",
        ("bit-changed", "one bit of the signature is changed"),
        Refused,
        ISSUER,
        |draft| draft.token.signature = Signature::BitChanged,
    ),
    negative(
        "NP-21",
        ("removed", "the signature is left out"),
        Refused,
        ISSUER,
        |draft| draft.token.signature = Signature::Absent,
    ),
    negative(
        "NP-21",
        (
            "claims-changed",
            "a claim is changed under the old signature",
        ),
        Refused,
        ISSUER,
        |draft| {
            draft.token.signature = Signature::Over(draft.token.claims.clone());
            draft.claim("jti", json!("changed"));
        },
    ),
    negative(
        "NP-22",
        (
            "another-key",
            "another key signed, under the name of a published one",
        ),
        Refused,
        &[],
        sign_as_stranger,
    ),
    negative(
        "NP-22",
        (
            "unknown-name",
            "another key signed, under a name that nobody published",
        ),
        Refused,
        &[],
        |draft| {
            draft.token_header("kid", json!(KeyName::Stranger.id()));
            sign_as_stranger(draft);
        },
    ),
    positive(
        "NP-22",
        (
            "nameless",
            "the token names no key, and two keys are published",
        ),
        AcceptedOrRefused,
        ISSUER,
        |draft| {
            draft.token_header("kid", json!(null));
            draft.token.signature = Signature::By(KeyName::Second);
        },
    ),
    negative(
        "NP-23",
        ("pem", "alg is HS256, the secret is the public key's PEM"),
        Refused,
        ISSUER,
        |draft| {
            draft.token_header("alg", json!("HS256"));
            draft.token.signature = Signature::HmacOfPem;
        },
    ),
    negative(
        "NP-23",
        (
            "modulus",
            "alg is HS256, the secret is the public key's modulus",
        ),
        Refused,
        ISSUER,
        |draft| {
            draft.token_header("alg", json!("HS256"));
            draft.token.signature = Signature::HmacOfModulus;
        },
    ),
    negative(
        "NP-24",
        ("jwk", "a stranger's token brings its key along"),
        Refused,
        &[],
        |draft| {
            let key = draft.materials.forge.public(KeyName::Stranger);
            draft.token_header("jwk", key);
            strange(draft);
        },
    ),
    negative(
        "NP-24",
        ("jku", "a stranger's token says where its key set is"),
        Refused,
        &[],
        |draft| {
            let address = strange_address(draft);
            draft.token_header("jku", json!(address));
            strange(draft);
        },
    ),
    negative(
        "NP-24",
        ("x5u", "a stranger's token says where its certificate is"),
        Refused,
        &[],
        |draft| {
            let address = strange_address(draft);
            draft.token_header("x5u", json!(address));
            strange(draft);
        },
    ),
    negative(
        "NP-25",
        (
            "unknown-extension",
            "the token calls an extension critical that does not exist",
        ),
        Refused,
        ISSUER,
        |draft| {
            draft.token_header("crit", json!(["urn:preflight:unknown"]));
            draft.token_header("urn:preflight:unknown", json!(true));
        },
    ),
];

fn unsigned(draft: &mut Draft<'_>, algorithm: &str) {
    draft.token_header("alg", json!(algorithm));
    draft.token.signature = Signature::Empty;
}

fn strange(draft: &mut Draft<'_>) {
    draft.token_header("kid", json!(KeyName::Stranger.id()));
    sign_as_stranger(draft);
}

/// An address that names the resource of the probe: whoever calls it has done something because of
/// it.
fn strange_address(draft: &Draft<'_>) -> String {
    let materials = draft.materials;
    format!(
        "{}/strangers/{}",
        materials.target.issuer_origin, materials.resource
    )
}
