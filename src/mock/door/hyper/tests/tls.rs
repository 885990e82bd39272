//! The door behind TLS.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::desk::{Client, Desk, answer, bounded, cut, delivered};
use crate::base::Clock;
use crate::mock::{Delivery, DoorOptions, Ending, HyperDoor, Reply, Tls};

const GET: &str = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

struct Guarded {
    desk: Arc<Desk>,
    door: HyperDoor,
    tls: Tls,
}

impl Guarded {
    fn open(reply: Reply) -> Self {
        let desk = Desk::always(reply);
        let tls = Tls::generate(&["localhost", "127.0.0.1"]).unwrap();
        let options = DoorOptions {
            tls: Some(tls.clone()),
            ..DoorOptions::default()
        };
        let door = HyperDoor::open(Arc::clone(&desk), Clock::system(), options).unwrap();
        Self { desk, door, tls }
    }

    async fn connect(&self, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.tls.ca_pem().as_bytes()).unwrap();
        roots.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.door.address()).await?;
        let name = ServerName::try_from(name).unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    /// What comes for a request, and how the connection ends.
    async fn ask(&self) -> (String, Option<ErrorKind>) {
        let mut stream = self.connect("localhost").await.unwrap();
        stream.write_all(GET.as_bytes()).await.unwrap();
        bounded("the end of the connection", async {
            let mut text = Vec::new();
            let broken = stream.read_to_end(&mut text).await.err();
            let text = String::from_utf8(text).unwrap();
            (text, broken.map(|error| error.kind()))
        })
        .await
    }
}

#[tokio::test]
async fn whoever_trusts_the_authority_is_served_over_tls() {
    let guarded = Guarded::open(answer(200, "hello"));
    for name in ["localhost", "127.0.0.1"] {
        let mut stream = guarded.connect(name).await.unwrap();
        stream.write_all(GET.as_bytes()).await.unwrap();
        let mut text = String::new();
        bounded("an answer", async {
            while !text.ends_with("hello") {
                text.push(char::from(stream.read_u8().await.unwrap()));
            }
        })
        .await;
    }
    let exchange = guarded.desk.exchanges(2).await.remove(0);
    assert_eq!(exchange.request.url, "https://localhost/");
    assert!(guarded.door.origin().starts_with("https://127.0.0.1:"));
}

#[tokio::test]
async fn a_host_that_the_certificate_does_not_name_is_not_trusted() {
    let guarded = Guarded::open(answer(200, "hello"));
    assert!(guarded.connect("elsewhere.invalid").await.is_err());
    let reason = guarded.desk.disturbances(1).await.remove(0);
    assert!(reason.starts_with("the TLS handshake failed: "), "{reason}");
}

#[tokio::test]
async fn plain_http_at_a_door_with_tls_is_told_as_a_failed_handshake() {
    let guarded = Guarded::open(answer(200, "hello"));
    let mut client = Client::send(&guarded.door, GET).await;
    client.read_to_end().await;
    let reason = guarded.desk.disturbances(1).await.remove(0);
    assert!(reason.starts_with("the TLS handshake failed: "), "{reason}");
}

#[tokio::test]
async fn answers_break_off_to_the_byte_behind_tls_too() {
    for ending in [Ending::Closed, Ending::Reset] {
        let reply = delivered(200, "0123456789", Delivery::Half(ending), Duration::ZERO);
        let guarded = Guarded::open(reply);
        let (text, broken) = guarded.ask().await;
        assert!(text.ends_with("\r\n\r\n01234"), "{text}");
        assert!(broken.is_some(), "TLS says that it was not the end");
        guarded.desk.failure().await;
    }
}

#[tokio::test]
async fn a_reset_before_the_answer_passes_tls() {
    let guarded = Guarded::open(cut(Ending::Reset));
    let (text, broken) = guarded.ask().await;
    assert_eq!(text, "");
    assert_eq!(broken, Some(ErrorKind::ConnectionReset));
}

#[test]
fn a_name_that_can_stand_in_no_certificate_is_refused() {
    let error = Tls::generate(&["höst"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the certificate of the mock cannot be made: a name stands in no certificate; name hosts and addresses only"
    );
}
