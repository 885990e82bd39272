//! The order of steps: iterations, `setNextRequest`, bail, stop.

use std::sync::Arc;

use super::execution::ExecutionSink;
use super::options::Bail;
use super::plan::Scenario;
use super::session::{Place, RunError, Session, StepEnd};
use crate::collection::{DataFile, Step};
use crate::event::End;
use crate::script::NextRequest;

/// What is run: the steps of one collection, in order.
pub struct Course<'a> {
    /// The steps.
    pub steps: Vec<Arc<Step>>,
    /// What they do wrong on purpose.
    pub scenario: Option<&'a Scenario>,
    /// The rows of the data file.
    pub data: DataFile,
}

/// How far a course was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How it ended.
    pub end: End,
    /// The number of iterations that were asked for.
    pub iterations: u32,
    /// The number that were begun.
    pub begun: u32,
}

impl Session {
    /// Runs a course to its end, or until it is stopped. Executions go to `sink` as they come.
    pub async fn run(
        &mut self,
        course: &Course<'_>,
        sink: &mut dyn ExecutionSink,
    ) -> Result<Progress, RunError> {
        let rows = u32::try_from(course.data.len()).unwrap_or(u32::MAX);
        let iterations = self.options.iterations.unwrap_or(rows.max(1));
        let started = self.clock.now();
        let mut first = true;
        for iteration in 0..iterations {
            let mut position = 0;
            while let Some(step) = course.steps.get(position) {
                let stopped = |end| Progress {
                    end,
                    iterations,
                    begun: iteration + 1,
                };
                if self.dispatcher.is_cancelled() {
                    return Ok(stopped(End::AbortedByUser));
                }
                let used = self.clock.now().duration_since(started).unsigned_abs();
                if self.options.timeout.is_some_and(|limit| used >= limit) {
                    return Ok(stopped(End::TimeBudget));
                }
                if !first {
                    self.delay().await?;
                }
                first = false;
                let place = Place {
                    position,
                    length: course.steps.len(),
                    iteration,
                    iterations,
                };
                let provokes = course
                    .scenario
                    .map(|scenario| scenario.provocations(&step.path))
                    .unwrap_or_default();
                let data = course.data.row(iteration);
                let StepEnd { execution, next } =
                    self.run_step(step, &place, provokes, &data).await?;
                let failed = execution.failed();
                sink.take(execution);
                if self.dispatcher.is_cancelled() {
                    return Ok(stopped(End::AbortedByUser));
                }
                if failed && self.options.bail == Bail::Failure {
                    return Ok(stopped(End::Complete));
                }
                position = following(&course.steps, position, next.as_ref());
            }
        }
        Ok(Progress {
            end: End::Complete,
            iterations,
            begun: iterations,
        })
    }
}

/// The place of the step after `position`: the one that a script asked for, by id first and then
/// by name, the last of several; past the end where it asked for none or for an unknown one.
fn following(steps: &[Arc<Step>], position: usize, next: Option<&NextRequest>) -> usize {
    match next {
        None => position + 1,
        // A single request has no others to go on to, itself included (newman).
        Some(_) if steps.len() == 1 => position + 1,
        Some(NextRequest::Stop) => steps.len(),
        Some(NextRequest::Name(name)) => steps
            .iter()
            .rposition(|step| step.item.id == *name)
            .or_else(|| steps.iter().rposition(|step| step.item.name == *name))
            .unwrap_or(steps.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::{Collection, Document};

    #[test]
    fn the_next_request_is_found_by_id_then_by_name_and_the_last_wins() {
        let text = br#"{"info":{"name":"C"},"item":[{"name":"a","id":"1","request":"u"},
            {"name":"b","id":"2","request":"u"},{"name":"a","id":"3","request":"u"},
            {"name":"2","id":"4","request":"u"}]}"#;
        let collection = Collection::read(&Document::parse("c", text).unwrap()).unwrap();
        let steps: Vec<_> = collection.steps().into_iter().map(Arc::new).collect();
        let to = |name: &str| following(&steps, 0, Some(&NextRequest::Name(name.into())));
        assert_eq!((to("a"), to("2"), to("1"), to("none")), (2, 1, 0, 4));
        assert_eq!(following(&steps, 0, None), 1);
        assert_eq!(following(&steps, 0, Some(&NextRequest::Stop)), 4);
        assert_eq!(
            following(&steps[..1], 0, Some(&NextRequest::Name("a".into()))),
            1
        );
    }
}
