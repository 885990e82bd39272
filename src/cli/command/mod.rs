//! One file a subcommand.

mod certify;
mod doctor;
mod plan;
mod run;
mod snapshot;

pub use certify::certify;
pub use doctor::doctor;
pub use plan::plan;
pub use run::run;
pub use snapshot::snapshot;
