//! `preflight profile show`.

use std::fmt::Write as _;

use crate::cli::failure::CommandFailure;
use crate::cli::printer::Printer;
use crate::cli::profile_args::{GraphForm, ProfileAction};
use crate::cli::target;
use crate::conformance::ExitStatus;
use crate::profile::Profile;
use crate::report::{flows_mermaid, flows_svg};

/// Prints a profile, or draws its flows.
///
/// # Errors
/// If the profile cannot be read.
pub fn profile(action: &ProfileAction, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    match action {
        ProfileAction::Show { graph, profile } => {
            let profile = target::profile(profile.as_deref())?;
            printer.data(&match graph {
                None => table(&profile),
                Some(GraphForm::Mermaid) => flows_mermaid(&profile),
                Some(GraphForm::Svg) => flows_svg(&profile),
            });
        }
    }
    Ok(ExitStatus::Met)
}

/// Each setting in three lines at most: its key and value, what it rests on, and, where a file
/// lowers what the platform states, that.
fn table(profile: &Profile) -> String {
    let mut text = format!("profile {} ({})\n", profile.name, profile.sha256);
    let lowered = profile.lowered();
    for setting in profile.settings() {
        let by = if setting.overridden {
            " (replaced by the file)"
        } else {
            ""
        };
        write!(
            text,
            "\n{} = {}\n    {}{by}: {}\n",
            setting.key, setting.value, setting.provenance, setting.source
        )
        .expect("a String takes it");
        if let Some(lowered) = lowered.iter().find(|lowered| lowered.key == setting.key) {
            writeln!(
                text,
                "    the platform states another value ({}); --gate certify refuses this",
                lowered.stated
            )
            .expect("a String takes it");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_printed_with_what_it_rests_on() {
        let text = table(&Profile::built_in());
        assert!(
            text.contains(
                "\nrate = 10.0\n    stated: /payments-out/provider-api/get-started/setup\n"
            ),
            "{text}"
        );
        assert!(text.contains("\nflows.batch = Received → Processing, "));
    }

    #[test]
    fn what_a_file_lowers_is_said() {
        let profile = Profile::with_override("rate = 25\nburst = 30\n", "own.toml").unwrap();
        let text = table(&profile);
        assert!(
            text.contains(
                "\nrate = 25\n    assumed (replaced by the file): the profile file\n    \
                 the platform states another value (10.0); --gate certify refuses this\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("\nburst = 30\n    assumed (replaced by the file): the profile file\n\n")
        );
    }
}
