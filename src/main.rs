//! The `preflight` command. See the library for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    preflight::cli::start(std::env::args_os())
}
