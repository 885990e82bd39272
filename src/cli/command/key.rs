//! `preflight key`: the keys that sign bundles.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::base::Random;
use crate::cli::evidence_args::{AgentAction, KeyAction};
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::cli::printer::Printer;
use crate::conformance::ExitStatus;
use crate::evidence::{PublicKey, SealError, Sign as _, SigningKey};

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
        KeyAction::Agent { file, action } => printer.data(&asked(file, *action)?),
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

/// What a preflight elsewhere asks of the key in `file`.
fn asked(file: &Path, action: AgentAction) -> Result<String, CommandFailure> {
    let text = files::read_text(file)?;
    let key = SigningKey::from_pem(&text).map_err(|source| CommandFailure::Key {
        place: file.display().to_string(),
        source,
    })?;
    match action {
        AgentAction::PublicKey => Ok(key.public().to_pem()),
        AgentAction::Sign => {
            let mut message = Vec::new();
            let read = std::io::stdin().read_to_end(&mut message);
            read.map_err(|source| CommandFailure::Read {
                path: "standard input".into(),
                source,
            })?;
            let signature = key.sign(&message).map_err(SealError::Sign)?;
            Ok(format!("{}\n", STANDARD.encode(signature)))
        }
    }
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
