//! The plans that come with preflight can be completed.

use super::theatre::{Habit, Theatre};
use crate::event::End;
use crate::observe::Plan;

fn play(name: &str) -> Theatre {
    Theatre::of("", Plan::built_in(name).unwrap(), Habit::Works).play()
}

#[test]
fn smoke_takes_seconds() {
    let theatre = play("smoke");
    assert_eq!(theatre.end(), Some(End::Complete));
    assert_eq!(
        theatre.ended(),
        [("One subscription, one batch".to_owned(), vec![])]
    );
    assert!(
        theatre.duration().as_secs() < 10,
        "{:?}",
        theatre.duration()
    );
}
