//! What would have to be known for a check to say more, as a question, and which settings of the
//! profile stand for the answer until it comes.

/// Conditions that say too little to somebody who does not see the check, each as a question.
const ASKED: &[(&str, &str)] = &[
    (
        "the platform confirms that it sends Retry-After",
        "Does the platform send Retry-After with 429 and 503, and in which form: seconds, a date, or both?",
    ),
    (
        "the platform confirms these status flows, or the profile states them with their source",
        "Which status flows hold for subscriptions, batches and payments: which states are there, which \
         changes are allowed, and who makes them?",
    ),
    (
        "the platform says which changes of state need a reason, and the profile states it",
        "Which changes of state need a reason, and which reasons are there?",
    ),
    (
        "the platform confirms the name of this header",
        "In which header does a request carry its interaction id, and has it to be a new UUID each time?",
    ),
    (
        "the commercial team confirms this rate",
        "Which rate is agreed with this provider, in requests a second, and over which time is it counted?",
    ),
    (
        "the platform agrees to a number",
        "Within which time has a message of the product to be answered?",
    ),
    (
        "a number of attempts is agreed with the platform",
        "After how many attempts has a provider to give up?",
    ),
    (
        "a time is agreed within which a provider recovers",
        "Within which time after throttling has ended has a provider to send again?",
    ),
    (
        "the declared policy is agreed with the platform",
        "Does the platform agree to the retry policy that this provider declares?",
    ),
    (
        "the platform says what the least is",
        "What has a retry policy to have at least: growth, longest wait, attempts?",
    ),
    (
        "the platform or the provider gives the number",
        "Within which time has a status to be updated (“near real time”)?",
    ),
    (
        "the platform says how the two URLs differ",
        "How does the authorisation endpoint of the sandbox differ from that of production?",
    ),
    (
        "the platform says how the link is written",
        "How is the link to the authorisation endpoint written?",
    ),
    (
        "the platform says what a link may hold",
        "What may the link to the authorisation endpoint hold?",
    ),
    (
        "the platform confirms that the link lies under the endpoint",
        "Does the authorisation link of a subscription lie under the declared authorisation endpoint?",
    ),
    (
        "the platform says that both dates are required",
        "Does the authorisation of a subscription need both of its dates?",
    ),
    (
        "the platform asks for jitter",
        "Does the platform ask for jitter in the waits between two attempts?",
    ),
    (
        "the platform confirms that it leaves expires_in out",
        "May the answer of the token endpoint leave expires_in out?",
    ),
];

/// What begins the other conditions (`Check::flips_if`), and the question that it becomes; `{}` is the
/// rest.
const FORMS: &[(&str, &str)] = &[
    ("the platform says that ", "Does it hold that {}?"),
    ("the platform says ", "Can the platform tell us {}?"),
    (
        "the platform confirms that ",
        "Is it right of the platform that {}?",
    ),
    ("the platform confirms ", "Can the platform tell us {}?"),
    ("the platform names ", "Can the platform name {}?"),
    (
        "the platform really issues ",
        "Does the platform really issue {}?",
    ),
];

/// The conditions that no answer of the platform's fulfils.
const ANSWERED: &[&str] = &[
    "it rests on what is stated",
    "it only measures",
    "it never does",
    "it is seen so often that ",
];

/// The question behind a condition; none where there is nothing to ask.
pub(super) fn question(condition: &str) -> Option<String> {
    if ANSWERED.iter().any(|it| condition.starts_with(it)) {
        return None;
    }
    if let Some((_, question)) = ASKED.iter().find(|(asked, _)| *asked == condition) {
        return Some((*question).to_owned());
    }
    let form = FORMS.iter().find_map(|(beginning, question)| {
        let rest = condition.strip_prefix(beginning)?;
        Some(question.replace("{}", rest))
    });
    Some(form.unwrap_or_else(|| format!("Can it be confirmed that {condition}?")))
}

/// The settings on which the provenance of a check rests, by its id.
pub(super) fn settings(check: &str) -> impl Iterator<Item = &'static str> {
    let resting = RESTING.iter().filter(move |(_, ids)| ids.contains(&check));
    resting.map(|(setting, _)| *setting)
}

