//! The reports of a verdict agree with each other and with their schema.

use serde_json::Value;

use super::{Colour, junit_xml, matrix_text, results_json};
use crate::conformance::fixture::conforming_run;
use crate::conformance::{Expectations, Gate, Golden, GoldenState, Level, Scope, Verdict, judge};
use crate::event::AssertionOutcome;
use crate::history::History;
use crate::history::composer::Composer;
use crate::profile::{Around, Declaration, Profile};

/// One verdict in which nothing is wrong, and one in which much is.
pub(super) fn verdicts() -> [Verdict; 2] {
    let profile = Profile::built_in();
    let good = judge(&conforming_run().history(), &profile, &Scope::default());
    let scope = Scope {
        file: None,
        golden: vec![
            Golden {
                name: "backoff".into(),
                state: GoldenState::Match,
            },
            Golden {
                name: "status-flow".into(),
                state: GoldenState::Differs,
            },
        ],
        declaration: Declaration::default(),
    };
    [good, judge(&bad_run(), &profile, &scope)]
}

/// A run in which much is wrong.
pub(super) fn bad_run() -> History {
    let mut run = Composer::replay();
    run.exercising(&["RP-01", "TK-01"]);
    run.get_batch("Received")
        .patch_batch("Completed")
        .throttled("7", std::time::Duration::from_secs(2))
        .get_provider()
        .with(|exchange| exchange.request.headers.remove("x-fapi-interaction-id"))
        .assertion(
            "Escapes < & \" ]]> and \u{1b}[31m",
            AssertionOutcome::Failed {
                message: "AssertionError: <no>".into(),
            },
        );
    run.history()
}

/// The bad one with everything beside it that others say: a declaration, a baseline, waivers.
pub(super) fn told() -> Verdict {
    let declaration = "key-delivery = 'by hand'\n[attestation.owner]\nstatement = 'x'\n\
                       name = \"Jo \\u001b[31m\"\ndate = 2025-12-31\n";
    let around = Around {
        today: jiff::civil::date(2026, 1, 1),
        variable: None,
    };
    let scope = Scope {
        declaration: Declaration::read("d", declaration, around).unwrap(),
        ..Scope::default()
    };
    let baseline = "[[expected]]\ncheck = 'ST-02'\noutcome = 'REVIEW'\nowner = 'Jo'\n\
                    reason = 'known'\nexpires = 2026-01-01\n[[expected]]\ncheck = 'ST-99'\n\
                    outcome = 'FAIL'\nowner = 'Jo'\nreason = 'x'\nexpires = 2026-01-01\n";
    let waivers = "[[waiver]]\ncheck = 'RP-01'\noutcome = 'FAIL'\nby = 'A. Reviewer'\n\
                   reason = 'for now'\nexpires = 2026-01-01\n";
    judge(&bad_run(), &Profile::built_in(), &scope).held_against(&Expectations {
        baseline: Some(Expectations::read_baseline("b", baseline).unwrap()),
        waivers: Expectations::read_waivers("w", waivers).unwrap(),
    })
}

fn results(verdict: &Verdict, gate: Gate) -> Value {
    serde_json::from_str(&results_json(verdict, &verdict.gate(gate))).unwrap()
}

#[test]
fn results_are_valid_by_their_schema() {
    let schema: Value = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/schema/results.schema.json"
    )))
    .unwrap();
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("results.json", schema).unwrap();
    let index = compiler.compile("results.json", &mut schemas).unwrap();
    for verdict in verdicts().into_iter().chain([told()]) {
        for gate in Gate::ALL {
            let mut results = results(&verdict, gate);
            if let Err(error) = schemas.validate(&results, index) {
                panic!("{error:#}");
            }
            results["surprise"] = true.into();
            assert!(schemas.validate(&results, index).is_err());
        }
    }
}

