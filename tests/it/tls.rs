//! A certificate that only the tests know, and a server that shows it.

use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::server::{Connection, Reply, Server};

/// A server that speaks TLS with a certificate that it signed itself, and that certificate as PEM.
pub fn self_signed_server() -> (Server, String) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()])
        .expect("a certificate can be made");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(
        certified.signing_key.serialize_der(),
    ));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .expect("the key belongs to the certificate");
    let config = Arc::new(config);
    let wrap = move |stream: TcpStream| -> Box<dyn Connection> {
        let session =
            ServerConnection::new(Arc::clone(&config)).expect("the configuration is whole");
        Box::new(StreamOwned::new(session, stream))
    };
    (
        Server::wrapped(Reply::echo, Arc::new(wrap)),
        certified.cert.pem(),
    )
}
