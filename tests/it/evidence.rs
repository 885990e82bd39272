//! Bundles: made, signed and verified.

use crate::workplace::Workplace;

/// A place with the history of a small observation, and no bundle of it.
fn observed() -> Workplace {
    let place = Workplace::new();
    let run = "observe --specimen reference --plan smoke --evidence out";
    assert_eq!(place.line(run).code, Some(0));
    std::fs::remove_file(place.path("out.preflight.zip")).unwrap();
    place
}

#[test]
fn evidence_is_signed_by_one_key_and_verified_by_its_other_half() {
    let place = observed();
    place.write(
        "our.toml",
        "rate = { value = 8, provenance = \"stated\", source = \"contract\" }\n",
    );
    let made = place.line("key new provider");
    assert_eq!(made.code, Some(0));
    assert!(!made.stdout.contains("PRIVATE"), "{made:?}");
    let fingerprint = place.line("key fingerprint provider.pub").stdout;
    let fingerprint = fingerprint.trim();
    assert!(made.stdout.contains(fingerprint));

    let sealed = place
        .line("evidence out/history.ndjson --gate ci --profile our.toml --sign-key provider.key");
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    assert!(
        sealed
            .stdout
            .contains("bundle    out.preflight.zip, signed"),
        "{sealed:?}"
    );

    let known = place.line("verify out.preflight.zip --trust provider.pub");
    assert_eq!(known.code, Some(0), "{known:?}");
    let heading = format!("verified: signed with the trusted key {fingerprint}\n");
    assert!(known.stdout.starts_with(&heading), "{known:?}");
    let unknown = place.line("verify out.preflight.zip");
    assert_eq!(unknown.code, Some(0));
    assert!(
        unknown.stdout.starts_with("consistent, signer unknown: "),
        "{unknown:?}"
    );

    place.line("key new stranger");
    let stranger = place.line("verify out.preflight.zip --trust stranger.pub");
    assert_eq!(stranger.code, Some(8));
    assert!(
        stranger.stderr.contains("it is signed with the key"),
        "{stranger:?}"
    );

    // The same key and the same history give the same bytes.
    place.line(
        "evidence out/history.ndjson --gate ci --profile our.toml --sign-key provider.key -o twin.zip",
    );
    assert_eq!(place.bytes("twin.zip"), place.bytes("out.preflight.zip"));
}

#[test]
fn a_changed_bundle_is_refused_and_the_file_named() {
    let place = observed();
    assert_eq!(
        place.line("evidence out/history.ndjson --gate ci").code,
        Some(0)
    );
    let nobody = place.line("verify out.preflight.zip");
    assert!(
        nobody
            .stdout
            .starts_with("consistent, and signed by nobody"),
        "{nobody:?}"
    );
    let mut bytes = place.bytes("out.preflight.zip");
    let place_of = |wanted: &[u8], bytes: &[u8]| {
        bytes
            .windows(wanted.len())
            .position(|window| window == wanted)
            .unwrap()
    };
    let at = place_of(b"\"PATCH\"", &bytes);
    bytes[at + 1] ^= 1;
    place.write("changed.zip", &bytes);
    let changed = place.line("verify changed.zip");
    assert_eq!(changed.code, Some(8));
    assert!(
        changed.stderr.contains("histories/1.ndjson: "),
        "{changed:?}"
    );
}

#[test]
fn the_key_may_come_from_the_environment_and_is_never_shown() {
    let maker = Workplace::new();
    maker.line("key new one");
    let key: &'static str = maker.read("one.key").leak();
    let place = observed().with_variable("PREFLIGHT_SIGNING_KEY", key);
    let sealed = place.line("evidence out/history.ndjson --gate ci");
    assert!(
        sealed.stdout.contains(", signed with the key "),
        "{sealed:?}"
    );
    let secret = key.lines().nth(1).unwrap();
    let bundle = String::from_utf8_lossy(&place.bytes("out.preflight.zip")).into_owned();
    for shown in [&sealed.stdout, &sealed.stderr, &bundle] {
        assert!(!shown.contains(secret));
    }
}

