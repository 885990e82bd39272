//! How a notification endpoint is probed.

use std::time::Duration;

use super::Sourced;
use super::kind::{BYTES, COUNT, DURATION};
use super::reader::Reader;

/// How a notification endpoint is probed (`spec/judging.md`, 5.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Before every so many probes a valid request goes.
    pub control_every: Sourced<u32>,
    /// So many refused requests must not lock the platform out.
    pub refusals: Sourced<u32>,
    /// Of so many answers a median is taken.
    pub timing_samples: Sourced<u32>,
    /// How long after its end a token may still be accepted.
    pub longest_leeway: Sourced<Duration>,
    /// How many bytes a large body has.
    pub large_body: Sourced<usize>,
}

impl Probe {
    pub(super) fn read(reader: &mut Reader<'_, '_>) -> Self {
        Self {
            control_every: reader.read("probe.control-every", &COUNT),
            refusals: reader.read("probe.refusals", &COUNT),
            timing_samples: reader.read("probe.timing-samples", &COUNT),
            longest_leeway: reader.read("probe.longest-leeway", &DURATION),
            large_body: reader.read("probe.large-body", &BYTES),
        }
    }
}
