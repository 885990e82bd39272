//! One file a subcommand.

mod catalogue;
mod certify;
mod declaration;
mod doctor;
mod evidence;
mod explain;
mod judge;
mod key;
mod lint;
mod mock;
mod observe;
mod plan;
mod probe;
mod profile;
mod run;
mod self_test;
mod snapshot;
mod verify;

pub use catalogue::catalogue;
pub use certify::certify;
pub use declaration::declaration;
pub use doctor::doctor;
pub use evidence::evidence;
pub use explain::explain;
pub use judge::judge;
pub use key::key;
pub use lint::lint;
pub use mock::mock;
pub use observe::observe;
pub use plan::plan;
pub use probe::probe;
pub use profile::profile;
pub use run::run;
pub use self_test::self_test;
pub use snapshot::snapshot;
pub use verify::verify;
