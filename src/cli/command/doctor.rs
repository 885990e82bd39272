//! `preflight doctor`: what is missing or odd, before anything is sent in earnest.
