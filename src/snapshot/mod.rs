//! Golden transcripts that a run is held against.
