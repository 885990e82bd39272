//! What the README says of checks, exit codes and commands is true of the program.

use clap::CommandFactory as _;
use preflight::cli::args::Args;
use preflight::conformance::{CHECKS, ExitStatus, Family};

const README: &str = include_str!("../README.md");

#[test]
fn every_family_has_a_row_with_the_number_of_its_checks() {
    for family in Family::ALL {
        let checks = CHECKS.iter().filter(|check| check.family == family);
        let row = format!("\n| {} | {} | ", family.letters(), checks.count());
        assert!(README.contains(&row), "{row}");
    }
}

#[test]
fn every_exit_code_is_explained() {
    for status in ExitStatus::WORST_FIRST {
        assert!(
            README.contains(&format!("\n| {} | ", status.code())),
            "{}",
            status.code()
        );
    }
}

#[test]
fn every_command_and_every_defect_is_named() {
    let command = Args::command();
    for subcommand in command.get_subcommands() {
        assert!(
            README.contains(&format!("**`{}", subcommand.get_name())),
            "{}",
            subcommand.get_name()
        );
    }
    for defect in preflight::mock::Defect::ALL {
        assert!(README.contains(&format!("`{defect}`")), "{defect}");
    }
}

#[test]
fn every_option_that_is_named_exists() {
    let mut command = Args::command();
    command.build();
    let options: Vec<String> = command
        .get_subcommands()
        .flat_map(clap::Command::get_arguments)
        .filter_map(|argument| argument.get_long().map(str::to_owned))
        .collect();
    // These are cargo's.
    for word in
        README.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-'))
    {
        if let Some(option) = word
            .strip_prefix("--")
            .filter(|option| option.starts_with(|first: char| first.is_ascii_alphabetic()))
        {
            let known = options.iter().any(|known| known == option)
                || ["release", "test"].contains(&option);
            assert!(known, "--{option}");
        }
    }
}
