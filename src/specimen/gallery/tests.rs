use std::collections::BTreeSet;

use super::GALLERY;
use crate::profile::{Declaration, Profile};
use crate::specimen::Policy;

#[test]
fn every_name_is_given_once_and_every_difference_is_a_sentence() {
    let mut names = BTreeSet::new();
    for specimen in GALLERY.iter().flat_map(|specimens| specimens.iter()) {
        assert!(names.insert(specimen.name), "{} twice", specimen.name);
        assert!(!specimen.differs.ends_with('.'), "{}", specimen.name);
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        assert!(specimen.name.chars().all(|it| plain(it) || it == '-'));
    }
}

#[test]
fn only_the_reference_is_the_reference() {
    let profile = Profile::built_in();
    for specimen in GALLERY.iter().flat_map(|specimens| specimens.iter()) {
        let same = specimen.policy(&profile, "") == Policy::reference()
            && specimen.profile.is_empty()
            && format!("{:?}", (specimen.declaration)()) == format!("{:?}", Declaration::default());
        assert!(!same || specimen.name == "reference", "{}", specimen.name);
    }
}
