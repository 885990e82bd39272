//! One request with its response or its transport failure, as values.
