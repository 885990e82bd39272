//! Between the runner and the script room: jobs out, effects back.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::body::FileReader;
use super::dispatcher::{Dispatch, Dispatcher};
use super::execution::{Received, ScriptRequest};
use super::request::{ResolvedRequest, SignContext};
use crate::auth::Challenge;
use crate::base::{Random, Secret};
use crate::collection::Compatibility;
use crate::event::{Listen, Origin};
use crate::exchange::{Exchange, Outcome, Response};
use crate::script::{
    Change, CookieCall, CookieReply, Mutation, Scope as ScriptScope, ScriptHost, ScriptResponse,
    SendError,
};
use crate::transport::{JarCookie, RedirectPolicy};
use crate::variable::Scopes;

/// The run as a script of one step reaches it.
pub(super) struct StepHost<'a> {
    pub(super) dispatcher: &'a Dispatcher,
    pub(super) files: &'a dyn FileReader,
    pub(super) step: u64,
    pub(super) paced: bool,
    pub(super) redirects: RedirectPolicy,
    pub(super) timeout: Option<Duration>,
    pub(super) user_agent: &'a str,
    pub(super) compatibility: Compatibility,
    pub(super) chance: std::cell::RefCell<Random>,
    pub(super) vault: &'a BTreeMap<String, Secret>,
    /// Which script runs.
    pub(super) listen: Cell<Listen>,
    /// What its scripts sent.
    pub(super) requests: RefCell<Vec<ScriptRequest>>,
    /// The history could not be written on.
    pub(super) broken: Cell<Option<crate::event::ListenerError>>,
}

impl ScriptHost for StepHost<'_> {
    fn send(
        &self,
        request: Value,
    ) -> Pin<Box<dyn Future<Output = Result<ScriptResponse, SendError>> + '_>> {
        Box::pin(self.exchange(request))
    }

    fn cookies(&self, call: CookieCall) -> CookieReply {
        let mut jar = self.dispatcher.jar();
        let parsed = |url: &str| Url::parse(&absolute(url));
        let refused = |url: &str| CookieReply::Refused(format!("CookieJar: «{url}» is not a URL"));
        match call {
            CookieCall::Find { url, name } => match parsed(&url) {
                Ok(address) => CookieReply::Cookies(
                    jar.matching(&address)
                        .iter()
                        .filter(|cookie| cookie.name == name)
                        .map(cookie_value)
                        .collect(),
                ),
                Err(_) => refused(&url),
            },
            CookieCall::All { url } => match parsed(&url) {
                Ok(address) => {
                    CookieReply::Cookies(jar.matching(&address).iter().map(cookie_value).collect())
                }
                Err(_) => refused(&url),
            },
            CookieCall::Set { url, cookie } => match parsed(&url) {
                Ok(address) if jar.set(&address, &cookie) => {
                    let name = cookie.split('=').next().unwrap_or_default();
                    CookieReply::Cookies(
                        jar.matching(&address)
                            .iter()
                            .filter(|set| set.name == name)
                            .map(cookie_value)
                            .collect(),
                    )
                }
                Ok(_) => CookieReply::Refused("CookieJar: the cookie is refused".into()),
                Err(_) => refused(&url),
            },
            CookieCall::Unset { url, name } => match parsed(&url) {
                Ok(address) => {
                    jar.unset(&address, &name);
                    CookieReply::Done
                }
                Err(_) => refused(&url),
            },
            CookieCall::Clear { url } => match parsed(&url) {
                Ok(address) => {
                    jar.clear(&address);
                    CookieReply::Done
                }
                Err(_) => refused(&url),
            },
        }
    }

    fn vault(&self, name: &str) -> Option<String> {
        self.vault
            .get(name)
            .map(|secret| secret.expose().to_owned())
    }
}

