//! `preflight key`: the keys that sign bundles.

use std::path::{Path, PathBuf};

use crate::base::Random;
use crate::cli::evidence_args::KeyAction;
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::cli::printer::Printer;
use crate::conformance::ExitStatus;
use crate::evidence::{PublicKey, SigningKey};

/// Makes a pair of keys, or tells one by its fingerprint.
///
/// # Errors
/// If a file is there already, cannot be written, or is no key.
pub fn key(action: &KeyAction, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    match action {
        KeyAction::New { name } => make(name, printer)?,
        KeyAction::Fingerprint { file } => {
            printer.data(&format!("{}\n", public_key(file)?.fingerprint()));
        }
    }
    Ok(ExitStatus::Met)
}

fn make(name: &Path, printer: Printer) -> Result<(), CommandFailure> {
    let with = |ending: &str| {
        let mut path = name.as_os_str().to_owned();
        path.push(ending);
        PathBuf::from(path)
    };
    let (private, public) = (with(".key"), with(".pub"));
    for path in [&private, &public] {
        files::check_folder(path)?;
        if path.exists() {
            return Err(CommandFailure::Usage {
                message: format!("{} is there already", path.display()),
                remedy: "name another one: what it signed could not be verified any more".into(),
            });
        }
    }
    let key = SigningKey::new(&mut Random::from_entropy());
    files::write(&private, key.to_pem().expose().as_bytes(), Readers::Owner)?;
    files::write(
        &public,
        key.public().to_pem().as_bytes(),
        Readers::Everybody,
    )?;
    printer.data(&format!(
        "{} signs: keep it to yourself\n{} verifies: give it to the reviewer, not with the bundle\n\
         fingerprint {}\n",
        private.display(),
        public.display(),
        key.public().fingerprint()
    ));
    Ok(())
}

/// The public key in `file`.
///
/// # Errors
/// If it cannot be read, or is none.
pub fn public_key(file: &Path) -> Result<PublicKey, CommandFailure> {
    let text = files::read_text(file)?;
    PublicKey::from_pem(&text).map_err(|source| CommandFailure::Key {
        place: file.display().to_string(),
        source,
    })
}
