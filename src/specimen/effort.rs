//! What follows on the outcome of a request: it is done, tried again, or lost.

use std::time::Duration;

use crate::base::{Random, Timestamp, later};
use crate::exchange::{Outcome, Response, RetryAfter};

use super::{Exhausted, Hint, Pause, Refusal, Retried, RetryPolicy};

/// How often something was tried so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Effort {
    /// In this round.
    attempts: u32,
    /// How often it rested.
    rounds: u32,
    /// The wait before this attempt.
    previous: Duration,
    /// Whether it was sent again with another token.
    renewed: bool,
}

/// What follows on an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It succeeded.
    Done,
    /// It is tried again, not before this moment.
    Again {
        at: Timestamp,
        /// Until when nothing else of the same credential is sent.
        pause: Option<Timestamp>,
    },
    /// The token was refused; it is tried again at once with another.
    Renewed,
    /// It is given up.
    Lost,
}

impl Effort {
    /// Whether it was tried before.
    pub(super) fn has_begun(&self) -> bool {
        self.attempts > 0 || self.rounds > 0
    }

    /// What follows on `outcome`, which came at `now`. `strain` is how often the credential was
    /// throttled since anything succeeded: waits grow with that too.
    pub(super) fn judge(
        &mut self,
        policy: &RetryPolicy,
        refusal: Refusal,
        now: Timestamp,
        outcome: &Outcome,
        strain: u32,
        chance: &mut Random,
    ) -> Fate {
        self.attempts += 1;
        let response = match outcome {
            Outcome::Response(response) if (200..300).contains(&response.status) => {
                return Fate::Done;
            }
            Outcome::Response(response) => Some(response),
            Outcome::Failure(_) => None,
        };
        let status = response.map(|response| response.status);
        if status == Some(401) {
            match refusal {
                Refusal::Renewed if self.renewed => return Fate::Lost,
                Refusal::Renewed => {
                    self.renewed = true;
                    return Fate::Renewed;
                }
                Refusal::GivenUp => return Fate::Lost,
                Refusal::Resent => {}
            }
        } else if !is_retried(policy.retried, status) {
            return Fate::Lost;
        }
        let level = self.attempts.max(strain);
        let own = policy.backoff.wait(level, self.previous, chance);
        let hinted = response.and_then(|response| hint(policy.hint, response, now));
        let at = later(now, hinted.unwrap_or(own));
        let pauses = match policy.pause {
            Pause::Credential => hinted.is_some() || status == Some(429),
            Pause::Operation => false,
        };
        let pause = pauses.then_some(at);
        if self.attempts < policy.attempts {
            self.previous = own;
            return Fate::Again { at, pause };
        }
        match policy.exhausted {
            Exhausted::Parked { rest, times } if self.rounds < times => {
                *self = Self {
                    rounds: self.rounds + 1,
                    renewed: self.renewed,
                    ..Self::default()
                };
                Fate::Again {
                    at: at.max(later(now, rest)),
                    pause,
                }
            }
            Exhausted::Parked { .. } | Exhausted::GivenUp => Fate::Lost,
        }
    }
}

fn is_retried(retried: Retried, status: Option<u16>) -> bool {
    match retried {
        Retried::Transient => {
            status.is_none_or(|status| matches!(status, 408 | 429 | 500 | 502 | 503 | 504))
        }
        Retried::Everything => true,
        Retried::Nothing => false,
    }
}