/// Each setting with the checks that rest on it. A test holds it against the checks themselves.
const RESTING: &[(&str, &[&str])] = &[
    ("backoff.dispersal", &["BK-31"]),
    ("backoff.flat-slope", &["BK-30"]),
    ("backoff.minimum-wait", &["BK-07"]),
    ("backoff.recovery", &["BK-13"]),
    ("flows.batch", FLOWS),
    ("flows.payment", FLOWS),
    ("flows.subscription", FLOWS),
    ("headers.application", &["PC-04"]),
    ("headers.interaction-id", &["IX-01", "IX-02", "IX-03"]),
    ("latency-target", &["ST-15"]),
    ("notifications.expected-answer", &["NA-01", "NA-02"]),
    ("notifications.timeout", &["NA-03"]),
    ("probe.longest-leeway", &["NP-31"]),
    ("rate", &["BK-14", "BK-15"]),
    ("status.batch-outcomes", &["ST-11"]),
    ("status.clock-skew", &["ST-07"]),
    ("status.final-within", &["ST-04"]),
    ("status.first-within", &["ST-14"]),
    ("status.immutable", &["ST-08"]),
    (
        "throttle.retry-after",
        &[
            "BK-02", "BK-03", "BK-04", "BK-05", "BK-06", "BK-08", "BK-17",
        ],
    ),
    ("throttle.scope", &["BK-03"]),
    ("throttle.token-endpoint", &["BK-17"]),
    ("token.audience", &["TK-11"]),
    ("token.expires-in", &["TK-09"]),
    ("token.platform-subject", &["NP-44"]),
    ("token.scope", &["NP-43"]),
];

/// The checks that rest on all flows.
const FLOWS: &[&str] = &[
    "ST-01", "ST-02", "ST-03", "ST-04", "ST-05", "ST-06", "ST-09", "ST-11", "ST-12", "ST-13",
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::conformance::CHECKS;
    use crate::profile::{Profile, Provenance};

    const BUILT_IN: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/profile/payments-out.toml"
    ));

    /// The built-in profile where everything is stated but what stands in line `weak`.
    fn all_stated_but(weak: usize) -> Profile {
        let lines = BUILT_IN.lines().enumerate().map(|(place, line)| {
            let word = if place == weak { "assumed" } else { "stated" };
            let mut line = line.to_owned();
            for provenance in Provenance::ALL {
                let written = format!("provenance = \"{provenance}\"");
                line = line.replace(&written, &format!("provenance = \"{word}\""));
            }
            line
        });
        let text: Vec<String> = lines.filter(|line| !line.starts_with("name = ")).collect();
        Profile::with_override(&text.join("\n"), "all.toml").unwrap()
    }

    #[test]
    fn the_settings_of_a_check_are_those_on_which_its_provenance_rests() {
        let stated = all_stated_but(usize::MAX);
        let mut resting = BTreeMap::<String, BTreeSet<&str>>::new();
        for (place, line) in BUILT_IN.lines().enumerate() {
            if !line.contains("provenance = ") || line.starts_with('#') {
                continue;
            }
            let profile = all_stated_but(place);
            let mut weak = profile.settings().iter();
            let weak = weak.find(|setting| setting.provenance == Provenance::Assumed);
            let Some(weak) = weak else { continue };
            for check in CHECKS.iter() {
                if (check.provenance)(&profile) != (check.provenance)(&stated) {
                    resting
                        .entry(weak.key.clone())
                        .or_default()
                        .insert(check.id);
                }
            }
        }
        let listed: BTreeMap<String, BTreeSet<&str>> = RESTING
            .iter()
            .map(|(setting, checks)| ((*setting).to_owned(), checks.iter().copied().collect()))
            .collect();
        assert_eq!(listed, resting, "{resting:#?}");
    }

    #[test]
    fn every_condition_that_is_asked_is_one_of_a_check() {
        for (asked, _) in ASKED {
            let known = CHECKS.iter().any(|check| check.flips_if == *asked);
            assert!(known, "{asked}");
        }
    }

    #[test]
    fn every_condition_is_a_question_or_answered() {
        let conditions: BTreeSet<&str> = CHECKS.iter().map(|check| check.flips_if).collect();
        let questions: Vec<String> = conditions.into_iter().filter_map(question).collect();
        insta::assert_snapshot!(questions.join("\n"));
    }
}
