//! Alone prints: data to stdout, all else to stderr.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::ColorChoice;

/// Whether something was lost on the way to stdout, of which a process has one.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints. Text that comes with styles is printed without them where they are not wanted.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    color: bool,
    silent: bool,
}

impl Printer {
    /// A printer for a choice of colours.
    #[must_use]
    pub fn new(choice: ColorChoice, silent: bool) -> Self {
        let color = match choice {
            ColorChoice::On => true,
            ColorChoice::Off => false,
            // anstream looks at NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
            ColorChoice::Auto => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
        };
        Self { color, silent }
    }

    /// Whether styles are wanted.
    #[must_use]
    pub fn color(self) -> bool {
        self.color
    }

    /// Whether somebody looks at stderr, so that progress is worth drawing.
    #[must_use]
    pub fn watched(self) -> bool {
        !self.silent && io::stderr().is_terminal()
    }

    /// Prints to stdout. A reader that has gone away is no error; a full disk is, and
    /// [`Printer::lost`] tells.
    pub fn data(self, text: &str) {
        if self.silent {
            return;
        }
        let mut out = io::stdout();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
            && !LOST.swap(true, Ordering::Relaxed)
        {
            self.error(&format!("error: the output cannot be written: {error}\n"));
        }
    }

    /// Whether something that should stand on stdout could not be written.
    #[must_use]
    pub fn lost(self) -> bool {
        LOST.load(Ordering::Relaxed)
    }

    /// Prints to stderr.
    pub fn note(self, text: &str) {
        if !self.silent {
            let _ = io::stderr().write_all(text.as_bytes());
            let _ = io::stderr().flush();
        }
    }

    /// Prints to stderr whatever was asked for: errors are never silent.
    pub fn error(self, text: &str) {
        let _ = io::stderr().write_all(text.as_bytes());
    }
}
