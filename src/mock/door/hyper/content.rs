//! The body of an answer on its way out.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::hyper::body::{Body, Frame, SizeHint};
use bytes::Bytes;

use super::conversation::{ContentGuard, Conversation};

/// Into how many pieces at most a dripping body is cut.
const DROPS: u32 = 20;

/// The body of an answer: whole, or dripping.
pub(super) struct Content {
    rest: Bytes,
    drip: Option<Drip>,
    guard: ContentGuard,
}

struct Drip {
    /// How many bytes leave at once.
    bytes: usize,
    /// How long to wait before each piece.
    pause: Duration,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Content {
    /// All of `bytes` at once.
    pub(super) fn whole(bytes: Bytes, conversation: Arc<Conversation>) -> Self {
        Self {
            rest: bytes,
            drip: None,
            guard: ContentGuard(conversation),
        }
    }

    /// `bytes` over `time`.
    pub(super) fn slow(bytes: Bytes, time: Duration, conversation: Arc<Conversation>) -> Self {
        let length = bytes.len();
        let drops = DROPS.min(u32::try_from(length).unwrap_or(DROPS)).max(1);
        let size = length.div_ceil(usize::try_from(drops).unwrap_or(1)).max(1);
        Self {
            rest: bytes,
            drip: Some(Drip {
                bytes: size,
                pause: time / drops,
                wait: None,
            }),
            guard: ContentGuard(conversation),
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let length = match &mut this.drip {
            None => this.rest.len(),
            Some(drip) => {
                let pause = drip.pause;
                let conversation = &this.guard.0;
                let wait = drip.wait.get_or_insert_with(|| {
                    let conversation = Arc::clone(conversation);
                    Box::pin(async move { conversation.delay(pause).await })
                });
                ready!(wait.as_mut().poll(context));
                drip.wait = None;
                drip.bytes.min(this.rest.len())
            }
        };
        Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
