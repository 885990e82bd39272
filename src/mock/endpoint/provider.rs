//! A provider's own configuration. PATCH replaces: an element left out is removed
//! (`/payments-out/guides/provider/provider-api-update-provider-rules`).

use serde_json::{Map, Value};
use uuid::Uuid;

use super::Call;
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::client::Owner;
use crate::mock::country::is_country;
use crate::mock::error::Refusal;
use crate::mock::rule;

/// The elements that are the platform's and stay.
const FIXED: [&str; 2] = ["providerId", "clientID"];

pub(super) fn get(call: &mut Call<'_>) -> Result<Response, Refusal> {
    Ok(answer::data(200, &call.store.providers[&own(call)?]))
}

pub(super) fn patch(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let data = Part::data(call.body)?;
    let wanted = read(&data, call.profile.limits.payments_per_batch.value)?;
    let rules = rule::read_all(&data, &call.profile.rules)?;
    let provider = own(call)?;
    let mut configuration: Map<String, Value> = call.store.providers[&provider]
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
    let status = call.profile.updates.configuration_answer.value;
    let response = match status {
        204 | 205 => answer::empty(status),
        _ => answer::data(status, &configuration),
    };
    call.store.providers.insert(provider, configuration);
    call.rules.replace(provider, rules);
    Ok(response)
}

/// The provider in the path, which is the caller.
fn own(call: &Call<'_>) -> Result<Uuid, Refusal> {
    let id = call.id("provider")?;
    if !call.store.providers.contains_key(&id) {
        Err(Refusal::not_found("provider", &id.to_string()))
    } else if call.client.owner == Owner::Provider(id) {
        Ok(id)
    } else {
        Err(Refusal::foreign("provider", &id.to_string()))
    }
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
            if !is_country(country.text()?) {
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
    Ok(members)
}
