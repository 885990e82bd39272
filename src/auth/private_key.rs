//! Signatures by private keys, as PEM text holds them.

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaKeyPair,
};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

use super::AuthError;
use super::hashing::Hashing;

/// How a hash is filled up before RSA signs it (RFC 8017 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSASSA-PSS.
    Pss,
}

/// The RSA signature of `text`.
pub(super) fn rsa_signature(
    pem: &str,
    hashing: Hashing,
    padding: Padding,
    text: &str,
) -> Result<Vec<u8>, AuthError> {
    let broken = |_| AuthError::PrivateKey;
    let pair = match PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(broken)? {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(AuthError::PrivateKey),
    }
    .map_err(|_| AuthError::PrivateKey)?;
    let encoding: &'static dyn ring::signature::RsaEncoding = match (padding, hashing) {
        (Padding::Pkcs1, Hashing::Sha384) => &RSA_PKCS1_SHA384,
        (Padding::Pkcs1, Hashing::Sha512) => &RSA_PKCS1_SHA512,
        (Padding::Pkcs1, _) => &RSA_PKCS1_SHA256,
        (Padding::Pss, Hashing::Sha384) => &RSA_PSS_SHA384,
        (Padding::Pss, Hashing::Sha512) => &RSA_PSS_SHA512,
        (Padding::Pss, _) => &RSA_PSS_SHA256,
    };
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        encoding,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .map_err(|_| AuthError::PrivateKey)?;
    Ok(signature)
}

/// The ECDSA signature of `text`: on P-256 with SHA-256, on P-384 with SHA-384.
pub(super) fn ecdsa_signature(
    pem: &str,
    hashing: Hashing,
    text: &str,
) -> Result<Vec<u8>, AuthError> {
    let PrivateKeyDer::Pkcs8(der) =
        PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| AuthError::PrivateKey)?
    else {
        return Err(AuthError::PrivateKey);
    };
    let algorithm = if hashing == Hashing::Sha384 {
        &ECDSA_P384_SHA384_FIXED_SIGNING
    } else {
        &ECDSA_P256_SHA256_FIXED_SIGNING
    };
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der(), &random)
        .map_err(|_| AuthError::PrivateKey)?;
    let signature = pair
        .sign(&random, text.as_bytes())
        .map_err(|_| AuthError::PrivateKey)?;
    Ok(signature.as_ref().to_vec())
}
