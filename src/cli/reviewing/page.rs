//! Serves the page until something is signed.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::desk::{Desk, Guarded, LARGEST_FORM};
use super::pen::{Pen, Written};
use crate::base::{Clock, Random};
use crate::cli::failure::CommandFailure;
use crate::cli::printer::Printer;
use crate::cli::workshop::stop_on_signal;
use crate::evidence::Exhibit;
use crate::mock::{DoorLimits, DoorOptions, HyperDoor};

/// How long the browser may take to fetch what it was answered when the door closes.
const GRACE: Duration = Duration::from_secs(5);

/// Serves `exhibit` on `port` of the loopback interface, and prints the link. What was signed, or none
/// where the user ended it before.
///
/// # Errors
/// If nothing can listen there.
pub async fn serve(
    exhibit: Exhibit,
    pen: Option<Pen>,
    port: u16,
    printer: Printer,
) -> Result<Option<Written>, CommandFailure> {
    let cancellation = stop_on_signal();
    let waiting = exhibit.verdict().to_decide().len();
    let what = match (&pen, waiting) {
        (None, _) => "Nobody signs: the page can only be read. --sign-key FILE names your key.",
        (Some(_), 0) => "No check waits for a decision.",
        (Some(_), _) => "What you decide is signed when you say so on the page.",
    };
    let desk = Arc::new(Desk::new(exhibit, pen, &mut Random::from_entropy()));
    let options = DoorOptions {
        address: (Ipv4Addr::LOCALHOST, port).into(),
        tls: None,
        limits: DoorLimits {
            body_bytes: LARGEST_FORM,
            connections: 32,
            ..DoorLimits::default()
        },
    };
    let door = HyperDoor::open(
        Arc::new(Guarded(Arc::clone(&desk))),
        Clock::system(),
        options,
    )
    .map_err(CommandFailure::Listen)?;
    let link = desk.stand_behind(&door.address().to_string());
    printer.note(&format!(
        "{what} Open this link, which works once, in a browser; Ctrl-C ends without signing.\n"
    ));
    printer.data(&format!("{link}\n"));
    tokio::select! {
        biased;
        () = desk.signed() => {}
        () = cancellation.cancelled() => {}
    }
    door.stop(GRACE).await;
    // Whoever interrupts while it is being signed may find it signed.
    Ok(desk.written())
}
