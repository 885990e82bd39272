//! Idempotency keys of the Consumer API: the same key with the same body gives the same answer.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::Refusal;
use crate::base::{Sha256Hex, Timestamp, sha256};
use crate::exchange::{Request, Response};

/// What was answered under which key.
#[derive(Clone, Debug)]
pub(super) struct IdempotencyKeys {
    lifetime: Duration,
    answers: BTreeMap<Key, Remembered>,
}

/// The path and the key.
type Key = (String, String);

#[derive(Clone, Debug)]
struct Remembered {
    until: Timestamp,
    body: Sha256Hex,
    response: Response,
}

impl IdempotencyKeys {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            answers: BTreeMap::new(),
        }
    }

    /// What the same request was answered before; a refusal if it was another request.
    pub(super) fn recall(
        &self,
        key: &str,
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<Response>, Refusal> {
        let key = (request.path().to_owned(), key.to_owned());
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

    pub(super) fn remember(
        &mut self,
        key: &str,
        request: &Request,
        response: &Response,
        now: Timestamp,
    ) {
        self.answers.insert(
            (request.path().to_owned(), key.to_owned()),
            Remembered {
                until: now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX),
                body: sha256(request.body.bytes()),
                response: response.clone(),
            },
        );
    }
}
