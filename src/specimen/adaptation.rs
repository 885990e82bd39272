//! The reference connector on a platform with a certain profile.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Pacing, Policy, Statuses, Step};
use crate::profile::{Flow, Profile, Setter};

/// The status of a subscription that its user is to authorise
/// (`/payments-out/guides/consumer/retrieve-subscription-details`).
const AWAITING: &str = "AwaitingAuthorisation";

impl Policy {
    /// The reference for a platform that follows `profile`, for the Sage product `application`: at
    /// the agreed rate, with the profile's statuses, along its flows, and with the answer that
    /// notifications are to have.
    #[must_use]
    pub fn following(profile: &Profile, application: &str) -> Self {
        let own = profile.for_application(application);
        let mut policy = Self::reference();
        match &mut policy.pacing {
            Pacing::At { rate, .. } => *rate = own.rate.value,
            Pacing::Off => {}
        }
        policy.subscription = subscription(&own.flows["subscription"]);
        policy.batch = batch(&own.flows["batch"], &own.flows["payment"]);
        policy.statuses = Statuses::of(own);
        policy.reception.created = profile.notifications.expected_answer.value;
        policy
            .reception
            .audience
            .clone_from(&profile.notifications.audience.value);
        policy.reception.subject = Some(profile.token.platform_subject.value.clone());
        policy
    }
}

impl Statuses {
    /// The words of `profile`. Final statuses stand in its flows from success to failure.
    fn of(profile: &Profile) -> Self {
        let (batch, payment) = (&profile.flows["batch"], &profile.flows["payment"]);
        let batches = endings(batch);
        let first = |states: &[String]| states.first().cloned().unwrap_or_default();
        let last = |states: &[String]| states.last().cloned().unwrap_or_default();
        let payments = endings(payment);
        let mut received: Vec<String> = ["subscription", "batch"]
            .into_iter()
            .filter_map(|flow| beginning(&profile.flows[flow]))
            .map(str::to_owned)
            .collect();
        received.dedup();
        Self {
            received,
            paid: first(&payments),
            rejected: last(&payments),
            completed: first(&batches),
            partially_completed: match batches.as_slice() {
                [_, between, _, ..] => between.clone(),
                fewer => first(fewer),
            },
            failed: last(&batches),
        }
    }
}

/// What is done for a subscription: its user authorises it where the flow lets him.
fn subscription(flow: &Flow) -> Vec<Step> {
    let way = |from: Option<&str>, to| from.map_or_else(Vec::new, |from| way(flow, from, to));
    let start = beginning(flow);
    let first = way(start, AWAITING);
    let second = way(Some(AWAITING), Flow::AUTHORISED);
    let mut steps = vec![Step::Read];
    match first.split_last() {
        Some((offered, before)) if !second.is_empty() => {
            steps.extend(before.iter().cloned().map(Step::Set));
            steps.push(Step::Offer(offered.clone()));
            // The user authorises it.
            steps.push(Step::Work(Duration::from_secs(2)));
            steps.extend(second.into_iter().map(Step::Set));
        }
        Some(_) | None => {
            let direct = way(start, Flow::AUTHORISED);
            steps.extend(direct.into_iter().map(Step::Set));
        }
    }
    steps.push(Step::Read);
    steps
}

/// What is done for a batch: it and its payments go on to the last status before a final one, then
/// each payment ends, then the batch.
fn batch(batch: &Flow, payment: &Flow) -> Vec<Step> {
    let before_the_end = |flow: &Flow| {
        let last = endings(flow).first().cloned().unwrap_or_default();
        let mut way = beginning(flow).map_or_else(Vec::new, |start| way(flow, start, &last));
        way.pop();
        way
    };
    let (batches, payments) = (before_the_end(batch), before_the_end(payment));
    let together = |status: &String| payments.contains(status);
    let alone = |status: &&String| !batches.contains(status);
    let mut steps = vec![Step::Read];
    steps.extend(batches.iter().map(|status| {
        if together(status) {
            Step::Mark(status.clone())
        } else {
            Step::Set(status.clone())
        }
    }));
    steps.extend(payments.iter().filter(alone).cloned().map(Step::Mark));
    steps.extend([
        Step::Work(Duration::from_secs(1)),
        Step::Pay,
        Step::Close,
        Step::Read,
    ]);
    steps
}

