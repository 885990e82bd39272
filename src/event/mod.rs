//! What happens in a run, and who listens.
