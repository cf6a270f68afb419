//! What TLS is spoken with: who is trusted, and what is shown.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use super::error::HttpError;
use super::settings::Tls;
use crate::file_error::At as _;

/// The TLS of a host: the platform's authorities are trusted, or those of `ca` alone where it is set.
pub(super) fn config(settings: &Tls) -> Result<TlsConfig, HttpError> {
    let provider = Arc::new(ring::default_provider());
    let roots = match &settings.ca {
        Some(path) => RootCerts::new_with_certs(&authorities(path)?),
        None => RootCerts::PlatformVerifier,
    };
    let client =
        settings.client.as_ref().map(|(certificate, key)| client(certificate, key, &provider)).transpose()?;
    let config = TlsConfig::builder().root_certs(roots).client_cert(client);
    let config = config.disable_verification(settings.insecure).unversioned_rustls_crypto_provider(provider);
    Ok(config.build())
}

fn authorities(path: &Path) -> Result<Vec<Certificate<'static>>, HttpError> {
    let certificates = certificates(path, &fs::read(path).at(path)?)?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store
            .add(certificate.clone())
            .map_err(|_| unusable(path, "it holds a certificate that is none of an authority"))?;
    }
    Ok(certificates.iter().map(shared).collect())
}

fn client(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<ClientCert, HttpError> {
    let chain = certificates(certificate, &fs::read(certificate).at(certificate)?)?;
    let pem = fs::read(key).at(key)?;
    let private =
        PrivateKeyDer::from_pem_slice(&pem).map_err(|_| unusable(key, "it holds no private key in PEM"))?;
    CertifiedKey::from_der(chain.clone(), private, provider)
        .map_err(|_| unusable(key, "the key is not the one of the certificate"))?;
    let private = PrivateKey::from_pem(&pem).map_err(|_| unusable(key, "it holds no private key in PEM"))?;
    let chain: Vec<_> = chain.iter().map(shared).collect();
    Ok(ClientCert::new_with_certs(&chain, private))
}

/// The certificates of a PEM file: one at least.
fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(unusable(path, "it holds no certificate in PEM")),
    }
}

fn shared(certificate: &CertificateDer<'static>) -> Certificate<'static> {
    Certificate::from_der(certificate).to_owned()
}

fn unusable(path: &Path, problem: &'static str) -> HttpError {
    HttpError::Certificate { path: path.to_owned(), problem }
}
