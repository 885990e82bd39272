//! Where the platform is reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::stub_door::StubDoor;
use crate::base::Clock;
use crate::cli::args::DoorArgs;
use crate::cli::failure::CommandFailure;
use crate::mock::Attendant;

/// A door that is open.
pub struct OpenDoor {
    address: SocketAddr,
    scheme: &'static str,
    ca_file: Option<PathBuf>,
    door: StubDoor,
}

impl OpenDoor {
    /// Opens a door on `listen` at which `attendant` answers. The authority of its certificate is
    /// written to the file that was typed, or to `ca_file`.
    ///
    /// # Errors
    /// If nothing can listen there, or the certificate cannot be written.
    pub async fn open(
        attendant: Arc<impl Attendant>,
        clock: &Clock,
        listen: SocketAddr,
        args: &DoorArgs,
        ca_file: &Path,
    ) -> Result<Self, CommandFailure> {
        let listener = bind(listen)?;
        let address = listener
            .local_addr()
            .map_err(|source| refused(listen, &source))?;
        let door = StubDoor::open(attendant, clock.clone(), listener).await;
        Ok(Self {
            address,
            scheme: if args.tls { "https" } else { "http" },
            ca_file: args
                .tls
                .then(|| args.ca_file.clone().unwrap_or_else(|| ca_file.to_owned())),
            door,
        })
    }

    /// Scheme, address and port, as one on this machine reaches it.
    #[must_use]
    pub fn origin(&self) -> String {
        let reachable = match self.address.ip() {
            IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            address => address,
        };
        let address = SocketAddr::new(reachable, self.address.port());
        format!("{}://{address}", self.scheme)
    }

    /// The file with the authority of its certificate, where it speaks TLS.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// Where its admin interface is, where it has one.
    #[must_use]
    pub fn admin(&self) -> Option<String> {
        None
    }

    /// Lets the requests that are being answered end, within bounds, and closes.
    pub async fn close(self) {
        self.door.close().await;
    }
}

/// A socket that listens.
fn bind(address: SocketAddr) -> Result<TcpListener, CommandFailure> {
    let listener = TcpListener::bind(address).map_err(|source| refused(address, &source))?;
    listener
        .set_nonblocking(true)
        .map_err(|source| refused(address, &source))?;
    Ok(listener)
}

fn refused(address: SocketAddr, source: &std::io::Error) -> CommandFailure {
    CommandFailure::Usage {
        message: format!("nothing can listen on {address}: {source}"),
        remedy: "name another address with --listen (port 0 takes a free one), or end what \
                 listens there"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_told_with_a_remedy() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = bind(address).unwrap_err();
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        assert!(error.remedy().unwrap().contains("--listen"));
        assert_eq!(error.exit().code(), 2);
    }
}
