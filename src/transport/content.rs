//! `Content-Encoding` is undone here, so that the size on the wire stays known.

use std::io::{self, Read};

use bytes::Bytes;

use crate::exchange::{Failure, FailureKind, Headers};

/// The longest body, decoded, that is taken in: 256 MiB. A compressed bomb ends there.
const LIMIT: u64 = 256 * 1024 * 1024;

/// Undoes every encoding that the `Content-Encoding` header names, the last applied first
/// (RFC 9110 §8.4). Unknown encodings are left as they are, as newman leaves them.
pub(super) fn decoded(headers: &Headers, body: Bytes) -> Result<Bytes, Failure> {
    let names: Vec<_> = headers
        .all("content-encoding")
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let mut body = body;
    for name in names.iter().rev() {
        if body.is_empty() {
            break;
        }
        body = match name.as_str() {
            "gzip" | "x-gzip" => read(name, flate2::read::MultiGzDecoder::new(&*body))?,
            // Some servers send raw deflate data, against RFC 9110 §8.4.1.2.
            "deflate" if is_zlib(&body) => read(name, flate2::read::ZlibDecoder::new(&*body))?,
            "deflate" => read(name, flate2::read::DeflateDecoder::new(&*body))?,
            "br" => read(name, brotli::Decompressor::new(&*body, 4096))?,
            _ => body,
        };
    }
    Ok(body)
}

fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 0x0f == 8 && (u16::from(*first) * 256 + u16::from(*second)) % 31 == 0)
}

fn read(name: &str, decoder: impl Read) -> Result<Bytes, Failure> {
    let mut decoded = Vec::new();
    let result = decoder.take(LIMIT + 1).read_to_end(&mut decoded);
    let problem = match result {
        Ok(length) if length as u64 > LIMIT => {
            io::Error::other(format!("it is longer than {LIMIT} bytes"))
        }
        Ok(_) => return Ok(decoded.into()),
        Err(error) => error,
    };
    Err(Failure {
        kind: FailureKind::Protocol,
        message: format!("the body cannot be decoded as {name}: {problem}"),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn headers(encoding: &str) -> Headers {
        Headers::from_iter([("Content-Encoding", encoding)])
    }

    #[test]
    fn every_encoding_that_is_asked_for_is_undone() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(b"hello").unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"hello").unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(b"hello").unwrap();
        let mut br = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
        br.write_all(b"hello").unwrap();
        let table = [
            ("gzip", gzip.finish().unwrap()),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", raw.finish().unwrap()),
            ("br", br.into_inner()),
            ("identity", b"hello".to_vec()),
        ];
        for (name, body) in table {
            assert_eq!(
                decoded(&headers(name), body.into()).unwrap(),
                "hello",
                "{name}"
            );
        }
    }

    #[test]
    fn a_broken_body_is_a_failure_and_an_empty_one_is_not() {
        let failure = decoded(&headers("gzip"), Bytes::from_static(b"nope")).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Protocol);
        assert!(decoded(&headers("gzip"), Bytes::new()).unwrap().is_empty());
    }
}
