//! Whom we trust, and who we say that we are.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::identity::Identity;

/// Which servers are believed to be who they say they are.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Certificates of authorities beside the operating system's, as PEM text.
    pub extra_authorities: Vec<u8>,
    /// `--insecure`: every certificate is accepted.
    pub anybody: bool,
    /// The client's own certificates: the first that fits is shown.
    pub identities: Vec<Identity>,
}

/// The extra certificates cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not PEM.
    #[error("the extra certificates are not PEM")]
    Pem(#[source] rustls_pki_types::pem::Error),
    /// The client's own certificate is refused.
    #[error("the client's certificate and key do not go together")]
    Identity(#[source] rustls::Error),
    /// Not a certificate.
    #[error("an extra certificate is not X.509")]
    Certificate(#[source] rustls::Error),
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// The TLS configuration of a client that shows no certificate.
pub(super) fn configuration(trust: &Trust) -> Result<ClientConfig, CertificateError> {
    configuration_as(trust, None)
}

/// The TLS configuration of the client, which shows the certificate of `identity`.
pub(super) fn configuration_as(
    trust: &Trust,
    identity: Option<&Identity>,
) -> Result<ClientConfig, CertificateError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(CertificateError::Setup)?;
    if trust.anybody {
        let verifier = Arc::new(Anybody(provider));
        let builder = builder
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        return shown(builder, identity);
    }
    let mut roots = RootCertStore::empty();
    // Unreadable certificates of the system are the system's business: those that can be read
    // count.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(&trust.extra_authorities) {
        roots
            .add(certificate.map_err(CertificateError::Pem)?)
            .map_err(CertificateError::Certificate)?;
    }
    shown(builder.with_root_certificates(roots), identity)
}

fn shown(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    identity: Option<&Identity>,
) -> Result<ClientConfig, CertificateError> {
    match identity {
        Some(identity) => builder
            .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
            .map_err(CertificateError::Identity),
        None => Ok(builder.with_no_client_auth()),
    }
}

/// Believes anybody, but still checks that the handshake is signed by the certificate shown.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_certificates_that_are_none_are_refused() {
        let pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let trust = Trust {
            extra_authorities: pem.to_vec(),
            ..Trust::default()
        };
        assert!(matches!(
            configuration(&trust),
            Err(CertificateError::Certificate(_))
        ));
    }
}
