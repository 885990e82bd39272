//! Bundles that somebody reviewed, whole and changed.

use std::io::Cursor;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::civil::{Date, date};

use super::archive::{Files, pack, unpack};
use super::manifest::ATTESTATIONS;
use super::signature::{REVIEW, SEAL};
use super::{
    Contents, Exhibit, Papers, Record, ReviewError, Signer, SigningKey, Trust, bundle, verify,
};
use crate::base::{Random, Seed, Timestamp};
use crate::conformance::{Decision, Decisions, Gate, Stated, Verdict, fixture};
use crate::history::History;

const TODAY: Date = date(2026, 11, 23);

/// A moment with a fraction of a second, which no review has.
fn noon() -> Timestamp {
    "2026-11-23T12:00:00.75Z".parse().unwrap()
}

fn key(seed: u64) -> SigningKey {
    SigningKey::new(&mut Random::from_seed(Seed(seed)))
}

/// A bundle, sealed with key 1, of a run that ignored a hint: BK-02 is for a person to decide.
static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut run = fixture::conforming_run();
    run.throttled("7", Duration::from_secs(2));
    sealed(&run.history(), Gate::Ci)
});

fn sealed(history: &History, gate: Gate) -> Vec<u8> {
    let contents = Contents {
        records: vec![Record {
            file: "history.ndjson".into(),
            bytes: History::lines(history.events()),
            golden: Some(Vec::new()),
        }],
        papers: Papers::default(),
        ledger: None,
        gate,
        blockers: Some(Vec::new()),
    };
    let bundle = bundle(contents, None, Some(&key(1)), TODAY, |_| true).unwrap();
    let mut archive = Cursor::new(Vec::new());
    bundle.write(&mut archive).unwrap();
    archive.into_inner()
}

fn open(bytes: &[u8]) -> Exhibit {
    Exhibit::open(bytes, Trust::default(), TODAY).unwrap_or_else(|error| panic!("{error}"))
}

fn decisions(verdict: &Verdict, decision: Decision) -> Decisions {
    let all: Vec<Stated> = verdict
        .to_decide()
        .into_iter()
        .map(|finding| Stated {
            check: finding.check.to_owned(),
            subject: None,
            decision,
            reason: "The platform sends no hint yet.".to_owned(),
        })
        .collect();
    assert!(!all.is_empty());
    Decisions::of(verdict, "Jo Reviewer", &all).unwrap()
}

fn reviewed(decision: Decision, reviewer: &SigningKey) -> Vec<u8> {
    let exhibit = open(&SEALED);
    let decisions = decisions(exhibit.verdict(), decision);
    exhibit.reviewed(&decisions, reviewer, noon()).unwrap()
}

static ACCEPTED: LazyLock<Vec<u8>> = LazyLock::new(|| reviewed(Decision::Accept, &key(2)));

/// What is wrong with `bytes` for somebody who trusts both keys.
fn fault(bytes: &[u8]) -> String {
    let (maker, reviewer) = (key(1).public(), key(2).public());
    let trust = Trust {
        maker: Some(&maker),
        reviewer: Some(&reviewer),
    };
    let verified = verify(bytes, trust, TODAY);
    verified.map(|_| ()).unwrap_err().to_string()
}

/// The accepted bundle after `change` among its files.
fn changed(change: impl FnOnce(&mut Files)) -> Vec<u8> {
    let (mut files, closing) = unpack(&ACCEPTED).unwrap();
    change(&mut files);
    pack(&files, &closing)
}

#[test]
fn a_review_stands_beside_the_seal_and_changes_nothing_that_it_covers() {
    let (before, closing) = unpack(&SEALED).unwrap();
    let (mut after, closing_after) = unpack(&ACCEPTED).unwrap();
    assert_eq!(closing, closing_after);
    assert!(after.remove(REVIEW.envelope).is_some() && after.remove(REVIEW.key).is_some());
    assert!(before == after);

    let maker = key(1).public();
    let trust = Trust {
        maker: Some(&maker),
        reviewer: None,
    };
    let sealed = verify(&SEALED, trust, TODAY).unwrap();
    let found = verify(&ACCEPTED, trust, TODAY).unwrap();
    assert_eq!(found.signer, Signer::Trusted(maker.fingerprint()));
    assert_eq!(
        (found.manifest, found.outcome),
        (sealed.manifest, sealed.outcome)
    );
    let review = found.review.unwrap();
    assert_eq!(
        review.signer,
        Signer::Unknown(key(2).public().fingerprint())
    );
    assert_eq!(review.at.to_string(), "2026-11-23T12:00:00Z");
    assert_eq!(
        review.decisions,
        decisions(&found.verdict, Decision::Accept)
    );
    assert!(sealed.review.is_none());
}

