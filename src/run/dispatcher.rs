//! The one place from which requests leave: pace, cookies, redirects, retries, and a record of
//! every attempt.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use url::Url;

use super::cancel::Cancellation;
use super::credential::learn_credentials;
use super::pace::Pace;
use super::retry::RetryPolicy;
use crate::base::{Clock, Random, Redactor, Timestamp, uuid};
use crate::event::{Attempt, EventKind, Events, ListenerError, Origin, WaitReason};
use crate::exchange::{Exchange, Failure, FailureKind, Outcome, Request, Vantage};
use crate::transport::{Client, CookieJar, RedirectPolicy, Route, redirected};

/// Sends requests for the steps of a run. It is shared by the runner and by the scripts that call
/// `pm.sendRequest`, so everything in it is behind a lock.
pub struct Dispatcher {
    clock: Clock,
    client: Client,
    retry: RetryPolicy,
    pace: Option<Mutex<Pace>>,
    jar: Mutex<CookieJar>,
    events: Mutex<Events>,
    fresh_header: String,
    chance: Mutex<Random>,
    redactor: Arc<Redactor>,
    cancellation: Cancellation,
    groups: AtomicU64,
    /// Held by an exchange on the logical clock, which must not move while another is in flight.
    flight: tokio::sync::Mutex<()>,
}

/// What a dispatcher is made of.
pub struct DispatcherParts {
    /// The clock of the run.
    pub clock: Clock,
    /// Puts requests on the wire.
    pub client: Client,
    /// When an attempt is repeated.
    pub retry: RetryPolicy,
    /// The rate that is kept to; `None` for none.
    pub pace: Option<Pace>,
    /// Where everything is written down.
    pub events: Events,
    /// The header that has to be new on every request (`x-fapi-interaction-id`): another attempt
    /// is another request.
    pub fresh_header: String,
    /// The chance of jitter and of fresh headers.
    pub chance: Random,
    /// Learns the tokens that responses bring.
    pub redactor: Arc<Redactor>,
    /// Stops the run.
    pub cancellation: Cancellation,
}

/// A request with the rules under which it is sent.
pub struct Dispatch {
    /// The step to which it belongs.
    pub step: u64,
    /// Who sends it.
    pub origin: Origin,
    /// The request: resolved and signed.
    pub request: Request,
    /// Whether the retry policy holds for it.
    pub retried: bool,
    /// Whether the pace holds for it; a step that provokes throttling is not held back.
    pub paced: bool,
    /// How redirects are followed.
    pub redirects: RedirectPolicy,
    /// Whether the jar's cookies are sent and the response's taken in.
    pub cookies: bool,
    /// How long one exchange may take by the machine's time.
    pub timeout: Option<Duration>,
}

/// What became of a request, all its attempts and redirects done.
pub struct Dispatched {
    /// The last exchange.
    pub exchange: Exchange,
    /// The bytes of its body on the wire.
    pub wire_size: u64,
    /// How many exchanges there were.
    pub exchanges: usize,
}

impl Dispatcher {
    /// A dispatcher.
    #[must_use]
    pub fn new(parts: DispatcherParts) -> Self {
        Self {
            clock: parts.clock,
            client: parts.client,
            retry: parts.retry,
            pace: parts.pace.map(Mutex::new),
            jar: Mutex::default(),
            events: Mutex::new(parts.events),
            fresh_header: parts.fresh_header,
            chance: Mutex::new(parts.chance),
            redactor: parts.redactor,
            cancellation: parts.cancellation,
            groups: AtomicU64::new(1),
            flight: tokio::sync::Mutex::new(()),
        }
    }

    /// Writes down that something happened.
    pub fn emit(&self, kind: EventKind) -> Result<u64, ListenerError> {
        locked(&self.events).emit(kind)
    }

    /// Where requests go that do not go where they say, in words. The mock's port is left out: it
    /// is another one each time.
    #[must_use]
    pub fn routes(&self) -> Vec<String> {
        self.client
            .map()
            .iter()
            .filter_map(|(origin, route)| match route {
                Route::Mock(_) => Some(format!("{origin} -> mock")),
                Route::Origin(other) => Some(format!("{origin} -> {other}")),
                Route::Direct => None,
            })
            .collect()
    }

    /// Makes a secret known that came into being during the run.
    pub fn learn(&self, name: &str, value: &str) {
        self.redactor.learn(name, value);
    }

