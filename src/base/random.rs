//! Chance comes from a seed, so that a run can be repeated byte for byte.

use rand::{Rng as _, SeedableRng as _, TryRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The number from which all chance of a run is drawn; it stands in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// A stream of random numbers (ChaCha with 8 rounds: its output is fixed for all versions).
///
/// Not for keys that must stay secret unless it was made by [`Random::from_entropy`].
#[derive(Clone, Debug)]
pub struct Random {
    root: [u8; 32],
    stream: ChaCha8Rng,
}

impl Random {
    /// The stream that belongs to `seed`.
    #[must_use]
    pub fn from_seed(seed: Seed) -> Self {
        Self::from_root(Sha256::digest(seed.0.to_be_bytes()).into())
    }

    /// A stream that nobody can repeat, from the operating system.
    #[must_use]
    pub fn from_entropy() -> Self {
        let mut root = [0; 32];
        rand::rngs::SysRng
            .try_fill_bytes(&mut root)
            .expect("an operating system without a random source cannot run TLS either");
        Self::from_root(root)
    }

    /// An independent stream for the part of the program that `label` names: what one part draws
    /// never changes what another gets.
    #[must_use]
    pub fn fork(&self, label: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.root);
        hash.update(label.as_bytes());
        Self::from_root(hash.finalize().into())
    }

    fn from_root(root: [u8; 32]) -> Self {
        Self {
            root,
            stream: ChaCha8Rng::from_seed(root),
        }
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// A number in `[0, 1)` with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let numerator = (self.next_u64() >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }

    /// A whole number in `low..=high`.
    ///
    /// # Panics
    /// If `low > high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        use rand::RngExt as _;
        self.stream.random_range(low..=high)
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.stream.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let mut one = Random::from_seed(Seed(7));
        let mut two = Random::from_seed(Seed(7));
        assert_eq!(one.next_u64(), two.next_u64());
        assert_ne!(one.next_u64(), Random::from_seed(Seed(8)).next_u64());
    }

    #[test]
    fn a_fork_does_not_depend_on_what_was_drawn_before() {
        let mut used = Random::from_seed(Seed(7));
        used.next_u64();
        assert_eq!(
            used.fork("mock").next_u64(),
            Random::from_seed(Seed(7)).fork("mock").next_u64()
        );
    }

    #[test]
    fn unit_stays_below_one() {
        let mut random = Random::from_seed(Seed(1));
        assert!(
            (0..1000)
                .map(|_| random.unit())
                .all(|draw| (0.0..1.0).contains(&draw))
        );
    }
}
