//! Bundles, whole and changed.

use std::io::Cursor;
use std::sync::LazyLock;

use jiff::civil::{Date, date};

use super::archive::{Files, pack, unpack};
use super::bundle::comment;
use super::manifest::{MANIFEST, Manifest};
use super::signature::SEAL;
use super::{
    Bundle, Contents, Papers, PublicKey, Record, SealError, Sign, Signer, SigningKey, Trust,
    VerifyError, bundle, rejudge, verify,
};
use crate::base::{Random, Seed, sha256};
use crate::conformance::{Expectations, Gate, Golden, GoldenState, Scope, fixture, judge_together};
use crate::history::History;
use crate::profile::{Declaration, Profile};
use crate::report::results_json;

const TODAY: Date = date(2026, 11, 23);

const PROFILE: &str = "rate = { value = 8, provenance = \"stated\", source = \"our contract\" }\n";

fn key(seed: u64) -> SigningKey {
    SigningKey::new(&mut Random::from_seed(Seed(seed)))
}

/// What a small run is made of.
fn contents() -> Contents {
    Contents {
        records: vec![Record {
            file: "history.ndjson".into(),
            bytes: History::lines(fixture::conforming_run().history().events()),
            golden: Some(vec![Golden {
                name: "backoff".into(),
                state: GoldenState::Match,
            }]),
        }],
        papers: Papers {
            profile: Some(PROFILE.into()),
            ..Papers::default()
        },
        ledger: None,
        gate: Gate::Ci,
        blockers: Some(Vec::new()),
    }
}

/// The results of `contents`, as a command writes them.
fn results(contents: &Contents) -> String {
    let profile = Profile::with_override(PROFILE, "own.toml").unwrap();
    let record = &contents.records[0];
    let history = History::parse(&record.bytes).unwrap();
    let scope = Scope {
        file: Some(record.file.clone()),
        golden: record.golden.clone().unwrap_or_default(),
        declaration: Declaration::default(),
    };
    let runs = [(&history, &scope)];
    let verdict = judge_together(&runs, &profile)
        .with_excerpts(&runs, &profile)
        .held_against(&Expectations::default());
    results_json(&verdict, &verdict.gate(contents.gate))
}

/// The bytes of a bundle.
fn written(bundle: &Bundle) -> Vec<u8> {
    let mut archive = Cursor::new(Vec::new());
    bundle.write(&mut archive).unwrap();
    archive.into_inner()
}

fn sealed(key: Option<&SigningKey>) -> Vec<u8> {
    let contents = contents();
    let results = results(&contents);
    let key = key.map(|key| key as &dyn Sign);
    let bundle = bundle(contents, Some(&results), key, TODAY, |_| true);
    written(&bundle.unwrap())
}

static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| sealed(Some(&key(1))));

/// Trusts a maker's key, where one is named.
fn maker(key: Option<&PublicKey>) -> Trust<'_> {
    Trust {
        maker: key,
        reviewer: None,
    }
}

fn fault(bytes: &[u8], trust: Option<&PublicKey>) -> String {
    let verified = verify(bytes, maker(trust), TODAY);
    verified.unwrap_err().to_string()
}

/// The files of the signed bundle after `change`, closed with a manifest that names them all.
fn resealed(change: impl FnOnce(&mut Files)) -> Vec<u8> {
    let (mut files, _) = unpack(&SIGNED).unwrap();
    change(&mut files);
    let manifest = Manifest::of(&files).bytes();
    let closing = comment(sha256(&manifest).as_str());
    files.insert(MANIFEST.to_owned(), manifest);
    pack(&files, &closing)
}

/// The same without a signature.
fn unsigned(change: impl FnOnce(&mut Files)) -> Vec<u8> {
    resealed(|files| {
        files.remove(SEAL.envelope);
        files.remove(SEAL.key);
        change(files);
    })
}

#[test]
fn a_bundle_says_who_signed_it() {
    let public = key(1).public();
    let signer = |bytes: &[u8], trust| verify(bytes, maker(trust), TODAY).unwrap().signer;
    let fingerprint = public.fingerprint();
    assert_eq!(
        signer(&SIGNED, Some(&public)),
        Signer::Trusted(fingerprint.clone())
    );
    assert_eq!(signer(&SIGNED, None), Signer::Unknown(fingerprint));
    assert_eq!(signer(&sealed(None), None), Signer::Nobody);
}

#[test]
fn another_key_or_none_is_not_the_one_that_is_trusted() {
    let trusted = key(2).public();
    let other = fault(&SIGNED, Some(&trusted));
    assert!(other.starts_with("attestations/test-result.dsse.json: it is signed with the key "));
    let none = fault(&sealed(None), Some(&trusted));
    assert!(none.ends_with("nobody signed this bundle"), "{none}");
}

#[test]
fn the_same_run_and_key_give_the_same_bytes() {
    assert_eq!(sealed(Some(&key(1))), *SIGNED);
}

/// Every how many bytes one is changed; each of them with `PREFLIGHT_EVERY_BYTE`.
#[expect(
    clippy::disallowed_methods,
    reason = "asked for by whoever has the time for a long run"
)]
fn step() -> usize {
    let every = std::env::var_os("PREFLIGHT_EVERY_BYTE").is_some();
    if every { 1 } else { 997 }
}

