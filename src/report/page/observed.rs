//! A run that was judged, with what every section reads of it.

use crate::base::Timestamp;
use crate::conformance::{Evidence, Finding, JudgedRun, Scope, Verdict};
use crate::event::Subject;
use crate::history::History;
use crate::profile::{Declaration, Profile};

/// A run and its history, indexed once for all sections.
pub(super) struct Observed<'a> {
    /// What the verdict says of it.
    pub(super) run: &'a JudgedRun,
    /// Its history.
    pub(super) history: &'a History,
    /// The same as the checks read it.
    pub(super) evidence: Evidence<'a>,
    /// What it was judged by beside the profile.
    pub(super) scope: &'a Scope,
    /// What it is called: its subject, with a number from the second of one subject on.
    pub(super) name: String,
    /// The command that judges its history again, without what it is limited to.
    pub(super) command: String,
}

impl<'a> Observed<'a> {
    /// The runs of `verdict`, in its order.
    pub(super) fn all(
        verdict: &'a Verdict,
        histories: &[(&'a History, &'a Scope)],
        profile: &Profile,
    ) -> Vec<Self> {
        let is_built_in = profile.sha256 == Profile::built_in().sha256;
        verdict
            .runs
            .iter()
            .enumerate()
            .zip(histories)
            .map(|((place, run), (history, scope))| Self {
                name: name(&verdict.runs[..place], run),
                run,
                history,
                evidence: Evidence::of(history, profile),
                scope,
                command: command(run, scope, is_built_in),
            })
            .collect()
    }

    /// When it began.
    pub(super) fn began(&self) -> Timestamp {
        self.run.began
    }

    /// When its last event happened.
    pub(super) fn ended(&self) -> Timestamp {
        self.evidence.ends_at().max(self.began())
    }

    /// What the provider says of itself.
    pub(super) fn declaration(&self) -> &'a Declaration {
        &self.scope.declaration
    }
}

/// The command that judges the history of `run` again.
fn command(run: &JudgedRun, scope: &Scope, is_built_in: bool) -> String {
    let file = run.file.as_deref().unwrap_or("history.ndjson");
    // Only what holds a NUL cannot be quoted, and no name of a file does.
    let file = shlex::try_quote(file).unwrap_or(std::borrow::Cow::Borrowed("history.ndjson"));
    let mut command = format!("preflight judge {file}");
    if !is_built_in {
        command.push_str(" --profile profile.toml");
    }
    if says_anything(&scope.declaration) {
        command.push_str(" --declaration declaration.toml");
    }
    command
}

/// What `run` is called behind `earlier` ones.
fn name(earlier: &[JudgedRun], run: &JudgedRun) -> String {
    let same = earlier.iter().filter(|it| it.subject == run.subject);
    match same.count() {
        0 => called(run.subject).to_owned(),
        before => format!("{} {}", called(run.subject), before + 1),
    }
}

/// The run that `finding` judges.
pub(super) fn judged_in<'o, 'a>(
    observed: &'o [Observed<'a>],
    verdict: &Verdict,
    finding: &Finding,
) -> Option<&'o Observed<'a>> {
    let of_subject = observed.iter();
    let mut of_subject = of_subject.filter(|one| one.run.subject == finding.subject);
    of_subject.nth(verdict.earlier(finding))
}

/// What a subject is called.
fn called(subject: Subject) -> &'static str {
    match subject {
        Subject::Replay => "Replay of the collections",
        Subject::Connector => "Connector",
        Subject::Endpoint => "Notification endpoint",
    }
}

/// Whether a declaration says anything at all.
pub(super) fn says_anything(declaration: &Declaration) -> bool {
    let Declaration {
        provider,
        product,
        authorisation_endpoint,
        notification,
        retry,
        token_skew,
        latency_target,
        instances,
        features,
        key_delivery,
        attestations,
    } = declaration;
    provider.is_some()
        || product.is_some()
        || authorisation_endpoint.sandbox.is_some()
        || authorisation_endpoint.production.is_some()
        || notification.is_some()
        || retry.is_some()
        || token_skew.is_some()
        || latency_target.is_some()
        || instances.is_some()
        || !features.is_empty()
        || key_delivery.is_some()
        || !attestations.is_empty()
}
