//! The page as a whole: what it may hold, how long it gets, that it leads nowhere else.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use regex::Regex;
use serde_json::json;

use super::page_html;
use crate::base::sha256_bytes;
use crate::conformance::{
    ExitStatus, Gate, Golden, GoldenState, Level, Overlay, OverlayKind, Scope, Stale, Verdict,
    judge, judge_together,
};
use crate::event::{EventKind, Expectation, ProbeRole, Subject};
use crate::history::History;
use crate::history::composer::Composer;
use crate::profile::{Around, Declaration, Profile};
use crate::report::Told;

/// What must never come through as markup.
const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&";

fn page(verdict: &Verdict, histories: &[(&History, &Scope)]) -> String {
    page_html(Told {
        verdict,
        outcome: &verdict.gate(Gate::Certify),
        profile: &Profile::built_in(),
        runs: histories,
    })
}

fn judged(history: &History, scope: &Scope) -> (Verdict, String) {
    let verdict = judge(history, &Profile::built_in(), scope);
    let page = page(&verdict, &[(history, scope)]);
    (verdict, page)
}

/// A connector of which every section has something to tell.
fn eventful() -> History {
    let mut run = Composer::of(Subject::Connector);
    run.emit(EventKind::ScenarioStarted {
        scenario: "Throttled".into(),
    });
    run.token("provider", 60)
        .notify_batch("b-1", 201)
        .get_batch("Received")
        .patch_batch("Processing")
        .throttled("7", Duration::from_secs(2))
        .patch_batch("Completed")
        .wait(Duration::from_secs(55))
        .token("provider", 60)
        .get_provider()
        .cut()
        .proof(&["429 Retry-After: 7"], 0);
    run.emit(EventKind::ScenarioEnded {
        scenario: "Throttled".into(),
        missing: vec!["a thing".into()],
    });
    run.emit(EventKind::Notice {
        message: "noise floor: 1 ms".into(),
    });
    run.history()
}

/// The text of the section with this id.
fn section<'p>(page: &'p str, id: &str) -> &'p str {
    let start = page
        .find(&format!("<section id=\"{id}\""))
        .unwrap_or_else(|| panic!("{id}"));
    let end = page[start..].find("</section>").unwrap();
    &page[start..start + end]
}

#[test]
fn whatever_comes_from_outside_is_escaped() {
    let mut run = Composer::of(Subject::Connector);
    run.emit(EventKind::ScenarioStarted {
        scenario: HOSTILE.into(),
    });
    run.token(HOSTILE, 60)
        .notify_with(
            json!({ "resource": { "id": HOSTILE, "type": HOSTILE } }),
            201,
        )
        .patch_batch(HOSTILE)
        .send("PATCH", &format!("/{HOSTILE}"), json!({}), 429, json!({}))
        .answered_with("Retry-After", HOSTILE)
        .answered_with("x-odd", HOSTILE)
        .with(|exchange| {
            exchange.request.method = HOSTILE.into();
            exchange
                .request
                .headers
                .set("x-fapi-interaction-id", HOSTILE);
        });
    run.emit(EventKind::Notice {
        message: HOSTILE.into(),
    });
    run.emit(EventKind::ScenarioEnded {
        scenario: HOSTILE.into(),
        missing: vec![HOSTILE.into()],
    });
    let history = run.history();
    let quoted = HOSTILE.replace('"', "\\\"");
    let declaration = format!(
        "provider = \"{quoted}\"\nkey-delivery = \"{quoted}\"\n[attestation.owner]\n\
         statement = \"{quoted}\"\nname = \"{quoted}\"\ndate = 2025-12-31\n"
    );
    let around = Around {
        today: jiff::civil::date(2026, 1, 1),
        variable: None,
    };
    let scope = Scope {
        file: Some(format!("{HOSTILE}.ndjson")),
        declaration: Declaration::read("d", &declaration, around).unwrap(),
        golden: vec![Golden {
            name: HOSTILE.into(),
            state: GoldenState::Differs,
        }],
    };
    let mut verdict = judge(&history, &Profile::built_in(), &scope);
    verdict.harness = HOSTILE.into();
    verdict.profile.name = HOSTILE.into();
    verdict.profile.overridden = vec![HOSTILE.into()];
    verdict.stale = vec![Stale {
        list: "baseline",
        check: HOSTILE.into(),
        reason: HOSTILE.into(),
    }];
    for finding in &mut verdict.findings {
        finding.message = HOSTILE.into();
        finding.witness.margin = Some(HOSTILE.into());
        finding.witness.sequences = (1..=12).collect();
        finding.would_flip = Some(HOSTILE.into());
        finding.parameters.insert(HOSTILE.into(), HOSTILE.into());
        finding.overlays = vec![Overlay {
            kind: OverlayKind::Waived,
            by: HOSTILE.into(),
            reason: HOSTILE.into(),
            expires: None,
        }];
    }
    let page = page(&verdict, &[(&history, &scope)]);
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("<img"));
    assert!(page.matches("&lt;script&gt;").count() > 50);
    let attributes = Regex::new(r#"<[a-z][^>"]*("[^"]*"[^>"]*)*\son[a-z]+="#).unwrap();
    assert!(
        !attributes.is_match(&page),
        "no handler stands in an attribute"
    );
}

