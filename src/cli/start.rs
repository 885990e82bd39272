//! Parse, run, exit.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use super::args::{Args, ColorChoice, Command};
use super::printer::Printer;
use super::surroundings::Surroundings;
use super::{command, diagnostic, newmanrc};
use crate::conformance::ExitStatus;

/// Does what `arguments` (the program's name first) ask for.
#[must_use]
pub fn start(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = arguments.into_iter().collect();
    let home = Surroundings::of_process().variable("HOME");
    let arguments = match newmanrc::with_files(arguments, &newmanrc::places(home.as_deref())) {
        Ok(arguments) => arguments,
        Err(error) => {
            Printer::new(ColorChoice::Auto, false).error(&format!("error: {error}\n"));
            return code(ExitStatus::Usage);
        }
    };
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            // clap prints help and version to stdout with 0, mistakes to stderr with 2.
            let _ = error.print();
            return code(if error.use_stderr() {
                ExitStatus::Usage
            } else {
                ExitStatus::Met
            });
        }
    };
    let printer = match &args.command {
        Command::Run(args) => Printer::new(args.color, args.silent),
        Command::Certify(args) => Printer::new(args.color, false),
        Command::Doctor(args) => Printer::new(args.color, false),
        Command::Observe(args) => Printer::new(args.color, false),
        Command::Mock(args) => Printer::new(args.color, false),
        Command::Probe(args) => Printer::new(args.color, false),
        Command::SelfTest(args) => Printer::new(args.color, false),
        Command::Judge(args) => Printer::new(args.color, false),
        Command::Snapshot(_)
        | Command::Plan(_)
        | Command::Profile(_)
        | Command::Explain(_)
        | Command::Catalogue(_)
        | Command::Lint(_)
        | Command::Evidence(_)
        | Command::Verify(_)
        | Command::Review(_)
        | Command::Compare(_)
        | Command::Key(_)
        | Command::Declaration(_) => Printer::new(ColorChoice::Auto, false),
    };
    let surroundings = Surroundings::of_process();
    let runtime = match runtime(&args.command) {
        Ok(runtime) => runtime,
        Err(error) => {
            printer.error(&format!("error: the runtime does not start: {error}\n"));
            return code(ExitStatus::HarnessFault);
        }
    };
    let result = match &args.command {
        Command::Run(args) => runtime.block_on(command::run(args, printer)),
        Command::Certify(args) => runtime.block_on(command::certify(args, printer, surroundings)),
        Command::Doctor(args) => runtime.block_on(command::doctor(args, printer)),
        Command::Observe(args) => runtime.block_on(command::observe(args, printer, surroundings)),
        Command::Mock(args) => runtime.block_on(command::mock(args, printer, surroundings)),
        Command::Probe(args) => runtime.block_on(command::probe(args, printer, surroundings)),
        Command::Snapshot(args) => command::snapshot(&args.action, printer, surroundings),
        Command::Plan(args) => command::plan(&args.action, printer),
        Command::Profile(args) => command::profile(&args.action, printer),
        Command::Judge(args) => command::judge(args, printer, surroundings),
        Command::Lint(args) => command::lint(args, printer),
        Command::Evidence(args) => command::evidence(args, printer, surroundings),
        Command::Verify(args) => command::verify(args, printer),
        Command::Review(args) => runtime.block_on(command::review(args, printer, surroundings)),
        Command::Compare(args) => command::compare(args, printer),
        Command::Key(args) => command::key(&args.action, printer),
        Command::Explain(args) => command::explain(&args.ids, printer),
        Command::Catalogue(args) => command::catalogue(args, printer),
        Command::Declaration(args) => command::declaration(&args.action, printer, surroundings),
        Command::SelfTest(args) => command::self_test(args, printer),
    };
    // A second Ctrl-C, a hanging name look-up: nobody waits for what is left in the background.
    runtime.shutdown_background();
    match result {
        // Nobody may take for complete what was cut off.
        Ok(status) if printer.lost() => code(ExitStatus::worst([status, ExitStatus::HarnessFault])),
        Ok(status) => code(status),
        Err(failure) => {
            printer.error(&diagnostic::render(&failure, printer.color()));
            code(failure.exit())
        }
    }
}

/// A runtime with as many threads as the command needs: who serves others has more than one.
fn runtime(command: &Command) -> std::io::Result<tokio::runtime::Runtime> {
    let several = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2);
        builder
    };
    let mut builder = match command {
        Command::Observe(_) | Command::Mock(_) | Command::Probe(_) => several(),
        Command::Certify(args) if args.connector.is_some() || args.specimen.is_some() => several(),
        Command::Run(_)
        | Command::Certify(_)
        | Command::Doctor(_)
        | Command::Snapshot(_)
        | Command::Plan(_)
        | Command::Profile(_)
        | Command::Judge(_)
        | Command::Evidence(_)
        | Command::Verify(_)
        | Command::Review(_)
        | Command::Compare(_)
        | Command::Key(_)
        | Command::Lint(_)
        | Command::Explain(_)
        | Command::Catalogue(_)
        | Command::Declaration(_)
        | Command::SelfTest(_) => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build()
}

fn code(status: ExitStatus) -> ExitCode {
    ExitCode::from(status.code())
}
