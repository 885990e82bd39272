//! The page in the browser: who may see it, and the one thing that can be written.
//!
//! | request | who may | answer |
//! |---|---|---|
//! | `GET /?token=…` | whoever has the link, once | a cookie, and on to the page |
//! | `GET` the page | the browser with the cookie | the report and the form |
//! | `POST` the page | the same, from that page | what was signed, or the page with what is wrong |
//!
//! Everything else is refused. The page lies under a path that nobody can guess, and the cookie is for
//! that path alone: a browser sends the cookies of a host to all its ports. A request whose `Host` is not
//! this door (DNS rebinding), or that says that it comes from another site, is refused.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::pen::{Pen, Written};
use super::reply::{Problems, Reply as Sent, decided, filled_in};
use crate::base::{Random, sha256};
use crate::evidence::{Exhibit, Signer};
use crate::exchange::{Body, Connection, Exchange, Headers, Request, Response};
use crate::mock::{Answer, Arrival, Attendant, Delivery, Reply};
use crate::report::{FilledIn, ReviewForm, review_html, reviewed_html};

/// How many bytes a form has at most.
pub const LARGEST_FORM: usize = 4 * 1024 * 1024;

/// The name of the cookie.
const COOKIE: &str = "preflight-review";

/// Takes the decisions on one bundle.
pub struct Desk {
    exhibit: Exhibit,
    /// What signs; none where the page can only be read.
    pen: Option<Pen>,
    /// Opens the page once.
    token: Mutex<Option<String>>,
    /// What the browser with the cookie shows.
    session: String,
    /// Where the page lies: `/3f…/`.
    place: String,
    /// What the form of the page holds.
    secret: String,
    /// Host and port of the door.
    authority: OnceLock<String>,
    written: Mutex<Option<Written>>,
    over: Notify,
}

