//! Connections that brought no whole request.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::exchange::Connection;

/// How many of them are told one by one.
pub(super) const TOLD: u64 = 20;

/// Counts disturbed connections: a few are told, of the others how many there were.
#[derive(Debug, Default)]
pub struct Disturbances(AtomicU64);

impl Disturbances {
    /// Counts one, and gives the words in which it is told, where it is.
    #[must_use]
    pub fn count(&self, connection: &Connection, reason: &str) -> Option<String> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        (number < TOLD).then(|| {
            format!(
                "connection {} from {} brought no whole request: {reason}",
                connection.number, connection.peer
            )
        })
    }

    /// How many there were beyond those that were told, in words; none where there were no more.
    #[must_use]
    pub fn untold(&self) -> Option<String> {
        match self.0.load(Ordering::Relaxed).saturating_sub(TOLD) {
            0 => None,
            1 => Some("1 more connection brought no whole request".to_owned()),
            untold => Some(format!(
                "{untold} more connections brought no whole request"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_told_and_the_others_counted() {
        let disturbances = Disturbances::default();
        let connection = Connection {
            number: 7,
            peer: "127.0.0.1:4711".into(),
        };
        let told = |count| {
            (0..count)
                .filter_map(|_| disturbances.count(&connection, "it was closed"))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(TOLD).len() as u64, TOLD);
        assert_eq!(disturbances.untold(), None);
        assert!(told(1).is_empty());
        assert_eq!(
            disturbances.untold().unwrap(),
            "1 more connection brought no whole request"
        );
        assert!(told(1).is_empty());
        assert!(disturbances.untold().unwrap().starts_with("2 more "));
    }
}
