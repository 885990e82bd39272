//! A certificate that is made at start.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

/// A server's certificate, its key, and the authority that signed it. The authority's own key is
/// gone: it signs nothing else.
#[derive(Clone)]
pub struct Tls {
    authority: String,
    server: Arc<ServerConfig>,
}

/// A certificate cannot be made.
#[derive(Debug, Error)]
#[error("the certificate of the mock cannot be made: {activity}; name hosts and addresses only")]
pub struct TlsError {
    activity: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tls(…)")
    }
}

impl Tls {
    /// A new certificate for `names`: hosts and addresses.
    ///
    /// # Errors
    /// If one of them can stand in no certificate.
    pub fn generate(names: &[&str]) -> Result<Self, TlsError> {
        let refuse = |activity| {
            move |source: rcgen::Error| TlsError {
                activity,
                source: source.into(),
            }
        };
        let authority_key = KeyPair::generate().map_err(refuse("a key was refused"))?;
        let mut authority =
            CertificateParams::new(Vec::<String>::new()).map_err(refuse("no authority"))?;
        let name = "preflight mock: authority of this run";
        authority.distinguished_name.push(DnType::CommonName, name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_certificate = authority
            .self_signed(&authority_key)
            .map_err(refuse("the authority was refused"))?;
        let issuer = Issuer::new(authority, authority_key);

        let key = KeyPair::generate().map_err(refuse("a key was refused"))?;
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut server =
            CertificateParams::new(names).map_err(refuse("a name stands in no certificate"))?;
        server
            .distinguished_name
            .push(DnType::CommonName, "preflight mock");
        server.use_authority_key_identifier_extension = true;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = server
            .signed_by(&key, &issuer)
            .map_err(refuse("it was not signed"))?;

        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let refuse = |source: rustls::Error| TlsError {
            activity: "it was not taken",
            source: source.into(),
        };
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(refuse)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .map_err(refuse)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            authority: authority_certificate.pem(),
            server: Arc::new(server),
        })
    }

    /// The certificate of the authority, for clients to trust (PEM).
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.authority
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }
}