#[test]
fn no_byte_can_be_changed() {
    let trusted = key(1).public();
    let bytes = &*SIGNED;
    // The headers of the first file and the directory byte by byte.
    let ends = (0..200).chain(bytes.len() - 2_000..bytes.len());
    for place in (0..bytes.len()).step_by(step()).chain(ends) {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        let verified = verify(&changed, maker(Some(&trusted)), TODAY);
        assert!(verified.is_err(), "byte {place} of {}", bytes.len());
    }
}

#[test]
fn a_bundle_that_was_cut_or_continued_is_none() {
    let bytes = &*SIGNED;
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(
            verify(&bytes[..length], Trust::default(), TODAY).is_err(),
            "{length}"
        );
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(verify(&longer, Trust::default(), TODAY).is_err());
    let mut after = b"before".to_vec();
    after.extend_from_slice(bytes);
    assert!(verify(&after, Trust::default(), TODAY).is_err());
}

#[test]
fn files_cannot_be_dropped_added_or_swapped() {
    let (files, closing) = unpack(&SIGNED).unwrap();
    for path in files.keys() {
        let mut fewer = files.clone();
        fewer.remove(path);
        let told = fault(&pack(&fewer, &closing), Some(&key(1).public()));
        assert!(told.contains(path.as_str()), "{path}: {told}");
        for other in files.keys().filter(|other| *other > path) {
            let mut swapped = files.clone();
            swapped.insert(path.clone(), files[other].clone());
            swapped.insert(other.clone(), files[path].clone());
            let told = fault(&pack(&swapped, &closing), Some(&key(1).public()));
            assert!(
                told.contains(path.as_str()) || told.contains(other.as_str()),
                "{path} {other}: {told}"
            );
        }
    }
    let mut more = files;
    more.insert("more.txt".into(), b"x".to_vec());
    assert_eq!(
        fault(&pack(&more, &closing), None),
        "more.txt: the manifest does not name it"
    );
}

#[test]
fn a_bundle_that_was_closed_again_does_not_get_by_either() {
    // What somebody changes, and what is told of it.
    type Change = fn(&mut Files);
    let table: [(Change, &str); 7] = [
        (
            |files| {
                edit(
                    files,
                    "results.json",
                    "\"name\": \"ci\"",
                    "\"name\": \"no\"",
                );
            },
            "results.json: it is not what follows",
        ),
        (
            |files| edit(files, "junit.xml", "<testsuites", "<testsuites "),
            "junit.xml: it is not what follows",
        ),
        (
            |files| edit(files, "report.html", "Not ready", "Ready"),
            "report.html: it is not what follows",
        ),
        (
            |files| edit(files, "profile.toml", "8", "9"),
            "it is not what follows",
        ),
        (
            |files| edit(files, "histories/1.ndjson", "GET", "PUT"),
            "histories/1.ndjson: the history does not hold together",
        ),
        (
            |files| edit(files, "run.json", "\"gate\":\"ci\"", "\"gate\":\"cI\""),
            "run.json: it has no form",
        ),
        (
            |files| {
                files.insert("notes.txt".into(), b"all is well".to_vec());
            },
            "notes.txt: preflight puts no such file into a bundle",
        ),
    ];
    for (change, told) in table {
        let found = fault(&unsigned(change), None);
        assert!(found.contains(told), "{told}: {found}");
    }
    // Whatever else was done, the signature is of another manifest.
    let more = |files: &mut Files| edit(files, "profile.toml", "our contract", "a contract");
    let found = fault(&resealed(more), Some(&key(1).public()));
    assert!(found.contains("it is not what follows"), "{found}");
}

fn edit(files: &mut Files, path: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[path].clone()).unwrap();
    assert!(text.contains(from), "{path}");
    files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
}

#[test]
fn the_signature_of_another_bundle_is_none_of_this_one() {
    let mut contents = contents();
    contents.gate = Gate::Certify;
    let results = results(&contents);
    let other = bundle(contents, Some(&results), Some(&key(1)), TODAY, |_| true).unwrap();
    let (other, _) = unpack(&written(&other)).unwrap();
    let moved = resealed(|files| {
        files.insert(SEAL.envelope.into(), other[SEAL.envelope].clone());
    });
    assert_eq!(
        fault(&moved, Some(&key(1).public())),
        VerifyError::Statement.to_string()
    );
}

#[test]
fn what_does_not_follow_or_holds_a_secret_is_not_sealed() {
    let other = results(&contents()).replace("PASS", "FAIL");
    let differs = bundle(contents(), Some(&other), None, TODAY, |_| true);
    assert!(matches!(differs, Err(SealError::Differs)), "{differs:?}");
    let secret = bundle(contents(), None, None, TODAY, |bytes| {
        !String::from_utf8_lossy(bytes).contains("our contract")
    });
    let Err(SealError::Secret { path }) = secret else {
        panic!("{secret:?}");
    };
    assert_eq!(path, "profile.toml");
}

