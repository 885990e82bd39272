//! newman and preflight side by side: what one asserts the other asserts, in the same order, with
//! the same messages; what one sends the other sends.
//!
//! These tests run where `PREFLIGHT_NEWMAN` names a newman installation: a folder with
//! `node_modules`.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

#[path = "../it/outcome.rs"]
#[allow(dead_code, reason = "the tests of the binary use more of it")]
mod outcome;
#[path = "../it/server.rs"]
#[allow(dead_code, reason = "the tests of the binary use more of it")]
mod server;
mod tool;
#[path = "../it/workplace.rs"]
#[allow(dead_code, reason = "the tests of the binary use more of it")]
mod workplace;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use preflight::base::{Clock, Random, Seed};
use preflight::mock::{Defects, Door, Platform};
use preflight::profile::Profile;

use crate::server::{Incoming, Reply, Server};
use crate::tool::{Manner, Observed, Tool, newman};
use crate::workplace::repository;

/// The file stems of the collections that we ship.
const SHIPPED: [&str; 3] = [
    "payments-out-consumer-api",
    "payments-out-provider-api",
    "throttling",
];

/// What differs between two lists, in words; nothing where they are the same.
fn difference(what: &str, newman: &[String], preflight: &[String]) -> String {
    if newman == preflight {
        return String::new();
    }
    let (theirs, ours) = (newman.join("\n"), preflight.join("\n"));
    let difference = similar::TextDiff::from_lines(&theirs, &ours);
    format!(
        "{what} (- newman, + preflight):\n{}\n",
        difference.unified_diff().context_radius(1)
    )
}

/// What differs between two runs, in words.
fn differences(what: &str, theirs: &Observed, ours: &Observed) -> String {
    let code = |observed: &Observed| vec![format!("{:?}", observed.code)];
    [
        ("assertions", &theirs.assertions, &ours.assertions),
        ("failures", &theirs.failures, &ours.failures),
        ("totals", &theirs.totals, &ours.totals),
        ("exit code", &code(theirs), &code(ours)),
    ]
    .into_iter()
    .map(|(part, theirs, ours)| difference(&format!("{what}, {part}"), theirs, ours))
    .collect()
}

fn shipped(stem: &str) -> PathBuf {
    repository().join(format!("collections/{stem}.postman_collection.json"))
}

fn own(stem: &str) -> PathBuf {
    repository().join(format!("fixtures/it/differential/{stem}.json"))
}

