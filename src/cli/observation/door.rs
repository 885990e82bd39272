//! Where the platform is reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::base::Clock;
use crate::cli::args::DoorArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::mock::{AdminDoor, Attendant, DoorLimits, DoorOptions, HyperDoor, Tls};
use crate::observe::{Administration, Performance};

/// How long requests that are being answered when the door closes may take.
const GRACE: Duration = Duration::from_secs(2);

/// Opens the admin interface where one was asked for.
///
/// # Errors
/// If nothing can listen there.
pub fn open_admin(
    performance: &Performance,
    args: &DoorArgs,
    history: Option<&Path>,
) -> Result<Option<AdminDoor>, CommandFailure> {
    let Some(address) = args.admin else {
        return Ok(None);
    };
    let administration = Administration::new(performance.clone(), history.map(Path::to_owned));
    AdminDoor::open(Arc::new(administration), address)
        .map(Some)
        .map_err(CommandFailure::Listen)
}

/// Closes the admin interface.
pub async fn close_admin(admin: Option<AdminDoor>) {
    if let Some(admin) = admin {
        admin.stop(GRACE).await;
    }
}

/// A door that is open.
pub struct OpenDoor {
    ca_file: Option<PathBuf>,
    door: HyperDoor,
}

impl OpenDoor {
    /// Opens a door on `listen` at which `attendant` answers. The authority of its certificate is
    /// written to the file that was typed, or to `ca_file`.
    ///
    /// # Errors
    /// If nothing can listen there, or the certificate cannot be written.
    pub fn open(
        attendant: Arc<impl Attendant>,
        clock: &Clock,
        listen: SocketAddr,
        args: &DoorArgs,
        ca_file: &Path,
    ) -> Result<Self, CommandFailure> {
        let tls = args.tls.then(|| certificate(listen)).transpose()?;
        let ca_file = tls
            .as_ref()
            .map(|tls| {
                let path = args.ca_file.as_deref().unwrap_or(ca_file);
                files::write(path, tls.ca_pem().as_bytes(), Readers::Everybody)?;
                Ok::<_, CommandFailure>(path.to_owned())
            })
            .transpose()?;
        let options = DoorOptions {
            address: listen,
            tls,
            limits: DoorLimits::default(),
        };
        let door =
            HyperDoor::open(attendant, clock.clone(), options).map_err(CommandFailure::Listen)?;
        Ok(Self { ca_file, door })
    }

    /// Scheme, address and port, as one on this machine reaches it.
    #[must_use]
    pub fn origin(&self) -> String {
        let address = self.door.address();
        let reachable = SocketAddr::new(reachable(address.ip()), address.port());
        self.door
            .origin()
            .replace(&address.to_string(), &reachable.to_string())
    }

    /// The file with the authority of its certificate, where it speaks TLS.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// Lets the requests that are being answered end, within bounds, and closes.
    pub async fn close(self) {
        self.door.stop(GRACE).await;
    }
}

/// Every address is reached from this machine by way of loopback.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

fn certificate(listen: SocketAddr) -> Result<Tls, CommandFailure> {
    let address = reachable(listen.ip()).to_string();
    let mut names = vec!["localhost", "127.0.0.1", "::1"];
    if !names.contains(&address.as_str()) {
        names.push(&address);
    }
    Tls::generate(&names).map_err(|error| CommandFailure::Fault(error.to_string()))
}
