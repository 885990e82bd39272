//! Who sent the exchanges of an archive.

use std::collections::BTreeSet;

use crate::base::{Sha256Hex, sha256};
use crate::event::Origin;
use crate::exchange::Exchange;
use crate::history::Api;

/// Tells the connector from the product, where an archive has both: whoever records a system test
/// records both.
pub(super) struct Parties {
    /// The clients whose tokens only the product uses.
    of_product: BTreeSet<Sha256Hex>,
}

impl Parties {
    pub(super) fn of(calls: &[(Api, Exchange)]) -> Self {
        let bearers = |wanted: Api| -> BTreeSet<Sha256Hex> {
            calls
                .iter()
                .filter(|(api, _)| *api == wanted)
                .filter_map(|(_, exchange)| bearer(exchange))
                .collect()
        };
        let clients = |tokens: &BTreeSet<Sha256Hex>| -> BTreeSet<Sha256Hex> {
            calls
                .iter()
                .filter(|(api, _)| *api == Api::Identity)
                .filter(|(_, exchange)| issued(exchange).is_some_and(|it| tokens.contains(&it)))
                .map(|(_, exchange)| client(exchange))
                .collect()
        };
        let of_connector = clients(&bearers(Api::Provider));
        let of_product = clients(&bearers(Api::Consumer));
        Self {
            of_product: of_product.difference(&of_connector).cloned().collect(),
        }
    }

    pub(super) fn origin(&self, api: Api, exchange: &Exchange) -> Origin {
        match api {
            // Only the product speaks to it.
            Api::Consumer => Origin::Product,
            Api::Identity if self.of_product.contains(&client(exchange)) => Origin::Product,
            Api::Identity | Api::Provider | Api::Elsewhere => Origin::Connector,
        }
    }
}

fn bearer(exchange: &Exchange) -> Option<Sha256Hex> {
    let (_, token) = exchange
        .request
        .headers
        .get("authorization")?
        .trim()
        .split_once(' ')?;
    Some(sha256(token.trim().as_bytes()))
}

fn issued(exchange: &Exchange) -> Option<Sha256Hex> {
    let answer = exchange.response()?.body.json()?;
    Some(sha256(answer["access_token"].as_str()?.as_bytes()))
}

/// What stands for the client that asks for a token: its id, or else its basic credentials.
fn client(exchange: &Exchange) -> Sha256Hex {
    let body = &exchange.request.body;
    let in_json = || Some(body.json()?["client_id"].as_str()?.to_owned());
    let in_form = || {
        let form: Vec<(String, String)> = serde_urlencoded::from_bytes(body.bytes()).ok()?;
        form.into_iter().find(|(name, _)| name == "client_id")
    };
    let in_header = || exchange.request.headers.get("authorization");
    let id = in_json()
        .or_else(|| in_form().map(|(_, id)| id))
        .or_else(|| in_header().map(str::to_owned));
    sha256(id.unwrap_or_default().as_bytes())
}