/// Why a request is refused.
struct Refusal(u16, &'static str);

impl Desk {
    /// A desk for `exhibit` whose secrets come from `random`.
    #[must_use]
    pub fn new(exhibit: Exhibit, pen: Option<Pen>, random: &mut Random) -> Self {
        let mut word = || format!("{:016x}{:016x}", random.next_u64(), random.next_u64());
        Self {
            exhibit,
            pen,
            token: Mutex::new(Some(word())),
            session: word(),
            place: format!("/{}/", word()),
            secret: word(),
            authority: OnceLock::new(),
            written: Mutex::new(None),
            over: Notify::new(),
        }
    }

    /// Tells the desk behind which door (host and port) it stands; the link that opens the page once.
    pub fn stand_behind(&self, authority: &str) -> String {
        let _earlier = self.authority.set(authority.to_owned());
        let token = lock(&self.token).clone().unwrap_or_default();
        format!("http://{authority}/?token={token}")
    }

    /// Waits until a review was signed, and the browser knows it.
    pub async fn signed(&self) {
        while self.written().is_none() {
            self.over.notified().await;
        }
    }

    /// What was signed.
    #[must_use]
    pub fn written(&self) -> Option<Written> {
        lock(&self.written).clone()
    }

    fn respond(&self, request: &Request) -> Response {
        let answered = self.admit(request).and_then(|()| match request.path() {
            "/" => self.open(request),
            path if path == self.place => self.page(request),
            _ => Err(Refusal(404, "there is nothing here")),
        });
        answered.unwrap_or_else(|Refusal(status, reason)| {
            let mut response = respond(status, "text/plain", format!("{reason}\n"));
            if status == 405 {
                let allowed = if request.path() == "/" {
                    "GET"
                } else {
                    "GET, POST"
                };
                response.headers.push("allow", allowed);
            }
            response
        })
    }

    /// Refuses what comes from elsewhere.
    fn admit(&self, request: &Request) -> Result<(), Refusal> {
        let own = self.authority.get().map(|it| format!("http://{it}"));
        let own = own.as_deref();
        if Some(request.origin()) != own {
            return Err(Refusal(403, "this is not the address that was printed"));
        }
        let mut origins = request.headers.all("origin");
        let strange = |site: &str| !["same-origin", "none"].contains(&site);
        if origins.any(|origin| Some(origin) != own)
            || request.headers.all("sec-fetch-site").any(strange)
        {
            return Err(Refusal(403, "requests of other sites are refused"));
        }
        Ok(())
    }

    /// Exchanges the token for the cookie.
    fn open(&self, request: &Request) -> Result<Response, Refusal> {
        only(request, &["GET"])?;
        let mut token = lock(&self.token);
        let shown = request.query().and_then(|it| it.strip_prefix("token="));
        match (shown, token.as_deref()) {
            (None, _) => Err(Refusal(403, "open the whole link that preflight printed")),
            (Some(_), None) => Err(Refusal(
                403,
                "this link was opened already, and works once; start `preflight review` again",
            )),
            (Some(shown), Some(known)) if !is_same(shown, known) => {
                Err(Refusal(403, "this is not the link that preflight printed"))
            }
            (Some(_), Some(_)) => {
                *token = None;
                let mut response = respond(303, "text/plain", String::new());
                let (session, place) = (&self.session, &self.place);
                let cookie = format!("{COOKIE}={session}; Path={place}; HttpOnly; SameSite=Strict");
                response.headers.push("location", place.as_str());
                response.headers.push("set-cookie", cookie);
                Ok(response)
            }
        }
    }

    /// Shows the page, or takes what was filled in.
    fn page(&self, request: &Request) -> Result<Response, Refusal> {
        only(request, &["GET", "POST"])?;
        let cookies = request.headers.all("cookie").flat_map(|it| it.split(';'));
        let mut pairs = cookies.filter_map(|it| it.trim().split_once('='));
        if !pairs.any(|(name, value)| name == COOKIE && is_same(value, &self.session)) {
            return Err(Refusal(
                403,
                "open the link that preflight printed, in this browser",
            ));
        }
        if request.method == "POST" {
            return self.take(request);
        }
        if let Some(written) = lock(&self.written).as_ref() {
            return Ok(html(200, reviewed_html(&written.text)));
        }
        let earlier = self.exhibit.review().map(|review| &review.decisions);
        let filled = filled_in(earlier, self.exhibit.verdict());
        Ok(self.show(200, &filled, &Problems::new()))
    }

    /// Signs what was filled in.
    fn take(&self, request: &Request) -> Result<Response, Refusal> {
        let Some(pen) = &self.pen else {
            return Err(Refusal(403, "nobody signs: the page can only be read"));
        };
        // A browser says where a form comes from.
        if request.headers.get("origin").is_none() {
            return Err(Refusal(403, "requests of other sites are refused"));
        }
        if request.body.len() > LARGEST_FORM {
            return Err(Refusal(413, "the form is too long"));
        }
        let checks = self.exhibit.verdict().to_decide().len();
        let sent = Sent::read(request.body.bytes(), checks)
            .ok()
            .filter(|sent| is_same(&sent.secret, &self.secret))
            .ok_or(Refusal(
                400,
                "this is not the form of the page; load it again",
            ))?;
        // One at a time: what was signed is not signed twice.
        let mut written = lock(&self.written);
        if let Some(written) = written.as_ref() {
            return Ok(html(200, reviewed_html(&written.text)));
        }
        let decisions = match decided(&sent.filled, self.exhibit.verdict()) {
            Ok(decisions) => decisions,
            Err(problems) => return Ok(self.show(422, &sent.filled, &problems)),
        };
        match pen.sign(&self.exhibit, &decisions) {
            Ok(done) => {
                let page = reviewed_html(&done.text);
                *written = Some(done);
                Ok(html(200, page))
            }
            Err(failure) => {
                let problem = failure.text();
                Ok(self.show(500, &sent.filled, &vec![(None, problem)]))
            }
        }
    }

    /// What is to be known before anything is decided.
    fn notes(&self) -> Vec<String> {
        let maker = match self.exhibit.maker() {
            Signer::Trusted(_) => None,
            Signer::Unknown(key) => Some(format!(
                "The bundle is signed with the key {key}, and nobody said that it is the provider's (--trust)."
            )),
            Signer::Nobody => Some(
                "Nobody signed the bundle: whoever had it in hand can have changed it.".to_owned(),
            ),
        };
        let earlier = self.exhibit.review().map(|review| {
            let instead = match self.pen {
                Some(_) => " What you sign takes the place of that.",
                None => "",
            };
            let (by, at) = (review.decisions.by(), review.at);
            format!("{by} reviewed this bundle at {at}.{instead}")
        });
        maker.into_iter().chain(earlier).collect()
    }

    fn show(&self, status: u16, filled: &FilledIn, problems: &Problems) -> Response {
        let signer = self.pen.as_ref().map(Pen::fingerprint);
        let notes = self.notes();
        let page = self.exhibit.told(|told| {
            review_html(
                told,
                ReviewForm {
                    signer: signer
                        .as_deref()
                        .map(|signer| (signer, self.secret.as_str())),
                    filled,
                    problems,
                    notes: &notes,
                },
            )
        });
        html(status, page)
    }
}

/// A desk behind a door.
pub struct Guarded(pub Arc<Desk>);

impl Attendant for Guarded {
    fn answer(&self, _arrival: &Arrival, request: &Request) -> impl Future<Output = Reply> + Send {
        let desk = Arc::clone(&self.0);
        let request = request.clone();
        async move {
            let served = tokio::task::spawn_blocking(move || desk.respond(&request));
            let response = served.await.unwrap_or_else(|_panicked| {
                respond(
                    500,
                    "text/plain",
                    "preflight failed; it has said why\n".into(),
                )
            });
            Reply::Answer(Answer {
                response,
                latency: Duration::ZERO,
                delay: Duration::ZERO,
                delivery: Delivery::Whole,
            })
        }
    }

    // The answer has left, or its connection broke: whoever waits may go on.
    fn done(&self, _exchange: Exchange) {
        self.0.over.notify_one();
    }

    fn disturbed(&self, _connection: &Connection, _reason: &str) {}
}

fn only(request: &Request, methods: &[&str]) -> Result<(), Refusal> {
    if methods.contains(&request.method.as_str()) {
        return Ok(());
    }
    Err(Refusal(405, "this cannot be done here"))
}

/// Whether two secrets are the same, which takes as long whatever they have in common.
fn is_same(one: &str, other: &str) -> bool {
    sha256(one.as_bytes()) == sha256(other.as_bytes())
}

fn html(status: u16, page: String) -> Response {
    respond(status, "text/html", page)
}

fn respond(status: u16, media_type: &str, text: String) -> Response {
    let mut headers = Headers::new();
    for (name, value) in [
        (
            "content-type",
            format!("{media_type}; charset=utf-8").as_str(),
        ),
        ("cache-control", "no-store"),
        // The page has a stricter one of its own, which cannot say this.
        (
            "content-security-policy",
            "frame-ancestors 'none'; base-uri 'none'",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.push(name, value);
    }
    Response {
        status,
        reason: String::new(),
        headers,
        body: Body::from(text),
    }
}

fn lock<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