#[test]
fn what_was_decided_says_what_comes_of_the_gate() {
    let outcome = |bytes: &[u8]| {
        let found = verify(bytes, Trust::default(), TODAY).unwrap();
        let decided = found.review.map(|review| review.outcome);
        (found.outcome, decided)
    };
    let names = |blockers: &[String]| blockers.iter().any(|it| it.starts_with("BK-02 REVIEW"));
    let (sealed, accepted) = outcome(&ACCEPTED);
    assert!(names(&sealed.blockers));
    assert!(!names(&accepted.unwrap().blockers));
    let (again, rejected) = outcome(&reviewed(Decision::Reject, &key(2)));
    let rejected = rejected.unwrap();
    assert_eq!(again, sealed);
    assert_eq!(rejected.exit.code(), 1);
    assert!(
        rejected
            .blockers
            .contains(&"BK-02 REVIEW, rejected by Jo Reviewer".to_owned())
    );
}

#[test]
fn the_same_decisions_key_and_second_give_the_same_bytes() {
    assert!(reviewed(Decision::Accept, &key(2)) == *ACCEPTED);
    assert!(reviewed(Decision::Accept, &key(3)) != *ACCEPTED);
}

#[test]
fn a_later_review_takes_the_place_of_the_earlier_one() {
    let exhibit = open(&ACCEPTED);
    let decisions = decisions(exhibit.verdict(), Decision::Reject);
    let again = exhibit.reviewed(&decisions, &key(2), noon()).unwrap();
    assert!(again == reviewed(Decision::Reject, &key(2)));
}

#[test]
fn whoever_sealed_a_bundle_cannot_review_it() {
    let exhibit = open(&SEALED);
    let decisions = decisions(exhibit.verdict(), Decision::Accept);
    let own = exhibit.reviewed(&decisions, &key(1), noon());
    assert!(matches!(own.unwrap_err(), ReviewError::Own));
    // Not even by another program.
    let (files, closing) = unpack(&ACCEPTED).unwrap();
    let mut forged = files;
    let payload = super::envelope::Envelope::open(&forged[REVIEW.envelope], &key(2).public());
    REVIEW.put(&mut forged, &payload.unwrap(), &key(1)).unwrap();
    let told = verify(&pack(&forged, &closing), Trust::default(), TODAY);
    assert_eq!(told.unwrap_err().to_string(), ReviewError::Own.to_string());
}

#[test]
fn no_byte_of_a_reviewed_bundle_can_be_changed() {
    let bytes = &*ACCEPTED;
    // What the review added lies at the beginning, before the seal, and in the directory at the end.
    let (files, _) = unpack(bytes).unwrap();
    let added: usize = files
        .iter()
        .filter(|(path, _)| path.starts_with(ATTESTATIONS))
        .map(|(path, content)| path.len() + content.len() + 60)
        .sum();
    let ends = (0..added)
        .step_by(5)
        .chain((bytes.len() - 1_500..bytes.len()).step_by(3));
    for place in (0..bytes.len()).step_by(9_973).chain(ends) {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        let told = fault(&changed);
        assert!(!told.is_empty(), "byte {place} of {}", bytes.len());
    }
}

