//! The one line that moves.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where standard error goes; whoever starts the program finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardError {
    /// To a person: a line may move.
    Terminal,
    /// To a file or a pipe: nothing moves.
    Elsewhere,
}

/// A progress line on standard error; nothing at all where that is no terminal.
#[derive(Debug)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A line that goes up to `total` steps.
    #[must_use]
    pub fn new(standard_error: StandardError, total: u64) -> Self {
        let bar = match standard_error {
            StandardError::Elsewhere => return Self(None),
            StandardError::Terminal => {
                ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr())
            }
        };
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg} {elapsed}")
            .expect("the template is a constant that its test builds");
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(Some(bar))
    }

    /// One more step begins, of this name.
    pub fn step(&self, name: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(name.to_owned());
            bar.inc(1);
        }
    }

    /// There will be more steps than was thought.
    pub fn extend(&self, steps: u64) {
        if let Some(bar) = &self.0 {
            bar.inc_length(steps);
        }
    }

    /// Does `print` while the line is out of the way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_there_is_no_line() {
        let progress = Progress::new(StandardError::Elsewhere, 3);
        assert!(progress.0.is_none());
        progress.step("first");
        progress.finish();
        assert_eq!(progress.suspend(|| 5), 5);
    }

    #[test]
    fn a_line_counts_its_steps() {
        let progress = Progress::new(StandardError::Terminal, 3);
        progress.step("first");
        progress.step("second");
        progress.extend(2);
        let bar = progress.0.as_ref().unwrap();
        assert_eq!((bar.position(), bar.length()), (2, Some(5)));
        assert_eq!(bar.message(), "second");
        progress.finish();
        assert!(bar.is_finished());
    }
}
