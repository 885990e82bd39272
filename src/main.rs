//! The `preflight` command. See the library for what it does.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    preflight::cli::start(std::env::args_os())
}
