//! The bytes of one connection.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::conversation::{Conversation, End};
use crate::mock::Ending;

/// A stream that tells its conversation of every byte, breaks off where the script says so, and
/// keeps the end of what a client sends to itself while that client waits for an answer.
pub(super) struct Wire<S: OverTcp> {
    stream: S,
    conversation: Arc<Conversation>,
}

/// A stream over a TCP connection.
pub(super) trait OverTcp: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn tcp(&self) -> &TcpStream;
}

impl OverTcp for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl OverTcp for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl<S: OverTcp> Wire<S> {
    pub(super) fn new(stream: S, conversation: Arc<Conversation>) -> Self {
        Self {
            stream,
            conversation,
        }
    }
}

impl<S: OverTcp> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.conversation.read();
            return Poll::Ready(Ok(()));
        }
        match self.conversation.closed_by_client(context.waker()) {
            End::Waits => Poll::Pending,
            End::Over => Poll::Ready(Ok(())),
        }
    }
}

impl<S: OverTcp> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let permitted = self.conversation.permitted(bytes);
        if permitted == 0 && !bytes.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_flush(context))?;
            return Poll::Ready(Err(io::Error::other("the answer breaks off by script")));
        }
        let stream = Pin::new(&mut self.stream);
        let written = ready!(stream.poll_write(context, &bytes[..permitted]))?;
        self.conversation.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        if let Some(first) = first
            && self.conversation.is_cut()
        {
            return self.poll_write(context, first);
        }
        let stream = Pin::new(&mut self.stream);
        let written = ready!(stream.poll_write_vectored(context, slices))?;
        self.conversation.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        if self.conversation.is_written() {
            // A client that is gone answers the bytes with a reset.
            if let Some(error) = self.stream.tcp().take_error()? {
                return Poll::Ready(Err(error));
            }
            self.conversation.flushed();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: OverTcp> Drop for Wire<S> {
    fn drop(&mut self) {
        match self.conversation.ending() {
            Ending::Closed => {}
            Ending::Reset => {
                // Where it cannot be set the connection is closed instead: the nearest there is.
                let _closed_instead = self.stream.tcp().set_zero_linger();
            }
        }
    }
}
