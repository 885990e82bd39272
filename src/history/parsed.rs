//! A line of the file, read by itself and held against the line before it.

use super::HistoryError;
use super::format::{NOTHING_BEFORE, linked};
use crate::base::{Sha256Hex, sha256_bytes};
use crate::event::Event;
use crate::exchange::Sharing;

/// A line, read by itself.
pub(super) struct Line<'l> {
    event: Event,
    /// What it says is the digest of the line before: its digits, and what they mean.
    linked: Option<(&'l str, [u8; 32])>,
    digest: [u8; 32],
}

impl<'l> Line<'l> {
    /// Reads line `number`, from 1.
    pub(super) fn parse(
        line: &'l [u8],
        number: usize,
        sharing: &mut Sharing,
    ) -> Result<Self, HistoryError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = std::str::from_utf8(line).map_err(|source| HistoryError::Encoding {
            line: number,
            source,
        })?;
        let event = Event::read(line, sharing).map_err(|source| HistoryError::Event {
            line: number,
            source,
        })?;
        Ok(Self {
            event,
            linked: linked(line).map(|digits| (digits, meant(digits))),
            digest: sha256_bytes(line.as_bytes()),
        })
    }

    /// Its event and its digest, if it is line `number` and `previous` the digest of the line before.
    /// Lines and events both count from 1, so an event's sequence is the number of its line.
    pub(super) fn linked_to(
        self,
        previous: Option<&[u8; 32]>,
        number: usize,
    ) -> Result<(Event, [u8; 32]), HistoryError> {
        let expected = || previous.map_or_else(|| NOTHING_BEFORE.to_owned(), hexadecimal);
        let (found, meant) = self.linked.ok_or_else(|| HistoryError::Unlinked {
            line: number,
            expected: expected(),
        })?;
        let is_next = match previous {
            Some(digest) => meant == *digest,
            None => found == NOTHING_BEFORE,
        };
        if !is_next {
            return Err(HistoryError::Chain {
                line: number,
                expected: expected(),
                found: found.to_owned(),
            });
        }
        if self.event.sequence != number as u64 {
            return Err(HistoryError::Sequence {
                line: number,
                expected: number as u64,
                found: self.event.sequence,
            });
        }
        Ok((self.event, self.digest))
    }
}

fn hexadecimal(digest: &[u8; 32]) -> String {
    Sha256Hex::of(digest).as_str().to_owned()
}

/// The digest whose digits, 64 hexadecimal ones in lower case, these are.
fn meant(digits: &str) -> [u8; 32] {
    let half = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.wrapping_sub(b'a').wrapping_add(10),
    };
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = half(pair[0]) << 4 | half(pair[1]);
    }
    digest
}
