//! Status flows as a Mermaid state diagram.

use std::fmt::Write as _;

use super::{drawn, label};
use crate::profile::{Profile, Setter};

/// The flows of `profile` as one state diagram for Mermaid, a composite state each.
#[must_use]
pub fn flows_mermaid(profile: &Profile) -> String {
    let mut text = "stateDiagram-v2\n    direction LR\n".to_owned();
    for (number, drawn) in (1..).zip(drawn(profile)) {
        let flow = drawn.flow;
        // Names are those of the whole diagram; the words that are shown may be anything.
        let place = |state: &str| {
            flow.states()
                .position(|known| known == state)
                .unwrap_or_default()
        };
        let id = |state: &str| format!("f{number}s{}", place(state));
        let heading = format!("{} ({})", drawn.name, flow.provenance);
        line(
            &mut text,
            1,
            &format!("state \"{}\" as f{number} {{", quoted(&heading)),
        );
        for state in flow.states() {
            line(
                &mut text,
                2,
                &format!("state \"{}\" as {}", quoted(state), id(state)),
            );
        }
        for state in flow.initial() {
            line(&mut text, 2, &format!("[*] --> {}", id(state)));
        }
        for edge in flow.edges() {
            let by = match edge.set_by {
                Setter::Provider => None,
                Setter::Platform | Setter::Product => {
                    Some(format!("by the {}", edge.set_by.name()))
                }
            };
            let said = Some(label(edge)).filter(|label| !label.is_empty());
            let words: Vec<String> = by.into_iter().chain(said).collect();
            let words = match words.as_slice() {
                [] => String::new(),
                words => format!(" : {}", words.join(", ")),
            };
            line(
                &mut text,
                2,
                &format!("{} --> {}{words}", id(&edge.from), id(&edge.to)),
            );
        }
        for state in flow.terminal() {
            line(&mut text, 2, &format!("{} --> [*]", id(state)));
        }
        line(&mut text, 1, "}");
    }
    text
}

fn line(text: &mut String, depth: usize, words: &str) {
    writeln!(text, "{:width$}{words}", "", width = depth * 4)
        .expect("writing to a String cannot fail");
}

/// Mermaid takes no quotation mark within a quoted text.
fn quoted(text: &str) -> String {
    text.replace('"', "#quot;").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flow_is_a_state_of_its_own() {
        let text = r#"
[flows.payment]
initial = ["Received"]
terminal = ["Paid", "The \"end\""]
edges = [
  { from = "Received", to = ["Paid"], max-dwell = "2s" },
  { from = "Received", to = ["The \"end\""], by = "platform", needs-reason = true },
]
"#;
        let profile = Profile::with_override(text, "own.toml").unwrap();
        let drawn = flows_mermaid(&profile);
        let payment = &drawn[drawn.find("    state \"payment").unwrap()..];
        insta::assert_snapshot!(payment, @r#"
        state "payment (assumed)" as f3 {
            state "Received" as f3s0
            state "Paid" as f3s1
            state "The #quot;end#quot;" as f3s2
            [*] --> f3s0
            f3s0 --> f3s1 : within 2s
            f3s0 --> f3s2 : by the platform, with a reason
            f3s1 --> [*]
            f3s2 --> [*]
        }
        "#);
    }

    #[test]
    fn the_built_in_flows_are_drawn() {
        insta::assert_snapshot!(flows_mermaid(&Profile::built_in()));
    }
}
