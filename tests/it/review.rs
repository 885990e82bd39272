//! A person decides what the rules leave open, and signs that.

use crate::workplace::Workplace;

/// Two checks that only a person can decide, BK-02 and BK-08, stand in the way of the gate.
const BUNDLE: &str = "out.preflight.zip";

/// A place with such a bundle, sealed by the provider, and a key of a reviewer's.
pub fn pending() -> Workplace {
    let place = Workplace::new();
    place.line("key new provider").expect(0);
    place.line("key new reviewer").expect(0);
    let run = "observe --specimen hint-ignored --plan ci --gate ci --evidence out";
    place
        .line(&format!("{run} --sign-key provider.key"))
        .expect(4);
    place
}

/// A file of decisions: on BK-02 and on BK-08.
fn decide(place: &Workplace, decisions: [&str; 2]) {
    let entries = ["BK-02", "BK-08"].iter().zip(decisions);
    let entries = entries.map(|(check, decision)| {
        format!(
            "[[decision]]\ncheck = '{check}'\ndecision = '{decision}'\nreason = 'As agreed in March.'\n"
        )
    });
    let text = format!("by = 'Jo Reviewer'\n{}", entries.collect::<String>());
    place.write("decisions.toml", text);
}

const REVIEW: &str = "review out.preflight.zip --trust provider.pub --sign-key reviewer.key --decisions decisions.toml";

const VERIFY: &str = "verify out.preflight.zip --trust provider.pub --trust-reviewer reviewer.pub";

#[test]
fn accepted_items_no_longer_wait_and_a_rejected_one_does_not_conform() {
    let place = pending();
    let sealed = place.bytes(BUNDLE);
    // decisions, exit, what `verify` says of it
    let table = [
        (
            ["accept", "accept"],
            0,
            "2 of 2 decided: 2 accepted, 0 rejected",
            "ci: gate met (exit 0)",
        ),
        (
            ["accept", "undecided"],
            4,
            "1 of 2 decided: 1 accepted, 0 rejected",
            "ci: review pending (exit 4)",
        ),
        (
            ["accept", "reject"],
            1,
            "2 of 2 decided: 1 accepted, 1 rejected",
            "ci: non-conformant (exit 1)",
        ),
    ];
    for (decisions, exit, counts, decided) in table {
        place.write(BUNDLE, &sealed);
        decide(&place, decisions);
        let signed = place.line(REVIEW).expect(exit);
        let verified = place.line(VERIFY).expect(0);
        for told in [&signed.stdout, &verified.stdout] {
            assert!(told.contains(counts), "{told}");
            assert!(told.contains(&format!("decided   {decided}\n")), "{told}");
            assert!(
                told.contains("  accepted  BK-02 connector: As agreed in March.\n"),
                "{told}"
            );
        }
        // What the provider sealed is as it was.
        assert!(
            verified
                .stdout
                .starts_with("verified: signed with the trusted key ")
        );
        assert!(
            verified
                .stdout
                .contains("gate      ci: review pending (exit 4)\n"),
            "{verified:?}"
        );
        assert!(
            verified.stdout.contains("review    Jo Reviewer, at 2"),
            "{verified:?}"
        );
    }
}

#[test]
fn what_waits_is_written_down_to_be_filled_in() {
    let place = pending();
    let items = place.line("review out.preflight.zip --items").expect(0);
    let [first, second] = ["BK-02", "BK-08"].map(|check| items.stdout.find(check).unwrap());
    assert!(first < second, "in order of risk: {items:?}");
    let filled = items
        .stdout
        .replace("by = \"\"", "by = \"Jo\"")
        .replace("\"undecided\"", "\"accept\"")
        .replace("reason = \"\"", "reason = \"fine\"");
    place.write("decisions.toml", filled);
    place.line(REVIEW).expect(0);
}

#[test]
fn a_bundle_that_was_reviewed_keeps_its_review_unless_told_otherwise() {
    let place = pending();
    decide(&place, ["accept", "accept"]);
    place
        .line(&format!("{REVIEW} --output seen.preflight.zip"))
        .expect(0);
    let seen = place.bytes("seen.preflight.zip");
    assert_ne!(seen, place.bytes(BUNDLE));
    place.write(BUNDLE, &seen);
    let again = place.line(REVIEW).expect_refused();
    assert!(
        again.stderr.contains("reviewed already, by Jo Reviewer"),
        "{again:?}"
    );
    assert!(again.stderr.contains("--replace"), "{again:?}");
    assert_eq!(place.bytes(BUNDLE), seen);
    let there = place.line(&format!("{REVIEW} --replace --output seen.preflight.zip"));
    assert!(
        there
            .expect_refused()
            .stderr
            .contains("seen.preflight.zip is there already")
    );
    decide(&place, ["accept", "reject"]);
    place.line(&format!("{REVIEW} --replace")).expect(1);
    place.line(VERIFY).expect(0);
}

#[test]
fn a_mistake_is_told_and_nothing_is_written() {
    let place = pending();
    let sealed = place.bytes(BUNDLE);
    decide(&place, ["accept", "accept"]);
    place.write("empty.toml", "by = ''\n");
    place.line("key new stranger").expect(0);
    let line = "review out.preflight.zip --decisions decisions.toml";
    // line, exit code, told
    let table = [
        (line.to_owned(), 2, "nobody signs the decisions"),
        (
            format!("{line} --sign-key provider.key"),
            2,
            "sealed with this key",
        ),
        (
            format!("{line} --sign-key reviewer.pub"),
            2,
            "no Ed25519 key in PKCS#8",
        ),
        (
            format!("{line} --sign-key reviewer.key --trust stranger.pub"),
            8,
            "it is signed with the key",
        ),
        (
            "review out.preflight.zip --sign-key reviewer.key --decisions empty.toml".into(),
            2,
            "the reviewer's name is missing",
        ),
        (
            "review out.preflight.zip --sign-key reviewer.key --decisions none.toml".into(),
            2,
            "cannot read none.toml",
        ),
        (
            "review out/results.json --items".into(),
            8,
            "the archive cannot be read",
        ),
        (
            format!("{line} --sign-key reviewer.key --output no/where.zip"),
            2,
            "there is no folder no",
        ),
    ];
    for (line, code, told) in table {
        let refused = place.line(&line).expect(code);
        assert!(refused.stderr.contains(told), "{line}: {refused:?}");
        assert_eq!(place.bytes(BUNDLE), sealed, "{line}");
    }
    let unreviewed = place.line(VERIFY).expect(8);
    assert!(
        unreviewed
            .stderr
            .contains("attestations/review.dsse.json: it is missing")
    );
}

#[test]
fn a_changed_review_is_refused_and_its_file_named() {
    let place = pending();
    decide(&place, ["accept", "accept"]);
    place.line(REVIEW).expect(0);
    let mut bytes = place.bytes(BUNDLE);
    let name = b"attestations/review.dsse.json{";
    let at = bytes
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    bytes[at + name.len() + 40] ^= 1;
    place.write(BUNDLE, &bytes);
    let changed = place.line(VERIFY).expect(8);
    assert!(
        changed.stderr.contains("attestations/review.dsse.json: "),
        "{changed:?}"
    );
}
