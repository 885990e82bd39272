//! Whatever a connector does: the observation ends with a readable history, a clear message and
//! the right exit code, and no process is left.

use std::net::TcpListener;
use std::os::unix::fs::symlink;

use preflight::event::End;
use preflight::history::History;

use crate::observation::{
    exchanges, finish, interrupt, is_alive, log, observe, processes, rehearsal, rogue, states,
    wait_for_log, wait_until,
};
use crate::workplace::{Running, Workplace, send};

#[test]
fn a_connector_that_gives_up_at_once_is_told_with_its_last_words() {
    let place = rehearsal(1, 60_000);
    let child = observe(&place, &rogue("gives_up_at_once"), &[]);
    let outcome = finish(&place, child, 6, End::TargetUnreachable);
    assert!(
        outcome
            .stderr
            .contains("the connector is gone: it ended with exit code 1"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("cannot read my configuration"));
    assert_eq!(states(&place), ["started", "exited"]);
}

#[test]
fn a_program_that_there_is_not_is_refused() {
    let place = rehearsal(1, 60_000);
    let child = observe(
        &place,
        "no-such-program --at all",
        &["--env-file", "new.env"],
    );
    let outcome = place.finish(child).expect_refused();
    assert!(
        outcome.stderr.contains("no-such-program"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("help:"), "{}", outcome.stderr);
    nothing_was_begun(&place);
    assert!(!place.path("new.env").exists());
    // Beside a replay something was sent, so that its verdict says what is missing.
    let line = "certify --connector no-such-program --gate ci";
    let outcome = place.line(line).expect(6);
    assert!(
        outcome.stderr.contains("no-such-program"),
        "{}",
        outcome.stderr
    );
    assert_eq!(place.json("evidence/results.json")["gate"]["exit"], 6);
    assert!(!place.path("evidence/observation.ndjson").exists());
}

/// Holds an observation to have left nothing that could be taken for evidence.
#[track_caller]
fn nothing_was_begun(place: &Workplace) {
    assert_eq!(place.files("evidence"), []);
}

#[test]
fn a_connector_that_never_listens_is_not_waited_for_for_ever() {
    let place = rehearsal(1, 60_000);
    let child = observe(
        &place,
        &rogue("never_listens"),
        &["--ready-timeout", "500ms"],
    );
    let outcome = finish(&place, child, 6, End::TargetUnreachable);
    assert!(
        outcome.stderr.contains("was not ready within 500ms"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("still starting"));
    assert_eq!(states(&place), ["started", "stopped"]);
}

#[test]
fn a_connector_that_does_nothing_uses_up_its_scenarios() {
    let place = rehearsal(3, 300);
    let child = observe(&place, &rogue("listens_and_does_nothing"), &[]);
    let outcome = finish(&place, child, 6, End::TargetUnreachable);
    assert!(
        outcome
            .stderr
            .contains("did not do what the plan waits for"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome
            .stderr
            .contains("the scenario «Batch 1» was not completed: "),
        "{}",
        outcome.stderr
    );
    assert_eq!(states(&place), ["started", "ready", "stopped"]);
}

#[test]
fn a_time_budget_ends_the_plan() {
    let place = rehearsal(1, 60_000);
    let child = observe(
        &place,
        &rogue("listens_and_does_nothing"),
        &["--time-budget", "500ms"],
    );
    let outcome = finish(&place, child, 3, End::TimeBudget);
    assert!(
        outcome.stderr.contains("--time-budget"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_connector_that_is_killed_in_the_middle_is_told() {
    let place = rehearsal(1, 60_000);
    let child = observe(&place, &rogue("asks_for_a_token_and_waits"), &[]);
    wait_for_log(&place, "the token is here");
    send("KILL", processes(&place)[0]);
    let outcome = finish(&place, child, 6, End::TargetUnreachable);
    assert!(
        outcome
            .stderr
            .contains("the connector is gone: signal 9 ended it"),
        "{}",
        outcome.stderr
    );
    assert_eq!(states(&place), ["started", "ready", "exited"]);
}

#[test]
fn ctrl_c_and_its_relatives_end_an_observation() {
    for signal in ["INT", "TERM", "HUP"] {
        // Whoever was started to outlive its terminal stays deaf to it, and so do its children.
        if signal == "HUP" && hang_ups_are_ignored() {
            continue;
        }
        let place = rehearsal(1, 60_000);
        let child = observe(&place, &rogue("asks_for_a_token_and_waits"), &[]);
        wait_for_log(&place, "the token is here");
        interrupt(&place, child, signal);
        assert_eq!(states(&place).last().unwrap(), "stopped");
        assert_eq!(place.json("evidence/results.json")["gate"]["exit"], 130);
    }
}

/// Whether this process ignores SIGHUP (`nohup`), by its own account.
fn hang_ups_are_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn ctrl_c_twice_leaves_no_process_and_no_filled_template_either() {
    let place = rehearsal(1, 60_000);
    place.write("in.yaml", "key: {{PREFLIGHT_API_KEY}}\n");
    // It takes no SIGTERM, so that the first signal cannot be enough.
    let connector = format!(
        "sh -c 'trap \"\" TERM; setsid sleep 600 & echo \"\npid $!\"; exec \"$0\" \"$@\"' {}",
        rogue("asks_for_a_token_and_waits")
    );
    let child = observe(
        &place,
        &connector,
        &["--grace", "60s", "--config-template", "in.yaml=out.yaml"],
    );
    wait_for_log(&place, "the token is here");
    assert!(place.path("out.yaml").exists());
    let left = processes(&place);
    assert_eq!(left.len(), 2, "{}", log(&place));
    send("INT", child.id());
    let id = child.id();
    let waiting = std::thread::spawn(move || {
        // The first one is taken in when the door does not listen any more or the connector was
        // asked to stop; saying it again until the end does no harm.
        wait_until("preflight", || {
            if is_alive(id) {
                let _ = std::process::Command::new("kill")
                    .args(["-INT", &id.to_string()])
                    .stderr(std::process::Stdio::null())
                    .status();
            }
            !is_alive(id)
        });
    });
    place.finish(child).expect(130);
    waiting.join().unwrap();
    for process in left {
        wait_until("a process that is left", || !is_alive(process));
    }
    assert!(!place.path("out.yaml").exists());
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert_eq!(history.end(), Some(End::AbortedByUser));
}

#[test]
fn a_connector_that_takes_no_sigterm_is_killed() {
    let place = rehearsal(3, 200);
    let connector = format!(
        "sh -c 'trap \"\" TERM; exec \"$0\" \"$@\"' {}",
        rogue("listens_and_does_nothing")
    );
    let child = observe(&place, &connector, &["--grace", "200ms"]);
    let outcome = finish(&place, child, 6, End::TargetUnreachable);
    assert!(outcome.stderr.contains("was killed"), "{}", outcome.stderr);
    assert_eq!(states(&place).last().unwrap(), "killed");
}

#[test]
fn children_of_a_connector_end_with_it() {
    let place = rehearsal(3, 200);
    let connector = format!(
        "sh -c '\"$0\" \"$@\" & echo \"\npid $$\"; wait' {}",
        rogue("listens_and_does_nothing")
    );
    let child = observe(&place, &connector, &[]);
    finish(&place, child, 6, End::TargetUnreachable);
    assert_eq!(processes(&place).len(), 2, "{}", log(&place));
}

#[test]
fn children_that_a_connector_leaves_behind_are_killed() {
    let place = rehearsal(1, 60_000);
    let connector = format!(
        "sh -c '\"$0\" \"$@\" & echo \"\npid $$\"; while ! grep -q \"here\" evidence/connector.log; do :; done; exit 3' {}",
        rogue("asks_for_a_token_and_waits")
    );
    let child = observe(&place, &connector, &[]);
    let outcome = finish(&place, child, 6, End::TargetUnreachable);
    assert!(outcome.stderr.contains("exit code 3"), "{}", outcome.stderr);
    assert_eq!(processes(&place).len(), 2, "{}", log(&place));
}

#[cfg(target_os = "linux")]
#[test]
fn processes_that_leave_the_connector_for_a_session_of_their_own_are_killed_too() {
    let place = rehearsal(3, 200);
    // One whose parent lives, and one whose parent is gone at once.
    let connector = format!(
        "sh -c 'setsid sleep 600 & echo \"\npid $!\"; (setsid sleep 600 & echo \"\npid $!\"); exec \"$0\" \"$@\"' {}",
        rogue("listens_and_does_nothing")
    );
    let child = observe(&place, &connector, &[]);
    let outcome = finish(&place, child, 6, End::TargetUnreachable);
    assert_eq!(processes(&place).len(), 3, "{}", log(&place));
    assert!(
        outcome
            .stderr
            .contains("the connector left 2 processes behind, killed now"),
        "{}",
        outcome.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn processes_that_were_there_before_preflight_are_left_alone() {
    let place = rehearsal(3, 200);
    let mut command = std::process::Command::new("/bin/sh");
    command.args([
        "-c",
        "sleep 600 & echo $! > theirs; exec \"$0\" observe --plan short.toml --connector \"$1\"",
        env!("CARGO_BIN_EXE_preflight"),
        &rogue("listens_and_does_nothing"),
    ]);
    place.settle(&mut command);
    // The process that stays holds no pipe of the test's.
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    let child = Running::start(&mut command);
    place.finish(child).expect(6);
    let theirs: u32 = place.read("theirs").trim().parse().unwrap();
    assert!(is_alive(theirs));
    send("KILL", theirs);
}

#[test]
fn a_flood_is_answered_and_recorded_whole() {
    let place = rehearsal(1, 60_000);
    let child = observe(&place, &rogue("floods"), &[]);
    wait_for_log(&place, "10000 answers");
    interrupt(&place, child, "INT");
    assert_eq!(exchanges(&place), 10_000);
}

#[test]
fn garbage_disturbs_nobody_and_is_told_in_few_words() {
    let place = rehearsal(1, 60_000);
    let child = observe(&place, &rogue("sends_garbage"), &[]);
    wait_for_log(&place, "garbage sent");
    let outcome = interrupt(&place, child, "INT");
    let told = outcome.stderr.matches("brought no whole request").count();
    assert!((1..=25).contains(&told), "{told}: {}", outcome.stderr);
}

#[test]
fn half_closed_connections_are_told_and_a_whole_request_on_one_is_answered() {
    let place = rehearsal(1, 60_000);
    let child = observe(&place, &rogue("closes_halfway"), &[]);
    wait_for_log(&place, "HTTP/1.1 200 OK");
    let outcome = interrupt(&place, child, "INT");
    assert!(
        outcome.stderr.contains("brought no whole request"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn two_thousand_connections_keep_nobody_from_being_served() {
    let place = rehearsal(1, 60_000);
    let child = observe(&place, &rogue("opens_many_connections"), &[]);
    wait_for_log(&place, "HTTP/1.1 200 OK");
    interrupt(&place, child, "INT");
    assert!(
        log(&place).contains("2000 connections are open"),
        "{}",
        log(&place)
    );
}

#[test]
fn a_port_that_is_taken_is_refused() {
    let place = rehearsal(1, 60_000);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let child = observe(
        &place,
        &rogue("listens_and_does_nothing"),
        &["--listen", &address],
    );
    let outcome = place.finish(child).expect_refused();
    assert!(outcome.stderr.contains(&address), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--listen"), "{}", outcome.stderr);
    nothing_was_begun(&place);
    let line = format!("observe --proxy http://127.0.0.1:9 --listen {address}");
    place.line(&line).expect_refused();
    nothing_was_begun(&place);
    let line = format!("observe --specimen reference --time real --notify http://{address}/n");
    let outcome = place.line(&line).expect_refused();
    assert!(outcome.stderr.contains("--notify"), "{}", outcome.stderr);
    nothing_was_begun(&place);
}

#[test]
fn a_full_disk_ends_it_and_leaves_no_process() {
    let place = rehearsal(1, 60_000);
    std::fs::create_dir(place.path("evidence")).unwrap();
    symlink("/dev/full", place.path("evidence/history.ndjson")).unwrap();
    let child = observe(&place, &rogue("listens_and_does_nothing"), &[]);
    let outcome = place.finish(child).expect(7);
    assert!(
        outcome.stderr.contains("evidence/history.ndjson"),
        "{}",
        outcome.stderr
    );
    assert!(!place.path("evidence/results.json").exists());
}

#[test]
fn a_disk_that_fills_up_on_the_way_stops_the_connector() {
    let place = rehearsal(1, 60_000);
    // Blocks of 512 or 1024 bytes: 256 or 512 KiB, room for the results but for a part of the flood alone.
    let mut command = std::process::Command::new("/bin/sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f 512; exec \"$0\" observe --plan short.toml --connector \"$1\"",
        env!("CARGO_BIN_EXE_preflight"),
        &rogue("floods"),
    ]);
    place.settle(&mut command);
    let outcome = place
        .finish(command.spawn().expect("a shell starts"))
        .expect(7);
    assert!(outcome.stderr.contains("help:"), "{}", outcome.stderr);
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert!(history.events().len() > 10);
    assert_eq!(history.end(), None);
    assert_eq!(place.json("evidence/results.json")["gate"]["exit"], 7);
    for process in processes(&place) {
        wait_until("a process that is left", || !is_alive(process));
    }
}

#[test]
fn secrets_are_in_no_file_on_no_stream_and_in_no_process_list() {
    let place = rehearsal(1, 60_000);
    let value = "the-value-that-only-they-know-77";
    let mut command = place.command(&[
        "observe",
        "--plan",
        "short.toml",
        "--notification-header",
        "x-theirs=env:THEIR_VALUE",
        "--connector",
        &rogue("asks_for_a_token_and_waits"),
    ]);
    command.env("THEIR_VALUE", value);
    let child = Running::start(&mut command);
    wait_for_log(&place, "the token is here");
    let lists: String = [child.id(), processes(&place)[0]]
        .map(|process| std::fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap())
        .concat();
    let outcome = interrupt(&place, child, "INT");
    let log = log(&place);
    let token = log.lines().find(|line| line.starts_with("token ")).unwrap();
    assert!(token.contains("[secret:"), "{log}");
    let files: String = place
        .files("evidence")
        .iter()
        .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
        .collect();
    for secret in [
        value,
        "mock-provider-secret-2f6c1a",
        "mock-api-key-9d41c7e2",
        "eyJ",
    ] {
        for (place, text) in [
            ("the files", &files),
            ("stdout", &outcome.stdout),
            ("stderr", &outcome.stderr),
            ("the process list", &lists),
        ] {
            assert!(!text.contains(secret), "{secret} in {place}: {text}");
        }
    }
}