#[cfg(unix)]
#[test]
fn a_private_key_is_its_owners_alone_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Workplace::new();
    place.line("key new");
    let mode = std::fs::metadata(place.path("provider.key"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let before = place.bytes("provider.key");
    let again = place.line("key new");
    assert_eq!(again.code, Some(2));
    assert!(
        again.stderr.contains("provider.key is there already"),
        "{again:?}"
    );
    assert_eq!(place.bytes("provider.key"), before);
}

#[test]
fn what_is_no_key_is_told_as_such() {
    let place = observed();
    place.line("key new");
    for (line, told) in [
        (
            "evidence out/history.ndjson --sign-key provider.pub",
            "it is no Ed25519 key in PKCS#8",
        ),
        (
            "verify out/history.ndjson --trust provider.key",
            "it is no Ed25519 public key",
        ),
    ] {
        let outcome = place.line(line);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(told), "{outcome:?}");
    }
    let none = place.line("verify out/history.ndjson");
    assert_eq!(none.code, Some(8));
    assert!(
        none.stderr.contains("the archive cannot be read"),
        "{none:?}"
    );
}

#[test]
fn a_history_that_does_not_hold_together_is_not_sealed() {
    let place = observed();
    let history = place.read("out/history.ndjson");
    place.write(
        "changed/history.ndjson",
        history.replacen("PATCH", "PUT", 1),
    );
    let refused = place.line("evidence changed/history.ndjson");
    assert_eq!(refused.code, Some(8), "{refused:?}");
    assert!(
        refused.stderr.contains("the chain breaks at line"),
        "{refused:?}"
    );
    let none = place.line("evidence our.toml");
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(!place.path("changed.preflight.zip").exists());
}

#[test]
fn every_command_that_judges_leaves_a_bundle_that_can_be_judged_again() {
    let place = Workplace::new();
    place.line("key new");
    place.write(
        "baseline.toml",
        "[[expected]]\ncheck = 'ST-15'\noutcome = 'INFO'\nowner = 'Jo'\nreason = 'no target is agreed'\n\
         expires = 2030-01-01\n",
    );
    for line in [
        "certify --specimen reference --observe-plan smoke --gate ci",
        "certify --require connector",
        "observe --specimen no-wait --plan ci --baseline baseline.toml",
        "probe --specimen audience-unchecked --spare",
        "judge out/history.ndjson --gate ci --baseline baseline.toml",
    ] {
        let judged = place.line(&format!("{line} --evidence out --sign-key provider.key"));
        assert!(
            judged.stderr.contains("bundle: out.preflight.zip (signed)"),
            "{judged:?}"
        );
        let verified = place.line("verify out.preflight.zip --trust provider.pub");
        assert_eq!(verified.code, Some(0), "{line}: {verified:?}");
        let gate = format!("(exit {})\n", judged.code.unwrap());
        assert!(verified.stdout.contains(&gate), "{line}: {verified:?}");
    }
}

#[test]
fn what_a_run_left_behind_is_not_replaced_by_what_says_less() {
    let place = Workplace::new();
    let run = place.line("certify --require connector --gate ci --evidence out");
    assert_eq!(run.code, Some(3), "{run:?}");
    let before = place.bytes("out.preflight.zip");
    let refused = place.line("evidence out/history.ndjson --gate ci");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("out.preflight.zip is there already"),
        "{refused:?}"
    );
    assert_eq!(place.bytes("out.preflight.zip"), before);
    place.line("evidence out/history.ndjson --gate ci -o later.zip");
    let later = place.line("verify later.zip");
    assert!(
        later.stderr.contains("made of a history alone"),
        "{later:?}"
    );
    let whole = place.line("verify out.preflight.zip");
    assert!(
        !whole.stderr.contains("made of a history alone"),
        "{whole:?}"
    );
}

#[test]
fn judging_again_removes_no_history() {
    let place = Workplace::new();
    place.line("certify --specimen reference --observe-plan smoke --gate ci --evidence out");
    let histories = "out/history.ndjson out/observation.ndjson";
    let judged = place.line(&format!("judge {histories} --gate ci --evidence out"));
    assert_eq!(judged.code, Some(0), "{judged:?}");
    let bundle = place.bytes("out.preflight.zip");
    place.write("wrong.toml", "instances = 'many'\n");
    let wrong = format!("judge {histories} --evidence out --declaration wrong.toml");
    assert_eq!(place.line(&wrong).code, Some(2));
    assert_eq!(place.bytes("out.preflight.zip"), bundle);
    assert_eq!(place.line("verify out.preflight.zip").code, Some(0));
}

