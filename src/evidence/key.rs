//! The keys that sign bundles: Ed25519 (RFC 8032), as PEM.

use std::error::Error;
use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
};
use ed25519_dalek::{Signature, Signer as _};

use crate::base::{Random, Secret, Sha256Hex, sha256};

/// Signs.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// Who signs: a key, or somebody who holds one.
pub trait Sign: fmt::Debug + Send + Sync {
    /// The public half of the key.
    fn public(&self) -> PublicKey;

    /// The signature of `message` (Ed25519, 64 bytes).
    ///
    /// # Errors
    /// If there is none.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// Who should sign does not.
    #[error("it cannot be signed")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// What came back is not the signature of that key.
    #[error("what was signed does not hold by the public key {0}")]
    Foreign(Sha256Hex),
}

impl SignError {
    /// Who should sign does not, for this reason.
    pub fn new(reason: impl Error + Send + Sync + 'static) -> Self {
        Self::Refused(Box::new(reason))
    }
}

/// Tells what its signing key signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no private key.
    #[error("it is no Ed25519 key in PKCS#8 (a PEM file that begins with BEGIN PRIVATE KEY)")]
    Private,
    /// It is no public key.
    #[error("it is no Ed25519 public key (a PEM file that begins with BEGIN PUBLIC KEY)")]
    Public,
}

impl SigningKey {
    /// A new key.
    #[must_use]
    pub fn new(random: &mut Random) -> Self {
        let mut seed = [0; 32];
        random.fill(&mut seed);
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Reads a PEM file.
    ///
    /// # Errors
    /// If it holds no such key; the error says nothing of what it holds.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(text.trim())
            .map(Self)
            .map_err(|_| KeyError::Private)
    }

    /// The PEM file (PKCS#8, RFC 5958).
    #[must_use]
    pub fn to_pem(&self) -> Secret {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        Secret::new(pem.expect("a key has a PEM form").to_string())
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl Sign for SigningKey {
    fn public(&self) -> PublicKey {
        SigningKey::public(self)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.0.sign(message).to_vec())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.public().fingerprint())
    }
}

impl PublicKey {
    /// Reads a PEM file (SubjectPublicKeyInfo, RFC 8410).
    ///
    /// # Errors
    /// If it holds no such key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        ed25519_dalek::VerifyingKey::from_public_key_pem(text.trim())
            .map(Self)
            .map_err(|_| KeyError::Public)
    }

    /// The PEM file.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let pem = self.0.to_public_key_pem(LineEnding::LF);
        pem.expect("a key has a PEM form")
    }

    /// The SHA-256 digest of the key as DER: what is read out on the phone.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256Hex {
        let der = self.0.to_public_key_der().expect("a key has a DER form");
        sha256(der.as_bytes())
    }

    /// Whether its signing key made `signature` of `bytes`.
    pub(super) fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({})", self.fingerprint())
    }
}
