//! A provider's own configuration. PATCH replaces: an element left out is removed
//! (`/payments-out/guides/provider/provider-api-update-provider-rules`).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Call;
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::error::Refusal;

/// The elements that are the platform's and stay.
const FIXED: [&str; 2] = ["providerId", "clientID"];

pub(super) fn get(call: &mut Call<'_>) -> Result<Response, Refusal> {
    Ok(answer::json(200, &json!({"data": own(call)?})))
}

pub(super) fn patch(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let data = Part::data(call.body)?;
    let wanted = read(&data, call.profile.limits.payments_per_batch.value)?;
    let mut configuration: Map<String, Value> = own(call)?
        .iter()
        .filter(|(name, _)| FIXED.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for (name, value) in wanted {
        match configuration.get(name) {
            Some(fixed) if fixed != value => {
                return Err(data.refuse(format!("`{name}` cannot be changed")));
            }
            Some(_) => {}
            None => {
                configuration.insert(name.clone(), value.clone());
            }
        }
    }
    call.store
        .providers
        .insert(call.tenant.provider_id, configuration);
    Ok(answer::empty(204))
}

fn own<'c>(call: &'c Call<'_>) -> Result<&'c Map<String, Value>, Refusal> {
    let id = call.id("provider")?;
    if id == call.tenant.foreign_provider_id {
        return Err(Refusal::foreign("provider", &id.to_string()));
    }
    call.store
        .providers
        .get(&id)
        .ok_or_else(|| Refusal::not_found("provider", &id.to_string()))
}

/// What is known of the form of a configuration (`/payments-out/guides/understand-provider-json`).
fn read<'b>(data: &Part<'b>, payments_per_batch: u32) -> Result<&'b Map<String, Value>, Refusal> {
    let members = data.object()?;
    if members.is_empty() {
        return Err(data.refuse("is empty; it would remove the whole configuration"));
    }
    for name in [
        "name",
        "author",
        "defaultLanguage",
        "defaultLocalInstrument",
    ] {
        if let Some(text) = data.member(name)? {
            text.text()?;
        }
    }
    if let Some(countries) = data.member("country")? {
        for country in countries.items()? {
            let code = country.text()?;
            if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                return Err(country.refuse("is not a country code of ISO 3166-1 alpha-2"));
            }
        }
    }
    for name in ["supportedLanguages", "localInstruments"] {
        if let Some(list) = data.member(name)? {
            for item in list.items()? {
                item.text()?;
            }
        }
    }
    if let Some(count) = data.member("maximumPaymentCount")?
        && !count
            .value()
            .as_u64()
            .is_some_and(|count| (1..=u64::from(payments_per_batch)).contains(&count))
    {
        return Err(count.refuse(format!(
            "is not a whole number from 1 to {payments_per_batch}"
        )));
    }
    if let Some(types) = data.member("accountType")?
        && let Some(rules) = types.member("validationRules")?
    {
        let mut seen = BTreeSet::new();
        for rule in rules.items()? {
            let id = rule.need("ruleId")?;
            rule.need("validation")?.object()?;
            if !seen.insert(id.text()?) {
                return Err(id.refuse("is the id of an earlier rule"));
            }
        }
    }
    Ok(members)
}
