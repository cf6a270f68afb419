//! TLS, and certificates that are good and that are not.

use std::io;

use rustls::{CertificateError, Error};

use super::super::{Accounts, Authority, Catcher, Fault, Identity, LOOPBACK, Options, Tls, TokenServer};
use super::*;

fn over_tls(tls: Tls) -> Registry {
    Registry::with(Options { tls: Some(tls), ..Options::default() })
}

/// Asks a host for `/v2/` as somebody who trusts an authority.
fn ask(host: &str, authority: &Authority, client: Option<&Identity>) -> io::Result<Answer> {
    Ask::get("/v2/").send_tls(host, &authority.pem(), client)
}

/// Why a certificate is refused.
fn refused(host: &str, authority: &Authority) -> CertificateError {
    let error = ask(host, authority, None).unwrap_err();
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Error::InvalidCertificate(reason)) => reason.clone(),
        other => panic!("{error}: {other:?}"),
    }
}

#[test]
fn a_certificate_is_good_for_its_names_its_time_and_its_authority() {
    let authority = Authority::new();
    let good = over_tls(Tls::new(&authority.server(&["127.0.0.1", "localhost"])));
    assert_eq!(good.url(), format!("https://{}", good.host()));
    assert_eq!(ask(&good.host(), &authority, None).unwrap().status, 200);
    assert_eq!(ask(&format!("localhost:{}", good.port()), &authority, None).unwrap().status, 200);
    let refused = |identity: &Identity| refused(&over_tls(Tls::new(identity)).host(), &authority);
    let is_expired =
        |error| matches!(error, CertificateError::Expired | CertificateError::ExpiredContext { .. });
    assert!(is_expired(refused(&authority.expired(&["127.0.0.1"]))));
    let is_other = |error| {
        matches!(error, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
    };
    assert!(is_other(refused(&authority.server(&["other.test"]))));
    assert_eq!(refused(&Identity::self_signed(&["127.0.0.1"])), CertificateError::UnknownIssuer);
    assert_eq!(refused(&Authority::new().server(&["127.0.0.1"])), CertificateError::UnknownIssuer);
}

#[test]
fn a_server_may_want_to_see_a_certificate() {
    let authority = Authority::new();
    let registry = over_tls(Tls::to_clients_of(&authority, &authority.server(&["127.0.0.1"])));
    let ask = |client: Option<&Identity>| ask(&registry.host(), &authority, client);
    assert!(ask(None).is_err());
    assert!(ask(Some(&Authority::new().client("other"))).is_err());
    assert!(ask(Some(&authority.server(&["127.0.0.1"]))).is_err());
    assert_eq!(ask(Some(&authority.client("friend"))).unwrap().status, 200);
    assert_eq!(registry.log().len(), 1);
}

#[test]
fn faults_come_over_tls_too() {
    let authority = Authority::new();
    let registry = over_tls(Tls::new(&authority.server(&["127.0.0.1"])));
    registry.fault(Fault::at(1).reset_at(0));
    registry.fault(Fault::at(2).reset_at(1));
    registry.fault(Fault::at(3).close_at(1));
    let ask = || ask(&registry.host(), &authority, None);
    assert_eq!(ask().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    let reset = ask().unwrap();
    assert_eq!((reset.fault, &*reset.body), (Some(io::ErrorKind::ConnectionReset), &b"{"[..]));
    let closed = ask().unwrap();
    assert_eq!((closed.fault, &*closed.body), (Some(io::ErrorKind::UnexpectedEof), &b"{"[..]));
    let plain = Ask::get("/v2/").send(&registry.host()).unwrap_err();
    assert!(matches!(plain.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof), "{plain}");
}

#[test]
fn certificates_are_pem_for_those_who_read_files_and_every_server_speaks_tls() {
    let authority = Authority::new();
    let identity = authority.server(&["127.0.0.1"]);
    for (pem, label) in [
        (authority.pem(), "CERTIFICATE"),
        (identity.certificate.clone(), "CERTIFICATE"),
        (identity.key.clone(), "PRIVATE KEY"),
    ] {
        assert!(pem.starts_with(&format!("-----BEGIN {label}-----\n")));
    }
    let tokens = TokenServer::on(LOOPBACK, Some(Tls::new(&identity)), Accounts::default());
    assert_eq!(ask(&tokens.host(), &authority, None).unwrap().status, 400);
    let catcher = Catcher::on(LOOPBACK, Some(Tls::new(&identity)));
    assert_eq!(ask(&catcher.host(), &authority, None).unwrap().status, 404);
}
