//! Stopping a run from outside: Ctrl-C.

use tokio::sync::watch;

/// The end that says stop.
#[derive(Debug)]
pub struct Canceller(watch::Sender<bool>);

/// The end that is told. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cancellation(watch::Receiver<bool>);

/// A pair of ends.
#[must_use]
pub fn cancellation() -> (Canceller, Cancellation) {
    let (sender, receiver) = watch::channel(false);
    (Canceller(sender), Cancellation(receiver))
}

impl Canceller {
    /// Says stop. Saying it twice changes nothing.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}

impl Cancellation {
    /// Whether somebody has said stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody says stop; for ever where nobody can.
    pub async fn cancelled(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_is_told() {
        let (canceller, cancellation) = cancellation();
        let clone = cancellation.clone();
        assert!(!clone.is_cancelled());
        canceller.cancel();
        clone.cancelled().await;
        assert!(cancellation.is_cancelled());
    }
}