#[test]
fn every_level_is_shown_with_its_word() {
    let history = eventful();
    let scope = Scope::default();
    let (mut verdict, _) = judged(&history, &scope);
    let levels = Level::WORST_FIRST.into_iter().cycle();
    for (finding, level) in verdict.findings.iter_mut().zip(levels) {
        finding.reported = level;
    }
    let page = page(&verdict, &[(&history, &scope)]);
    let checks = section(&page, "checks");
    for (level, count) in verdict.counts() {
        let key = super::levels::key(level);
        let cards = format!("<details class=\"check\" data-level=\"{key}\"");
        assert_eq!(checks.matches(&cards).count(), count, "{level}");
        assert!(checks.contains(level.name()));
        assert!(section(&page, "requirements").contains(&format!("value=\"{key}\"")));
    }
}

#[test]
fn the_same_verdict_gives_the_same_bytes() {
    let history = eventful();
    let scope = Scope::default();
    let (_, first) = judged(&history, &scope);
    let (_, second) = judged(&history, &scope);
    assert!(first == second);
}

#[test]
fn each_section_shows_something_or_says_why_not() {
    let scope = Scope::default();
    let (_, full) = judged(&eventful(), &scope);
    let (_, empty) = judged(&Composer::of(Subject::Connector).history(), &scope);
    let shown = [
        ("timeline", "too early"),
        ("flows", "Processing → Completed"),
        ("latency", "PATCH /api-provider-v1/batchpayments/{batchId}"),
        ("tokens", "2 tokens for 1 client"),
        ("outside", "a thing"),
        ("notices", "noise floor: 1 ms"),
    ];
    for (id, text) in shown {
        assert!(
            section(&full, id).contains(text),
            "{id}: {}",
            section(&full, id)
        );
        assert!(section(&empty, id).contains("class=\"nothing\""), "{id}");
    }
    for id in ["probes", "stale", "declared", "golden"] {
        assert!(section(&full, id).contains("class=\"nothing\""), "{id}");
    }
}

#[test]
fn a_finding_shows_its_events_and_how_to_see_it_again() {
    let history = eventful();
    let scope = Scope {
        file: Some("our history.ndjson".into()),
        ..Scope::default()
    };
    let profile = Profile::built_in();
    let runs = [(&history, &scope)];
    let verdict = judge(&history, &profile, &scope).with_excerpts(&runs, &profile);
    let page = page(&verdict, &runs);
    let start = page.find("id=\"check-BK-02-connector\"").unwrap();
    let card = &page[start..start + page[start..].find("</details><details").unwrap()];
    assert!(card.contains("early; earliest allowed"), "{card}");
    assert!(
        card.contains("<strong>429</strong> Too Many Requests"),
        "{card}"
    );
    assert!(card.contains("<code>7</code>"), "the hint: {card}");
    assert!(
        card.contains("preflight judge &#39;our history.ndjson&#39; --check BK-02 --events ")
            || card.contains("preflight judge 'our history.ndjson' --check BK-02 --events "),
        "{card}"
    );
}

#[test]
fn several_runs_are_told_apart() {
    let connector = eventful();
    let mut probes = Composer::of(Subject::Endpoint);
    let control = (ProbeRole::Control, Expectation::Created);
    probes.probe(("NP-00", "valid"), control, "b-1", 201);
    let probes = probes.history();
    let scope = Scope::default();
    let runs = [(&connector, &scope), (&probes, &scope)];
    let verdict = judge_together(&runs, &Profile::built_in());
    let page = page(&verdict, &runs);
    assert!(page.contains("Connector and Notification endpoint"));
    assert!(section(&page, "probes").contains("valid notifications as controls"));
    for id in ["check-BK-02-connector", "check-NP-00-endpoint"] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    links_lead_somewhere(&page);
}

