//! The kits for continuous integration: their very steps are run, as far as they go without the service.

use std::path::Path;
use std::process::Command;

use preflight::conformance::ExitStatus;
use regex::Regex;
use serde_json::Value;

use crate::workplace::{Workplace, repository};

/// A step of a kit that a shell runs.
#[derive(Debug)]
struct Step {
    script: String,
    /// Whether it is run although one before it failed.
    always: bool,
}

/// A kit, as its service runs it.
struct Kit {
    file: &'static str,
    shell: &'static [&'static str],
    steps: Vec<Step>,
    /// Whether the environment is given as a file rather than as its text.
    by_file: bool,
}

/// Where the tools of the shell are.
#[expect(
    clippy::disallowed_methods,
    reason = "tools are where the user has them"
)]
fn path() -> String {
    std::env::var("PATH").unwrap()
}

fn text(file: &str) -> String {
    std::fs::read_to_string(repository().join("fixtures/ci").join(file)).unwrap()
}

fn yaml(file: &str) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn lines(list: &Value) -> String {
    let lines = list
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// The steps of a list that have a script under `key`, with when they are run under `when`.
fn scripts(steps: &Value, key: &str, when: &str) -> Vec<Step> {
    let steps = steps.as_array().unwrap().iter();
    let steps = steps.filter_map(|step| {
        Some(Step {
            script: step[key].as_str()?.to_owned(),
            always: step[when]
                .as_str()
                .is_some_and(|it| it.starts_with("always()")),
        })
    });
    steps.collect()
}

fn github() -> Kit {
    let workflow = yaml("github-actions.yml");
    Kit {
        file: "github-actions.yml",
        shell: &["bash", "--noprofile", "--norc", "-eo", "pipefail"],
        steps: scripts(&workflow["jobs"]["gate"]["steps"], "run", "if"),
        by_file: false,
    }
}

fn gitlab() -> Kit {
    let job = &yaml("gitlab-ci.yml")["preflight"];
    let main = format!(
        "{}\n{}",
        lines(&job["before_script"]),
        lines(&job["script"])
    );
    Kit {
        file: "gitlab-ci.yml",
        shell: &["bash", "-eo", "pipefail"],
        steps: vec![
            Step {
                script: main,
                always: false,
            },
            Step {
                script: lines(&job["after_script"]),
                always: true,
            },
        ],
        by_file: true,
    }
}

fn azure() -> Kit {
    Kit {
        file: "azure-pipelines.yml",
        shell: &["bash", "--noprofile", "--norc"],
        steps: scripts(&yaml("azure-pipelines.yml")["steps"], "bash", "condition"),
        by_file: false,
    }
}

fn jenkins() -> Kit {
    let form = Regex::new(r"(?s)\bsh (?:returnStatus: true, script: )?'''(.*?)'''").unwrap();
    let pipeline = text("Jenkinsfile");
    let post = pipeline.find("post {").unwrap();
    let steps = form.captures_iter(&pipeline).map(|found| Step {
        script: found[1].to_owned(),
        always: found.get(0).unwrap().start() > post,
    });
    Kit {
        file: "Jenkinsfile",
        shell: &["sh", "-xe"],
        steps: steps.collect(),
        by_file: true,
    }
}

fn kits() -> [Kit; 4] {
    [github(), gitlab(), azure(), jenkins()]
}

/// What came of the steps of a kit.
struct Done {
    place: Workplace,
    /// The exit code of the first step that failed; 0 where none did.
    code: i32,
    output: String,
}

impl Done {
    /// Holds that no secret of the environment was printed, or stands in a file that was not there before.
    fn check_discreet(&self, kit: &str) {
        let environment = self.place.json("secret/environment.json");
        let values = environment["values"].as_array().unwrap().iter();
        let secrets: Vec<&str> = values
            .filter(|it| it["type"] == "secret")
            .filter_map(|it| it["value"].as_str())
            .filter(|value| value.len() >= 6)
            .collect();
        assert!(!secrets.is_empty());
        for secret in secrets {
            assert!(!self.output.contains(secret), "{kit}");
            for (name, bytes) in self.place.files("") {
                let text = String::from_utf8_lossy(&bytes);
                let is_new = !name.starts_with("secret/");
                assert!(!is_new || !text.contains(secret), "{kit}: {name}");
            }
        }
    }
}

impl Kit {
    /// Runs the steps with these options of `certify`, against the mock.
    fn run(&self, options: &str) -> Done {
        let place = Workplace::new();
        let environment = repository().join("fixtures/environment/mock.postman_environment.json");
        let environment = std::fs::read_to_string(environment).unwrap();
        place.write("secret/environment.json", &environment);
        place.write("temporary/nothing", "");
        place.line("key new secret/provider").expect(0);
        let key = place.read("secret/provider.key");
        let given = if self.by_file {
            place.path("secret/environment.json").display().to_string()
        } else {
            environment
        };
        let binary = Path::new(env!("CARGO_BIN_EXE_preflight")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), path());
        let mut done = Done {
            place,
            code: 0,
            output: String::new(),
        };
        for step in &self.steps {
            if done.code != 0 && !step.always {
                continue;
            }
            done.place.write("temporary/step", &step.script);
            let mut command = Command::new(self.shell[0]);
            done.place.settle(&mut command);
            command
                .args(&self.shell[1..])
                .arg(done.place.path("temporary/step"))
                .env("PATH", &path)
                .env("PREFLIGHT_TARGET", "mock")
                .env("PREFLIGHT_OPTIONS", options)
                .env("PREFLIGHT_ENVIRONMENT", &given)
                .env("PREFLIGHT_SIGNING_KEY", &key)
                .env("PREFLIGHT_KEY_FILE", done.place.path("secret/provider.key"));
            for temporary in ["RUNNER_TEMP", "AGENT_TEMPDIRECTORY"] {
                command.env(temporary, done.place.path("temporary"));
            }
            command.env("GITHUB_STEP_SUMMARY", done.place.path("temporary/summary"));
            let outcome = done.place.finish(command.spawn().unwrap());
            if done.code == 0 {
                done.code = outcome.code.unwrap();
            }
            done.output += &outcome.stdout;
            done.output += &outcome.stderr;
        }
        done
    }
}

