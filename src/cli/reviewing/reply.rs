//! What a browser sent, read and judged.

use crate::conformance::{Decision, Decisions, Stated, Undecidable, Verdict};
use crate::report::FilledIn;

/// What stands in the form of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What tells the form from a stranger's.
    pub secret: String,
    /// What was filled in.
    pub filled: FilledIn,
}

/// A form that no page of ours sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the form of the review")]
pub struct StrangeForm;

/// What is wrong with what was filled in: of which check, by its place, where it is of one.
pub type Problems = Vec<(Option<usize>, String)>;

impl Reply {
    /// Reads a form with this many checks.
    ///
    /// # Errors
    /// If a field is unknown, missing or there twice.
    pub fn read(body: &[u8], checks: usize) -> Result<Self, StrangeForm> {
        let fields: Vec<(String, String)> =
            serde_urlencoded::from_bytes(body).map_err(|_| StrangeForm)?;
        let mut secret = None;
        let mut by = None;
        let mut decisions: Vec<Option<Option<Decision>>> = vec![None; checks];
        let mut reasons: Vec<Option<String>> = vec![None; checks];
        for (name, value) in fields {
            let earlier = match name.as_str() {
                "form" => secret.replace(value).is_some(),
                "by" => by.replace(value).is_some(),
                name => {
                    let (kind, place) = name.split_once('-').ok_or(StrangeForm)?;
                    let place: usize = place.parse().map_err(|_| StrangeForm)?;
                    if place >= checks {
                        return Err(StrangeForm);
                    }
                    match kind {
                        "decision" => decisions[place].replace(decision(&value)?).is_some(),
                        "reason" => reasons[place].replace(value).is_some(),
                        _ => return Err(StrangeForm),
                    }
                }
            };
            if earlier {
                return Err(StrangeForm);
            }
        }
        let items = decisions.into_iter().zip(reasons);
        let items: Option<Vec<_>> = items
            .map(|(decision, reason)| decision.zip(reason))
            .collect();
        Ok(Self {
            secret: secret.ok_or(StrangeForm)?,
            filled: FilledIn {
                by: by.ok_or(StrangeForm)?,
                items: items.ok_or(StrangeForm)?,
            },
        })
    }
}

fn decision(value: &str) -> Result<Option<Decision>, StrangeForm> {
    if value == "undecided" {
        return Ok(None);
    }
    let mut all = Decision::ALL.into_iter();
    all.find(|it| it.name() == value)
        .map(Some)
        .ok_or(StrangeForm)
}

/// What was filled in, decided of `verdict`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn decided(filled: &FilledIn, verdict: &Verdict) -> Result<Decisions, Problems> {
    let open = verdict.to_decide();
    let mut places = Vec::new();
    let mut stated = Vec::new();
    let mut problems = Problems::new();
    for (place, (finding, (decision, reason))) in open.iter().zip(&filled.items).enumerate() {
        match decision {
            Some(decision) => {
                places.push(place);
                stated.push(Stated {
                    check: finding.check.to_owned(),
                    subject: Some(verdict.whose(finding)),
                    decision: *decision,
                    reason: reason.clone(),
                });
            }
            None if reason.trim().is_empty() => {}
            None => {
                let check = finding.check;
                problems.push((
                    Some(place),
                    format!("{check}: it has a reason and no decision"),
                ));
            }
        }
    }
    let place = |problem: Undecidable| (problem.item.map(|item| places[item]), problem.message);
    match Decisions::of(verdict, &filled.by, &stated) {
        Ok(decisions) if problems.is_empty() => Ok(decisions),
        Ok(_) => Err(problems),
        Err(others) => {
            problems.extend(others.into_iter().map(place));
            problems.sort_by_key(|(place, _)| *place);
            Err(problems)
        }
    }
}

/// What stands in the form where `decisions` were made of `verdict` before.
#[must_use]
pub fn filled_in(decisions: Option<&Decisions>, verdict: &Verdict) -> FilledIn {
    let open = verdict.to_decide();
    let items = open.into_iter().map(|finding| {
        let decided = decisions.and_then(|it| it.on(verdict, finding));
        decided.map_or((None, String::new()), |it| {
            (Some(it.decision), it.reason.clone())
        })
    });
    FilledIn {
        // Whoever signs now is somebody else, or says so.
        by: String::new(),
        items: items.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_the_page_sends_it() {
        let body =
            b"form=x&decision-0=accept&reason-0=a%0D%0Ab&decision-1=undecided&reason-1=&by=J%C3%B6";
        let reply = Reply::read(body, 2).unwrap();
        assert_eq!(
            (reply.secret.as_str(), reply.filled.by.as_str()),
            ("x", "Jö")
        );
        assert_eq!(
            reply.filled.items,
            [
                (Some(Decision::Accept), "a\r\nb".to_owned()),
                (None, String::new())
            ]
        );
    }

    #[test]
    fn a_form_that_no_page_sends_is_refused() {
        let table: [&[u8]; 10] = [
            b"",
            b"form=x&by=J&decision-0=accept",
            b"form=x&by=J&decision-0=maybe&reason-0=",
            b"form=x&by=J&by=K&decision-0=accept&reason-0=",
            b"form=x&by=J&decision-0=accept&decision-0=reject&reason-0=",
            b"form=x&by=J&decision-0=accept&reason-0=&decision-1=accept&reason-1=",
            b"form=x&by=J&decision-0=accept&reason-0=&reason--1=",
            b"form=x&by=J&decision-0=accept&reason-0=&other=",
            b"form=x&by=J&decision-0=accept&reason-0=&verdict-0=",
            b"by=J&decision-0=accept&reason-0=",
        ];
        for body in table {
            assert_eq!(Reply::read(body, 1), Err(StrangeForm));
        }
    }
}
