//! Scopes, precedence, substitution and dynamic variables.
