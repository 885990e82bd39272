//! Drives a plan: order, inheritance, retries, pacing, cancellation.
