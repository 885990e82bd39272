//! Accepts connections.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::conversation::Conversation;
use super::reception::Reception;
use super::visit::Visit;
use super::{DoorOptions, Tls};
use crate::base::Clock;
use crate::exchange::Connection;
use crate::mock::Attendant;
use crate::mock::door::DoorError;

/// How many connections may wait to be accepted; the operating system may allow fewer.
const BACKLOG: u32 = 4_096;

/// How long to wait at most before another try where no connection can be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// An attendant at a socket. It closes at once when dropped.
#[derive(Debug)]
pub struct HyperDoor {
    address: SocketAddr,
    tls: Option<Tls>,
    closing: watch::Sender<Closing>,
    task: JoinHandle<()>,
}

/// Whether a door is being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    Open,
    /// What is in flight may end.
    Gracefully,
    AtOnce,
}

/// What every connection needs.
struct Host<A> {
    attendant: Arc<A>,
    clock: Clock,
    machine: Clock,
    address: SocketAddr,
    options: DoorOptions,
    closing: watch::Receiver<Closing>,
    /// How many connections were accepted.
    accepted: u64,
    /// Whether the last one could not be.
    is_crowded: bool,
}

impl HyperDoor {
    /// Lets `attendant` answer what arrives at `options.address`; times are those of `clock`. To be
    /// called inside a runtime.
    ///
    /// # Errors
    /// If the address is in use, or is none of this machine's.
    pub fn open(
        attendant: Arc<impl Attendant>,
        clock: Clock,
        options: DoorOptions,
    ) -> Result<Self, DoorError> {
        let listener = bind(options.address).map_err(|source| refusal(options.address, source))?;
        let address = listener
            .local_addr()
            .map_err(|source| refusal(options.address, source))?;
        let (closing, watching) = watch::channel(Closing::Open);
        let tls = options.tls.clone();
        let host = Host {
            attendant,
            clock,
            machine: Clock::system(),
            address,
            options,
            closing: watching,
            accepted: 0,
            is_crowded: false,
        };
        Ok(Self {
            address,
            tls,
            closing,
            task: tokio::spawn(host.receive(listener)),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Scheme, address and port: `http://127.0.0.1:8080`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", scheme(self.tls.as_ref()), self.address)
    }

    /// Accepts no more connections, lets requests that are in flight be answered for as long as
    /// `grace`, and closes what is left. Nothing of it runs any more when this returns.
    pub async fn stop(mut self, grace: Duration) {
        self.closing.send_replace(Closing::Gracefully);
        if tokio::time::timeout(grace, &mut self.task).await.is_err() {
            self.closing.send_replace(Closing::AtOnce);
            // A panic of the attendant's has been reported where it happened.
            let _panicked = (&mut self.task).await;
        }
    }
}

impl Drop for HyperDoor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn scheme(tls: Option<&Tls>) -> &'static str {
    if tls.is_some() { "https" } else { "http" }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // Else a fixed port could not be used again for a minute after a run.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn refusal(address: SocketAddr, source: io::Error) -> DoorError {
    let reason = match source.kind() {
        io::ErrorKind::AddrInUse => format!("somebody listens on {address} already"),
        io::ErrorKind::AddrNotAvailable => format!("{address} is no address of this machine"),
        io::ErrorKind::PermissionDenied => format!("{address} is not for this user"),
        _ => format!("{address} cannot be listened on"),
    };
    DoorError::new(reason, source)
}

impl<A: Attendant> Host<A> {
    async fn receive(mut self, listener: TcpListener) {
        let mut visits = JoinSet::new();
        let mut closing = self.closing.clone();
        loop {
            tokio::select! {
                biased;
                _ = closing.changed() => break,
                Some(_) = visits.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.welcome(stream, peer, &mut visits),
                    Err(error) => self.wait_for_room(&error, &mut visits).await,
                },
            }
        }
        drop(listener);
        loop {
            tokio::select! {
                biased;
                left = visits.join_next() => if left.is_none() {
                    return;
                },
                _ = closing.changed() => return visits.shutdown().await,
            }
        }
    }

    fn welcome(&mut self, stream: TcpStream, peer: SocketAddr, visits: &mut JoinSet<()>) {
        self.is_crowded = false;
        let connection = self.next_connection(peer.to_string());
        let limits = self.options.limits;
        if visits.len() >= limits.connections {
            let reason = format!("{} connections are open already", limits.connections);
            return self.attendant.disturbed(&connection, &reason);
        }
        let conversation = Conversation::new(connection, self.clock.clone(), self.machine.clone());
        let visit = Visit {
            reception: Arc::new(Reception {
                attendant: Arc::clone(&self.attendant),
                conversation: Arc::new(conversation),
                scheme: scheme(self.options.tls.as_ref()),
                door: self.address,
                body_bytes: limits.body_bytes,
            }),
            limits,
            closing: self.closing.clone(),
        };
        visits.spawn(visit.receive(stream, self.options.tls.as_ref().map(Tls::acceptor)));
    }

    /// A connection could not be accepted: most often because too many files are open. Waits a
    /// while, or until a connection is closed.
    async fn wait_for_room(&mut self, error: &io::Error, visits: &mut JoinSet<()>) {
        if !self.is_crowded {
            self.is_crowded = true;
            let connection = self.next_connection("unknown".to_owned());
            let reason = format!("it could not be accepted yet: {error}");
            self.attendant.disturbed(&connection, &reason);
        }
        let room = async {
            if visits.join_next().await.is_none() {
                pending::<()>().await;
            }
        };
        let _none_was = tokio::time::timeout(PAUSE, room).await;
    }

    fn next_connection(&mut self, peer: String) -> Connection {
        self.accepted += 1;
        Connection {
            number: self.accepted,
            peer,
        }
    }
}
