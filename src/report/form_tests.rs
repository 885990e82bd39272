//! Every form of a verdict follows its schema, and they agree with each other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::verdict_tests::{bad_run, told, verdicts};
use super::{
    Report, Told, correlation_csv, coverage_csv, ctrf_json, junit_xml, questions_markdown,
    redactions_json, report_names, reports, results_json, results_sarif, summary_markdown,
};
use crate::conformance::fixture::conforming_run;
use crate::conformance::{CLAUSES, Gate, Level, Scope, Verdict};
use crate::event::EventKind;
use crate::history::History;
use crate::profile::Profile;

/// What is told: nothing is wrong, much is, and others say something of it.
fn runs() -> Vec<(Verdict, History)> {
    let [good, bad] = verdicts();
    vec![
        (good, conforming_run().history()),
        (bad, bad_run()),
        (told(), bad_run()),
    ]
}

/// Gives `look` each of them at each gate.
fn each(look: impl Fn(Told<'_>)) {
    let profile = Profile::built_in();
    for (verdict, history) in runs() {
        for gate in Gate::ALL {
            look(Told {
                verdict: &verdict,
                outcome: &verdict.gate(gate),
                runs: &[(&history, &Scope::default())],
                profile: &profile,
            });
        }
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Whether a value is as a schema in `fixtures/schema` says.
struct Schema {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Schema {
    fn named(name: &str) -> Self {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema");
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.add_resource(name, json(&text)).unwrap();
        let index = compiler.compile(name, &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn check(&self, value: &Value) {
        if let Err(error) = self.schemas.validate(value, self.index) {
            panic!("{error:#}");
        }
    }

    fn refuses(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_err()
    }
}

#[test]
fn every_report_has_a_name_of_its_own_and_the_same_bytes_each_time() {
    each(|told| {
        let written = reports(told);
        let names: Vec<&str> = written.iter().map(|report| report.name).collect();
        assert_eq!(names, report_names().collect::<Vec<_>>());
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
        assert_eq!(reports(told), written);
        for Report { name, bytes } in written {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.ends_with('\n'), "{name}");
            assert!(!text.contains('\u{1b}'), "{name}");
        }
    });
}

#[test]
fn ctrf_is_valid_by_its_schema() {
    let schema = Schema::named("ctrf.schema.json");
    each(|told| {
        let mut ctrf = json(&ctrf_json(told));
        schema.check(&ctrf);
        ctrf["results"]["surprise"] = true.into();
        assert!(schema.refuses(&ctrf));
    });
}

#[test]
fn redactions_are_valid_by_their_schema() {
    let schema = Schema::named("redactions.schema.json");
    each(|told| {
        let mut redactions = json(&redactions_json(told));
        schema.check(&redactions);
        let places = redactions["runs"][0]["places"].as_array().unwrap();
        assert!(!places.is_empty());
        redactions["scheme"]["secret"] = "x".into();
        assert!(schema.refuses(&redactions));
    });
}

#[test]
fn a_case_of_junit_is_a_test_of_ctrf() {
    each(|told| {
        let ctrf = json(&ctrf_json(told));
        let summary = &ctrf["results"]["summary"];
        let tests = ctrf["results"]["tests"].as_array().unwrap();
        let xml = junit_xml(told.verdict, told.outcome.gate);
        assert_eq!(xml.matches("<testcase ").count(), tests.len());
        let red = xml.matches("<failure ").count() + xml.matches("<error ").count();
        assert_eq!(summary["failed"], red);
        assert_eq!(summary["tests"], tests.len());
        let sum: u64 = ["passed", "failed", "skipped", "pending", "other"]
            .iter()
            .map(|status| summary[*status].as_u64().unwrap())
            .sum();
        assert_eq!(sum, tests.len() as u64);
        assert_eq!(summary["skipped"], 0);
        // A gate that is met has nothing red.
        assert_eq!(red == 0, told.outcome.exit.code() == 0);
    });
}

#[test]
fn sarif_is_valid_by_its_schema_and_another_reader_reads_the_same() {
    let schema = Schema::named("sarif.schema.json");
    each(|told| {
        let text = results_sarif(told);
        let mut sarif = json(&text);
        schema.check(&sarif);
        let read: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
        let run = &read.runs[0];
        let results = run.results.as_ref().unwrap();
        assert_eq!(
            sarif["runs"][0]["results"].as_array().unwrap().len(),
            results.len()
        );
        let rules = run.tool.driver.rules.as_ref().unwrap();
        for result in results {
            let rule = usize::try_from(result.rule_index.unwrap()).unwrap();
            assert_eq!(result.rule_id.as_ref(), Some(&rules[rule].id));
            assert_eq!(result.locations.as_ref().unwrap().len(), 1);
        }
        sarif["runs"][0]["surprise"] = true.into();
        assert!(schema.refuses(&sarif));
    });
}

#[test]
fn a_result_of_sarif_lies_at_its_witness_and_says_who_waived_it() {
    let (verdict, history) = runs().remove(2);
    let outcome = verdict.gate(Gate::Ci);
    let sarif = json(&results_sarif(Told {
        verdict: &verdict,
        outcome: &outcome,
        runs: &[(&history, &Scope::default())],
        profile: &Profile::built_in(),
    }));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let result = |id: &str| {
        results
            .iter()
            .find(|result| result["ruleId"] == id)
            .unwrap()
    };
    let waived = result("RP-01");
    assert_eq!(
        waived["suppressions"][0]["justification"],
        "WAIVED by A. Reviewer, until 2026-01-01: for now"
    );
    assert_eq!(waived["level"], "error");
    assert_eq!(
        result("BK-02")["locations"][0]["physicalLocation"],
        serde_json::json!({
            "artifactLocation": { "uri": "histories/1.ndjson" },
            "region": { "startLine": 7 },
        })
    );
    assert!(results.iter().all(|result| result["ruleId"] != "ST-01"));
}

/// The cells of a table.
fn table(csv: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for line in csv.strip_suffix("\r\n").unwrap().split("\r\n") {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for character in line.chars() {
            let cell = cells.last_mut().unwrap();
            match character {
                // Two that follow each other leave the state as it is.
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                other => cell.push(other),
            }
        }
        assert!(!quoted, "{line}");
        rows.push(cells);
    }
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    rows
}

#[test]
fn every_exchange_can_be_matched_with_a_log() {
    each(|told| {
        let rows = table(&correlation_csv(told));
        let events = told.runs[0].0.events().iter();
        let exchanges: Vec<_> = events
            .filter(|event| matches!(event.kind, EventKind::Exchange { .. }))
            .collect();
        assert_eq!(rows.len(), exchanges.len() + 1);
        for (row, event) in rows[1..].iter().zip(exchanges) {
            assert_eq!(row[1], event.sequence.to_string());
        }
    });
}

#[test]
fn every_clause_stands_in_the_table_of_coverage() {
    each(|told| {
        let rows = table(&coverage_csv(told));
        let clauses: BTreeSet<&str> = rows[1..].iter().map(|row| row[0].as_str()).collect();
        assert_eq!(clauses.len(), CLAUSES.len());
        assert!(
            rows[1..]
                .iter()
                .all(|row| row[6].is_empty() == row[9].is_empty())
        );
    });
}

#[test]
fn a_summary_fits_a_page_and_says_what_blocks() {
    each(|told| {
        let text = summary_markdown(told);
        assert!(text.lines().count() <= 60, "{text}");
        let met = told.outcome.exit.code() == 0;
        assert_eq!(text.contains("## What blocks"), !met);
        assert_eq!(
            text.starts_with(&format!("# preflight: gate {} met\n", told.outcome.gate)),
            met
        );
    });
    let (verdict, history) = runs().remove(1);
    insta::assert_snapshot!(summary_markdown(Told {
        verdict: &verdict,
        outcome: &verdict.gate(Gate::Ci),
        runs: &[(&history, &Scope::default())],
        profile: &Profile::built_in(),
    }));
}

#[test]
fn what_kept_a_check_from_saying_more_is_asked() {
    each(|told| {
        let text = questions_markdown(told);
        for finding in &told.verdict.findings {
            let asked = text.contains(&format!("{} ({}) is", finding.check, finding.subject));
            let open = finding.would_flip.is_some();
            assert_eq!(asked, open, "{} {text}", finding.check);
        }
    });
    let (verdict, history) = runs().remove(1);
    insta::assert_snapshot!(questions_markdown(Told {
        verdict: &verdict,
        outcome: &verdict.gate(Gate::Ci),
        runs: &[(&history, &Scope::default())],
        profile: &Profile::built_in(),
    }));
}

#[test]
fn the_counts_are_those_of_the_results() {
    each(|told| {
        let results = json(&results_json(told.verdict, told.outcome));
        let ctrf = json(&ctrf_json(told));
        let sarif = json(&results_sarif(told));
        let coverage = table(&coverage_csv(told));
        let summary = summary_markdown(told);
        for level in Level::WORST_FIRST {
            let count = usize::try_from(results["counts"][level.name()].as_u64().unwrap()).unwrap();
            let tests = ctrf["results"]["tests"].as_array().unwrap().iter();
            let listed = tests.filter(|test| test["extra"]["preflight/outcome"] == level.name());
            assert_eq!(listed.count(), count, "ctrf {level}");
            // A check of two clauses stands in two rows.
            let covered = coverage[1..].iter().filter(|row| row[9] == level.name());
            let covered: BTreeSet<_> = covered.map(|row| (&row[6], &row[8])).collect();
            assert_eq!(covered.len(), count, "coverage {level}");
            let row = summary.lines().skip_while(|line| *line != "## Checks");
            let rows: Vec<&str> = row.skip(2).collect();
            let place = rows[0]
                .split(" | ")
                .position(|it| it.trim_matches([' ', '|']) == level.name());
            let told = place.map_or("0", |it| rows[2].split(" | ").nth(it).unwrap());
            assert_eq!(
                told.trim_matches([' ', '|']),
                count.to_string(),
                "summary {level}"
            );
            let run = &sarif["runs"][0];
            assert_eq!(run["properties"]["preflight/counts"][level.name()], count);
            let found = run["results"].as_array().unwrap().iter();
            let found =
                found.filter(|result| result["properties"]["preflight/outcome"] == level.name());
            match level {
                Level::Pass | Level::NotApplicable => assert_eq!(found.count(), 0),
                // What is a measurement and nothing else is no result.
                Level::Info => assert!(found.count() <= count),
                _ => assert_eq!(found.count(), count, "sarif {level}"),
            }
        }
    });
}
