//! What was typed for the commands that judge, explain and try the rules, as clap reads it.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::args::{ColorChoice, TermArgs};

/// `preflight judge`
#[derive(Debug, ClapArgs)]
pub struct JudgeArgs {
    /// The histories (history.ndjson, observation.ndjson), or HTTP archives of a connector's
    /// traffic (HAR 1.2)
    #[arg(required = true, value_name = "HISTORY")]
    pub histories: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields, not itself")]
    pub terms: TermArgs,
    /// Judge by this check only, print what it finds and end by what its rule says, whatever provenance lets
    /// be reported; may be repeated
    #[arg(long = "check", value_name = "ID", conflicts_with_all = ["evidence", "baseline", "waivers", "gate"])]
    pub checks: Vec<String>,
    /// Judge these events only, by their sequence numbers: 6,7 or 3-9,12
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = sequences, requires = "checks")]
    pub events: Vec<RangeInclusive<u64>>,
    /// Write results.json and the other reports into this folder, and the bundle beside it
    #[arg(long, value_name = "FOLDER")]
    pub evidence: Option<PathBuf>,
    /// Print results.json instead of the matrix
    #[arg(long)]
    pub json: bool,
    /// Colours
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorChoice,
}

/// `preflight lint`
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Ends with 0 where nothing was found, 1 where something was, 2 where what was typed \
or the allow file is wrong, 3 where not all could be read, 5 where the allow file is out of date. \
Values are never shown: at most two characters and the length.\n\n\
The allow file has entries [[allow]] with rule, path, fingerprint (both as printed), owner, reason \
and expires (a day). An entry that fits nothing, or whose day is over, is out of date."
)]
pub struct LintArgs {
    /// Collections, environments, other files, and folders: of a folder in a git repository the
    /// history too
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Findings that somebody answers for (TOML)
    #[arg(long, value_name = "FILE")]
    pub allow: Option<PathBuf>,
    /// Leave the history of repositories out
    #[arg(long)]
    pub no_history: bool,
    /// What ends with 1
    #[arg(long, value_enum, default_value = "warning")]
    pub fail_on: FailOn,
    /// Print JSON
    #[arg(long, conflicts_with = "sarif")]
    pub json: bool,
    /// Print SARIF 2.1.0
    #[arg(long)]
    pub sarif: bool,
}

/// What `lint` ends with 1 for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Any finding.
    Warning,
    /// Errors only.
    Error,
}

/// `preflight explain`
#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// Checks, clauses and rules of lint: BK-02, PO-BACKOFF, LN-06
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
}

/// `preflight catalogue`
#[derive(Debug, ClapArgs)]
pub struct CatalogueArgs {
    /// A profile (TOML) that is laid over the built-in one
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `preflight declaration`
#[derive(Debug, ClapArgs)]
pub struct DeclarationArgs {
    /// What to do with a declaration.
    #[command(subcommand)]
    pub action: DeclarationAction,
}

/// What to do with a declaration.
#[derive(Debug, Subcommand)]
pub enum DeclarationAction {
    /// Ask for it, question by question, and write the file
    Init {
        /// The file; it must not be there yet
        #[arg(default_value = "declaration.toml")]
        file: PathBuf,
    },
    /// Say everything that is wrong with it
    Check {
        /// The file
        file: PathBuf,
    },
}

/// `preflight self-test`
#[derive(Debug, ClapArgs)]
pub struct SelfTestArgs {
    /// The specimens to try; all where none is named
    #[arg(value_name = "NAME")]
    pub specimens: Vec<String>,
    /// How often each is tried, each time with other chance
    #[arg(long, value_name = "NUMBER", default_value = "20", value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// Name the specimens and try none
    #[arg(long)]
    pub list: bool,
    /// Print the kill matrix as JSON
    #[arg(long)]
    pub json: bool,
    /// Colours
    #[arg(long, value_enum, default_value = "auto")]
    pub color: ColorChoice,
}

/// One sequence number, or those from one to another.
fn sequences(text: &str) -> Result<RangeInclusive<u64>, String> {
    let number = |text: &str| {
        text.trim()
            .parse::<u64>()
            .map_err(|_| "a sequence number is expected, or two with «-» between them".to_owned())
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    if first > last {
        return Err(format!("it runs backwards; {last}-{first} is meant?"));
    }
    Ok(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_one_by_one_or_from_one_to_another() {
        for (text, expected) in [
            ("7", Some(7..=7)),
            ("3-9", Some(3..=9)),
            (" 3 - 9", Some(3..=9)),
            ("0", Some(0..=0)),
            ("9-3", None),
            ("-3", None),
            ("3-", None),
            ("x", None),
            ("1-2-3", None),
        ] {
            assert_eq!(sequences(text).ok(), expected, "{text}");
        }
    }
}
