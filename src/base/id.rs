//! Identifiers from our own random source.

use uuid::{Builder, Uuid};

use super::Random;

/// A version 4 UUID (RFC 9562 §5.4).
pub fn uuid(random: &mut Random) -> Uuid {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn a_uuid_is_of_version_four_and_repeats_with_its_seed() {
        let id = uuid(&mut Random::from_seed(Seed(1)));
        assert_eq!(id.get_version_num(), 4);
        assert_eq!(id, uuid(&mut Random::from_seed(Seed(1))));
    }
}