/// How long `Retry-After` is waited for, where it counts for anything.
fn hint(policy: Hint, response: &Response, received: Timestamp) -> Option<Duration> {
    let Some(asked) = RetryAfter::of(&response.headers, received) else {
        let is_there = response.headers.get("retry-after").is_some();
        return (is_there && policy == Hint::UnreadIsZero).then_some(Duration::ZERO);
    };
    match policy {
        Hint::Obeyed | Hint::UnreadIsZero => Some(asked.wait),
        Hint::Ignored => None,
        Hint::Clamped(longest) => Some(asked.wait.min(longest)),
        Hint::SecondsOnly => asked.coarseness.is_zero().then_some(asked.wait),
        Hint::ThrottledOnly => (response.status == 429).then_some(asked.wait),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Clock, Seed};
    use crate::exchange::{Body, Failure, FailureKind, Headers};
    use crate::specimen::{Backoff, Growth, Jitter, Policy};

    /// The reference's, without chance.
    fn policy() -> RetryPolicy {
        RetryPolicy {
            backoff: Backoff {
                growth: Growth::Exponential(2.0),
                jitter: Jitter::None,
                base: Duration::from_secs(1),
                cap: Duration::from_secs(32),
            },
            ..Policy::reference().retry
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)]) -> Outcome {
        Outcome::Response(Response {
            status,
            reason: String::new(),
            headers: headers.iter().copied().collect::<Headers>(),
            body: Body::default(),
        })
    }

    fn cut() -> Outcome {
        Outcome::Failure(Failure {
            kind: FailureKind::Cut,
            message: "cut".into(),
        })
    }

    /// The fates of one operation that has these outcomes, waits in whole seconds.
    fn fates(policy: &RetryPolicy, refusal: Refusal, outcomes: &[Outcome]) -> Vec<String> {
        let now = Clock::logical_start();
        let mut effort = Effort::default();
        let mut chance = Random::from_seed(Seed(1));
        outcomes
            .iter()
            .map(
                |outcome| match effort.judge(policy, refusal, now, outcome, 0, &mut chance) {
                    Fate::Done => "done".to_owned(),
                    Fate::Lost => "lost".to_owned(),
                    Fate::Renewed => "renewed".to_owned(),
                    Fate::Again { at, pause } => {
                        let seconds = at.duration_since(now).as_secs();
                        match pause {
                            Some(until) if until == at => format!("{seconds} s, all"),
                            Some(until) => {
                                let all = until.duration_since(now).as_secs();
                                format!("{seconds} s, all {all} s")
                            }
                            None => format!("{seconds} s"),
                        }
                    }
                },
            )
            .collect()
    }

    #[test]
    fn each_outcome_has_its_fate() {
        let date = [
            ("Retry-After", "Thu, 01 Jan 2026 00:00:12 GMT"),
            ("Date", "Thu, 01 Jan 2026 00:00:05 GMT"),
        ];
        let table = [
            (answer(200, &[]), "done"),
            (answer(204, &[]), "done"),
            (answer(429, &[]), "1 s, all"),
            (answer(429, &[("Retry-After", "7")]), "7 s, all"),
            (answer(429, &date), "7 s, all"),
            (answer(429, &[("Retry-After", "soon")]), "1 s, all"),
            (answer(503, &[("Retry-After", "7")]), "7 s, all"),
            (answer(503, &[]), "1 s"),
            (answer(500, &[]), "1 s"),
            (cut(), "1 s"),
            (answer(401, &[]), "renewed"),
            (answer(302, &[]), "lost"),
            (answer(400, &[]), "lost"),
            (answer(403, &[]), "lost"),
            (answer(404, &[]), "lost"),
            (answer(409, &[]), "lost"),
            (answer(422, &[]), "lost"),
        ];
        for (outcome, fate) in table {
            let fates = fates(&policy(), Refusal::Renewed, std::slice::from_ref(&outcome));
            assert_eq!(fates, [fate], "{outcome:?}");
        }
    }

    #[test]
    fn an_operation_is_tried_five_times_rests_and_is_given_up_after_three_rounds() {
        let waits = fates(&policy(), Refusal::Renewed, &vec![answer(429, &[]); 15]);
        let round = ["1 s, all", "2 s, all", "4 s, all", "8 s, all"];
        let expected: Vec<&str> = [round.as_slice(), &["96 s, all 16 s"]].concat();
        assert_eq!(waits[..5], expected);
        assert_eq!(waits[5..10], expected);
        assert_eq!(waits[10..14], round);
        assert_eq!(waits[14], "lost");
    }

    #[test]
    fn waits_grow_with_the_strain_on_the_credential_too() {
        let now = Clock::logical_start();
        for (strain, seconds) in [(0, 1), (1, 1), (2, 2), (4, 8), (9, 32)] {
            let fate = Effort::default().judge(
                &policy(),
                Refusal::Renewed,
                now,
                &answer(429, &[]),
                strain,
                &mut Random::from_seed(Seed(1)),
            );
            let at = now + Duration::from_secs(seconds);
            let pause = Some(at);
            assert_eq!(fate, Fate::Again { at, pause }, "{strain}");
        }
    }

    #[test]
    fn a_second_refusal_of_the_token_loses_the_operation() {
        let twice = vec![answer(401, &[]); 2];
        let table = [
            (Refusal::Renewed, ["renewed", "lost"]),
            (Refusal::GivenUp, ["lost", "lost"]),
            (Refusal::Resent, ["1 s", "2 s"]),
        ];
        for (refusal, expected) in table {
            assert_eq!(fates(&policy(), refusal, &twice), expected, "{refusal:?}");
        }
    }

    #[test]
    fn each_way_with_hints_and_retries_does_what_it_says() {
        let seconds = answer(429, &[("Retry-After", "65")]);
        let date = answer(429, &[("Retry-After", "Thu, 01 Jan 2026 00:01:05 GMT")]);
        let unavailable = answer(503, &[("Retry-After", "65")]);
        // hint, after seconds, after a date, after 503
        let table = [
            (Hint::Obeyed, "65 s, all", "65 s, all", "65 s, all"),
            (Hint::Ignored, "1 s, all", "1 s, all", "1 s"),
            (
                Hint::Clamped(Duration::from_secs(5)),
                "5 s, all",
                "5 s, all",
                "5 s, all",
            ),
            (Hint::SecondsOnly, "65 s, all", "1 s, all", "65 s, all"),
            (Hint::ThrottledOnly, "65 s, all", "65 s, all", "1 s"),
            (Hint::UnreadIsZero, "65 s, all", "65 s, all", "65 s, all"),
        ];
        for (hint, after_seconds, after_date, after_unavailable) in table {
            let policy = RetryPolicy { hint, ..policy() };
            for (outcome, expected) in [
                (&seconds, after_seconds),
                (&date, after_date),
                (&unavailable, after_unavailable),
            ] {
                let outcome = std::slice::from_ref(outcome);
                assert_eq!(
                    fates(&policy, Refusal::Renewed, outcome),
                    [expected],
                    "{hint:?}"
                );
            }
        }
        let unread = RetryPolicy {
            hint: Hint::UnreadIsZero,
            ..policy()
        };
        for (headers, fate) in [
            (&[("Retry-After", "soon")][..], "0 s, all"),
            (&[("Retry-After", "0")], "0 s, all"),
            (&[], "1 s, all"),
        ] {
            let outcome = [answer(429, headers)];
            assert_eq!(fates(&unread, Refusal::Renewed, &outcome), [fate]);
        }
        let alone = RetryPolicy {
            pause: Pause::Operation,
            ..policy()
        };
        assert_eq!(fates(&alone, Refusal::Renewed, &[seconds]), ["65 s"]);
        let everything = RetryPolicy {
            retried: Retried::Everything,
            ..policy()
        };
        assert_eq!(
            fates(&everything, Refusal::Renewed, &[answer(409, &[])]),
            ["1 s"]
        );
        let nothing = RetryPolicy {
            retried: Retried::Nothing,
            ..policy()
        };
        assert_eq!(fates(&nothing, Refusal::Renewed, &[cut()]), ["lost"]);
        let once = RetryPolicy {
            attempts: 1,
            exhausted: Exhausted::GivenUp,
            ..policy()
        };
        assert_eq!(fates(&once, Refusal::Renewed, &[cut()]), ["lost"]);
    }
}
