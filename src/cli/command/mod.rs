//! One file a subcommand.

mod certify;
mod doctor;
mod run;
mod snapshot;

pub use certify::certify;
pub use doctor::doctor;
pub use run::run;
pub use snapshot::snapshot;
