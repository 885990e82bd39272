//! What `mock` and `observe` do between the command line and the verdict.
//!
//! [`Setting`] is what both begin with: profile, clock, chance, secrets. An [`OpenDoor`] is where
//! the platform is reached; [`brief`] says what a connector must know of it, and [`Papers`] are the
//! files in which it is told. An [`Observation`] plays a plan for a connector, in real time
//! ([`perform`]) or for a specimen in logical time ([`rehearse`]), and sees to it that nothing is left
//! behind, whatever happens; what the host itself adds to the times of a performance is measured
//! before and after it. [`forward`] only looks on. [`check_meeting`] refuses options that would
//! be ignored.

mod brief;
mod door;
mod fitting;
mod forwarding;
mod live;
mod noise;
mod notification_header;
mod observed;
mod papers;
mod setting;
mod simulation;
mod subject;

use brief::{brief, introduce};
pub use door::{OpenDoor, close_admin, open_admin};
pub use fitting::{check_meeting, reason, refuse, typed};
pub use forwarding::{forward, upstream};
use live::{Production, perform};
pub use live::{courier, notification_url};
use noise::noise;
use notification_header::NotificationHeader;
pub use observed::{Observation, ObservationArgs};
use papers::Papers;
pub use setting::{Credentials, Setting, Stock};
use simulation::policy;
pub use simulation::rehearse;
pub use subject::Subject;
