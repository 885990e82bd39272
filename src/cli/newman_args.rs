//! Options that `run` takes because newman has them.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Cookies, certificates, and what else newman reads and writes.
#[derive(Debug, ClapArgs)]
pub struct NewmanArgs {
    /// Begin with the cookies of this file (tough-cookie's JSON)
    #[arg(long, value_name = "FILE")]
    pub cookie_jar: Option<PathBuf>,
    /// Write the cookies at the end of the run
    #[arg(long, value_name = "FILE")]
    pub export_cookie_jar: Option<PathBuf>,
    /// Write the collection as it was run
    #[arg(long, value_name = "FILE")]
    pub export_collection: Option<PathBuf>,
    /// Accepted as newman accepts it; nothing is fetched from Postman's cloud
    #[arg(long, value_name = "KEY")]
    pub postman_api_key: Option<String>,
    /// The client's certificate (PEM)
    #[arg(long, value_name = "FILE")]
    pub ssl_client_cert: Option<PathBuf>,
    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE")]
    pub ssl_client_key: Option<PathBuf>,
    /// The passphrase of that key
    #[arg(long, value_name = "TEXT")]
    pub ssl_client_passphrase: Option<String>,
    /// Certificates by URL (newman's JSON); the first whose `matches` fits is shown
    #[arg(long, value_name = "FILE")]
    pub ssl_client_cert_list: Option<PathBuf>,
    /// Leave the console report out
    #[arg(long)]
    pub reporter_cli_silent: bool,
    /// Leave assertions that passed out of the console report
    #[arg(long)]
    pub reporter_cli_no_success_assertions: bool,
    /// Accepted as newman accepts it; the console report has no timestamps
    #[arg(long)]
    pub reporter_cli_show_timestamps: bool,
}
