//! Puts a request on the wire and brings back what came.
//!
//! [`Client`] sends one [`Request`](crate::exchange::Request) and gives back one
//! [`Sent`]: it follows no redirect, keeps no cookie and repeats nothing. What the HTTP library
//! would do by itself (decompression, redirects, cookies) is switched off and done here by
//! newman's rules, each in its own file, so that the runner decides and records every step.
//! [`TargetMap`] says where a host really lives and refuses hosts that nobody named.
//!
//! [`Verbatim`] is for those who need what the library would not send.
//!
//! What goes on the wire is written by us, to the byte, as newman writes it (`head`), and what came
//! is read as it was spelled; the library in between frames bodies (`spelling`). HTTP/1.1 is spoken.

mod client;
mod connection;
mod content;
mod cookie;
mod cookie_file;
mod failure;
mod head;
mod identity;
mod redirect;
mod spelling;
mod target;
mod tls;
mod verbatim;

pub use client::{Client, ClientOptions, Sent};
pub use cookie::{CookieJar, JarCookie};
pub use cookie_file::NoCookieJar;
pub use identity::{Identity, IdentityError};
pub use redirect::{RedirectPolicy, redirected};
pub use target::{MapError, Route, TargetMap};
pub use tls::{CertificateError, Trust};
pub use verbatim::{Greeting, Verbatim};
