//! Ground floor: values that every other room needs and that know nothing of Postman, HTTP or
//! payments.
//!
//! Time ([`Clock`]), chance ([`Random`]), secrets ([`Secret`]), places in a text
//! ([`Place`]) and digests come from here and nowhere else, so that a run on the logical clock
//! with a given seed gives the same bytes every time. The room promises never to touch a file, a
//! socket or the terminal; [`Clock::system`] and [`Random::from_entropy`] are its only ties to the
//! machine.
//!
//! What is secret is known to one [`Redactor`], shared by everything that writes; it finds a secret
//! in whatever encoding it appears.
//!
//! What a user writes in TOML is read as a [`Sheet`], key by key, so that everything wrong with a file
//! is told at once.

mod border;
mod clock;
mod digest;
mod disguise;
mod generations;
mod id;
mod inflate;
mod leaves;
mod public_key;
mod random;
mod rank;
mod redacting_writer;
mod redactor;
mod secret;
mod sheet;
mod sheet_redaction;
mod span;
mod words;

pub use clock::{Clock, Timestamp, later};
pub use digest::{Sha256Hex, hexadecimal, keyed_sha256, sha256, sha256_bytes};
pub use id::uuid;
pub use leaves::redact_texts;
pub use public_key::public_key_pem;
pub use random::{Random, Seed};
pub use rank::nearest_rank;
pub use redacting_writer::RedactingWriter;
pub use redactor::{Learned, Redactor, SHORTEST_SECRET};
pub use secret::{Secret, SecretName};
pub use sheet::{Flaw, Found, Paper, Sheet, SheetErrors, SheetProblem};
pub use sheet_redaction::redact_sheet;
pub use span::{Place, place_of};
pub use words::{plural, time_of_day};
