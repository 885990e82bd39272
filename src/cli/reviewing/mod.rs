//! A person decides what the rules leave open, and signs that.
//!
//! The decisions come from a file or from a page in the browser, which a `desk` serves on the loopback
//! interface until something is signed; `reply` reads what the browser sent. A [`Pen`] signs both and
//! writes the bundle anew. `words` say what was decided, here and in `preflight verify`.

mod desk;
mod page;
mod pen;
mod reply;
mod words;

pub use page::serve;
pub use pen::{Destination, Pen};
pub use words::{review_text, worth};
