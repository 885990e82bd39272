//! Reports: bytes from values.
