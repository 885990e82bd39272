//! Puts a request on the wire and brings back what came.
