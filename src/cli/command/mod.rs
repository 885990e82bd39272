//! One file a subcommand.

mod certify;
mod doctor;
mod mock;
mod observe;
mod plan;
mod run;
mod snapshot;

pub use certify::certify;
pub use doctor::doctor;
pub use mock::mock;
pub use observe::observe;
pub use plan::plan;
pub use run::run;
pub use snapshot::snapshot;
