//! Looks into compressed data, for the last sweep over finished files.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// More than this many bytes of one stream are not looked at.
const LARGEST_STREAM: u64 = 64 * 1024 * 1024;

/// The first bytes of a gzip member with deflate (RFC 1952 §2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b, 8];

/// The first bytes of an entry of a ZIP archive.
const ZIP_ENTRY: &[u8] = b"PK\x03\x04";

/// Every compressed stream that is recognised in `bytes`, decompressed: gzip members and deflated
/// ZIP entries at any place, a zlib or a whole deflate stream at the start. Of a damaged gzip or
/// zlib stream what can be read.
pub(super) fn streams(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut streams = Vec::new();
    for place in occurrences(bytes, GZIP) {
        keep(GzDecoder::new(&bytes[place..]), &mut streams);
    }
    for place in occurrences(bytes, ZIP_ENTRY) {
        if let Some(data) = zip_entry_data(&bytes[place..]) {
            keep(DeflateDecoder::new(data), &mut streams);
        }
    }
    if is_zlib(bytes) {
        keep(ZlibDecoder::new(bytes), &mut streams);
    }
    // Deflate has no mark: only a stream that ends properly counts.
    let mut whole = Vec::new();
    if DeflateDecoder::new(bytes)
        .take(LARGEST_STREAM)
        .read_to_end(&mut whole)
        .is_ok()
        && !whole.is_empty()
    {
        streams.push(whole);
    }
    streams
}

fn keep(decoder: impl Read, streams: &mut Vec<Vec<u8>>) {
    let mut output = Vec::new();
    // What was read before an error is looked at all the same.
    let _damaged = decoder.take(LARGEST_STREAM).read_to_end(&mut output);
    if !output.is_empty() {
        streams.push(output);
    }
}

fn occurrences<'a>(bytes: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes
        .windows(mark.len())
        .enumerate()
        .filter(move |(_, window)| *window == mark)
        .map(|(place, _)| place)
}

/// RFC 1950 §2.2: method 8, and both bytes together a multiple of 31.
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) * 256 + u16::from(*flags)).is_multiple_of(31))
}

/// The data of a local file header (ZIP application note 4.3.7) whose method is deflate.
fn zip_entry_data(entry: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| {
        Some(usize::from(u16::from_le_bytes([
            *entry.get(at)?,
            *entry.get(at + 1)?,
        ])))
    };
    if number(8)? != 8 {
        return None;
    }
    entry.get(30 + number(26)? + number(28)?..)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"hello hello hello hello";

    fn deflated() -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(TEXT).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_container_is_opened() {
        let mut gzip = GzEncoder::new(b"before".to_vec(), Compression::default());
        gzip.write_all(TEXT).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        let mut zip = b"PK\x03\x04\x14\0\0\0\x08\0".to_vec();
        zip.extend([0; 16]);
        zip.extend([1, 0, 0, 0, b'n']);
        zip.extend(deflated());
        for container in [
            gzip.finish().unwrap(),
            zlib.finish().unwrap(),
            deflated(),
            zip,
        ] {
            assert!(
                streams(&container).iter().any(|stream| stream == TEXT),
                "{container:?}"
            );
        }
    }

    #[test]
    fn plain_text_holds_no_stream() {
        assert!(streams(b"{\"plain\": \"text\"}").is_empty());
        assert!(streams(b"").is_empty());
    }
}
