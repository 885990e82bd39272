//! How long `judge` takes, and how much memory, on histories of 10,000 to 1,000,000 exchanges.
//!
//! The histories are those of the reference connector, batch after batch in logical time. Each is
//! judged three times, the sizes in turn, so that whatever else the machine does hits all; the
//! fastest counts. `PREFLIGHT_BENCH_EXCHANGES` is the largest size (100,000 without it: the whole
//! needs some minutes and gigabytes). Aimed at are 3 s and 400 MB for a million; what is reached is
//! told. Fails where an exchange of the largest costs more than 1.3 times one of the smallest.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads the machine's time and environment, and prints"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Exchanges that come of one batch.
const OF_A_BATCH: usize = 7;

/// How many batches one act of a plan can submit.
const OF_AN_ACT: usize = 100_000;

/// How often each history is judged.
const ROUNDS: usize = 3;

/// How much dearer an exchange of a large history may be than one of a small one.
const LINEAR: f64 = 1.3;

/// How often the memory of the process is looked at.
const LOOK: Duration = Duration::from_millis(2);

struct Size {
    exchanges: usize,
    history: PathBuf,
    fastest: Duration,
    /// In MB.
    peak: f64,
}

fn main() -> ExitCode {
    let largest = std::env::var("PREFLIGHT_BENCH_EXCHANGES")
        .ok()
        .and_then(|exchanges| exchanges.parse().ok())
        .unwrap_or(100_000_usize);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sizes: Vec<Size> = std::iter::successors(Some(10_000), |size| Some(size * 10))
        .take_while(|exchanges| *exchanges <= largest)
        .map(|exchanges| Size {
            exchanges,
            history: record(folder.path(), exchanges),
            fastest: Duration::MAX,
            peak: 0.0,
        })
        .collect();
    for _ in 0..ROUNDS {
        for size in &mut sizes {
            let (lasted, peak) = judged(&size.history);
            size.fastest = size.fastest.min(lasted);
            size.peak = size.peak.max(peak);
        }
    }
    let mut costs = Vec::new();
    for size in &sizes {
        let seconds = size.fastest.as_secs_f64();
        let each = seconds * 1e6 / f64::from(u32::try_from(size.exchanges).unwrap_or(u32::MAX));
        println!(
            "{:>9} exchanges: {seconds:.2} s, {each:.1} µs each, {:.0} MB at most",
            size.exchanges, size.peak
        );
        costs.push(each);
    }
    let dearer = match costs.as_slice() {
        [first, .., last] => last / first,
        _ => 1.0,
    };
    println!("an exchange of the largest costs {dearer:.2} of one of the smallest");
    if dearer > LINEAR {
        println!("BROKEN: more than {LINEAR}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A history of about so many exchanges.
fn record(folder: &Path, exchanges: usize) -> PathBuf {
    let plan = folder.join("plan.toml");
    let mut text = r#"name = "many"
description = "One batch after the other."

[[scenario]]
name = "Many batches"
description = "One batch after the other."
budget = "2000h"
"#
    .to_owned();
    let mut batches = exchanges / OF_A_BATCH;
    while batches > 0 {
        let times = batches.min(OF_AN_ACT);
        batches -= times;
        text += "\n[[scenario.act]]\ndo = \"submit-batch\"\nevery = \"2s\"\n";
        text += &format!("times = {times}\n");
    }
    std::fs::write(&plan, text).expect("the folder is ours");
    let evidence = folder.join(exchanges.to_string());
    let status = Command::new(env!("CARGO_BIN_EXE_preflight"))
        .args([
            "observe",
            "--specimen",
            "reference",
            "--gate",
            "ci",
            "--plan",
        ])
        .arg(&plan)
        .arg("--evidence")
        .arg(&evidence)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("preflight starts");
    // A plan as small as this exercises few checks: no verdict is waited for.
    assert!(status.code().is_some_and(|code| code < 5), "{status}");
    let history = evidence.join("history.ndjson");
    let bytes = std::fs::read(&history).expect("the observation wrote it");
    let exchange = b"\"kind\":\"exchange\"";
    let lines = bytes.split(|byte| *byte == b'\n');
    let found = lines.filter(|line| line.windows(exchange.len()).any(|it| it == exchange));
    let found = found.count();
    assert!(found * 10 >= exchanges * 9, "{found} exchanges");
    history
}

/// How long it takes to judge `history`, and the peak of memory in MB.
fn judged(history: &Path) -> (Duration, f64) {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_preflight"))
        .args(["judge", "--gate", "ci"])
        .arg(history)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("preflight starts");
    let mut peak = 0.0;
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            assert!(status.code().is_some_and(|code| code < 5), "{status}");
            return (began.elapsed(), peak);
        }
        peak = f64::max(peak, peak_of(child.id()));
        std::thread::sleep(LOOK);
    }
}

/// The peak of the memory of a process so far, in MB.
fn peak_of(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|size| size.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}
