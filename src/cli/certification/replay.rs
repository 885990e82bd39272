//! The scenarios of the plan, in order, with what the mock does meanwhile.

use std::sync::{Arc, PoisonError};

use super::Inputs;
use crate::cli::args::{CertifyArgs, TargetChoice, TimeChoice};
use crate::cli::failure::CommandFailure;
use crate::cli::target::OpenMock;
use crate::cli::workshop::scope;
use crate::collection::{DataFile, Step};
use crate::event::{End, EventKind, Provocation, RunStart, Subject};
use crate::exchange::FailureKind;
use crate::mock::Fault;
use crate::run::{Course, Execution, ExecutionSink, Scenario, Session};

/// After so many scenarios in a row without a single answer the target counts as unreachable.
const UNANSWERED_SCENARIOS: u32 = 3;

/// Runs the scenarios of the plan in order.
pub async fn replay(
    args: &CertifyArgs,
    inputs: &Inputs,
    session: &mut Session,
    mock: Option<&OpenMock>,
) -> Result<End, CommandFailure> {
    let dispatcher = Arc::clone(session.dispatcher());
    let names = inputs
        .plan
        .scenarios
        .iter()
        .filter_map(|scenario| inputs.collections.get(&scenario.collection))
        .map(|collection| collection.name().to_owned());
    dispatcher.emit(EventKind::RunStarted(Box::new(RunStart {
        format: 1,
        harness: env!("CARGO_PKG_VERSION").into(),
        target: args.target.into(),
        subject: Subject::Replay,
        profile: inputs.profile.name.clone(),
        profile_sha256: inputs.profile.sha256.clone(),
        profile_overridden: !inputs.profile.overridden.is_empty(),
        time: match inputs.time {
            TimeChoice::Logical => "logical".into(),
            TimeChoice::Real => "real".into(),
        },
        seed: inputs.seed,
        map: session.dispatcher().routes(),
        mock_defects: args
            .target_args
            .platform
            .mock_defect
            .iter()
            .map(ToString::to_string)
            .collect(),
        backoff: args.target_args.backoff.map(|backoff| backoff.to_string()),
        insecure: args.target_args.trust.insecure,
        plan: inputs.plan.name.clone(),
        exercises: inputs.exercised(),
        collections: names.collect(),
        environment: inputs.environment.name.clone(),
    })))?;
    let mut unanswered = 0;
    for scenario in &inputs.plan.scenarios {
        let Some(collection) = inputs.collections.get(&scenario.collection) else {
            continue;
        };
        dispatcher.emit(EventKind::ScenarioStarted {
            scenario: scenario.name.clone(),
        })?;
        let steps = collection.selected_steps(&scenario.folders)?;
        let total = steps.len();
        let steps: Vec<Arc<Step>> = steps
            .into_iter()
            .filter(|step| may_run(args, scenario, step))
            .map(Arc::new)
            .collect();
        if steps.len() < total {
            let message = format!(
                "{} of {total} steps exceed the agreed rate on purpose and were left out; \
                 --allow-throttling runs them against a sandbox",
                total - steps.len()
            );
            dispatcher.emit(EventKind::Notice { message })?;
        }
        set_stage(scenario, mock, &dispatcher)?;
        for (name, value) in &scenario.variables {
            let value = serde_json::Value::from(value.as_str());
            session.scopes.environment.set(name, value, None);
        }
        session.scopes.collection = scope(&collection.variables);
        session.forget_scripts();
        let mut answers = Answers::default();
        let course = Course {
            steps,
            scenario: Some(scenario),
            data: DataFile::default(),
        };
        let progress = session.run(&course, &mut answers).await?;
        if let Some(mock) = mock {
            let proofs = {
                let mut platform = mock.platform.lock().unwrap_or_else(PoisonError::into_inner);
                platform.take_fault_proofs()
            };
            for proof in proofs {
                dispatcher.emit(EventKind::FaultProof(proof))?;
            }
        }
        if progress.end != End::Complete {
            return Ok(progress.end);
        }
        unanswered = if answers.unreachable() {
            unanswered + 1
        } else {
            0
        };
        if unanswered >= UNANSWERED_SCENARIOS {
            return Ok(End::TargetUnreachable);
        }
    }
    let all = u32::try_from(inputs.plan.scenarios.len()).unwrap_or(u32::MAX);
    Ok(if unanswered > 0 && unanswered == all {
        End::TargetUnreachable
    } else {
        End::Complete
    })
}

/// Whether a step may be run against this target.
fn may_run(args: &CertifyArgs, scenario: &Scenario, step: &Step) -> bool {
    args.target == TargetChoice::Mock
        || args.allow_throttling
        || !scenario
            .provocations(&step.path)
            .contains(&Provocation::Throttle)
}

/// Tells the mock what it does meanwhile.
fn set_stage(
    scenario: &Scenario,
    mock: Option<&OpenMock>,
    dispatcher: &crate::run::Dispatcher,
) -> Result<(), CommandFailure> {
    let Some(mock) = mock else {
        if !scenario.faults.is_empty() || scenario.token_lifetime.is_some() {
            let message = "a sandbox takes no script: the scenario runs as the sandbox answers";
            dispatcher.emit(EventKind::Notice {
                message: message.into(),
            })?;
        }
        return Ok(());
    };
    let mut platform = mock.platform.lock().unwrap_or_else(PoisonError::into_inner);
    platform.set_token_lifetime(
        scenario
            .token_lifetime
            .and_then(|lifetime| lifetime.try_into().ok()),
    );
    for fault in &scenario.faults {
        let answers: Result<Vec<Fault>, _> =
            fault.answers.iter().map(|answer| answer.parse()).collect();
        let wrong = |message: String| CommandFailure::Usage {
            message: format!("scenario «{}»: {message}", scenario.name),
            remedy: "mend the plan".into(),
        };
        let answers = answers.map_err(|error| wrong(error.to_string()))?;
        let operation = fault.addressed(&platform.profile().paths);
        platform
            .queue_faults(&scenario.name, &operation, answers)
            .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

/// Whether anybody answered in a scenario.
#[derive(Default)]
struct Answers {
    answered: bool,
    failed: bool,
}

impl Answers {
    fn unreachable(&self) -> bool {
        self.failed && !self.answered
    }
}

impl ExecutionSink for Answers {
    fn take(&mut self, execution: Execution) {
        self.answered |= execution.response.is_some();
        self.failed |= execution.request_error.is_some_and(|failure| {
            matches!(
                failure.kind,
                FailureKind::Resolve
                    | FailureKind::Connect
                    | FailureKind::Tls
                    | FailureKind::Timeout
            )
        });
    }
}
