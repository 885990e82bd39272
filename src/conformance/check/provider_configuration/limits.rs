//! A request keeps to the limits of a batch.
//!
//! # What is required
//!
//! A request names no more payments than a batch may have (2,000, or fewer where the agreed profile
//! says so), and no more than the provider's own `maximumPaymentCount`; its body has no more than
//! 5 MB.
//!
//! # Why
//!
//! What is larger is refused as a whole, after the payments were made.
//!
//! # How it is judged
//!
//! FAIL for a request of the connector to the Provider API whose body is larger, or whose
//! `data.payments` has more members, than the profile that holds for the request's `x-application`
//! allows, or than the `maximumPaymentCount` that was read or set last before it. Reported as REVIEW:
//! the limits are stated for what products submit, not for what providers send. NOT_EXERCISED where
//! no request with a body was seen.
//!
//! # An example that conforms
//!
//! 2,000 payments, updated in four requests of 500.
//!
//! # Sources
//!
//! `/payments-out/guides/consumer/submit-and-process-electronic-payments` (2,000 payments, 5 MB);
//! `/payments-out/guides/understand-provider-json` (`maximumPaymentCount`).

use super::configuration::{How, configurations};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// PC-03.
pub const CHECK: Check = Check {
    id: "PC-03",
    family: Family::ProviderConfiguration,
    title: "A request keeps to the limits of a batch",
    clauses: &["PO-LIMITS"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform confirms that the limits hold for what providers send",
    source: include_str!("limits.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let own: Vec<(u64, usize)> = configurations(evidence, profile)
        .iter()
        .filter(|configuration| configuration.how != How::Declined)
        .filter_map(|configuration| {
            let most = configuration.data.get("maximumPaymentCount")?.as_u64()?;
            Some((configuration.call.sequence, usize::try_from(most).ok()?))
        })
        .collect();
    let mut judged = 0;
    let (mut largest, mut most) = (0, 0);
    let mut violations = Vec::new();
    for call in evidence
        .provider_calls()
        .filter(|call| call.provokes.is_empty())
    {
        let body = &call.exchange.request.body;
        if body.is_empty() {
            continue;
        }
        judged += 1;
        let application = call.header(&profile.headers.application.value);
        let agreed = application.map_or(profile, |name| profile.for_application(name));
        let bytes = agreed.limits.body_bytes.value;
        let payments = usize::try_from(agreed.limits.payments_per_batch.value);
        let payments = payments.unwrap_or(usize::MAX);
        let before = own.partition_point(|(place, _)| *place < call.sequence);
        let last = before.checked_sub(1).map(|place| own[place].1);
        let payments = last.map_or(payments, |own| payments.min(own));
        let named = body
            .may_name("payments")
            .then(|| body.json())
            .flatten()
            .and_then(|body| Some(body["data"]["payments"].as_array()?.len()));
        let named = named.unwrap_or_default();
        (largest, most) = (largest.max(body.len()), most.max(named));
        if body.len() > bytes {
            let message = format!("has {} bytes; {bytes} are allowed", body.len());
            violations.push((call, message));
        } else if named > payments {
            let message = format!("names {named} payments; {payments} are allowed");
            violations.push((call, message));
        }
    }
    let ruling = match violations.as_slice() {
        [(call, message), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} {message}{}.",
                call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([call.place()])),
        [] if judged == 0 => Ruling::new(Level::NotExercised, "No request with a body was seen."),
        [] => Ruling::new(
            Level::Pass,
            format!("{} within the limits.", counted(judged, "request")),
        ),
    };
    ruling
        .with("largest body", format!("{largest} bytes"))
        .with("most payments", most)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::{BATCH, PROVIDER, found};
    use crate::history::composer::Composer;

    #[test]
    fn the_own_limit_counts_from_the_moment_in_which_it_is_known() {
        for (before, named, level) in [
            (None, 2_000, Level::Pass),
            (None, 2_001, Level::Fail),
            (Some(10), 10, Level::Pass),
            (Some(10), 11, Level::Fail),
        ] {
            let mut run = Composer::of(Subject::Connector);
            if let Some(most) = before {
                let shown = json!({"data": {"maximumPaymentCount": most}});
                run.send("GET", PROVIDER, Value::Null, 200, shown);
            }
            let body = json!({"data": {"payments": vec![json!({}); named]}});
            run.send("PATCH", BATCH, body, 204, Value::Null);
            let finding = found(&CHECK, &mut run);
            assert_eq!(
                finding.raw, level,
                "{before:?} {named}: {}",
                finding.message
            );
        }
    }

    #[test]
    fn a_product_may_have_limits_of_its_own() {
        let text = "[application.\"sage.intacct\"]\nlimits.body-bytes = 20\n";
        let profile = Profile::with_override(text, "own.toml").unwrap();
        let mut run = Composer::of(Subject::Connector);
        let body = json!({"data": {"status": "Processing"}});
        run.send("PATCH", BATCH, body, 204, Value::Null);
        let history = run.history();
        let finding = CHECK.judge(&Evidence::of(&history, &profile), &profile);
        assert_eq!(finding.raw, Level::Fail, "{}", finding.message);
        assert_eq!(finding.reported, Level::Review);
    }
}
