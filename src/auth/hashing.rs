//! The hash functions of the schemes, plain and keyed.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512, Sha512_256};

use crate::base::hexadecimal;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hashing {
    /// RFC 1321.
    Md5,
    /// FIPS 180-4, as the rest.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    /// SHA-512 cut to 256 bits, with start values of its own.
    Sha512Of256,
}

impl Hashing {
    /// The hash of `bytes`.
    pub(super) fn of(self, bytes: impl AsRef<[u8]>) -> Vec<u8> {
        match self {
            Self::Md5 => Md5::digest(bytes).to_vec(),
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
            Self::Sha512Of256 => Sha512_256::digest(bytes).to_vec(),
        }
    }

    /// The hash of `bytes` in hexadecimal.
    pub(super) fn text_of(self, bytes: impl AsRef<[u8]>) -> String {
        hexadecimal(&self.of(bytes))
    }

    /// The HMAC of `bytes` under `key` (RFC 2104).
    pub(super) fn keyed(self, key: &[u8], bytes: impl AsRef<[u8]>) -> Vec<u8> {
        macro_rules! keyed {
            ($hash:ty) => {{
                let mut mac = Hmac::<$hash>::new_from_slice(key).expect("a key has any length");
                mac.update(bytes.as_ref());
                mac.finalize().into_bytes().to_vec()
            }};
        }
        match self {
            Self::Md5 => keyed!(Md5),
            Self::Sha1 => keyed!(Sha1),
            Self::Sha256 => keyed!(Sha256),
            Self::Sha384 => keyed!(Sha384),
            Self::Sha512 => keyed!(Sha512),
            Self::Sha512Of256 => keyed!(Sha512_256),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_agree_with_the_standards() {
        // RFC 1321 A.5, FIPS 180-4 examples.
        let table = [
            (Hashing::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Hashing::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Hashing::Sha256,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Hashing::Sha512Of256,
                "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
            ),
        ];
        for (hashing, expected) in table {
            assert_eq!(hashing.text_of("abc"), expected, "{hashing:?}");
        }
    }

    #[test]
    fn keyed_hashes_agree_with_rfc_4231() {
        let key = b"Jefe";
        let text = "what do ya want for nothing?";
        let shown = |hashing: Hashing| hexadecimal(&hashing.keyed(key, text))[..16].to_owned();
        assert_eq!(shown(Hashing::Sha256), "5bdcc146bf60754e");
        assert_eq!(shown(Hashing::Sha384), "af45d2e376484031");
        assert_eq!(shown(Hashing::Sha512), "164b7a7bfcf819e2");
    }
}