#[test]
fn the_counts_agree_in_every_report() {
    for verdict in verdicts() {
        for gate in Gate::ALL {
            let results = results(&verdict, gate);
            let xml = junit_xml(&verdict, gate);
            let text = matrix_text(&verdict, &verdict.gate(gate), Colour::Off);
            let checks = results["checks"].as_array().unwrap();
            let summary = text.lines().rev().find(|line| line.starts_with("checks "));
            let summary = summary.unwrap();
            assert!(summary.ends_with(&format!(" of {}", checks.len())));
            for level in Level::WORST_FIRST {
                let name = level.name();
                let count = results["counts"][name].as_u64().unwrap();
                let listed = checks.iter().filter(|check| check["reported"] == name);
                assert_eq!(listed.count() as u64, count, "{name}");
                let property = format!(r#"<property name="outcome" value="{name}"/>"#);
                assert_eq!(xml.matches(&property).count() as u64, count, "{name}");
                let told = format!(" {count} {name}");
                assert_eq!(
                    summary.replace(',', " ").contains(&format!("{told} ")),
                    count > 0,
                    "{summary}"
                );
            }
            let cases = checks.len() + verdict.golden.len() + 1;
            assert!(xml.contains(&format!(r#"name="preflight" tests="{cases}""#)));
            for (tag, attribute) in [
                ("<failure ", "failures"),
                ("<error ", "errors"),
                ("<skipped ", "skipped"),
            ] {
                let count = xml.matches(tag).count();
                let header = xml.lines().nth(1).unwrap();
                assert!(
                    header.contains(&format!(r#"{attribute}="{count}""#)),
                    "{header}"
                );
            }
        }
    }
}

#[test]
fn a_met_gate_has_no_failure_in_junit_and_another_has_one() {
    for verdict in verdicts() {
        for gate in Gate::ALL {
            let met = verdict.gate(gate).exit.code() == 0;
            let xml = junit_xml(&verdict, gate);
            let red = xml.contains("<failure ") || xml.contains("<error ");
            assert_eq!(met, !red, "{gate}");
        }
    }
}

#[test]
fn junit_is_well_formed_whatever_a_message_holds() {
    for verdict in verdicts() {
        let xml = junit_xml(&verdict, Gate::Certify);
        let mut reader = quick_xml::Reader::from_str(&xml);
        reader.config_mut().check_end_names = true;
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Empty(tag) | quick_xml::events::Event::Start(tag) => {
                    assert!(tag.attributes().all(|attribute| attribute.is_ok()));
                }
                _ => {}
            }
        }
        assert!(!xml.contains('\u{1b}'));
    }
}

#[test]
fn junit_of_a_run_that_does_not_conform() {
    let [_, bad] = verdicts();
    insta::assert_snapshot!(junit_xml(&bad, Gate::Ci), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="preflight" tests="14" failures="6" errors="0" skipped="5">
      <testsuite name="preflight.BK" tests="3" failures="1" errors="0" skipped="2">
        <testcase name="BK-01 The 429s that were scripted were delivered" classname="preflight.BK">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="NOT_EXERCISED"/>
            <property name="raw" value="NOT_EXERCISED"/>
            <property name="provenance" value="stated"/>
            <property name="clauses" value="PO-BACKOFF"/>
          </properties>
          <skipped message="NOT_EXERCISED: No 429 was scripted."/>
        </testcase>
        <testcase name="BK-02 A retry does not come before the time that Retry-After names" classname="preflight.BK">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="REVIEW"/>
            <property name="raw" value="FAIL"/>
            <property name="provenance" value="assumed"/>
            <property name="clauses" value="PO-BACKOFF"/>
            <property name="events" value="7 8"/>
          </properties>
          <failure type="REVIEW" message="1 of 1 hinted wait too early; the worst: PATCH /api-provider-v1/batchpayments/{batchId} was tried again 5000 ms before the time that Retry-After names. [5000 ms early; earliest allowed 00:00:07.260]"/>
        </testcase>
        <testcase name="BK-15 Requests keep to the agreed rate" classname="preflight.BK">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="NOT_EXERCISED"/>
            <property name="raw" value="NOT_EXERCISED"/>
            <property name="provenance" value="stated"/>
            <property name="clauses" value="PO-RATE"/>
          </properties>
          <skipped message="NOT_EXERCISED: 5 requests to the Provider API with one credential; 100 are needed to show that the rate is kept."/>
        </testcase>
      </testsuite>
      <testsuite name="preflight.IX" tests="1" failures="1" errors="0" skipped="0">
        <testcase name="IX-01 Each request carries a new UUID as its interaction id" classname="preflight.IX">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="FAIL"/>
            <property name="raw" value="FAIL"/>
            <property name="provenance" value="stated"/>
            <property name="clauses" value="PO-INTERACTION-ID"/>
            <property name="events" value="10"/>
          </properties>
          <failure type="FAIL" message="GET /api-provider-v1/providers/{providerId} has no x-fapi-interaction-id."/>
        </testcase>
      </testsuite>
      <testsuite name="preflight.RP" tests="1" failures="1" errors="0" skipped="0">
        <testcase name="RP-01 The collections&apos; own assertions hold" classname="preflight.RP">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="FAIL"/>
            <property name="raw" value="FAIL"/>
            <property name="provenance" value="stated"/>
            <property name="clauses" value="PO-COLLECTIONS"/>
            <property name="events" value="11"/>
          </properties>
          <failure type="FAIL" message="1 failure; the first: Composed / Get the configuration: Escapes &lt; &amp; &quot; ]]&gt; and �[31m: AssertionError: &lt;no&gt;. [0 passed, 1 failed]"/>
        </testcase>
      </testsuite>
      <testsuite name="preflight.ST" tests="4" failures="1" errors="0" skipped="2">
        <testcase name="ST-01 The first state is an initial one" classname="preflight.ST">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="PASS"/>
            <property name="raw" value="PASS"/>
            <property name="provenance" value="assumed"/>
            <property name="clauses" value="PO-STATUS-FLOW"/>
          </properties>
        </testcase>
        <testcase name="ST-02 Each change of state is a step that the flow allows" classname="preflight.ST">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="REVIEW"/>
            <property name="raw" value="FAIL"/>
            <property name="provenance" value="assumed"/>
            <property name="clauses" value="PO-STATUS-FLOW"/>
            <property name="events" value="3 5"/>
          </properties>
          <failure type="REVIEW" message="A batch went Received → Completed, which the flow does not allow. [Received → Completed]"/>
        </testcase>
        <testcase name="ST-03 Nothing follows a terminal state" classname="preflight.ST">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="NOT_EXERCISED"/>
            <property name="raw" value="NOT_EXERCISED"/>
            <property name="provenance" value="assumed"/>
            <property name="clauses" value="PO-STATUS-FLOW"/>
          </properties>
          <skipped message="NOT_EXERCISED: 2 resources reached a terminal state; none was mentioned afterwards."/>
        </testcase>
        <testcase name="ST-13 A read after an accepted update shows it" classname="preflight.ST">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="NOT_EXERCISED"/>
            <property name="raw" value="NOT_EXERCISED"/>
            <property name="provenance" value="assumed"/>
            <property name="clauses" value="PO-STATUS-FLOW"/>
          </properties>
          <skipped message="NOT_EXERCISED: Nothing was read after an update."/>
        </testcase>
      </testsuite>
      <testsuite name="preflight.TK" tests="2" failures="1" errors="0" skipped="1">
        <testcase name="TK-01 A token is reused until it expires" classname="preflight.TK">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="NOT_EXERCISED"/>
            <property name="raw" value="NOT_EXERCISED"/>
            <property name="provenance" value="stated"/>
            <property name="clauses" value="PO-TOKEN"/>
          </properties>
          <failure type="NOT_EXERCISED" message="No client made two calls with one token that it was issued."/>
        </testcase>
        <testcase name="TK-05 A token is not used after it expired" classname="preflight.TK">
          <properties>
            <property name="subject" value="replay"/>
            <property name="outcome" value="NOT_EXERCISED"/>
            <property name="raw" value="NOT_EXERCISED"/>
            <property name="provenance" value="stated"/>
            <property name="clauses" value="PO-TOKEN"/>
          </properties>
          <skipped message="NOT_EXERCISED: No call used a token that was issued with expires_in."/>
        </testcase>
      </testsuite>
      <testsuite name="preflight.snapshots" tests="2" failures="1" errors="0" skipped="0">
        <testcase name="snapshot backoff" classname="preflight.snapshots">
        </testcase>
        <testcase name="snapshot status-flow" classname="preflight.snapshots">
          <failure type="Differs" message="the run differs from the accepted transcript"/>
        </testcase>
      </testsuite>
      <testsuite name="preflight.run" tests="1" failures="0" errors="0" skipped="0">
        <testcase name="the run is complete: replay" classname="preflight.run">
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn the_matrix_of_a_run_that_conforms() {
    let [good, _] = verdicts();
    let text = matrix_text(&good, &good.gate(Gate::Certify), Colour::Off);
    insta::assert_snapshot!(text, @r#"
    CLAUSE              STANDING              RAW            RESTS ON  CHECKS
    PO-STATUS-FLOW      PASS                  PASS           assumed   ST-01 ST-02 ST-03 ST-13
    PO-STATUS-TIME      outside this verdict
    PO-RATE             PASS                  PASS           stated    BK-15
    PO-BACKOFF          PASS                  PASS           assumed   BK-01 BK-02
    PO-TOKEN            PASS                  PASS           stated    TK-01 TK-05
    PO-CREDENTIALS      outside this verdict                           to be attested
    PO-BREACH           to be attested
    PO-NOTIFY-AUTH      outside this verdict
    PO-MAINTAIN         to be attested
    PO-AUTH-ENDPOINT    to be declared
    PO-KEY-DELIVERY     to be declared
    PO-NOTIFY-ENDPOINT  to be declared
    PO-NOTIFY-ANSWER    outside this verdict
    PO-NOTIFY-HEADER    to be declared
    PO-PRODUCT          nothing asked
    PO-INTERACTION-ID   PASS                  PASS           stated    IX-01
    PO-AUTH-LINK        outside this verdict
    PO-MESSAGES         outside this verdict
    PO-CONFIGURATION    outside this verdict
    PO-LIMITS           outside this verdict
    PO-APPLICATION      outside this verdict
    PO-COLLECTIONS      PASS                  PASS           stated    RP-01

    Replay of the collections: ready subject to further assessment: PO-CREDENTIALS to be attested, PO-BREACH to be attested, PO-MAINTAIN to be attested, PO-AUTH-ENDPOINT to be declared, PO-KEY-DELIVERY to be declared. 9 clauses are outside this verdict. The run was made under another profile.
    checks    11 PASS of 11
    clauses   6 judged, 9 outside this verdict, 2 to be attested, 4 to be declared, 1 nothing asked
    history   249 events, head 093bbb12fd57a7a1 (replay)
    gate      certify: gate met (exit 0)
    "#);
}

#[test]
fn the_matrix_of_a_run_that_does_not_conform() {
    let [_, bad] = verdicts();
    let text = matrix_text(&bad, &bad.gate(Gate::Certify), Colour::Off);
    insta::assert_snapshot!(text, @r#"
    CLAUSE              STANDING              RAW            RESTS ON  CHECKS
    PO-STATUS-FLOW      NOT_EXERCISED         FAIL           assumed   ST-01 ST-02 ST-03 ST-13
    PO-STATUS-TIME      outside this verdict
    PO-RATE             NOT_EXERCISED         NOT_EXERCISED  stated    BK-15
    PO-BACKOFF          NOT_EXERCISED         FAIL           assumed   BK-01 BK-02
    PO-TOKEN            NOT_EXERCISED         NOT_EXERCISED  stated    TK-01 TK-05
    PO-CREDENTIALS      outside this verdict                           to be attested
    PO-BREACH           to be attested
    PO-NOTIFY-AUTH      outside this verdict
    PO-MAINTAIN         to be attested
    PO-AUTH-ENDPOINT    to be declared
    PO-KEY-DELIVERY     to be declared
    PO-NOTIFY-ENDPOINT  to be declared
    PO-NOTIFY-ANSWER    outside this verdict
    PO-NOTIFY-HEADER    to be declared
    PO-PRODUCT          nothing asked
    PO-INTERACTION-ID   FAIL                  FAIL           stated    IX-01
    PO-AUTH-LINK        outside this verdict
    PO-MESSAGES         outside this verdict
    PO-CONFIGURATION    outside this verdict
    PO-LIMITS           outside this verdict
    PO-APPLICATION      outside this verdict
    PO-COLLECTIONS      FAIL                  FAIL           stated    RP-01

    BK-01 NOT_EXERCISED (rests on what is stated; the plan does not exercise it)
      No 429 was scripted.

    BK-02 REVIEW (raw FAIL, rests on what is assumed; the plan does not exercise it)
      1 of 1 hinted wait too early; the worst: PATCH /api-provider-v1/batchpayments/{batchId} was tried again 5000 ms before the time that Retry-After names.
      events 7-8: 5000 ms early; earliest allowed 00:00:07.260
      becomes FAIL if the platform confirms that it sends Retry-After

    BK-15 NOT_EXERCISED (rests on what is stated; the plan does not exercise it)
      5 requests to the Provider API with one credential; 100 are needed to show that the rate is kept.

    IX-01 FAIL (rests on what is stated; the plan does not exercise it)
      GET /api-provider-v1/providers/{providerId} has no x-fapi-interaction-id.
      events 10

    RP-01 FAIL (rests on what is stated)
      1 failure; the first: Composed / Get the configuration: Escapes < & " ]]> and �[31m: AssertionError: <no>.
      events 11: 0 passed, 1 failed

    ST-02 REVIEW (raw FAIL, rests on what is assumed; the plan does not exercise it)
      A batch went Received → Completed, which the flow does not allow.
      events 3, 5: Received → Completed
      becomes FAIL if the platform confirms these status flows, or the profile states them with their source

    ST-03 NOT_EXERCISED (rests on what is assumed; the plan does not exercise it)
      2 resources reached a terminal state; none was mentioned afterwards.

    ST-13 NOT_EXERCISED (rests on what is assumed; the plan does not exercise it)
      Nothing was read after an update.

    TK-01 NOT_EXERCISED (rests on what is stated)
      No client made two calls with one token that it was issued.

    TK-05 NOT_EXERCISED (rests on what is stated; the plan does not exercise it)
      No call used a token that was issued with expires_in.

    Replay of the collections: not ready: BK-01 NOT_EXERCISED (not in the plan), BK-15 NOT_EXERCISED (not in the plan), IX-01 FAIL, RP-01 FAIL, ST-03 NOT_EXERCISED (not in the plan), ST-13 NOT_EXERCISED (not in the plan), TK-01 NOT_EXERCISED, TK-05 NOT_EXERCISED (not in the plan), snapshot status-flow differs. 9 clauses are outside this verdict. The run was made under another profile.
    checks    2 FAIL, 6 NOT_EXERCISED, 2 REVIEW, 1 PASS of 11
    clauses   6 judged, 9 outside this verdict, 2 to be attested, 4 to be declared, 1 nothing asked
    snapshots backoff match, status-flow differs
    history   12 events, head 628e884b72427596 (replay)
    review    2 for a person to decide; the reviewer sees BK-02 first
    gate      certify: non-conformant (exit 1)
      IX-01 FAIL
      RP-01 FAIL
      and 9 more
    "#);
}

#[test]
fn the_matrix_of_a_run_of_which_others_say_something() {
    let told = told();
    let text = matrix_text(&told, &told.gate(Gate::Ci), Colour::Off);
    assert!(!text.contains('\u{1b}'), "what was received is not obeyed");
    let beginnings = [
        "PO-MAINTAIN",
        "PO-KEY",
        "  EXPECTED",
        "  WAIVED",
        "  NEW",
        "Replay of",
    ];
    let chosen: Vec<&str> = text
        .lines()
        .filter(|line| beginnings.iter().any(|it| line.starts_with(it)))
        .collect();
    insta::assert_snapshot!(chosen.join("\n"), @r#"
    PO-MAINTAIN         attested                                       by Jo �[31m on 2025-12-31
    PO-KEY-DELIVERY     declared
      NEW: the baseline does not name it
      NEW: the baseline does not name it
      WAIVED until 2026-01-01 (A. Reviewer): for now
      EXPECTED until 2026-01-01 (Jo): known
    Replay of the collections: not ready: BK-01 NOT_EXERCISED (not in the plan), BK-15 NOT_EXERCISED (not in the plan), IX-01 FAIL (new), ST-03 NOT_EXERCISED (not in the plan), ST-13 NOT_EXERCISED (not in the plan), TK-01 NOT_EXERCISED, TK-05 NOT_EXERCISED (not in the plan). 9 clauses are outside this verdict. The run was made under another profile.
    "#);
    let blockers = told.gate(Gate::Ci).blockers.join("\n");
    insta::assert_snapshot!(blockers, @r#"
    IX-01 FAIL (new)
    baseline entry ST-99 names a check that there is not
    TK-01 NOT_EXERCISED
    BK-02 REVIEW (new)
    "#);
}

#[test]
fn colour_adds_nothing_but_colour() {
    let escape = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    for verdict in verdicts() {
        let gate = verdict.gate(Gate::Certify);
        let plain = matrix_text(&verdict, &gate, Colour::Off);
        let coloured = matrix_text(&verdict, &gate, Colour::On);
        // Spaces at the end of a line are cut before colour is put on.
        let strip = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim_end);
            lines.map(str::to_owned).collect()
        };
        assert_eq!(strip(&escape.replace_all(&coloured, "")), strip(&plain));
        assert!(!plain.contains('\u{1b}'), "what was received is not obeyed");
        assert!(coloured.matches('\u{1b}').count() > 20);
    }
}

#[test]
fn the_summary_is_last_and_fits_ten_lines() {
    for verdict in verdicts() {
        let text = matrix_text(&verdict, &verdict.gate(Gate::Certify), Colour::Off);
        let summary = text.lines().rev().take_while(|line| !line.is_empty());
        assert!(summary.count() <= 10, "{text}");
    }
}

#[test]
fn the_same_verdict_gives_the_same_bytes() {
    let [one, _] = verdicts();
    let [two, _] = verdicts();
    let gate = one.gate(Gate::Ci);
    assert_eq!(results_json(&one, &gate), results_json(&two, &gate));
}
