//! TLS of the servers.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::certificates::{Authority, Identity};

/// How a server speaks TLS.
#[derive(Clone)]
pub(crate) struct Tls(Arc<ServerConfig>);

impl Tls {
    /// As somebody, to everybody.
    pub(crate) fn new(identity: &Identity) -> Self {
        Self::with(identity, None)
    }

    /// As somebody, to those only who show a certificate of an authority.
    pub(crate) fn to_clients_of(authority: &Authority, identity: &Identity) -> Self {
        Self::with(identity, Some(authority))
    }

    fn with(identity: &Identity, clients: Option<&Authority>) -> Self {
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = builder.expect("the provider knows the versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(
                    Arc::new(roots(authority.certificate())),
                    provider(),
                )
                .build();
                builder.with_client_cert_verifier(verifier.expect("an authority is a root"))
            }
        };
        let config = builder.with_single_cert(vec![identity.certificate()], identity.private_key());
        Self(Arc::new(config.expect("key and certificate fit")))
    }

    /// Shakes hands.
    pub(super) fn accept<S: Read + Write>(
        &self,
        mut stream: S,
    ) -> io::Result<StreamOwned<ServerConnection, S>> {
        let mut session = ServerConnection::new(Arc::clone(&self.0)).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut stream)?;
        }
        Ok(StreamOwned::new(session, stream))
    }
}

/// How a client speaks TLS who trusts one authority, whose certificate is PEM, and shows a certificate or none.
pub(super) fn client(authority: &str, client: Option<&Identity>) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).expect("authorities are PEM");
    let builder = builder.expect("the provider knows the versions").with_root_certificates(roots(authority));
    Arc::new(match client {
        None => builder.with_no_client_auth(),
        Some(client) => builder
            .with_client_auth_cert(vec![client.certificate()], client.private_key())
            .expect("key and certificate fit"),
    })
}

/// What trusts one authority alone.
fn roots(authority: CertificateDer<'static>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(authority).expect("an authority is a root");
    roots
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