#[test]
fn the_steps_of_each_kit_lead_from_the_gate_to_evidence_that_verifies_and_tell_no_secret() {
    for kit in kits() {
        let file = kit.file;
        let done = kit.run("");
        assert_eq!(done.code, 0, "{file}: {}", done.output);
        let verified = done
            .place
            .line("verify evidence.preflight.zip --trust secret/provider.pub");
        assert_eq!(verified.code, Some(0), "{file}: {verified:?}");
        for report in ["junit.xml", "results.sarif", "summary.md"] {
            assert!(!done.place.bytes(format!("evidence/{report}")).is_empty());
        }
        done.check_discreet(file);
        // The page for people is shown, or handed to the service.
        let summary = done.place.path("temporary/summary");
        let shown = done.output + &std::fs::read_to_string(summary).unwrap_or_default();
        assert!(
            shown.contains("# preflight: gate ci met")
                || shown.contains("##vso[task.uploadsummary]"),
            "{file}: {shown}"
        );
    }
}

#[test]
fn a_gate_that_is_not_met_fails_the_job_and_the_evidence_is_kept() {
    for kit in kits() {
        let file = kit.file;
        let done = kit.run("--mock-defect accept-illegal-transition");
        assert_eq!(done.code, 1, "{file}: {}", done.output);
        let verified = done.place.line("verify evidence.preflight.zip");
        assert_eq!(verified.code, Some(0), "{file}: {verified:?}");
    }
}

#[test]
fn a_verdict_that_a_person_has_to_look_at_is_told_from_a_failure_where_the_service_can() {
    let is_met = |code: u8| [0, 4, 6].contains(&code);
    let with = |code: u8| {
        let place = Workplace::new();
        place.write("preflight", format!("#!/bin/sh\nexit {code}\n"));
        place
    };
    let azure = azure();
    for status in ExitStatus::WORST_FIRST {
        let code = status.code();
        // GitHub has no colour between green and red, so each code is told in words.
        let told = format!("{code}) echo \"::");
        assert!(text("github-actions.yml").contains(&told), "{code}");
        let place = with(code);
        let mut command = Command::new("bash");
        place.settle(&mut command);
        let script = format!(
            "preflight() {{ sh ./preflight; }}\n{}",
            azure.steps[1].script
        );
        command
            .args(["-c", &script])
            .env("PATH", path())
            .env("AGENT_TEMPDIRECTORY", place.path(""));
        let outcome = place.finish(command.spawn().unwrap());
        let shown = &outcome.stdout;
        assert_eq!(outcome.code == Some(0), is_met(code), "{code}: {shown}");
        assert_eq!(
            shown.contains("SucceededWithIssues"),
            is_met(code) && code != 0,
            "{code}: {shown}"
        );
    }
    let job = &yaml("gitlab-ci.yml")["preflight"];
    assert_eq!(
        job["allow_failure"]["exit_codes"],
        serde_json::json!([4, 6])
    );
    let pipeline = text("Jenkinsfile");
    for code in [4, 6] {
        assert!(pipeline.contains(&format!(
            "(code == {code}) {{\n                            unstable "
        )));
    }
}

#[test]
fn what_is_kept_is_what_a_run_leaves() {
    let done = gitlab().run("");
    let job = &yaml("gitlab-ci.yml")["preflight"];
    let steps = yaml("github-actions.yml");
    let steps = steps["jobs"]["gate"]["steps"].as_array().unwrap().clone();
    let upload = steps.iter().find(|it| it["name"] == "Evidence").unwrap();
    let kept = lines(&job["artifacts"]["paths"]);
    assert_eq!(upload["with"]["path"].as_str().unwrap().trim_end(), kept);
    for path in kept.lines() {
        assert!(done.place.path(path).exists(), "{path}");
    }
    assert_eq!(job["artifacts"]["when"], "always");
    assert_eq!(upload["if"], "always()");
    assert!(
        done.place
            .path(job["artifacts"]["reports"]["junit"].as_str().unwrap())
            .is_file()
    );
}

/// No secret stands on a command line: each is a variable that the service fills, and none is named
/// behind an option.
#[test]
fn secrets_come_from_the_service_and_stand_on_no_command_line() {
    for kit in kits() {
        for step in &kit.steps {
            let commands = step
                .script
                .lines()
                .filter(|it| it.trim_start().starts_with("preflight "));
            for line in commands {
                assert!(
                    !line.contains("--env-var") && !line.contains("SIGNING_KEY"),
                    "{line}"
                );
            }
        }
        assert!(
            text(kit.file).contains("PREFLIGHT_ENVIRONMENT"),
            "{}",
            kit.file
        );
    }
    let workflow = yaml("github-actions.yml");
    let gate = &workflow["jobs"]["gate"]["steps"][2]["env"]["PREFLIGHT_ENVIRONMENT"];
    assert_eq!(gate, "${{ secrets.PREFLIGHT_ENVIRONMENT }}");
}
