//! The two histories of each check of this family.

use serde_json::{Value, json};

use crate::conformance::fixture::Kind;
use crate::event::Subject;
use crate::history::composer::Composer;
use crate::profile::{Declaration, Endpoints};

/// The history of `id` that conforms to it or breaks it; none for an id of another family.
pub(crate) fn compose(id: &str, kind: Kind) -> Option<Composer> {
    use Kind::{Breaking, Conforming};
    let mut run = Composer::of(Subject::Connector);
    match (id, kind) {
        ("AE-01" | "AE-02" | "AE-03" | "AE-04" | "AE-05", Conforming) => {
            offer(&mut run, "https://sandbox.bank.example/authorise/3f0c6d2e");
        }
        ("AE-01", Breaking) => offer(&mut run, "/authorise/3f0c6d2e"),
        ("AE-02", Breaking) => offer(&mut run, "https://elsewhere.example/authorise/3f0c6d2e"),
        ("AE-03", Breaking) => offer_links(
            &mut run,
            &json!({"authorise": {
                "href": "https://sandbox.bank.example/authorise/3f0c6d2e",
                "issuedAt": "2026-01-01T00:00:00Z",
                "expiresAt": "2026-01-01T00:20:00Z",
            }}),
        ),
        ("AE-04", Breaking) => {
            offer(
                &mut run,
                "https://sandbox.bank.example/authorise/3f0c6d2e?token=x",
            );
        }
        // What is wrong with it is declared.
        ("AE-05", Breaking) => {
            run.get_provider();
        }
        _ => return None,
    }
    Some(run)
}

/// The connector offers a link that is good for twenty minutes.
pub(crate) fn offer(run: &mut Composer, href: &str) {
    offer_links(
        run,
        &json!({"authorise": {
            "href": href,
            "authoriseIssuedAt": "2026-01-01T00:00:00Z",
            "authoriseExpiresAt": "2026-01-01T00:20:00Z",
        }}),
    );
}

/// The connector offers these links.
pub(crate) fn offer_links(run: &mut Composer, links: &Value) {
    let body = json!({"data": {"status": "AwaitingAuthorisation", "links": links}});
    run.send(
        "PATCH",
        "/api-provider-v1/subscriptions/s-1",
        body,
        204,
        Value::Null,
    );
}

/// What the provider of that history of `id` declares.
pub(crate) fn declaration(id: &str, kind: Kind) -> Declaration {
    let sandbox = "https://sandbox.bank.example/authorise";
    let production = match (id, kind) {
        ("AE-05", Kind::Breaking) => sandbox,
        _ => "https://bank.example/authorise",
    };
    Declaration {
        authorisation_endpoint: Endpoints {
            sandbox: Some(sandbox.into()),
            production: Some(production.into()),
        },
        ..Declaration::default()
    }
}