#[test]
fn two_runs_of_one_subject_are_told_apart_too() {
    let (broken, sound) = (eventful(), Composer::of(Subject::Connector).history());
    let scope = Scope::default();
    let runs = [(&broken, &scope), (&sound, &scope)];
    let verdict = judge_together(&runs, &Profile::built_in());
    let page = page(&verdict, &runs);
    assert!(page.contains("Connector and Connector 2"));
    assert!(page.contains("id=\"check-BK-02-connector-2\""));
    links_lead_somewhere(&page);
}

/// Every link within the page has a target, and no id stands twice.
fn links_lead_somewhere(page: &str) {
    let ids: Vec<&str> = Regex::new("<[^>]* id=\"([^\"]*)\"")
        .unwrap()
        .captures_iter(page)
        .map(|found| found.extract::<1>().1[0])
        .collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len());
    let links = Regex::new("href=\"([^\"]*)\"").unwrap();
    for found in links.captures_iter(page) {
        let (_, [link]) = found.extract();
        let target = link.strip_prefix('#');
        assert!(
            target.is_some_and(|it| known.contains(it)) || link == "data:,",
            "{link}"
        );
    }
}

#[test]
fn the_page_needs_nothing_else_and_allows_nothing_else() {
    let (_, page) = judged(&eventful(), &Scope::default());
    links_lead_somewhere(&page);
    assert!(!page.contains(" style=\"") && !page.contains(" src="));
    let without = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!without.contains("http://") && !without.contains("https://"));
    let policy = Regex::new("Content-Security-Policy\" content=\"([^\"]*)\"").unwrap();
    let (_, [policy]) = policy.captures(&page).unwrap().extract();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for tag in ["style", "script"] {
        let start = page.find(&format!("<{tag}>")).unwrap() + tag.len() + 2;
        let end = start + page[start..].find(&format!("</{tag}>")).unwrap();
        let digest = sha256_bytes(&page.as_bytes()[start..end]);
        let digest = base64::engine::general_purpose::STANDARD.encode(digest);
        assert!(policy.contains(&format!("{tag}-src 'sha256-{digest}'")));
    }
}

#[test]
fn headings_follow_each_other_without_a_gap() {
    let (_, page) = judged(&eventful(), &Scope::default());
    let headings = Regex::new("<h([1-6])").unwrap();
    let mut before = 0;
    for found in headings.captures_iter(&page) {
        let (_, [level]) = found.extract();
        let level: u32 = level.parse().unwrap();
        assert!(level <= before + 1, "h{before} and then h{level}");
        before = level;
    }
    assert_eq!(page.matches("<h1").count(), 1);
}

#[test]
fn whatever_there_is_too_much_of_is_cut() {
    let long = "x".repeat(5_000);
    let mut run = Composer::of(Subject::Connector);
    for number in 0..400 {
        run.emit(EventKind::ScenarioStarted {
            scenario: format!("{number} {long}"),
        });
        let path = format!("/{number}x/{long}");
        run.token(&format!("{number} {long}"), 60)
            .send("POST", &path, json!({}), 429, json!({}))
            .answered_with("Retry-After", "1")
            .again("POST", &path, json!({}), 200, json!({}))
            .patch_batch(&format!("{number} {long}"));
        run.emit(EventKind::ScenarioEnded {
            scenario: format!("{number} {long}"),
            missing: vec![long.clone(); 20],
        });
        run.emit(EventKind::Notice {
            message: long.clone(),
        });
    }
    let history = run.history();
    let scope = Scope {
        golden: vec![
            Golden {
                name: long.clone(),
                state: GoldenState::Missing,
            };
            500
        ],
        ..Scope::default()
    };
    let mut verdict = judge(&history, &Profile::built_in(), &scope);
    for finding in &mut verdict.findings {
        finding.message.clone_from(&long);
        finding.witness.sequences = (1..=history.events().len() as u64).collect();
        finding.parameters = (0..200)
            .map(|number| (format!("{number} {long}"), long.clone()))
            .collect();
    }
    verdict.stale = vec![
        Stale {
            list: "waivers",
            check: long.clone(),
            reason: long.clone(),
        };
        500
    ];
    let blockers: Vec<_> = (0..500)
        .map(|_| (ExitStatus::NonConformant, long.clone()))
        .collect();
    let outcome = verdict.gate(Gate::Certify).blocked_by(&blockers);
    let page = page_html(Told {
        verdict: &verdict,
        outcome: &outcome,
        profile: &Profile::built_in(),
        runs: &[(&history, &scope)],
    });
    assert!(page.len() < 2_500_000, "{} bytes", page.len());
    assert!(page.contains(" more, see <code>history.ndjson</code>"));
    let marks = section(&page, "timeline").matches("<rect").count();
    assert!(marks < 900, "{marks} marks");
}
