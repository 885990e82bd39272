//! Idempotency keys of the Consumer API: the same key with the same body gives the same answer.

use std::time::Duration;

use super::client::Client;
use super::error::Refusal;
use super::recent::Recent;
use crate::base::{Sha256Hex, Timestamp, later, sha256};
use crate::exchange::{Request, Response};

/// How many keys are remembered.
const KEYS: usize = 100_000;

/// How many bytes their answers have at most, together.
const BYTES: usize = 64 * 1024 * 1024;

/// What was answered under which key.
#[derive(Clone, Debug)]
pub(super) struct IdempotencyKeys {
    answers: Recent<Key, Remembered>,
}

/// The client, the path and the key.
type Key = (&'static str, String, String);

#[derive(Clone, Debug)]
struct Remembered {
    until: Timestamp,
    body: Sha256Hex,
    response: Response,
}

impl IdempotencyKeys {
    pub(super) fn new() -> Self {
        Self {
            answers: Recent::new(KEYS, BYTES),
        }
    }

    /// What the same request was answered before; a refusal if it was another request.
    pub(super) fn recall(
        &self,
        client: &Client,
        key: &str,
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<Response>, Refusal> {
        let key = self::key(client, key, request);
        match self.answers.get(&key) {
            Some(known) if now < known.until => {
                if known.body == sha256(request.body.bytes()) {
                    Ok(Some(known.response.clone()))
                } else {
                    Err(Refusal::new(
                        409,
                        "IdempotencyKeyReused",
                        "the idempotency key was used with another body",
                    ))
                }
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Remembers for `lifetime` what was answered.
    pub(super) fn remember(
        &mut self,
        client: &Client,
        key: &str,
        request: &Request,
        response: &Response,
        now: Timestamp,
        lifetime: Duration,
    ) {
        let remembered = Remembered {
            until: later(now, lifetime),
            body: sha256(request.body.bytes()),
            response: response.clone(),
        };
        self.answers.forget_while(|known| known.until <= now);
        let weight = response.body.len();
        self.answers
            .insert(self::key(client, key, request), remembered, weight);
    }
}

fn key(client: &Client, key: &str, request: &Request) -> Key {
    let id = client.credential.client_id;
    (id, request.path().to_owned(), key.to_owned())
}
