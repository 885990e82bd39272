//! Moves the progress bar as the run goes on.

use crate::event::{Event, EventKind, Listener, ListenerError};
use crate::report::{Progress, StandardError};

/// Moves the bar by a step for each step that ends.
pub struct ProgressListener(Progress);

impl ProgressListener {
    /// A bar of `steps` steps; nothing is drawn where nobody looks.
    #[must_use]
    pub fn new(steps: usize) -> Self {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        Self(Progress::new(StandardError::Terminal, steps))
    }
}

/// Moves the bar by a step for each scenario that begins.
pub struct ScenarioListener(Progress);

impl ScenarioListener {
    /// A bar of `scenarios` steps; nothing is drawn where nobody looks.
    #[must_use]
    pub fn new(scenarios: usize) -> Self {
        let scenarios = u64::try_from(scenarios).unwrap_or(u64::MAX);
        Self(Progress::new(StandardError::Terminal, scenarios))
    }
}

impl Listener for ScenarioListener {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        match &event.kind {
            EventKind::ScenarioStarted { scenario } => self.0.step(scenario),
            EventKind::RunEnded { .. } => self.0.finish(),
            _ => {}
        }
        Ok(())
    }
}

impl Listener for ProgressListener {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        match &event.kind {
            EventKind::StepStarted { item, .. } => {
                self.0.step(item.path.last().map_or("", String::as_str));
            }
            EventKind::RunEnded { .. } => self.0.finish(),
            _ => {}
        }
        Ok(())
    }
}
