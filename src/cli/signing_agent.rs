//! A program that holds a key and signs with it, so that preflight never sees the key.
//!
//! It is called twice, each time with one more argument: with `public-key` it prints its public key
//! (PEM); with `sign` it reads what is to be signed on its standard input and prints the signature
//! (Ed25519, base64). What it says on its standard error, the user sees.

use std::io::{self, Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::base::{Clock, later};
use crate::evidence::{KeyError, PublicKey, Sign, SignError};
use crate::observe::{SIGNING_AGENT, SIGNING_KEY};

/// How long it may take: somebody may have to touch a key first.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often it is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// How much it may say.
const LONGEST: u64 = 64 << 10;

/// A program that signs.
#[derive(Debug)]
pub struct SigningAgent {
    words: Vec<String>,
    public: PublicKey,
}

/// Why a program does not sign.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Its command line cannot be split.
    #[error("a quote is not closed")]
    Words(#[source] shell_words::ParseError),
    /// Its command line is empty.
    #[error("the command line names no program")]
    Empty,
    /// It cannot be started.
    #[error("it cannot be started: {program}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It cannot be spoken to.
    #[error("it cannot be spoken to")]
    Pipe(#[source] io::Error),
    /// It failed.
    #[error("asked to {action}, it ended with {status}")]
    Failed {
        /// What it was asked.
        action: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
    /// It did not end.
    #[error("asked to {action}, it did not end within {} s", PATIENCE.as_secs())]
    Late {
        /// What it was asked.
        action: &'static str,
    },
    /// What it printed is no public key.
    #[error("what it prints for public-key is none")]
    PublicKey(#[source] KeyError),
    /// What it printed is no signature.
    #[error("what it prints for sign is no base64")]
    Signature,
}

impl SigningAgent {
    /// The agent with this command line, which is asked for its public key.
    ///
    /// # Errors
    /// If there is no such program, or it gives none.
    pub fn of(command_line: &str) -> Result<Self, AgentError> {
        let words = shell_words::split(command_line).map_err(AgentError::Words)?;
        if words.is_empty() {
            return Err(AgentError::Empty);
        }
        let pem = ask(&words, "public-key", &[])?;
        Ok(Self {
            public: PublicKey::from_pem(&pem).map_err(AgentError::PublicKey)?,
            words,
        })
    }
}

impl Sign for SigningAgent {
    fn public(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let text = ask(&self.words, "sign", message).map_err(SignError::new)?;
        STANDARD
            .decode(text.trim())
            .map_err(|_| SignError::new(AgentError::Signature))
    }
}

/// What the program prints when it is asked to do `action` with `input`.
fn ask(words: &[String], action: &'static str, input: &[u8]) -> Result<String, AgentError> {
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .arg(action)
        // It has its own.
        .env_remove(SIGNING_KEY)
        .env_remove(SIGNING_AGENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| AgentError::Start {
            program: words[0].clone(),
            source,
        })?;
    let stdin = child.stdin.take();
    let input = input.to_vec();
    // Beside: it may say something before it has read all, or read nothing.
    let writing = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
    let status = end(&mut child, action)?;
    // Whether it read everything is its own affair; its signature is verified.
    let _unread = writing.join();
    if !status.success() {
        return Err(AgentError::Failed { action, status });
    }
    let mut said = String::new();
    let output = child.stdout.take();
    let read = output.map_or(Ok(0), |output| {
        output.take(LONGEST).read_to_string(&mut said)
    });
    read.map_err(AgentError::Pipe)?;
    Ok(said)
}

/// How `child` ends; it is stopped where it takes too long.
fn end(child: &mut Child, action: &'static str) -> Result<ExitStatus, AgentError> {
    let clock = Clock::system();
    let latest = later(clock.now(), PATIENCE);
    loop {
        if let Some(status) = child.try_wait().map_err(AgentError::Pipe)? {
            return Ok(status);
        }
        if clock.now() >= latest {
            child.kill().map_err(AgentError::Pipe)?;
            let _stopped = child.wait();
            return Err(AgentError::Late { action });
        }
        std::thread::park_timeout(PAUSE);
    }
}
