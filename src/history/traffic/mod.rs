//! A history read as traffic.
//!
//! [`Traffic`] puts each exchange beside its step and says which endpoint of the profile it calls;
//! [`Walk`] puts in order what is known of one resource: how it was created, what updates asked
//! for and how they were answered, what reads showed. Both only read: whether a walk is allowed is
//! judged elsewhere.

mod call;
mod endpoint;
mod groups;
mod names;
mod parallel;
mod skim;
mod told;
mod walk;

pub use call::{Call, Traffic};
pub use endpoint::{Api, Endpoint, Purpose};
pub use groups::Groups;
pub(crate) use parallel::each;
pub use walk::{Answer, Details, Note, NoteKind, ResourceKind, Walk};
