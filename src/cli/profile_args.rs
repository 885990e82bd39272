//! What was typed after `preflight profile`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

/// `preflight profile`
#[derive(Debug, ClapArgs)]
pub struct ProfileArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ProfileAction,
}

/// What to do with a profile.
#[derive(Debug, Subcommand)]
pub enum ProfileAction {
    /// Print the values with what each rests on, or draw the status flows
    Show {
        /// Draw the status flows instead
        #[arg(long, value_enum, value_name = "FORM")]
        graph: Option<GraphForm>,
        /// A profile (TOML) that is laid over the built-in one
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
    },
}

/// How status flows are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphForm {
    /// Text for Mermaid, which many viewers of Markdown draw.
    Mermaid,
    /// A picture: print it into a file.
    Svg,
}
