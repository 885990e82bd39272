//! From a request as hyper reads it to an answer as hyper writes it.

use std::borrow::Cow;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use ::hyper::body::{Body as _, Incoming};
use ::hyper::header::{CONNECTION, HOST};
use ::hyper::http::request::Parts;
use ::hyper::http::{HeaderName, HeaderValue, StatusCode};
use bytes::{Bytes, BytesMut};
use thiserror::Error;

use super::content::Content;
use super::conversation::{Conversation, Following};
use crate::exchange::{Body, Headers, Outcome, Request, Response};
use crate::mock::{Answer, Attendant, Delivery, Reply};

/// How many times the limit of a body is thrown away before the connection is given up.
const PATIENCE: usize = 4;

/// Who takes the requests of one connection.
pub(super) struct Reception<A> {
    pub(super) attendant: Arc<A>,
    pub(super) conversation: Arc<Conversation>,
    /// `http` or `https`.
    pub(super) scheme: &'static str,
    /// Where the door is, for requests that name no host.
    pub(super) door: SocketAddr,
    /// How many bytes of a body are kept.
    pub(super) body_bytes: usize,
}

/// A request is not answered.
#[derive(Debug, Error)]
pub(super) enum Unanswered {
    #[error("the connection breaks by script")]
    Script,
    #[error("the body of a request cannot be read")]
    Body(#[source] ::hyper::Error),
}

/// The body of a request, and whether more of it is to come.
struct Gathered {
    body: Bytes,
    rest: Rest,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Read,
    Unread,
}

impl<A: Attendant> Reception<A> {
    /// Takes a request whose head was just read.
    pub(super) async fn take(
        self: Arc<Self>,
        incoming: ::hyper::Request<Incoming>,
    ) -> Result<::hyper::Response<Content>, Unanswered> {
        let (head, body) = incoming.into_parts();
        let following = if body.is_end_stream() {
            Following::Nothing
        } else {
            Following::Body
        };
        let first = self.conversation.head_read(following);
        let gathered = match following {
            Following::Nothing => Gathered {
                body: Bytes::new(),
                rest: Rest::Read,
            },
            Following::Body => self.gather(body).await.map_err(Unanswered::Body)?,
        };
        let request = Arc::new(self.request(&head, gathered.body));
        let arrival = self.conversation.request_read(first, Arc::clone(&request));
        let reply = self.attendant.answer(&arrival, &request).await;
        // From here on it belongs to the conversation alone.
        drop(request);
        let clock = self.conversation.clock();
        if clock.is_logical() {
            clock.advance(reply.cost());
        }
        match reply {
            Reply::Answer(answer) => Ok(self.answer(answer, gathered.rest).await),
            Reply::Cut { ending, .. } => {
                if let Outcome::Failure(failure) = reply.outcome() {
                    self.conversation.broken(ending, None, failure);
                }
                Err(Unanswered::Script)
            }
        }
    }

    async fn answer(&self, answer: Answer, rest: Rest) -> ::hyper::Response<Content> {
        let conversation = &self.conversation;
        let bytes = answer.response.body.bytes().clone();
        let is_late = !conversation.clock().is_logical();
        let (late, dripping) = match answer.delivery {
            Delivery::Slow(time) if bytes.is_empty() => (answer.delay + time, None),
            Delivery::Slow(time) => (answer.delay, Some(time)),
            Delivery::Whole | Delivery::Half(_) => (answer.delay, None),
        };
        if is_late && !late.is_zero() {
            conversation.delay(late).await;
        }
        let mut outgoing = head(&answer.response);
        if rest == Rest::Unread {
            outgoing
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let length = bytes.len();
        let content = match dripping.filter(|_| is_late) {
            Some(time) => Content::slow(bytes, time, Arc::clone(conversation)),
            None => Content::whole(bytes, Arc::clone(conversation)),
        };
        match answer.delivery {
            Delivery::Whole | Delivery::Slow(_) => conversation.answered(answer.response),
            Delivery::Half(ending) => {
                if let Outcome::Failure(failure) = Reply::Answer(answer).outcome() {
                    conversation.broken(ending, Some(length), failure);
                }
            }
        }
        outgoing.map(|()| content)
    }

    /// Reads a body, and keeps no more of it than allowed.
    async fn gather(&self, mut body: Incoming) -> Result<Gathered, ::hyper::Error> {
        let mut first = Bytes::new();
        let mut whole = BytesMut::new();
        let mut read: usize = 0;
        let kept = self.body_bytes.saturating_add(1);
        let mut rest = Rest::Read;
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let Ok(mut data) = frame?.into_data() else {
                continue;
            };
            let room = kept.saturating_sub(read);
            read = read.saturating_add(data.len());
            data.truncate(room);
            if first.is_empty() {
                first = data;
            } else if !data.is_empty() {
                if whole.is_empty() {
                    whole.extend_from_slice(&first);
                }
                whole.extend_from_slice(&data);
            }
            if read > self.body_bytes.saturating_mul(PATIENCE) {
                rest = Rest::Unread;
                break;
            }
        }
        let body = if whole.is_empty() {
            first
        } else {
            whole.freeze()
        };
        Ok(Gathered { body, rest })
    }

    /// The request as its sender knows it.
    fn request(&self, head: &Parts, body: Bytes) -> Request {
        let door;
        let authority = match (head.uri.authority(), head.headers.get(HOST)) {
            (Some(authority), _) => authority.as_str().into(),
            (None, Some(host)) => text(host.as_bytes()),
            (None, None) => {
                door = self.door.to_string();
                door.as_str().into()
            }
        };
        let target = head
            .uri
            .path_and_query()
            .map_or("/", ::hyper::http::uri::PathAndQuery::as_str);
        Request {
            method: head.method.as_str().to_owned(),
            url: format!("{}://{authority}{target}", self.scheme),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), text(value.as_bytes())))
                .collect::<Headers>(),
            body: Body::from(body),
        }
    }
}

/// The text of a header.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    // Much faster where it succeeds, and it nearly always does.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Status and headers of `response`. A header that cannot be sent, such as an echoed one, is left
/// out.
fn head(response: &Response) -> ::hyper::Response<()> {
    let mut outgoing = ::hyper::Response::new(());
    *outgoing.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers.iter() {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            outgoing.headers_mut().append(name, value);
        }
    }
    outgoing
}
