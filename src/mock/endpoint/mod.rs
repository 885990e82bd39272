//! The endpoints, one file a resource. Each reads its whole body, then looks whose things are
//! named, then whether their state allows what is asked, and only then changes anything.

mod batch;
mod call;
mod consumer;
mod messaging;
mod provider;
mod subscription;
mod token;
mod transition;

pub(super) use call::{Call, serve};
pub(super) use token::{authenticate, grant};
