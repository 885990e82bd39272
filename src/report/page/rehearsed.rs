//! What the rules themselves were tried on.

use maud::{Markup, html};

use super::figure::{counted, cut};
use crate::report::kill_matrix::{KillMatrix, Tried};

pub(super) fn section() -> Markup {
    let matrix = KillMatrix::own();
    let (broken, conforming): (Vec<&Tried>, Vec<&Tried>) =
        matrix.specimens.iter().partition(|it| it.check.is_some());
    let trials: u64 = matrix.specimens.iter().map(|it| it.trials).sum();
    html! {
        section #self-test aria-labelledby="self-test-heading" {
            h2 #self-test-heading { "Kill matrix" }
            p {
                "Before anybody is judged, the rules are tried on connectors that come with preflight: "
                (counted(broken.len(), "broken specimen")) ", each broken in one way, and "
                (conforming.len()) " that conform, in "
                (counted(usize::try_from(trials).unwrap_or(usize::MAX), "trial")) ". "
                @if matrix.green {
                    "Each broken one was convicted by its own check every time, and of those that conform none was failed."
                } @else {
                    strong.bad { "✕ Not all came out as they should." }
                }
                " " code { "preflight self-test" } " tries them again."
            }
            (specimens("Broken", "Convicted by", &broken))
            (specimens("Conforming", "Doubted", &conforming))
        }
    }
}

fn specimens(kind: &str, outcome: &str, tried: &[&Tried]) -> Markup {
    html! {
        details.rest {
            summary { (kind) " specimens" }
            div.scroll tabindex="0" role="region" aria-label={ (kind) " specimens" } {
                table.events {
                    thead { tr {
                        th scope="col" { "Specimen" }
                        th scope="col" { "What it does" }
                        th scope="col" { (outcome) }
                        th.number scope="col" { "Trials" }
                    } }
                    tbody { @for it in tried {
                        tr {
                            th scope="row" { (it.specimen) }
                            td { (cut(&it.differs, 300)) }
                            td { @match &it.check {
                                Some(check) => { (check) " " (it.convicted) " times" },
                                None if it.doubts == 0 => "never",
                                None => { (it.doubts) " times, within what chance explains" },
                            } }
                            td.number { (it.trials) }
                        }
                    } }
                }
            }
        }
    }
}
