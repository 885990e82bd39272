//! One file a subcommand.

mod certify;

mod run;
mod snapshot;

pub use certify::certify;

pub use run::run;
pub use snapshot::snapshot;
