//! Plans on a platform, with a small connector.

mod act;
mod built_in;
mod ending;
mod product;
mod theatre;