#[cfg(unix)]
#[test]
fn the_connector_is_not_told_the_key() {
    let maker = Workplace::new();
    maker.line("key new one");
    let key: &'static str = maker.read("one.key").leak();
    let place = Workplace::new().with_variable("PREFLIGHT_SIGNING_KEY", key);
    place.write("connector.sh", "env; sleep 60\n");
    let run = place.preflight(&[
        "observe",
        "--connector",
        "sh connector.sh",
        "--plan",
        "smoke",
        "--ready-timeout",
        "2s",
        "--evidence",
        "out",
    ]);
    let log = place.read("out/connector.log");
    assert!(log.contains("PREFLIGHT_API_URL="), "{log}");
    let secret = key.lines().nth(1).unwrap();
    for shown in [&log, &run.stdout, &run.stderr] {
        assert!(!shown.contains(secret) && !shown.contains("PREFLIGHT_SIGNING_KEY"));
    }
}

#[test]
fn a_verdict_is_told_even_where_its_bundle_cannot_be_made() {
    // Whatever is redacted in the baseline, no baseline remains.
    let place = Workplace::new().with_variable("NOTIFICATION_KEY", "[[expected]]");
    place.write(
        "baseline.toml",
        "[[expected]]\ncheck = 'ST-15'\noutcome = 'INFO'\nowner = 'Jo'\nreason = 'no target is agreed'\n\
         expires = 2030-01-01\n",
    );
    place.write(
        "our.toml",
        "[notification]\nsandbox = 'https://pay.example.com/n'\nheader = 'x-key'\nvalue = 'env:NOTIFICATION_KEY'\n",
    );
    let told = place.line(
        "observe --specimen reference --plan smoke --baseline baseline.toml --declaration our.toml \
         --evidence out",
    );
    assert_eq!(told.code, Some(7), "{told:?}");
    assert!(told.stdout.contains("PO-BACKOFF"), "{told:?}");
    assert!(
        told.stderr.contains("the evidence cannot be judged again"),
        "{told:?}"
    );
    assert!(!told.stderr.contains("bundle: "), "{told:?}");
    assert!(place.path("out/results.json").is_file());
    assert!(!place.path("out.preflight.zip").exists());
}

