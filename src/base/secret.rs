//! Values that no formatter, no serializer and no error ever shows.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// How a secret is called in a message, in place of its value: `apiKey in mock.json`.
pub type SecretName = String;

/// A secret text: neither `Debug`, `Display` nor `Serialize` shows it; its memory is wiped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the value in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value, for the wire only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_value() {
        assert_eq!(format!("{:?}", Secret::new("s3cr3t-value")), "Secret(…)");
    }
}
