//! How one probe is made.

use crate::event::{Expectation, ProbeRole};
use crate::observe::probe::draft::Draft;

/// How one probe is made and what is expected of it.
#[derive(Clone, Copy)]
pub(in crate::observe::probe) struct Recipe {
    /// The id of its check.
    pub(in crate::observe::probe) check: &'static str,
    /// Its name among the probes of that check.
    pub(in crate::observe::probe) name: &'static str,
    /// In what it differs, in words.
    pub(in crate::observe::probe) factor: &'static str,
    pub(in crate::observe::probe) role: ProbeRole,
    pub(in crate::observe::probe) expect: Expectation,
    /// Without what it cannot be sent.
    pub(in crate::observe::probe) needs: &'static [Need],
    pub(in crate::observe::probe) making: Making,
}

/// Without what a probe says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::observe::probe) enum Need {
    /// A header that the provider chose.
    Header,
    /// A value of that header with letters in it.
    Letters,
    /// An endpoint that trusts the issuer that preflight plays.
    Issuer,
    /// A scope that the platform's tokens have.
    Scope,
    /// A network between.
    Socket,
    /// TLS.
    Tls,
    /// Leave to send hundreds of requests.
    Stamina,
}

/// How a probe is made.
#[derive(Clone, Copy)]
pub(in crate::observe::probe) enum Making {
    /// A valid notification of a resource of its own, changed.
    Changed(fn(&mut Draft<'_>)),
    /// The same, sent exactly as it is spelled.
    Spelled(fn(&mut Draft<'_>)),
    /// Another notification of the resource of the probe before it, changed.
    OfTheSame(fn(&mut Draft<'_>)),
    /// The probe before it, byte for byte.
    Again,
    /// The greeting of a client that speaks TLS 1.1 at most.
    OldHandshake,
}

/// A probe that is wrong in one factor.
pub(super) const fn negative(
    check: &'static str,
    (name, factor): (&'static str, &'static str),
    expect: Expectation,
    needs: &'static [Need],
    change: fn(&mut Draft<'_>),
) -> Recipe {
    Recipe {
        check,
        name,
        factor,
        role: ProbeRole::Negative,
        expect,
        needs,
        making: Making::Changed(change),
    }
}

/// A probe that differs in a factor that does not matter.
pub(super) const fn positive(
    check: &'static str,
    words: (&'static str, &'static str),
    expect: Expectation,
    needs: &'static [Need],
    change: fn(&mut Draft<'_>),
) -> Recipe {
    let mut recipe = negative(check, words, expect, needs, change);
    recipe.role = ProbeRole::Positive;
    recipe
}

impl Recipe {
    /// The same, made otherwise.
    pub(super) const fn made(mut self, making: Making) -> Self {
        self.making = making;
        self
    }
}
