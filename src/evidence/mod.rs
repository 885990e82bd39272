//! Evidence: a verdict with all that it rests on, in one archive that a reviewer can check alone.
//!
//! A bundle holds the histories, what they were judged by (profile, declaration, baseline and
//! waivers) and the reports that follow from both. Its `manifest.json` names every file with its
//! digest, in canonical JSON (RFC 8785); an in-toto statement about the manifest is signed with
//! Ed25519 in a DSSE envelope. The archive is written in one way only — sorted names, fixed times,
//! nothing compressed — so that [`verify`] writes it again and compares bytes: no byte of it can
//! change unseen.
//!
//! [`verify`] trusts nothing in a bundle: it reads the histories with their chains, judges them again
//! by the embedded papers, and compares every report with what comes out. What that proves is
//! integrity since the bundle was made and that the verdict follows from the record; it does not
//! prove that the traffic happened.
//!
//! A bundle that holds together is an [`Exhibit`]: whoever has to decide what the rules leave open adds a
//! [`Review`], a second envelope about the same manifest. It changes nothing that the first one covers.
//!
//! Who signs, where files are and what day it is come in by parameter.

mod archive;
mod bundle;
mod canonical;
mod contents;
mod envelope;
mod exhibit;
mod key;
mod ledger;
mod manifest;
mod rejudged;
mod review;
#[cfg(test)]
mod review_tests;
mod run;
mod signature;
mod statement;
mod verify;

#[cfg(test)]
mod tests;

pub use archive::ArchiveError;
pub use bundle::{Bundle, SealError, bundle};
pub use contents::{Contents, Papers, Record};
pub use exhibit::Exhibit;
pub use key::{KeyError, PublicKey, Sign, SignError, SigningKey};
pub use ledger::{Begun, Circumstances, Disclosure, Earlier, Ledger, LedgerError, Undertaking};
pub use rejudged::{Changed, GateNote, Rejudged, rejudge};
pub use review::{Review, ReviewError};
pub use signature::{SignatureError, Signer};
pub use verify::{Trust, Verified, VerifyError, verify};