#[test]
fn keys_are_read_as_they_were_written() {
    let one = key(1);
    let again = SigningKey::from_pem(one.to_pem().expose()).unwrap();
    assert_eq!(again.public(), one.public());
    assert_eq!(
        PublicKey::from_pem(&one.public().to_pem()),
        Ok(one.public())
    );
    assert!(SigningKey::from_pem(&one.public().to_pem()).is_err());
    assert!(PublicKey::from_pem(one.to_pem().expose()).is_err());
    // Nothing that shows it shows the key.
    let shown = format!("{one:?}");
    assert_eq!(shown, format!("SigningKey({})", one.public().fingerprint()));
}

/// An archive by hand: a file of each name with the content, and the comment.
fn archive(names: &[Vec<u8>], content: &[u8], comment: &[u8]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let crc = flate2::Crc::new();
    let mut crc = crc;
    crc.update(content);
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    for name in names {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        // PKWARE APPNOTE 4.3.7: version, flags, method, time, date, CRC, sizes, lengths.
        let mut common = vec![10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc.sum().to_le_bytes());
        common.extend(size);
        common.extend(size);
        common.extend(length);
        common.extend([0, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(name);
        bytes.extend(content);
        directory.extend(b"PK\x01\x02\x0a\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset);
        directory.extend(name);
    }
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    let start = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let length = u32::try_from(directory.len()).unwrap().to_le_bytes();
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    for part in [&count[..], &count, &length, &start] {
        bytes.extend(part);
    }
    bytes.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
    bytes.extend(comment);
    bytes
}

#[test]
fn hostile_archives_are_refused_and_nothing_worse() {
    let sound = archive(&[b"a.txt".to_vec()], b"x", b"");
    assert_eq!(
        unpack(&sound).unwrap_err().to_string().split(':').next(),
        Some("a.txt")
    );
    let table = [
        archive(&[b"a.txt".to_vec()], b"x", &vec![0xff; 65_535]),
        archive(&[b"a.txt".to_vec()], b"x", &vec![b'x'; 65_535]),
        archive(&[vec![0xff; 60_000]], b"x", b""),
        archive(&[b"\x1b[2J".to_vec()], b"x", b""),
        archive(&[b"../a b".to_vec()], b"x", b""),
    ];
    for bytes in table {
        let error = unpack(&bytes).unwrap_err();
        assert!(
            matches!(error, super::ArchiveError::Form { .. }),
            "{error:?}"
        );
    }
    // Many entries that share one content: the directory says that there is more than the archive has.
    let mut shared = archive(&vec![b"a.txt".to_vec(); 3], &[b'x'; 4_000], b"");
    let places: Vec<usize> = shared
        .windows(4)
        .enumerate()
        .filter(|(_, window)| window == b"PK\x01\x02")
        .map(|(place, _)| place)
        .collect();
    for (number, place) in places.into_iter().enumerate() {
        shared[place + 42..place + 46].fill(0);
        shared[place + 46] = b'a' + u8::try_from(number).unwrap();
    }
    assert!(unpack(&shared).is_err());
}

/// The signed bundle after `change`, sealed by the same key: as if another preflight had made it.
fn of_another_version(change: impl FnOnce(&mut Files)) -> Vec<u8> {
    let (mut files, _) = unpack(&SIGNED).unwrap();
    change(&mut files);
    let manifest = Manifest::of(&files).bytes();
    let digest = sha256(&manifest);
    let statement = super::statement::Statement::about(&digest, "another", ());
    let payload = super::canonical::canonical(&statement);
    SEAL.put(&mut files, &payload, &key(1)).unwrap();
    files.insert(MANIFEST.to_owned(), manifest);
    pack(&files, &comment(digest.as_str()))
}

#[test]
fn what_another_version_made_is_judged_by_the_present_rules() {
    let public = key(1).public();
    let again = |bytes: &[u8]| rejudge(bytes, Some(&public), TODAY);
    assert!(again(&SIGNED).unwrap().is_same());
    let older = of_another_version(|files| {
        edit(
            files,
            "results.json",
            "\"check\": \"BK-02\"",
            "\"check\": \"BK-99\"",
        );
        edit(files, "junit.xml", "<testsuites", "<testsuites ");
    });
    assert!(verify(&older, maker(Some(&public)), TODAY).is_err());
    let found = again(&older).unwrap();
    assert!(!found.is_same());
    assert_eq!(found.signer, Signer::Trusted(public.fingerprint()));
    let changed: Vec<_> = found
        .changes
        .iter()
        .map(|it| (it.check.as_str(), it.sealed.is_some(), it.now.is_some()))
        .collect();
    assert_eq!(changed, [("BK-99", true, false), ("BK-02", false, true)]);
    // What was changed after it was sealed is not judged at all.
    let changed = resealed(|files| edit(files, "junit.xml", "<testsuites", "<testsuites "));
    let told = again(&changed).unwrap_err().to_string();
    assert!(told.starts_with(SEAL.envelope), "{told}");
    let bare = of_another_version(|files| drop(files.remove("results.json")));
    let told = again(&bare).unwrap_err().to_string();
    assert!(told.starts_with("results.json: "), "{told}");
}
