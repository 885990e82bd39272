//! Plans on a platform, with a small connector.

mod built_in;
mod theatre;
