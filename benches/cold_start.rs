//! Cold start against newman, side by side: one request with one script, from `exec` to exit.
//!
//! Needs newman: `PREFLIGHT_NEWMAN` names a folder that holds `node_modules` with it. Runs the two
//! tools in alternating pairs, so that whatever else the machine does hits both, and prints
//! medians, their ratio and the peak memory. Fails where a promise is broken: at least six times
//! faster, at most 30 MB.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads the machine's time and environment, and prints"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// How many pairs are measured, after one that is not counted.
const PAIRS: usize = 9;

/// How many times faster than newman a cold start is at least.
const FASTER: f64 = 6.0;

/// The peak memory of a run at most, in MB.
const MEGABYTES: f64 = 30.0;

fn main() -> ExitCode {
    let Some(newman) = std::env::var_os("PREFLIGHT_NEWMAN") else {
        println!("cold start: skipped; PREFLIGHT_NEWMAN names no folder with newman in it");
        return ExitCode::SUCCESS;
    };
    let newman = Path::new(&newman).join("node_modules/newman/bin/newman.js");
    let address = serve();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collection = folder.path().join("one.postman_collection.json");
    std::fs::write(&collection, one_request(&address)).expect("the folder is new");

    let preflight = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
        command.arg("run").arg(&collection);
        timed(command)
    };
    let newman = || {
        let mut command = Command::new("node");
        command.arg(&newman).arg("run").arg(&collection);
        timed(command)
    };
    // Alone first: the peak over all children so far is then preflight's.
    preflight();
    let memory = peak_megabytes();
    let mut pairs = Vec::new();
    for pair in 0..=PAIRS {
        let times = (preflight(), newman());
        if pair > 0 {
            pairs.push(times);
        }
    }
    let ours = median(pairs.iter().map(|(ours, _)| *ours));
    let theirs = median(pairs.iter().map(|(_, theirs)| *theirs));
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("cold start, one request and one script, medians of {PAIRS} pairs");
    println!(
        "  preflight {:7.1} ms, peak {memory:.1} MB",
        ours.as_secs_f64() * 1e3
    );
    println!(
        "  newman    {:7.1} ms, peak {:.1} MB",
        theirs.as_secs_f64() * 1e3,
        peak_megabytes()
    );
    println!("  preflight is {ratio:.1} times faster (promised: {FASTER})");
    if ratio >= FASTER && memory <= MEGABYTES {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs a command that must succeed.
fn timed(mut command: Command) -> Duration {
    let started = Instant::now();
    let status = command
        .stdout(Stdio::null())
        .status()
        .expect("the command can be started");
    let time = started.elapsed();
    assert!(status.success(), "{command:?} failed: {status}");
    time
}

fn peak_megabytes() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("every Unix tells");
    usage.max_rss() as f64 / 1024.0
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times[times.len() / 2]
}

/// A server that answers everything with the same small JSON, until the process ends.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(|| answer(stream));
        }
    });
    address
}

fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        if line == "\r\n" {
            writer.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
            )?;
        }
        line.clear();
    }
    Ok(())
}

fn one_request(address: &str) -> String {
    let script = [
        "pm.test('status', function () { pm.response.to.have.status(200); });",
        "pm.test('body', function () { pm.expect(pm.response.json().a).to.eql(1); });",
        "pm.test('header', function () { pm.expect(pm.response.headers.get('content-type')).to.include('json'); });",
    ];
    serde_json::json!({
        "info": { "name": "One", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "item": [{
            "name": "one",
            "request": { "method": "GET", "url": format!("http://{address}/") },
            "event": [{ "listen": "test", "script": { "exec": script } }]
        }]
    })
    .to_string()
}
