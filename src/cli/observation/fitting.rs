//! Which options mean something, and to whom. What would be ignored is refused.

use super::Subject;
use crate::cli::args::{MeetingArgs, TimeChoice};
use crate::cli::failure::CommandFailure;

/// Refuses the options of a meeting that mean nothing to `subject`, all at once.
///
/// # Errors
/// If one was typed.
pub fn check_meeting(
    subject: &Subject,
    time: TimeChoice,
    meeting: &MeetingArgs,
) -> Result<(), CommandFailure> {
    let strangers: Vec<&str> = meeting
        .typed()
        .into_iter()
        .filter(|option| !fits(option, subject, time))
        .collect();
    refuse(&strangers, reason(subject, time))
}

/// Refuses `options`, where there are any, for `reason`.
///
/// # Errors
/// If there is one.
pub fn refuse(options: &[&str], (why, remedy): (&str, &str)) -> Result<(), CommandFailure> {
    if options.is_empty() {
        return Ok(());
    }
    Err(CommandFailure::Usage {
        message: format!("{}: {why}", options.join(", ")),
        remedy: remedy.into(),
    })
}

/// The options of `options` that were typed.
#[must_use]
pub fn typed(options: &[(&'static str, bool)]) -> Vec<&'static str> {
    options
        .iter()
        .filter_map(|(option, typed)| typed.then_some(*option))
        .collect()
}

/// What is wrong with an option that does not fit, and what to do.
#[must_use]
pub fn reason(subject: &Subject, time: TimeChoice) -> (&'static str, &'static str) {
    match (subject, time) {
        (Subject::Proxied(_), _) => ("of no use with --proxy: nothing is played", "leave it out"),
        (Subject::Specimen(_), TimeChoice::Logical) => (
            "of no use in logical time: nobody is met over the network",
            "leave it out, or say --time real",
        ),
        (Subject::Specimen(_), TimeChoice::Real) => ("of no use to a --specimen", "leave it out"),
        (Subject::Attached, _) => (
            "of no use with --attach: the connector is not started here",
            "leave it out",
        ),
        (Subject::Command(_), _) => ("of no use to a --connector", "leave it out"),
    }
}

/// Whether `option` means something.
///
/// | who | what does not fit |
/// |---|---|
/// | a proxy | all but the door and its certificate |
/// | a specimen in logical time | all but what it is told |
/// | a specimen in real time | how it is told in files, and stopped |
/// | a connector that somebody else starts | where it listens, how it is stopped |
fn fits(option: &str, subject: &Subject, time: TimeChoice) -> bool {
    match (subject, time) {
        (Subject::Command(_), _) => true,
        (Subject::Attached, _) => !["--notify-path", "--grace"].contains(&option),
        (Subject::Specimen(_), TimeChoice::Real) => {
            !["--env-file", "--config-template", "--grace"].contains(&option)
        }
        (Subject::Specimen(_), TimeChoice::Logical) => {
            ["--application", "--notification-header"].contains(&option)
        }
        (Subject::Proxied(_), _) => ["--listen", "--tls", "--ca-file"].contains(&option),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Args, Command};

    fn refusal(line: &str, time: TimeChoice) -> Option<String> {
        let words = std::iter::once("preflight").chain(line.split(' '));
        let Command::Observe(args) = Args::try_parse_from(words).unwrap().command else {
            panic!("another command");
        };
        let subject = Subject::of(&args.subject).unwrap();
        check_meeting(&subject, time, &args.meeting)
            .err()
            .map(|failure| failure.to_string())
    }

    #[test]
    fn what_means_nothing_is_refused_at_once_and_the_rest_is_taken() {
        let everything = "--listen 127.0.0.1:0 --tls --ca-file a --admin 127.0.0.1:0 \
                          --notification-header a=b --application x --env-file e \
                          --config-template a=b --ready-timeout 1s --grace 1s --time-budget 1s";
        let (logical, real) = (TimeChoice::Logical, TimeChoice::Real);
        let told = |subject: &str, time| refusal(&format!("observe {subject} {everything}"), time);
        assert_eq!(told("--connector x --notify-path /n", real), None);
        assert_eq!(
            told("--attach --notify http://a", real).unwrap(),
            "--grace: of no use with --attach: the connector is not started here"
        );
        assert_eq!(
            told("--specimen reference --notify http://a", real).unwrap(),
            "--env-file, --config-template, --grace: of no use to a --specimen"
        );
        assert_eq!(
            told("--specimen reference --notify http://a", logical).unwrap(),
            "--listen, --tls, --ca-file, --admin, --notify, --env-file, --config-template, \
             --ready-timeout, --grace, --time-budget: of no use in logical time: nobody is met \
             over the network"
        );
        assert_eq!(
            told("--proxy http://a --notify-path /n", real).unwrap(),
            "--admin, --notify-path, --notification-header, --application, --env-file, \
             --config-template, --ready-timeout, --grace, --time-budget: of no use with --proxy: \
             nothing is played"
        );
    }
}
