//! A provider reads its subscriptions, changes their status and adds the authorisation link.

use super::{Call, transition};
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::error::Refusal;

pub(super) fn get(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let id = call.id("subscription")?;
    call.own_subscription(id)?;
    Ok(answer::data(200, &call.store.subscriptions[&id]))
}

pub(super) fn patch(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let data = Part::data(call.body)?;
    let flow = call.flow("subscription");
    let status = data
        .member("status")?
        .map(|status| status.status(flow))
        .transpose()?;
    let links = data
        .member("links")?
        .map(|links| links.links())
        .transpose()?;
    let additional_data = data
        .member("additionalData")?
        .map(|data| data.additional_data())
        .transpose()?;
    if status.is_none() && links.is_none() && additional_data.is_none() {
        return Err(data.refuse("has none of `status`, `links` and `additionalData`"));
    }

    let id = call.id("subscription")?;
    call.own_subscription(id)?;
    let law = call.law(flow);
    let subscription = call
        .store
        .subscriptions
        .get_mut(&id)
        .expect("own_subscription found it");
    if let Some(status) = status {
        let what = || format!("subscription {id}");
        transition::allow(law, what, &subscription.status, status)?;
        status.clone_into(&mut subscription.status);
    }
    for (name, link) in links.into_iter().flatten() {
        subscription.links.insert(name.clone(), link.clone());
    }
    if let Some(additional_data) = additional_data {
        subscription.additional_data = additional_data;
    }
    Ok(answer::empty(204))
}
