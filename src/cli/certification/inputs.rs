//! Everything that a certification starts from, read and checked before anything is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::Seed;
use crate::cli::args::{CertifyArgs, TargetChoice, TimeChoice};
use crate::cli::examination::{Severity, examine};
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::plans::check_replay;
use crate::cli::shipped::{self, Shipped, stem};
use crate::cli::target;
use crate::cli::workshop::check_certificates;
use crate::collection::{Collection, Compatibility, Document, Environment};
use crate::profile::Profile;
use crate::run::Plan;

/// The seed of a run on the logical clock for which none is typed.
pub const LOGICAL_SEED: Seed = Seed(20_260_101);

/// Everything that a certification starts from, read and checked; nothing was sent yet.
pub struct Inputs {
    /// The profile.
    pub profile: Arc<Profile>,
    /// The plan.
    pub plan: Plan,
    /// The collections, by their name in the plan.
    pub collections: BTreeMap<String, Collection>,
    /// The environment.
    pub environment: Environment,
    /// The globals.
    pub globals: Environment,
    /// Whose time counts.
    pub time: TimeChoice,
    /// The seed of all chance.
    pub seed: Seed,
    /// Whether the shipped collections are run, which have golden snapshots of their own.
    pub shipped: bool,
}

impl Inputs {
    /// The checks that the plan exercises; none where it names none.
    pub fn exercised(&self) -> Option<BTreeSet<String>> {
        let scenarios = self.plan.scenarios.iter();
        let exercised: BTreeSet<String> = scenarios
            .flat_map(|scenario| scenario.exercises.iter().cloned())
            .collect();
        (!exercised.is_empty()).then_some(exercised)
    }
}

impl Inputs {
    /// Reads and checks everything that was typed; the profile was read before.
    pub fn read(args: &CertifyArgs, profile: Arc<Profile>) -> Result<Self, CommandFailure> {
        let time = match (args.time, args.target) {
            (Some(TimeChoice::Logical), TargetChoice::Sandbox) => {
                return Err(CommandFailure::Usage {
                    message: "a sandbox does not follow the logical clock".into(),
                    remedy: "leave --time out, or use --target mock".into(),
                });
            }
            (Some(time), _) => time,
            (None, TargetChoice::Mock) => TimeChoice::Logical,
            (None, TargetChoice::Sandbox) => TimeChoice::Real,
        };
        check_certificates(&args.target_args.trust)?;
        let mut collections = BTreeMap::new();
        let mut names = Vec::new();
        for path in &args.collections {
            let name = stem(&path.to_string_lossy()).to_owned();
            if collections
                .insert(name.clone(), files::collection(path)?)
                .is_some()
            {
                return Err(CommandFailure::Usage {
                    message: format!("two collections are called «{name}»"),
                    remedy: "rename one of the files".into(),
                });
            }
            names.push(name);
        }
        let shipped = args.collections.is_empty();
        if shipped {
            for file in &shipped::COLLECTIONS {
                let collection = Collection::read(&document(file)?)?;
                collections.insert(stem(file.name).to_owned(), collection);
            }
        }
        let plan = match &args.plan {
            Some(path) => Plan::read(&path.display().to_string(), &files::read_text(path)?)?,
            None if shipped => Plan::read(shipped::PLAN.name, shipped::PLAN.text)?,
            None => Plan::of_collections(&names),
        };
        let file = args.plan.as_ref().map_or_else(
            || format!("the plan «{}»", plan.name),
            |path| path.display().to_string(),
        );
        check_replay(&file, &plan, Some(&collections), &profile)?;
        let mut environment = match (&args.variables.environment, args.target) {
            (Some(path), _) => files::environment(Some(path), Compatibility::Strict)?,
            (None, TargetChoice::Mock) => Environment::read(
                &document(&shipped::MOCK_ENVIRONMENT)?,
                Compatibility::Strict,
            )?,
            (None, TargetChoice::Sandbox) => {
                return Err(CommandFailure::Usage {
                    message: "the sandbox's hosts and credentials come from an environment".into(),
                    remedy:
                        "fill in fixtures/environment/sandbox.postman_environment.json and name \
                             it with -e"
                            .into(),
                });
            }
        };
        let mut globals =
            files::environment(args.variables.globals.as_deref(), Compatibility::Strict)?;
        target::set_variables(&mut environment, &args.variables.environment_variables);
        target::set_variables(&mut globals, &args.variables.global_variables);
        if args.target == TargetChoice::Sandbox {
            check_environment(&collections, &environment, &globals)?;
        }
        let seed = target::seed(
            &args.target_args.platform,
            (time == TimeChoice::Logical).then_some(LOGICAL_SEED),
        );
        Ok(Self {
            profile,
            plan,
            collections,
            environment,
            globals,
            time,
            seed,
            shipped,
        })
    }

    /// The number of steps of the plan.
    pub fn step_count(&self) -> usize {
        self.plan
            .scenarios
            .iter()
            .filter_map(|scenario| {
                let collection = self.collections.get(&scenario.collection)?;
                collection
                    .selected_steps(&scenario.folders)
                    .ok()
                    .map(|steps| steps.len())
            })
            .sum()
    }
}

/// An environment that is not filled in would send hundreds of requests only to fail.
fn check_environment(
    collections: &BTreeMap<String, Collection>,
    environment: &Environment,
    globals: &Environment,
) -> Result<(), CommandFailure> {
    let errors: Vec<String> = examine(collections, environment, globals)
        .into_iter()
        .filter(|remark| remark.severity == Severity::Error)
        .map(|remark| format!("\n  {}: {}", remark.subject, remark.message))
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(CommandFailure::Usage {
        message: format!("the environment is not ready:{}", errors.concat()),
        remedy: "mend it, and ask `preflight doctor` for more".into(),
    })
}

fn document(file: &Shipped) -> Result<Document, CommandFailure> {
    Ok(Document::parse(file.name, file.text.as_bytes())?)
}