#[test]
fn what_is_wrong_with_a_review_is_told_with_its_file() {
    let other = {
        let mut run = fixture::conforming_run();
        run.throttled("7", Duration::from_secs(3));
        let exhibit_bytes = sealed(&run.history(), Gate::Ci);
        let exhibit = open(&exhibit_bytes);
        let decisions = decisions(exhibit.verdict(), Decision::Accept);
        let bytes = exhibit.reviewed(&decisions, &key(2), noon()).unwrap();
        unpack(&bytes).unwrap().0
    };
    let replaced = |path: &str, bytes: &[u8]| {
        changed(|files| {
            files.insert(path.to_owned(), bytes.to_vec());
        })
    };
    let signed = |payload: &str, from: &str, to: &str| {
        assert!(payload.contains(from), "{from}: {payload}");
        changed(|files| {
            let forged = payload.replace(from, to);
            REVIEW.put(files, forged.as_bytes(), &key(2)).unwrap();
        })
    };
    let (files, _) = unpack(&ACCEPTED).unwrap();
    let payload = super::envelope::Envelope::open(&files[REVIEW.envelope], &key(2).public());
    let payload = String::from_utf8(payload.unwrap()).unwrap();
    let statement = "review.dsse.json: it does not say what a review of this bundle says";
    let table = [
        (
            changed(|files| files.retain(|path, _| path != REVIEW.key)),
            "review.pub: it is not the key",
        ),
        (
            changed(|files| files.retain(|path, _| path != REVIEW.envelope)),
            "review.dsse.json: it is missing: nobody reviewed this bundle",
        ),
        (
            changed(|files| files.retain(|path, _| !REVIEW.lies_at(path))),
            "review.dsse.json: it is missing: nobody reviewed this bundle",
        ),
        (
            replaced(REVIEW.key, &files[SEAL.key]),
            "review.dsse.json: it is signed with the key ",
        ),
        (
            replaced(REVIEW.envelope, &files[SEAL.envelope]),
            "review.dsse.json: its signature does not hold",
        ),
        // The reviewer's own signature, of something else.
        (
            replaced(REVIEW.envelope, &other[REVIEW.envelope]),
            statement,
        ),
        (signed(&payload, "\"accept\"", "\"reject\""), statement),
        (signed(&payload, "BK-02\"", "BK-03\""), statement),
        (signed(&payload, "Jo Reviewer", " Jo Reviewer"), statement),
        (
            signed(&payload, "PREFLIGHT_REVIEW_COMPLETE", "SLSA_BUILD_LEVEL_3"),
            statement,
        ),
        (signed(&payload, "12:00:00Z", "12:00:00+00:00"), statement),
        (signed(&payload, "{", "["), statement),
        (
            replaced("attestations/more.pub", b""),
            "attestations/more.pub: no such attestation is known",
        ),
    ];
    for (bytes, told) in table {
        let found = fault(&bytes);
        assert!(found.contains(told), "{told}: {found}");
    }
}

#[test]
fn another_reviewer_than_the_trusted_one_is_a_stranger() {
    let told = fault(&reviewed(Decision::Accept, &key(3)));
    assert!(
        told.starts_with("attestations/review.dsse.json: it is signed with the key "),
        "{told}"
    );
    assert!(fault(&SEALED).ends_with("nobody reviewed this bundle"));
}

#[test]
fn a_review_says_what_holds_in_words_that_programs_know() {
    let (files, _) = unpack(&ACCEPTED).unwrap();
    let payload = super::envelope::Envelope::open(&files[REVIEW.envelope], &key(2).public());
    let said: serde_json::Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    // in-toto Attestation Framework, predicate svr v0.1.
    assert_eq!(
        said["predicateType"],
        "https://in-toto.io/attestation/svr/v0.1"
    );
    assert_eq!(said["subject"][0]["name"], "manifest.json");
    let predicate = &said["predicate"];
    let reviewer = key(2).public().fingerprint();
    assert_eq!(
        predicate["verifier"]["id"],
        format!("nih:sha-256;{reviewer}")
    );
    assert_eq!(predicate["verifier"]["name"], "Jo Reviewer");
    assert_eq!(predicate["timeCreated"], "2026-11-23T12:00:00Z");
    let holds = predicate["properties"].as_array().unwrap();
    let subject = predicate["decisions"][0]["subject"].as_str().unwrap();
    let accepted = format!("PREFLIGHT_ACCEPTED_BK-02_{}", subject.to_uppercase());
    for property in [
        "PREFLIGHT_BUNDLE_VERIFIED",
        "PREFLIGHT_REVIEW_COMPLETE",
        &accepted,
    ] {
        assert!(
            holds.iter().any(|it| it == property),
            "{property}: {predicate}"
        );
    }
}