#[cfg(unix)]
#[test]
fn what_a_history_is_judged_by_may_come_through_a_pipe() {
    let place = observed();
    let pipe = place.path("profile.pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    // It gives its text once.
    let writer = std::thread::spawn(move || std::fs::write(pipe, "rate = 8\n").unwrap());
    let line = "judge out/history.ndjson --gate ci --profile profile.pipe --evidence piped";
    let judged = place.line(line);
    writer.join().unwrap();
    assert_eq!(judged.code, Some(0), "{judged:?}");
    let verified = place.line("verify piped.preflight.zip");
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(
        verified.stdout.contains("which overrides rate"),
        "{verified:?}"
    );
}

#[test]
fn a_bundle_tells_of_the_attempts_before_it() {
    let place = Workplace::new();
    let observe = "observe --specimen reference --plan smoke --evidence out";
    assert_eq!(place.line(observe).code, Some(0));
    let first = place.bytes("out.preflight.zip");
    let told = place.line("verify out.preflight.zip").stdout;
    assert!(told.contains("\nattempt   1, the first\n"), "{told}");

    // Another subject is another matter, a broken connector is not.
    let probed = place.line("probe --specimen reference --evidence out");
    assert_eq!(probed.code, Some(0));
    place.write("our.toml", "rate = 8\n");
    let broken = "observe --specimen token-per-request --plan ci --profile our.toml --evidence out";
    let broken = place.line(broken);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(
        broken.stderr.contains("attempt: 2 (out.ledger.ndjson)"),
        "{broken:?}"
    );
    // This one is broken off behind its first line.
    let ledger = place.read("out.ledger.ndjson");
    let third = place.line(observe);
    assert_eq!(third.code, Some(0));
    let lines = place.read("out.ledger.ndjson");
    let begun = lines[ledger.len()..].split_inclusive('\n').next().unwrap();
    place.write("out.ledger.ndjson", format!("{ledger}{begun}"));

    assert_eq!(place.line(observe).code, Some(0));
    let told = place.line("verify out.preflight.zip").stdout;
    insta::assert_snapshot!(
        told.lines().skip(2).take(4).collect::<Vec<_>>().join("\n"),
        @r"
        attempt   4
                  1 on 2026-01-01 00:00: gate met (exit 0)
                  2 on 2026-01-01 00:00: non-conformant (exit 1); changed before it: the profile
                  3 on 2026-01-01 00:00: broken off; changed before it: the profile
        "
    );

    // Without the ledger it is the first again, and the same bytes.
    std::fs::remove_file(place.path("out.ledger.ndjson")).unwrap();
    assert_eq!(place.line(observe).code, Some(0));
    assert!(place.bytes("out.preflight.zip") == first);
}

#[test]
fn with_a_ledger_that_was_changed_nothing_is_begun() {
    let place = observed();
    let ledger = place.read("out.ledger.ndjson");
    place.write(
        "out.ledger.ndjson",
        ledger.replace("\"exit\":0", "\"exit\":1"),
    );
    let history = place.read("out/history.ndjson");
    for (file, reason) in [
        ("out.ledger.ndjson", ledger.replace("begun", "begum")),
        ("out.ledger.ndjson", ledger[..ledger.len() - 2].to_owned()),
        ("out.ledger.ndjson", history),
    ] {
        place.write(file, reason);
        let refused = place.line("observe --specimen reference --plan smoke --evidence out");
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(
            refused
                .stderr
                .contains("the ledger out.ledger.ndjson does not hold together"),
            "{refused:?}"
        );
        assert!(refused.stderr.contains("name another with --ledger"));
    }
    let elsewhere =
        "observe --specimen reference --plan smoke --evidence out --ledger new/own.ndjson";
    assert_eq!(place.line(elsewhere).code, Some(0));
    assert_eq!(place.read("new/own.ndjson").lines().count(), 2);
}

#[test]
fn an_agent_signs_and_its_key_is_not_seen() {
    let place = observed();
    place.line("key new one").expect(0);
    let agent = format!("{} key agent one.key", env!("CARGO_BIN_EXE_preflight"));
    let sealed = place.preflight(&[
        "evidence",
        "out/history.ndjson",
        "--gate",
        "ci",
        "--sign-agent",
        &agent,
    ]);
    assert!(
        sealed.stdout.contains(", signed with the key "),
        "{sealed:?}"
    );
    let verified = place
        .line("verify out.preflight.zip --trust one.pub")
        .expect(0);
    assert!(verified.stdout.starts_with("verified"), "{verified:?}");
}

#[test]
fn an_agent_that_does_not_sign_is_told() {
    let place = observed();
    place.line("key new one").expect(0);
    place.line("key new two").expect(0);
    let preflight = env!("CARGO_BIN_EXE_preflight");
    let script = |name: &str, signs: &str| {
        place.write(
            name,
            format!("case $1 in public-key) {preflight} key agent one.key public-key;; *) {signs};; esac"),
        );
        format!("sh {name}")
    };
    for (agent, code, told) in [
        (String::new(), 2, "the command line names no program"),
        ("'".to_owned(), 2, "a quote is not closed"),
        ("./nobody".to_owned(), 2, "it cannot be started: ./nobody"),
        (
            "echo".to_owned(),
            2,
            "what it prints for public-key is none",
        ),
        (
            "false".to_owned(),
            2,
            "asked to public-key, it ended with exit status: 1",
        ),
        (
            script("fails", "exit 3"),
            7,
            "asked to sign, it ended with exit status: 3",
        ),
        (
            script("babbles", "echo '*'"),
            7,
            "what it prints for sign is no base64",
        ),
        (
            script("strange", &format!("{preflight} key agent two.key sign")),
            7,
            "does not hold by the public key",
        ),
    ] {
        let outcome = place
            .preflight(&["evidence", "out/history.ndjson", "--sign-agent", &agent])
            .expect(code);
        assert!(outcome.stderr.contains(told), "{agent}: {}", outcome.stderr);
        assert!(!place.path("out.preflight.zip").exists());
    }
}
