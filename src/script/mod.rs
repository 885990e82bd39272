//! Runs Postman's scripts and gives back effects.
