//! The header that every notification carries.

use crate::base::{Random, Secret, uuid};
use crate::cli::failure::CommandFailure;
use crate::cli::surroundings::Surroundings;

/// The name where none was typed.
const NAME: &str = "x-preflight-notification";

/// What stands before the name of a variable that holds the value.
const FROM_VARIABLE: &str = "env:";

/// The header that every notification carries.
#[derive(Clone, Debug)]
pub struct NotificationHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
    /// Who chose the value.
    pub chosen_by: ChosenBy,
}

/// Who chose a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// The user: nobody else may see it.
    User,
    /// preflight: it is worth nothing elsewhere.
    Preflight,
}

impl NotificationHeader {
    /// One that preflight chooses, with a value that is drawn from `chance`.
    #[must_use]
    pub fn drawn(chance: &Random) -> Self {
        let value = uuid(&mut chance.fork("notification-header")).to_string();
        Self {
            name: NAME.to_owned(),
            value: Secret::new(value),
            chosen_by: ChosenBy::Preflight,
        }
    }

    /// Reads `NAME=VALUE` and `NAME=env:VARIABLE`; without an argument there is one all the same.
    ///
    /// # Errors
    /// If the argument has another form, or the variable is not set.
    pub fn read(
        argument: Option<&str>,
        chance: &Random,
        surroundings: Surroundings,
    ) -> Result<Self, CommandFailure> {
        let Some(argument) = argument else {
            return Ok(Self::drawn(chance));
        };
        // The argument itself may hold the secret, so no message repeats it.
        let wrong = |message: String| CommandFailure::Usage {
            message: format!("--notification-header: {message}"),
            remedy: "write NAME=VALUE, or NAME=env:VARIABLE".into(),
        };
        let (name, value) = argument
            .split_once('=')
            .ok_or_else(|| wrong("there is no `=`".into()))?;
        if name.parse::<http::HeaderName>().is_err() {
            return Err(wrong("what stands before the `=` is no header".into()));
        }
        let value = match value.strip_prefix(FROM_VARIABLE) {
            None => value.to_owned(),
            Some(variable) => surroundings
                .variable(variable)
                .ok_or_else(|| wrong(format!("the variable {variable} is not set")))?,
        };
        if value.is_empty() || http::HeaderValue::from_str(&value).is_err() {
            return Err(wrong("the value cannot be sent in a header".into()));
        }
        Ok(Self {
            name: name.to_owned(),
            value: Secret::new(value),
            chosen_by: ChosenBy::User,
        })
    }

    /// The header for a person who configures a provider. A value that the user chose is not shown
    /// back.
    #[must_use]
    pub fn introduce(&self) -> String {
        let shown = match self.chosen_by {
            ChosenBy::User => "(the value that you gave)",
            ChosenBy::Preflight => self.value.expose(),
        };
        format!("{}: {shown}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn read(argument: Option<&str>) -> Result<NotificationHeader, String> {
        let chance = Random::from_seed(Seed(1));
        NotificationHeader::read(argument, &chance, Surroundings::default())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn name_and_value_are_split_at_the_first_sign() {
        let header = read(Some("X-Mine=a=b")).unwrap();
        assert_eq!(header.name, "X-Mine");
        assert_eq!(header.value.expose(), "a=b");
        assert_eq!(header.chosen_by, ChosenBy::User);
    }

    #[test]
    fn a_variable_that_is_not_set_is_told() {
        let error = read(Some("X-Mine=env:PREFLIGHT_TEST_NOT_SET")).unwrap_err();
        assert!(
            error.contains("PREFLIGHT_TEST_NOT_SET is not set"),
            "{error}"
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_being_shown() {
        for wrong in [
            "hunter2",
            "=hunter2",
            "a b=hunter2",
            "x-a=hunter2\n",
            "x-a=",
        ] {
            let error = read(Some(wrong)).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn without_an_argument_each_seed_has_its_own() {
        let header = read(None).unwrap();
        assert_eq!(header.name, NAME);
        assert_eq!(header.value.expose(), read(None).unwrap().value.expose());
        assert_eq!(header.chosen_by, ChosenBy::Preflight);
    }

    #[test]
    fn only_a_value_that_the_user_chose_is_not_shown_to_him() {
        let chosen = read(Some("X-Mine=hunter2")).unwrap();
        assert_eq!(chosen.introduce(), "X-Mine: (the value that you gave)");
        let ours = read(None).unwrap();
        let expected = format!("{NAME}: {}", ours.value.expose());
        assert_eq!(ours.introduce(), expected);
    }
}
