//! What is drawn: each flow with its heading, and what stands at its lines.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::profile::{Edge, Flow, Profile, Reason, Skipping};

/// What is said of the steps that were walked, by the states that each leads from and to.
pub type Walked = BTreeMap<(EcoString, EcoString), String>;

/// A flow with its heading.
pub(super) struct Drawn<'p> {
    /// `payment`, or `payment for sage.intacct`.
    pub(super) name: String,
    /// The flow.
    pub(super) flow: &'p Flow,
}

/// The flows of `profile`, and those of single applications that differ.
pub(super) fn drawn(profile: &Profile) -> Vec<Drawn<'_>> {
    let common = profile.flows.iter().map(|(name, flow)| Drawn {
        name: name.clone(),
        flow,
    });
    let own = profile.applications().flat_map(|application| {
        let flows = &profile.for_application(application).flows;
        let differing = flows
            .iter()
            .filter(|(name, flow)| profile.flows.get(*name) != Some(flow));
        differing.map(move |(name, flow)| Drawn {
            name: format!("{name} for {application}"),
            flow,
        })
    });
    common.chain(own).collect()
}

/// What stands at the line of `edge`; nothing for most.
pub(super) fn label(edge: &Edge) -> String {
    let mut words = Vec::new();
    if edge.skipping == Skipping::Allowed {
        words.push("may be left out".to_owned());
    }
    if edge.reason == Reason::Needed {
        words.push("with a reason".to_owned());
    }
    if let Some(dwell) = edge.max_dwell {
        words.push(format!("within {dwell:?}"));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_of_an_application_are_drawn_where_they_differ() {
        let text = r#"
[application."sage.intacct".flows.payment]
initial = ["Received"]
terminal = ["Paid"]
edges = [{ from = "Received", to = ["Paid"], may-skip = true, max-dwell = "90s" }]
"#;
        let profile = Profile::with_override(text, "own.toml").unwrap();
        let drawn = drawn(&profile);
        let names: Vec<&str> = drawn.iter().map(|one| one.name.as_str()).collect();
        let expected = [
            "subscription",
            "batch",
            "payment",
            "payment for sage.intacct",
        ];
        assert_eq!(names, expected);
        let edge = &drawn[3].flow.edges()[0];
        assert_eq!(label(edge), "may be left out, within 90s");
    }
}
