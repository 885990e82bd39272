//! What `mock` and `observe` do between the command line and the verdict.
//!
//! [`Setting`] is what both begin with: profile, clock, chance, secrets. An [`OpenDoor`] is where
//! the platform is reached; [`brief`] says what a connector must know of it, and [`Papers`] are the
//! files in which it is told. [`perform`] plays a plan for a connector in real time and sees to it
//! that nothing is left behind, whatever happens.

mod brief;
mod door;
mod live;
mod notification_header;
mod papers;
mod setting;
mod simulation;
mod subject;

use brief::{brief, introduce};
pub use door::OpenDoor;
pub use live::{Production, courier, notification_url, perform};
use notification_header::NotificationHeader;
pub use papers::Papers;
pub use setting::Setting;
pub use simulation::{policy, rehearse};
pub use subject::Subject;