/// The status with which a life begins.
fn beginning(flow: &Flow) -> Option<&str> {
    flow.states().find(|state| flow.is_initial(state))
}

/// The final statuses, in the order of the profile.
fn endings(flow: &Flow) -> Vec<String> {
    let endings = flow.states().filter(|state| flow.is_terminal(state));
    endings.map(str::to_owned).collect()
}

/// The shortest way on which a provider takes something from `from` to `to`, without `from`; empty
/// where there is none.
fn way(flow: &Flow, from: &str, to: &str) -> Vec<String> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(state) = open.pop_front() {
        for next in flow.edges().iter().filter(|edge| edge.from == state) {
            if next.set_by == Setter::Provider
                && next.to != from
                && !before.contains_key(next.to.as_str())
            {
                before.insert(&next.to, &next.from);
                open.push_back(&next.to);
            }
        }
    }
    let mut way = Vec::new();
    let mut state = to;
    while let Some(earlier) = before.get(state) {
        way.push(state.to_owned());
        state = earlier;
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    fn following(text: &str) -> Policy {
        let profile = Profile::with_override(text, "own.toml").unwrap();
        Policy::following(&profile, "sage.x3")
    }

    #[test]
    fn on_the_built_in_profile_it_is_the_reference() {
        assert_eq!(following(""), Policy::reference());
    }

    #[test]
    fn it_follows_rate_flows_and_answers_of_the_profile_and_of_the_product() {
        let policy = following(
            r#"
rate = 4
[notifications]
expected-answer = 200
audience = "us"
[application."sage.x3"]
rate = 3
[application."sage.x3".flows.subscription]
initial = ["Requested"]
terminal = ["Rejected"]
edges = [
  { from = "Requested", to = ["Checked", "Rejected"] },
  { from = "Checked", to = ["Authorised"] },
]
[flows.batch]
initial = ["New"]
terminal = ["Settled", "Lost"]
edges = [
  { from = "New", to = ["Taken"] },
  { from = "Taken", to = ["Working"] },
  { from = "Working", to = ["Settled", "Lost"] },
]
[flows.payment]
initial = ["New"]
terminal = ["Paid", "Bounced"]
edges = [
  { from = "New", to = ["Working"] },
  { from = "Working", to = ["Sent"] },
  { from = "Sent", to = ["Paid", "Bounced"] },
]
"#,
        );
        assert_eq!(
            policy.pacing,
            Pacing::At {
                rate: 3.0,
                burst: 1
            }
        );
        assert_eq!(policy.reception.created, 200);
        assert_eq!(policy.reception.audience.as_deref(), Some("us"));
        assert_eq!(
            policy.subscription,
            [
                Step::Read,
                Step::Set("Checked".into()),
                Step::Set("Authorised".into()),
                Step::Read,
            ]
        );
        assert_eq!(
            policy.batch[..4],
            [
                Step::Read,
                Step::Set("Taken".into()),
                Step::Mark("Working".into()),
                Step::Mark("Sent".into()),
            ]
        );
        assert_eq!(
            policy.statuses,
            Statuses {
                received: vec!["Requested".into(), "New".into()],
                paid: "Paid".into(),
                rejected: "Bounced".into(),
                completed: "Settled".into(),
                partially_completed: "Settled".into(),
                failed: "Lost".into(),
            }
        );
    }

    #[test]
    fn a_status_that_no_provider_can_reach_is_not_gone_for() {
        let policy = following(
            r#"
[flows.subscription]
initial = ["Received"]
terminal = ["Rejected"]
edges = [
  { from = "Received", to = ["Authorised"], by = "platform" },
  { from = "Received", to = ["Rejected"] },
]
"#,
        );
        assert_eq!(policy.subscription, [Step::Read, Step::Read]);
    }
}
