//! Who signed what of a bundle: an envelope, and the key that it was signed with beside it.

use super::archive::Files;
use super::envelope::Envelope;
use super::key::{PublicKey, Sign, SignError};
use crate::base::Sha256Hex;

/// The seal of whoever made the bundle.
pub(super) const SEAL: Signature = Signature {
    envelope: "attestations/test-result.dsse.json",
    key: "attestations/test-result.pub",
    lack: "nobody signed this bundle",
};

/// The signature of whoever reviewed it.
pub(super) const REVIEW: Signature = Signature {
    envelope: "attestations/review.dsse.json",
    key: "attestations/review.pub",
    lack: "nobody reviewed this bundle",
};

/// All that may lie among the attestations.
pub(super) const SIGNATURES: [Signature; 2] = [SEAL, REVIEW];

/// Where a signature lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// The path of the envelope.
    pub(super) envelope: &'static str,
    /// The path of the key.
    pub(super) key: &'static str,
    /// What it means that there is none.
    lack: &'static str,
}

/// A signature that holds.
pub(super) struct Held {
    /// Who made it.
    pub(super) signer: Signer,
    /// What was signed.
    pub(super) payload: Vec<u8>,
}

/// Who signed a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The key that is trusted, with its fingerprint.
    Trusted(Sha256Hex),
    /// A key of which nothing is known, with its fingerprint.
    Unknown(Sha256Hex),
    /// Nobody.
    Nobody,
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The key of the signature is missing or none.
    #[error("{0}: it is not the key of a signature")]
    Key(&'static str),
    /// Nobody signed, although a key is trusted or lies there.
    #[error("{path}: it is missing: {lack}")]
    Unsigned {
        /// The envelope.
        path: &'static str,
        /// What that means.
        lack: &'static str,
    },
    /// Somebody else signed.
    #[error("{path}: it is signed with the key {found} (expected: {expected})")]
    Stranger {
        /// The envelope.
        path: &'static str,
        /// The fingerprint of the key that is trusted.
        expected: Sha256Hex,
        /// That of the other.
        found: Sha256Hex,
    },
    /// The signature does not hold.
    #[error("{0}: its signature does not hold")]
    Broken(&'static str),
}

impl Signer {
    /// The fingerprint of the key; none where nobody signed.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&Sha256Hex> {
        match self {
            Self::Trusted(fingerprint) | Self::Unknown(fingerprint) => Some(fingerprint),
            Self::Nobody => None,
        }
    }
}

impl Signature {
    /// Has `key` sign `payload`, in place of what may have been there.
    ///
    /// # Errors
    /// If it does not.
    pub(super) fn put(
        self,
        files: &mut Files,
        payload: &[u8],
        key: &dyn Sign,
    ) -> Result<(), SignError> {
        let envelope = Envelope::sign(payload, key)?.bytes();
        files.insert(self.envelope.to_owned(), envelope);
        let key = key.public().to_pem();
        files.insert(self.key.to_owned(), key.into_bytes());
        Ok(())
    }

    /// Whether `path` belongs to it.
    pub(super) fn lies_at(self, path: &str) -> bool {
        [self.envelope, self.key].contains(&path)
    }

    /// The signature in `files`, by the key `trust` where one is trusted; none where nobody signed and
    /// nobody in particular had to.
    pub(super) fn check(
        self,
        files: &Files,
        trust: Option<&PublicKey>,
    ) -> Result<Option<Held>, SignatureError> {
        let unsigned = SignatureError::Unsigned {
            path: self.envelope,
            lack: self.lack,
        };
        let (envelope, pem) = match (files.get(self.envelope), files.get(self.key)) {
            (None, None) if trust.is_none() => return Ok(None),
            (None, None | Some(_)) => return Err(unsigned),
            (Some(_), None) => return Err(SignatureError::Key(self.key)),
            (Some(envelope), Some(pem)) => (envelope, pem),
        };
        let key = std::str::from_utf8(pem).ok().and_then(|pem| {
            PublicKey::from_pem(pem)
                .ok()
                .filter(|key| key.to_pem() == pem)
        });
        let key = key.ok_or(SignatureError::Key(self.key))?;
        let found = key.fingerprint();
        let signer = match trust {
            None => Signer::Unknown(found),
            Some(trusted) if *trusted == key => Signer::Trusted(found),
            Some(trusted) => {
                return Err(SignatureError::Stranger {
                    path: self.envelope,
                    expected: trusted.fingerprint(),
                    found,
                });
            }
        };
        let broken = SignatureError::Broken(self.envelope);
        let payload = Envelope::open(envelope, &key).ok_or(broken)?;
        Ok(Some(Held { signer, payload }))
    }
}
