//! A stream on which every request has the head that we wrote, and whose response heads we overhear.
//!
//! The HTTP library frames messages well, but it writes the names of headers in lower case and a
//! target of its own, and forgets how a server spelled its headers and its reason. So the library
//! writes a head that nobody sees: [`Spelled`] sends ours in its place, and the body as it comes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What ends a head (RFC 9112 §2.1).
const END: &[u8] = b"\r\n\r\n";

/// The heads of the exchange that is under way on a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The head of the next request.
    told: Option<Vec<u8>>,
    /// The head of the response, as far as it has come.
    heard: Vec<u8>,
    /// Whether all of it has come.
    complete: bool,
}

impl Heads {
    /// The next request goes out with this head.
    pub(super) fn tell(&self, head: Vec<u8>) {
        *self.state() = State {
            told: Some(head),
            ..State::default()
        };
    }

    /// The head of the last response, up to the empty line.
    pub(super) fn heard(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().heard)
    }

    /// Whether any byte of a response has come.
    pub(super) fn is_answered(&self) -> bool {
        !self.state().heard.is_empty()
    }

    fn overhear(&self, bytes: &[u8]) {
        let mut state = self.state();
        if state.complete {
            return;
        }
        state.heard.extend_from_slice(bytes);
        while let Some(end) = memmem::find(&state.heard, END) {
            if is_interim(&state.heard) {
                state.heard.drain(..end + END.len());
            } else {
                state.heard.truncate(end);
                state.complete = true;
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a head is that of an answer before the answer (RFC 9110 §15.2).
fn is_interim(head: &[u8]) -> bool {
    memchr::memchr(b' ', head).is_some_and(|space| {
        let status = head.get(space + 1..space + 4);
        status.is_some_and(|status| status.starts_with(b"1") && status != b"101")
    })
}

/// A stream with [`Heads`].
#[derive(Debug)]
pub(super) struct Spelled<S> {
    stream: S,
    heads: Heads,
    /// Our head, while the library writes its own.
    ours: Option<Vec<u8>>,
    /// What the library has written of its head.
    theirs: Vec<u8>,
    outbox: Vec<u8>,
    sent: usize,
}

impl<S: AsyncWrite + Unpin> Spelled<S> {
    pub(super) fn new(stream: S, heads: Heads) -> Self {
        Self {
            stream,
            heads,
            ours: None,
            theirs: Vec::new(),
            outbox: Vec::new(),
            sent: 0,
        }
    }

    fn empty_outbox(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.outbox.len() {
            let rest = &self.outbox[self.sent..];
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += written;
        }
        self.outbox = Vec::new();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Spelled<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.empty_outbox(context))?;
        if self.ours.is_none() {
            let told = self.heads.state().told.take();
            self.ours = told;
        }
        if self.ours.is_none() {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        }
        self.theirs.extend_from_slice(bytes);
        if let Some(end) = memmem::find(&self.theirs, END) {
            let mut outbox = self.ours.take().unwrap_or_default();
            outbox.extend_from_slice(&self.theirs[end + END.len()..]);
            self.theirs = Vec::new();
            self.outbox = outbox;
            // What cannot go now goes with the flush.
            if let Poll::Ready(result) = self.empty_outbox(context) {
                result?;
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.empty_outbox(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.empty_outbox(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Spelled<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.heads.overhear(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn our_head_goes_out_in_place_of_the_librarys() {
        let (near, mut far) = tokio::io::duplex(7);
        let heads = Heads::default();
        let mut spelled = Spelled::new(near, heads.clone());
        let reader = tokio::spawn(async move {
            let mut all = String::new();
            far.read_to_string(&mut all).await.unwrap();
            all
        });
        for number in 0..2 {
            heads.tell(format!("PUT /{number} HTTP/1.1\r\nX-A: 1\r\n\r\n").into_bytes());
            for part in ["put / HTTP/1.1\r\nx-", "a: 1\r\n\r\nbo", "dy"] {
                spelled.write_all(part.as_bytes()).await.unwrap();
            }
            spelled.flush().await.unwrap();
        }
        drop(spelled);
        assert_eq!(
            reader.await.unwrap(),
            "PUT /0 HTTP/1.1\r\nX-A: 1\r\n\r\nbodyPUT /1 HTTP/1.1\r\nX-A: 1\r\n\r\nbody"
        );
    }

    #[tokio::test]
    async fn the_head_of_the_answer_is_overheard_and_interim_answers_are_not() {
        let (near, mut far) = tokio::io::duplex(64);
        let heads = Heads::default();
        heads.tell(Vec::new());
        let mut spelled = Spelled::new(near, heads.clone());
        assert!(!heads.is_answered());
        let sent = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Fine\r\nX-Y: z\r\n\r\nbody";
        tokio::spawn(async move { far.write_all(sent.as_bytes()).await.unwrap() });
        let mut all = String::new();
        spelled.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, sent);
        assert_eq!(heads.heard(), b"HTTP/1.1 200 Fine\r\nX-Y: z");
    }
}
