//! Clauses, checks, findings and the verdict: a pure function of history and profile.