/// Runs a shipped collection with `tool` on a fresh mock.
async fn on_a_fresh_mock(tool: Tool, stem: &str) -> Observed {
    let platform = Platform::new(
        Arc::new(Profile::built_in()),
        Random::from_seed(Seed(1)),
        Defects::none(),
    );
    let door = Door::open(Arc::new(Mutex::new(platform)), Clock::system(), None)
        .await
        .expect("a loopback port is free");
    let base = format!("http://{}", door.address());
    let environment = repository().join("fixtures/environment/mock.postman_environment.json");
    let collection = shipped(stem);
    tokio::task::spawn_blocking(move || tool.run(&collection, Some(&environment), &base))
        .await
        .expect("waiting for a tool does not panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_collections_assert_the_same_in_both() {
    let Some(newman) = newman() else { return };
    let mut found = String::new();
    for stem in SHIPPED {
        let theirs = on_a_fresh_mock(Tool::Newman(newman.clone()), stem).await;
        for manner in [Manner::Strict, Manner::Newman] {
            let ours = on_a_fresh_mock(Tool::Preflight(manner), stem).await;
            found += &differences(&format!("{stem}, {manner:?}"), &theirs, &ours);
        }
        assert!(
            theirs.assertions.len() > 10,
            "{stem}: {:?}",
            theirs.assertions
        );
    }
    assert!(found.is_empty(), "{found}");
}

/// A server whose answers depend on the request alone.
fn answering_server() -> Server {
    Server::new(|request: &Incoming| {
        let path = request.path();
        let number = |prefix: &str| -> Option<u16> { path.strip_prefix(prefix)?.parse().ok() };
        if path == "/json" {
            return Reply::json(
                r#"{"name":"ann","count":3,"nothing":null,"deep":{"list":[1,2,3],"flag":false}}"#,
            );
        }
        if path == "/text" {
            return Reply::answer(200, &[("Content-Type", "text/plain")], "no { JSON");
        }
        if path == "/cookies" {
            let cookies = [
                ("Set-Cookie", "a=1; Path=/"),
                ("Set-Cookie", "b=two; Path=/echo"),
            ];
            return Reply::answer(200, &cookies, "");
        }
        if path == "/gzip" {
            let mut packer = GzEncoder::new(Vec::new(), Compression::default());
            packer
                .write_all("unpacked text".as_bytes())
                .expect("memory takes it");
            let packed = packer.finish().expect("memory takes it");
            let headers = [("Content-Type", "text/plain"), ("Content-Encoding", "gzip")];
            return Reply::answer(200, &headers, packed);
        }
        if path == "/redirect-kept" {
            return Reply::answer(307, &[("Location", "/echo")], "");
        }
        match (number("/redirect/"), number("/status/")) {
            (Some(0), _) => Reply::answer(200, &[], "arrived"),
            (Some(left), _) => {
                let next = format!("/redirect/{}", left - 1);
                Reply::answer(302, &[("Location", &next)], "")
            }
            (_, Some(status)) => Reply::answer(status, &[], ""),
            _ => Reply::json("{\"ok\":true}"),
        }
    })
}

/// Runs a collection of ours in both and holds what differs to what is known to differ, which the
/// snapshot of that name shows.
fn compare(stem: &str, manners: &[Manner]) {
    let Some(newman) = newman() else { return };
    let server = answering_server();
    let base = server.url("");
    let observe = |tool: &Tool| {
        let before = server.log().len();
        let observed = tool.run(&own(stem), None, &base);
        (observed, server.log()[before..].to_vec())
    };
    let (theirs, their_requests) = observe(&Tool::Newman(newman));
    assert!(!their_requests.is_empty(), "newman sent nothing");
    assert!(!theirs.assertions.is_empty(), "newman asserted nothing");
    let mut found = String::new();
    for manner in manners {
        let (ours, our_requests) = observe(&Tool::Preflight(*manner));
        let what = format!("{stem}, {manner:?}");
        found += &differences(&what, &theirs, &ours);
        found += &difference(
            &format!("{what}, environment"),
            &theirs.environment,
            &ours.environment,
        );
        found += &difference(
            &format!("{what}, requests"),
            &tool::wire(&their_requests, *manner),
            &tool::wire(&our_requests, *manner),
        );
    }
    let port = server.address().to_string();
    insta::assert_snapshot!(format!("{stem}_differs"), found.replace(&port, "[address]"));
}

const BOTH: [Manner; 2] = [Manner::Strict, Manner::Newman];

#[test]
fn failing_assertions_have_the_same_messages() {
    compare("failing_assertions", &BOTH);
}

#[test]
fn asynchronous_scripts_have_the_same_outcome() {
    compare("asynchronous", &[Manner::Newman]);
}

#[test]
fn legacy_scripts_have_the_same_outcome() {
    compare("legacy", &BOTH);
}

#[test]
fn folders_and_jumps_go_the_same_way() {
    compare("flow", &BOTH);
}

#[test]
fn variables_have_the_same_values() {
    compare("variables", &BOTH);
}

#[test]
fn the_same_requests_are_sent() {
    compare("requests", &BOTH);
}

#[test]
fn requests_are_signed_alike() {
    compare("signed", &[Manner::Newman]);
}

#[test]
fn odd_requests_are_sent_alike() {
    compare("wire", &[Manner::Newman]);
}
