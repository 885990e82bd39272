//! Whether a notification that came twice had two effects.

use super::probed::Block;
use crate::conformance::{Evidence, Level, Ruling, Witness};

/// `ruling` on the pair of probes of the check `id`, unless the second had an effect of its own.
pub(super) fn second_effect(ruling: Ruling, id: &str, evidence: &Evidence<'_>) -> Ruling {
    if !matches!(ruling.level, Level::Pass | Level::Warn) {
        return ruling;
    }
    let block = Block::of(evidence);
    let Some(second) = block.of_check(id).last() else {
        return ruling;
    };
    // What one notification leads to, by the controls.
    let usual = block
        .controls()
        .map(|control| block.consequences(control).count())
        .max();
    if let Some(call) = block
        .consequences(second)
        .nth(usual.unwrap_or_default().max(1))
    {
        let request = &call.exchange.request;
        let message = format!(
            "The second notification had an effect of its own: {} {} was asked for again.",
            request.method,
            request.path()
        );
        let places = [second.place(), call.place()];
        return Ruling::new(Level::Fail, message)
            .shown_by(Witness::of(places).with_margin("2 effects; 1 expected"));
    }
    if let Some((first, last)) = block.change(second) {
        let message = "The second notification changed what the read-back shows.";
        let places = [first.place(), second.place(), last.place()];
        return Ruling::new(Level::Fail, message)
            .shown_by(Witness::of(places).with_margin("2 states; 1 expected"));
    }
    if block.shows_effects() {
        ruling
    } else {
        let message = "Both were answered as they may be; whether the second had an effect cannot \
                       be seen without a read-back.";
        Ruling::new(Level::Info, message)
    }
}
