//! A DSSE envelope: bytes, what they are, and who signed both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::canonical::canonical;
use super::key::{PublicKey, Sign, SignError};

/// What the payload is.
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The envelope, in the JSON form of DSSE v1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    /// The fingerprint of the key.
    keyid: String,
    sig: String,
}

/// What is signed: the length of everything is part of it, so nothing can be read as something else
/// (DSSE v1, pre-authentication encoding).
fn authenticated(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {IN_TOTO} {} ", IN_TOTO.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// `payload`, signed.
    ///
    /// # Errors
    /// If `key` does not sign it.
    pub(super) fn sign(payload: &[u8], key: &dyn Sign) -> Result<Self, SignError> {
        let message = authenticated(payload);
        let signature = key.sign(&message)?;
        let public = key.public();
        if !public.has_signed(&message, &signature) {
            return Err(SignError::Foreign(public.fingerprint()));
        }
        Ok(Self {
            payload: STANDARD.encode(payload),
            payload_type: IN_TOTO.to_owned(),
            signatures: vec![Signed {
                keyid: public.fingerprint().to_string(),
                sig: STANDARD.encode(signature),
            }],
        })
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        canonical(self)
    }

    /// The payload of the envelope in `bytes`; none where they have another form than
    /// [`Envelope::bytes`] gives, or `key` did not sign it.
    pub(super) fn open(bytes: &[u8], key: &PublicKey) -> Option<Vec<u8>> {
        let envelope: Self = serde_json::from_slice(bytes).ok()?;
        let [signed] = envelope.signatures.as_slice() else {
            return None;
        };
        let payload = STANDARD.decode(&envelope.payload).ok()?;
        let signature = STANDARD.decode(&signed.sig).ok()?;
        (envelope.payload_type == IN_TOTO
            && signed.keyid == key.fingerprint().as_str()
            && envelope.bytes() == bytes
            && key.has_signed(&authenticated(&payload), &signature))
        .then_some(payload)
    }
}
