//! The two histories of each check of this family.

use super::LISTS;
use super::probe::Probe;
use crate::conformance::fixture::Kind;
use crate::event::{Expectation, Noticed, Origin, ProbeRole, Subject};
use crate::exchange::{Outcome, Vantage};
use crate::history::composer::Composer;
use crate::profile::Declaration;

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    if !id.starts_with("NP-") {
        return None;
    }
    let mut block = Block::new();
    block.control();
    let (_, probes) = LISTS
        .iter()
        .find(|(check, _)| *check == id)
        .copied()
        .unwrap_or((id, &[]));
    // The probe that shows it: the last that can be answered wrong. Pairs are told by their effects.
    let telling = probes
        .iter()
        .rfind(|probe| wrong(probe.expect).is_some() && probe.name != "first");
    for probe in probes {
        let status = match kind {
            Kind::Breaking if telling == Some(probe) => wrong(probe.expect),
            Kind::Conforming | Kind::Breaking => None,
        };
        block.probe(id, probe, status.unwrap_or_else(|| right(probe.expect)));
        match (id, probe.name, kind) {
            ("NP-50", "again", _) | ("NP-53", "changed", _) => block.effect(kind),
            ("NP-61", "tls-1.1", _) => block.handshake(kind),
            _ => {}
        }
    }
    block.control();
    Some(block.run)
}

/// What the provider of the histories of `id` declares: nothing, for what was probed stands in the
/// history.
pub(crate) fn declaration(id: &str) -> Declaration {
    let _ = id;
    Declaration::default()
}

/// Probes between two controls.
struct Block {
    run: Composer,
    /// The resource of the last probe.
    resource: String,
    sent: u32,
}

impl Block {
    fn new() -> Self {
        Self {
            run: Composer::of(Subject::Endpoint),
            resource: String::new(),
            sent: 0,
        }
    }

    fn control(&mut self) {
        let valid = super::valid_request::PROBES[0];
        self.probe("NP-00", &valid, 201);
    }

    fn probe(&mut self, id: &str, probe: &Probe, status: u16) {
        self.sent += 1;
        // A pair of probes tells of one resource.
        self.resource = match probe.name {
            "first" | "again" | "changed" => format!("{id}-resource"),
            name => format!("{id}-{name}-{}", self.sent),
        };
        let what = (id, probe.name);
        self.run
            .probe(what, (probe.role, probe.expect), &self.resource, status);
        let challenged = status == 401;
        self.run.with(|exchange| {
            exchange.vantage = Vantage::Client;
            if let (true, Outcome::Response(response)) = (challenged, &mut exchange.outcome) {
                response.headers.push("WWW-Authenticate", "Bearer");
            }
        });
        if probe.role == ProbeRole::Control {
            self.ask();
        }
    }

    /// The endpoint's software asks for the resource.
    fn ask(&mut self) {
        let path = format!("/api-provider-v1/subscriptions/{}", self.resource);
        let nothing = serde_json::Value::Null;
        self.run
            .send("GET", &path, nothing.clone(), 404, nothing)
            .sent_by(Origin::Connector)
            .with(|exchange| exchange.vantage = Vantage::Mock);
    }

    /// The effect of a pair of probes, once or twice.
    fn effect(&mut self, kind: Kind) {
        self.ask();
        if kind == Kind::Breaking {
            self.ask();
        }
    }

    /// A handshake instead of a request.
    fn handshake(&mut self, kind: Kind) {
        self.run.take_back();
        let noticed = match kind {
            Kind::Conforming => Noticed::HandshakeRefused,
            Kind::Breaking => Noticed::HandshakeAccepted,
        };
        self.run.notice(noticed);
    }
}

/// A status that is right.
fn right(expect: Expectation) -> u16 {
    match expect {
        Expectation::Created
        | Expectation::Accepted
        | Expectation::AcceptedIdeally
        | Expectation::AcceptedOrRefused
        | Expectation::TakenOnce
        | Expectation::NothingNew => 201,
        Expectation::Refused
        | Expectation::RefusedIdeally
        | Expectation::Challenged
        | Expectation::RefusedUnread
        | Expectation::Shown => 401,
        Expectation::Forbidden | Expectation::RefusedOrForbidden => 403,
        Expectation::MethodNotAllowed => 405,
        Expectation::UnsupportedMediaType => 415,
        Expectation::TooLarge => 413,
        Expectation::RefusedOrMalformed | Expectation::BadRequest | Expectation::NotServed => 400,
    }
}

/// A status that is as wrong as can be; none where nothing is.
fn wrong(expect: Expectation) -> Option<u16> {
    match expect {
        Expectation::Created | Expectation::Accepted | Expectation::AcceptedIdeally => Some(401),
        Expectation::Refused
        | Expectation::Challenged
        | Expectation::RefusedOrMalformed
        | Expectation::Forbidden
        | Expectation::RefusedOrForbidden
        | Expectation::MethodNotAllowed
        | Expectation::UnsupportedMediaType
        | Expectation::TooLarge
        | Expectation::BadRequest
        | Expectation::RefusedUnread => Some(201),
        // Their pairs are broken by effects, their handshakes by being gone on with.
        Expectation::TakenOnce
        | Expectation::NothingNew
        | Expectation::NotServed
        | Expectation::RefusedIdeally
        | Expectation::AcceptedOrRefused
        | Expectation::Shown => None,
    }
}
