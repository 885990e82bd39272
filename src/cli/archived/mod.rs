//! An HTTP archive (HAR) as a history of a connector.
//!
//! [`history`] takes the exchanges with the platform, by the paths of the profile, and counts the
//! others. They are written down as an observation would be, through the same redaction, before
//! anything else sees them: what is judged, and whatever is printed or written of it, has commitments
//! instead of credentials. Not only those that an observation knows are looked for: a gateway adds
//! headers of its own, and a signature in a URL opens what it signs.
//!
//! An archive that lacks what a verdict needs is refused, because what its writer left out would be
//! taken for something that was not sent. Whose times they are is said in the history itself, so in
//! whatever is made of it.

mod concealment;
mod conversion;
mod fitness;
mod party;

pub use conversion::{history, is_archive};
