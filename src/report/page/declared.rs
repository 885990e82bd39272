//! What the provider says of itself.

use maud::{Markup, html};

use super::figure::{cut, nothing, span};
use super::observed::Observed;
use crate::profile::{
    AttestationKind, Declaration, DeclaredGrowth, DeclaredJitter, DeclaredRetry, Endpoints,
    Support, Trust,
};
use crate::report::Told;

/// How long a text may be here.
const LONGEST: usize = 400;

/// How many features are listed.
const MOST: usize = 60;

pub(super) fn section(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    // One file declares for all runs.
    let mut declarations = observed.iter().map(Observed::declaration);
    let declaration = declarations.find(|declaration| declaration.says_anything());
    html! {
        section #declared aria-labelledby="declared-heading" {
            h2 #declared-heading { "Declarations and attestations" }
            h3 { "What clauses ask the provider to say" }
            (promises(input))
            h3 { "The declaration" }
            @match declaration {
                None => (nothing("No declaration was given; preflight declaration init writes one.")),
                Some(declaration) => { (said(declaration)) (attested(declaration)) }
            }
        }
    }
}

fn promises(input: &Told<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="What the provider is asked to say" {
            table {
                thead { tr {
                    th scope="col" { "Clause" }
                    th scope="col" { "Asked" }
                    th scope="col" { "Said" }
                } }
                tbody {
                    @for row in &input.verdict.matrix {
                        @if let Some(said) = &row.said {
                            tr {
                                th scope="row" { a href={ "#clause-" (row.clause.id) } { (row.clause.id) } }
                                td { (row.clause.text) }
                                td {
                                    @if said.given.is_some() { (cut(&said.text(), LONGEST)) }
                                    @else { strong { (said.name()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn fact(name: &str, value: Option<&str>) -> Markup {
    html! {
        @if let Some(value) = value { dt { (name) } dd { (cut(value, LONGEST)) } }
    }
}

fn both(name: &str, endpoints: &Endpoints) -> Markup {
    html! {
        (fact(&format!("{name}, sandbox"), endpoints.sandbox.as_deref()))
        (fact(&format!("{name}, production"), endpoints.production.as_deref()))
    }
}

fn said(declaration: &Declaration) -> Markup {
    let product = declaration.product.as_ref();
    let product = product.map(|it| format!("{} {}", it.name, it.version));
    html! {
        dl.facts {
            (fact("Provider", declaration.provider.as_deref()))
            (fact("Software", product.as_deref()))
            (both("Authorisation endpoint", &declaration.authorisation_endpoint))
            @if let Some(notification) = &declaration.notification {
                (both("Notification endpoint", &notification.endpoint))
                (fact("Notification header", notification.header.as_deref()))
                @if notification.value.is_some() { dt { "Its value" } dd { "given, and not shown" } }
                (fact("Effects are read at", notification.read_back.as_deref()))
                dt { "Test issuer" }
                dd {
                    (match notification.test_issuer {
                        Trust::Trusted => "trusted by a test build",
                        Trust::Untrusted => "not trusted",
                    })
                }
            }
            @if let Some(retry) = &declaration.retry { dt { "Retries" } dd { (policy(retry)) } }
            @if let Some(skew) = declaration.token_skew {
                dt { "A token is renewed" } dd { (span(skew)) " before its end" }
            }
            @if let Some(target) = declaration.latency_target {
                dt { "Updates come within" } dd { (span(target)) " (95 of 100)" }
            }
            @if let Some(instances) = declaration.instances { dt { "Instances" } dd { (instances) } }
            (fact("Keys are delivered", declaration.key_delivery.as_deref()))
            @for (name, support) in declaration.features.iter().take(MOST) {
                dt { "Feature " (cut(name, 100)) }
                dd {
                    (match support {
                        Support::Supported => "supported",
                        Support::Unsupported => "not supported",
                    })
                }
            }
        }
    }
}

fn policy(retry: &DeclaredRetry) -> String {
    let growth = match retry.growth {
        DeclaredGrowth::Fixed => "the same wait each time".to_owned(),
        DeclaredGrowth::Linear => "waits grow by the base each time".to_owned(),
        DeclaredGrowth::Exponential(factor) => format!("waits grow by {factor} each time"),
    };
    let jitter = match retry.jitter {
        DeclaredJitter::None => "no jitter".to_owned(),
        DeclaredJitter::Proportional(share) => format!("jitter of {share} of the wait"),
        DeclaredJitter::Equal => "equal jitter".to_owned(),
        DeclaredJitter::Full => "full jitter".to_owned(),
        DeclaredJitter::Decorrelated => "decorrelated jitter".to_owned(),
        DeclaredJitter::Additive(most) => format!("up to {} added", span(most)),
    };
    let attempts = retry
        .attempts
        .map(|attempts| format!(", {attempts} attempts"))
        .unwrap_or_default();
    format!(
        "{growth}, from {} to {}, {jitter}{attempts}",
        span(retry.base),
        span(retry.cap)
    )
}

fn attested(declaration: &Declaration) -> Markup {
    html! {
        h3 { "Attestations" }
        @if declaration.attestations.is_empty() {
            (nothing("Nobody attests anything in the declaration."))
        } @else {
            ul.plain {
                @for (kind, attestation) in &declaration.attestations {
                    li {
                        strong { (kind_words(*kind)) } ": «" (cut(&attestation.statement, 2_000)) "» – "
                        (cut(&attestation.name, 200)) ", " (attestation.date)
                    }
                }
            }
        }
    }
}

fn kind_words(kind: AttestationKind) -> &'static str {
    match kind {
        AttestationKind::CredentialStorage => "Storage of credentials",
        AttestationKind::BreachContact => "Notice of a breach",
        AttestationKind::Owner => "Maintenance of the connector",
    }
}