impl StepHost<'_> {
    async fn exchange(&self, request: Value) -> Result<ScriptResponse, SendError> {
        let behavior = json!({ "disableBodyPruning": true });
        let signed = ResolvedRequest::of_script(&request)
            .sign(SignContext {
                behavior: behavior.as_object().expect("an object is written above"),
                files: self.files,
                chance: &mut self.chance.borrow_mut(),
                user_agent: self.user_agent,
                compatibility: self.compatibility,
                now: self.dispatcher.now(),
                challenge: &Challenge::default(),
            })
            .map_err(|error| SendError {
                message: error.to_string(),
                code: None,
            })?;
        let dispatch = Dispatch {
            step: self.step,
            origin: Origin::Script,
            request: signed.request,
            retried: false,
            paced: self.paced,
            redirects: self.redirects,
            cookies: true,
            timeout: self.timeout,
        };
        match self.dispatcher.dispatch(dispatch).await {
            Ok(dispatched) => {
                let (exchange, wire_size) = (&dispatched.exchange, dispatched.wire_size);
                self.requests.borrow_mut().push(ScriptRequest {
                    listen: self.listen.get(),
                    request: signed.shown,
                    outcome: match &exchange.outcome {
                        Outcome::Failure(failure) => Err(failure.clone()),
                        Outcome::Response(response) => {
                            Ok(received(self.dispatcher, exchange, response, wire_size))
                        }
                    },
                });
                script_response(self.dispatcher, &dispatched.exchange, dispatched.wire_size)
                    .map_err(|message| {
                        let code = message.split_whitespace().find(|word| {
                            word.len() > 3
                                && word.starts_with('E')
                                && word.bytes().all(|byte| byte.is_ascii_uppercase())
                        });
                        SendError {
                            code: code.map(str::to_owned),
                            message,
                        }
                    })
            }
            Err(error) => {
                let message = error.to_string();
                self.broken.set(Some(error));
                Err(SendError {
                    message,
                    code: None,
                })
            }
        }
    }
}

/// The response of an exchange as scripts see it, or its failure's text.
pub(super) fn script_response(
    dispatcher: &Dispatcher,
    exchange: &Exchange,
    wire_size: u64,
) -> Result<ScriptResponse, String> {
    match &exchange.outcome {
        Outcome::Failure(failure) => Err(failure.message.clone()),
        Outcome::Response(response) => Ok(ScriptResponse {
            code: response.status,
            reason: response.reason.clone(),
            headers: response
                .headers
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: response.body.bytes().clone(),
            time_ms: exchange.timing.response_time() as f64,
            size: wire_size,
            cookies: cookies_for(dispatcher, &exchange.request.url),
        }),
    }
}

/// The response of an exchange as reports see it.
pub(super) fn received(
    dispatcher: &Dispatcher,
    exchange: &Exchange,
    response: &Response,
    wire_size: u64,
) -> Received {
    Received {
        response: response.clone(),
        time: Duration::from_millis(exchange.timing.response_time()),
        wire_size,
        cookies: cookies_for(dispatcher, &exchange.request.url),
    }
}

/// The cookies for a URL, in the SDK's JSON.
pub(super) fn cookies_for(dispatcher: &Dispatcher, url: &str) -> Vec<Value> {
    Url::parse(&absolute(url))
        .map(|url| {
            dispatcher
                .jar()
                .matching(&url)
                .iter()
                .map(cookie_value)
                .collect()
        })
        .unwrap_or_default()
}

fn absolute(url: &str) -> String {
    if url.contains("://") {
        url.to_owned()
    } else {
        format!("http://{url}")
    }
}

fn cookie_value(cookie: &JarCookie) -> Value {
    json!({
        "name": cookie.name,
        "value": cookie.value,
        "domain": cookie.domain,
        "path": cookie.path,
        "hostOnly": cookie.host_only,
        "secure": cookie.secure,
        "httpOnly": cookie.http_only,
        "session": cookie.expires.is_none(),
    })
}

/// Does to the scopes what a script did.
pub(super) fn apply(mutations: &[Mutation], scopes: &mut Scopes) {
    for mutation in mutations {
        let scope = match mutation.scope {
            ScriptScope::Environment => &mut scopes.environment,
            ScriptScope::Globals => &mut scopes.globals,
            ScriptScope::Collection => &mut scopes.collection,
            ScriptScope::Local => &mut scopes.local,
        };
        match &mutation.change {
            Change::Set { value, kind } => scope.set(&mutation.key, value.clone(), kind.as_deref()),
            Change::Unset => scope.unset(&mutation.key),
        }
    }
}

/// The values that a script gave to variables typed `secret`.
pub(super) fn secrets_set<'m>(
    mutations: &'m [Mutation],
    scopes: &Scopes,
) -> Vec<(&'m str, String)> {
    mutations
        .iter()
        .filter_map(|mutation| {
            let scope = match mutation.scope {
                ScriptScope::Environment => &scopes.environment,
                ScriptScope::Globals => &scopes.globals,
                ScriptScope::Collection => &scopes.collection,
                ScriptScope::Local => &scopes.local,
            };
            let entry = scope.entry(&mutation.key)?;
            let is_secret = entry.kind.as_deref() == Some("secret");
            is_secret.then(|| (mutation.key.as_str(), entry.text()))
        })
        .collect()
}