    /// The moment, by the clock of the run.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The cookie jar.
    pub fn jar(&self) -> MutexGuard<'_, CookieJar> {
        locked(&self.jar)
    }

    /// Whether somebody has stopped the run.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Waits until somebody stops the run.
    pub async fn cancelled(&self) {
        self.cancellation.cancelled().await;
    }

    /// Waits, is told of in the history, and ends early when the run is stopped.
    pub async fn pause(
        &self,
        step: u64,
        reason: WaitReason,
        wait: Duration,
    ) -> Result<(), ListenerError> {
        if wait.is_zero() {
            return Ok(());
        }
        let began = self.clock.now();
        tokio::select! {
            () = self.clock.sleep(wait) => {}
            () = self.cancellation.cancelled() => {}
        }
        let waited = self.clock.now().duration_since(began).unsigned_abs();
        // What was planned, or less where the run was stopped.
        let milliseconds = u64::try_from(waited.min(wait).as_millis()).unwrap_or(u64::MAX);
        self.emit(EventKind::Waited {
            step,
            reason,
            milliseconds,
        })
        .map(drop)
    }

    /// Sends a request, repeats it as the policy says, follows its redirects, and writes each
    /// exchange down. An error means that the run cannot be recorded any longer.
    pub async fn dispatch(&self, dispatch: Dispatch) -> Result<Dispatched, ListenerError> {
        let _alone = if self.clock.is_logical() {
            Some(self.flight.lock().await)
        } else {
            None
        };
        let mut request = dispatch.request.clone();
        let own_cookie = request.headers.get("cookie").map(str::to_owned);
        let mut origin = dispatch.origin;
        let mut redirects = dispatch.redirects;
        let mut exchanges = 0;
        loop {
            let (exchange, wire_size, attempts) = self
                .attempts(&dispatch, origin, request.clone(), own_cookie.as_deref())
                .await?;
            exchanges += attempts;
            let next = exchange.response().and_then(|response| {
                let target = redirected(&exchange.request, response, dispatch.redirects)?;
                Some((target, redirects.maximum.checked_sub(1)))
            });
            match next {
                None => {
                    return Ok(Dispatched {
                        exchange,
                        wire_size,
                        exchanges,
                    });
                }
                Some((_, None)) => {
                    let failure = Failure {
                        kind: FailureKind::Redirects,
                        message: format!(
                            "Exceeded maxRedirects. Probably stuck in a redirect loop {}",
                            request.url
                        ),
                    };
                    // What a script asked for is the script's to deal with.
                    if dispatch.origin == Origin::Item {
                        self.emit(EventKind::RequestFailed {
                            step: dispatch.step,
                            failure: failure.clone(),
                        })?;
                    }
                    let mut exchange = exchange;
                    exchange.outcome = Outcome::Failure(failure);
                    return Ok(Dispatched {
                        exchange,
                        wire_size,
                        exchanges,
                    });
                }
                Some((target, Some(left))) => {
                    redirects.maximum = left;
                    request = target;
                    origin = Origin::Redirect;
                }
            }
        }
    }

    /// All attempts of one request.
    async fn attempts(
        &self,
        dispatch: &Dispatch,
        origin: Origin,
        mut request: Request,
        own_cookie: Option<&str>,
    ) -> Result<(Exchange, u64, usize), ListenerError> {
        let group = self.groups.fetch_add(1, Ordering::Relaxed);
        let mut number = 1;
        loop {
            if let Some(pace) = self.pace.as_ref().filter(|_| dispatch.paced) {
                let wait = locked(pace).take(self.clock.now());
                self.pause(dispatch.step, WaitReason::Pace, wait).await?;
            }
            let (exchange, wire_size) = self.send(dispatch, request.clone(), own_cookie).await;
            learn_credentials(&self.redactor, &exchange);
            self.emit(EventKind::Exchange {
                step: dispatch.step,
                origin,
                attempt: Attempt { group, number },
                exchange: Box::new(exchange.clone()),
            })?;
            let wait = exchange
                .response()
                .filter(|_| dispatch.retried)
                .and_then(|response| {
                    let received = exchange.timing.response_last;
                    let chance = &mut locked(&self.chance);
                    self.retry.wait(number, response, received, chance)
                });
            match wait {
                Some(wait) if !self.is_cancelled() => {
                    self.pause(dispatch.step, wait.reason, wait.duration)
                        .await?;
                    number += 1;
                    if request.headers.contains(&self.fresh_header) {
                        let fresh = uuid(&mut locked(&self.chance)).to_string();
                        request.headers.replace(&self.fresh_header, &fresh);
                    }
                }
                _ => {
                    let attempts = usize::try_from(number).unwrap_or(usize::MAX);
                    return Ok((exchange, wire_size, attempts));
                }
            }
            if self.is_cancelled() {
                let attempts = usize::try_from(number - 1).unwrap_or(usize::MAX);
                return Ok((exchange, wire_size, attempts));
            }
        }
    }

    /// One attempt. The jar's cookies stand behind the request's own, where a `Cookie` stood.
    async fn send(
        &self,
        dispatch: &Dispatch,
        mut request: Request,
        own_cookie: Option<&str>,
    ) -> (Exchange, u64) {
        let url = Url::parse(&request.url).ok().filter(|_| dispatch.cookies);
        let kept = url.as_ref().and_then(|url| self.jar().header(url));
        let cookies: Vec<_> = own_cookie.into_iter().chain(kept.as_deref()).collect();
        let cookies = cookies.join("; ");
        if cookies.is_empty() {
            request.headers.remove("cookie");
        } else if request.headers.contains("cookie") {
            request.headers.replace("cookie", &cookies);
        } else {
            request.headers.push("Cookie", cookies);
        }
        let started = self.clock.now();
        let sent = tokio::select! {
            sent = self.client.send_within(&request, dispatch.timeout) => Some(sent),
            () = self.cancellation.cancelled() => None,
        };
        let Some(sent) = sent else {
            let now = self.clock.now();
            let timing = crate::exchange::Timing {
                request_first: started,
                request_last: started,
                response_first: now,
                response_last: now,
            };
            let outcome = Outcome::Failure(Failure {
                kind: FailureKind::Interrupted,
                message: "the run was interrupted".into(),
            });
            return (
                Exchange {
                    request,
                    outcome,
                    timing,
                    vantage: Vantage::Client,
                    connection: None,
                },
                0,
            );
        };
        if let (Some(url), Outcome::Response(response)) = (&url, &sent.outcome) {
            self.jar().take(url, &response.headers);
        }
        let exchange = Exchange {
            request,
            outcome: sent.outcome,
            timing: sent.timing,
            vantage: Vantage::Client,
            connection: None,
        };
        (exchange, sent.wire_size)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks stays usable after a panic elsewhere: it is only ever replaced
    // as a whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
