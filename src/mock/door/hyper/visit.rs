//! One connection from its beginning to its end.

use std::error::Error;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use ::hyper::server::conn::http1;
use ::hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::DoorLimits;
use super::conversation::Conversation;
use super::listener::Closing;
use super::reception::Reception;
use super::wire::{OverTcp, Wire};
use crate::exchange::FailureKind;
use crate::mock::Attendant;

/// What a connection needs.
pub(super) struct Visit<A: Attendant> {
    pub(super) reception: Arc<Reception<A>>,
    pub(super) limits: DoorLimits,
    pub(super) closing: watch::Receiver<Closing>,
}

/// Tells the attendant what is left to tell when a connection is closed, however that came.
struct Farewell<A: Attendant> {
    attendant: Arc<A>,
    conversation: Arc<Conversation>,
}

impl<A: Attendant> Drop for Farewell<A> {
    fn drop(&mut self) {
        for exchange in self.conversation.end() {
            self.attendant.done(exchange);
        }
    }
}

impl<A: Attendant> Visit<A> {
    /// Serves `stream` until it ends.
    pub(super) async fn receive(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Answers are small and whole; waiting to join them only costs time.
        let _slower = stream.set_nodelay(true);
        let Some(acceptor) = tls else {
            return self.converse(stream).await;
        };
        let handshake = tokio::time::timeout(self.limits.head, acceptor.accept(stream)).await;
        let reason = match handshake {
            Ok(Ok(stream)) => return self.converse(stream).await,
            Ok(Err(error)) => format!("the TLS handshake failed: {error}"),
            Err(_) => format!("the TLS handshake took longer than {:?}", self.limits.head),
        };
        self.disturbed(&reason);
    }

    async fn converse<S: OverTcp>(mut self, stream: S) {
        let reception = Arc::clone(&self.reception);
        let conversation = Arc::clone(&reception.conversation);
        let farewell = Farewell {
            attendant: Arc::clone(&reception.attendant),
            conversation: Arc::clone(&conversation),
        };
        let wire = Wire::new(stream, Arc::clone(&conversation));
        let service = service_fn(move |incoming| Arc::clone(&reception).take(incoming));
        let mut connection = pin!(
            http1::Builder::new()
                .header_read_timeout(None)
                .max_header_size(self.limits.head_bytes)
                .max_buf_size(self.limits.head_bytes.max(8_192))
                .serve_connection(TokioIo::new(wire), service)
        );
        loop {
            let served = poll_fn(|context| {
                let served = connection.as_mut().poll(context);
                for exchange in conversation.take_complete() {
                    farewell.attendant.done(exchange);
                }
                served
            });
            tokio::select! {
                biased;
                served = served => return self.served(served),
                changed = self.closing.changed() => {
                    connection.as_mut().graceful_shutdown();
                    if changed.is_err() {
                        // Whoever could say more is gone, and this task soon will be.
                        return;
                    }
                }
                _ = tokio::time::timeout(self.limits.interval(), pending::<()>()) => {
                    if let Some(reason) = conversation.overdue(&self.limits) {
                        conversation.conclude(FailureKind::Timeout, reason.as_str());
                        if conversation.is_disturbed() {
                            self.disturbed(&reason);
                        }
                        return;
                    }
                }
            }
        }
    }

    /// Judges how hyper ended.
    fn served(&self, served: Result<(), ::hyper::Error>) {
        let conversation = &self.reception.conversation;
        conversation.conclude(
            FailureKind::Cut,
            "the client closed the connection before the answer had left",
        );
        if conversation.is_disturbed() {
            self.disturbed(&match served {
                Ok(()) => "it was closed without a request".to_owned(),
                Err(error) => cause(&error),
            });
        }
    }

    fn disturbed(&self, reason: &str) {
        let reception = &self.reception;
        reception
            .attendant
            .disturbed(reception.conversation.connection(), reason);
    }
}

/// What lies at the bottom of `error`.
fn cause(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => cause(source),
        None => error.to_string(),
    }
}
