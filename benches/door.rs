//! Load at the door of observed connectors.
//!
//! Against a bare hyper server in the same minute: how many requests a second both serve, with
//! platform state and a history on disk and throttling off, round by round, because a machine that
//! does something else meanwhile moves the part by a third. The time of processors moves less. Then
//! the latency at a fixed rate, then the memory over many requests. The generator is our own, because
//! `wrk` need not be there: raw keep-alive connections that send prepared bytes, in this process; the
//! servers are processes of their own, so that their memory is theirs.
//!
//! `PREFLIGHT_BENCH_REQUESTS` shortens the last part (1,000,000). The target is 0.4 of the bare
//! server's requests a second; what is reached is told. Fails where it is less than three quarters of
//! that, or where memory grows.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads the machine's time and environment, and prints"
)]

#[path = "door/generator.rs"]
mod generator;
#[path = "door/server.rs"]
mod server;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use generator::Load;
use mimalloc::MiMalloc;
use server::{Kind, Server};

/// That of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How many rounds of bare server and door are measured, after one that is not counted.
const ROUNDS: usize = 3;

/// How long one round lasts.
const ROUND: Duration = Duration::from_secs(4);

/// The part of the bare server's requests a second that is aimed at.
const TARGET: f64 = 0.4;

/// The part that it is at least.
const PART: f64 = 0.3;

/// Requests a second of the test of latency, and how long it lasts.
const RATE: u32 = 1_000;
const LATENCY_TEST: Duration = Duration::from_secs(15);

/// By how much memory may grow from the tenth of the requests on, in MB.
const GROWTH: f64 = 30.0;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("serve-bare"), _) => return server::serve(Kind::Bare, Path::new("")),
        (Some("serve-door"), Some(file)) => return server::serve(Kind::Door, Path::new(&file)),
        _ => {}
    }
    let requests = std::env::var("PREFLIGHT_BENCH_REQUESTS")
        .ok()
        .and_then(|requests| requests.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut broken = Vec::new();
    if let Err(promise) = compare(folder.path()) {
        broken.push(promise);
    }
    tell_latency(folder.path());
    if let Err(promise) = watch_memory(folder.path(), requests) {
        broken.push(promise);
    }
    for promise in &broken {
        println!("BROKEN: {promise}");
    }
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Requests a second, side by side.
fn compare(folder: &Path) -> Result<(), String> {
    let mut rates = [Vec::new(), Vec::new()];
    let mut parts = Vec::new();
    let mut costs = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for (index, kind) in [Kind::Bare, Kind::Door].into_iter().enumerate() {
            let server = Server::start(kind, &folder.join("compared.ndjson"));
            let done = Load::new(&server).run_for(ROUND) as f64;
            if round > 0 {
                rates[index].push(done / ROUND.as_secs_f64());
                costs[index].push(server.processor_time().as_secs_f64() * 1e6 / done);
            }
        }
        if let [Some(bare), Some(door)] = rates.each_ref().map(|rates: &Vec<f64>| rates.last()) {
            println!(
                "round {round}: {bare:.0}/s and {door:.0}/s: {:.2}",
                door / bare
            );
            parts.push(door / bare);
        }
    }
    let [bare, door] = rates.each_mut().map(|rates| median(rates));
    let [bare_cost, door_cost] = costs.each_mut().map(|costs| median(costs));
    // Of one round both, so that what changes from round to round changes neither side.
    let part = median(&mut parts);
    println!("bare hyper {bare:.0}/s, {bare_cost:.1} µs of processors a request");
    println!("the door {door:.0}/s, {door_cost:.1} µs, with platform and history: {part:.2}");
    if part < TARGET {
        println!("below the target of {TARGET}");
    }
    if part < PART {
        return Err(format!(
            "the door serves {part:.2} of the bare server, not {PART}"
        ));
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Latency from the scheduled moment of sending, at a rate that does not wait for answers.
fn tell_latency(folder: &Path) {
    for kind in [Kind::Bare, Kind::Door] {
        let server = Server::start(kind, &folder.join("latency.ndjson"));
        let mut latencies = generator::open_loop(&server, RATE, LATENCY_TEST);
        latencies.sort();
        let at = |permille: usize| {
            let index = latencies.len() * permille / 1_000;
            latencies[index.min(latencies.len() - 1)].as_secs_f64() * 1e3
        };
        println!(
            "{RATE}/s, {kind:?}: {} answers; p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
            latencies.len(),
            at(500),
            at(950),
            at(990),
            at(999)
        );
    }
}

/// Memory of the door after a tenth, half and all of `requests`.
fn watch_memory(folder: &Path, requests: u64) -> Result<(), String> {
    let file = folder.join("memory.ndjson");
    let server = Server::start(Kind::Door, &file);
    let load = Load::new(&server);
    let mut done = 0;
    let mut sizes = Vec::new();
    for until in [requests / 10, requests / 2, requests] {
        done += load.run_count(until - done);
        let size = server.megabytes();
        println!("after {done} requests: {size:.1} MB resident");
        sizes.push(size);
    }
    let written = std::fs::metadata(&file).map_or(0, |file| file.len());
    println!("history: {:.0} MB on disk", written as f64 / 1e6);
    let growth = sizes[2] - sizes[0];
    if growth > GROWTH {
        return Err(format!("memory grew by {growth:.1} MB, more than {GROWTH}"));
    }
    Ok(())
}
