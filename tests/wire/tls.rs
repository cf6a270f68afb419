//! R26: certificates that are good, and those that are not.

use super::*;
use crate::support::process::{DockerRegistry, PASSWORD, USER};
use crate::support::registry::{Authority, Identity, Options, Tls};

fn over_tls(tls: Tls) -> Registry {
    fill(Registry::with(Options { tls: Some(tls), ..Options::default() }))
}

/// A client that trusts an authority at one host.
fn trusting(host: &str, authority: &Authority, dir: &TempDir) -> Making {
    let ca = write(dir.path(), "ca.pem", &authority.pem());
    Making::default().host(host, |settings| settings.tls.ca = Some(ca))
}

#[test]
fn r26_a_certificate_of_a_named_authority_is_good() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    let registry = over_tls(Tls::new(&authority.server(&["127.0.0.1", "localhost"])));
    assert!(trusting(&registry.host(), &authority, &dir).client().ask(&registry.host()).unwrap());
    let other = format!("localhost:{}", registry.port());
    assert!(trusting(&other, &authority, &dir).client().ask(&other).unwrap());
}

#[test]
fn r26_any_other_certificate_is_refused_unless_it_is_said_to_do() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    for (identity, problem) in [
        (authority.expired(&["127.0.0.1"]), "certificate expired"),
        (authority.server(&["other.test"]), "certificate not valid for name \"127.0.0.1\""),
        (Identity::self_signed(&["127.0.0.1"]), "UnknownIssuer"),
        (Authority::new().server(&["127.0.0.1"]), "UnknownIssuer"),
    ] {
        let registry = over_tls(Tls::new(&identity));
        let host = registry.host();
        let client = trusting(&host, &authority, &dir).user(&host, "user", CANARY).client();
        let (code, message) = client.refused(&host);
        assert!(code == Code::Tls && message.contains(problem), "{code}: {message}");
        let error = client.ask(&host).unwrap_err();
        assert!(error.hint().unwrap().contains(&format!("--ca {host}=FILE")), "{error}");
        assert_eq!(
            (registry.log().len(), registry.connections()),
            (0, 2),
            "nothing is sent, and nothing tried again"
        );
        // The platform's authorities have signed none of them.
        let plain = Making::default().host(&host, |settings| settings.plain_http = Some(false));
        assert_eq!(plain.client().refused(&host).0, Code::Tls);
        let careless = Making::default().host(&host, |settings| settings.tls.insecure = true);
        assert!(careless.client().ask(&host).unwrap());
    }
}

#[test]
fn r26_a_registry_without_tls_is_refused_where_tls_is_wanted() {
    let registry = fill(Registry::start());
    let host = registry.host();
    let strict = Making::default().host(&host, |settings| settings.plain_http = Some(false)).client();
    let (code, message) = strict.refused(&host);
    assert!(code == Code::Tls && message.contains("TLS: the server "), "{message}");
    assert!(strict.ask(&host).unwrap_err().hint().unwrap().ends_with(&format!("--plain-http {host}")));
    assert!(Making::default().client().ask(&host).unwrap(), "loopback is plain where nothing is said");
    // A name is not reached without TLS, wherever it leads.
    let named = format!("localhost.localdomain:{}", registry.port());
    assert!(Making::default().client().ask(&named).is_err());
    assert!(
        registry
            .log()
            .iter()
            .all(|entry| !entry.headers.get("host").is_some_and(|host| host.contains("domain")))
    );
}

#[test]
fn r26_a_docker_registry_without_tls_is_refused_where_tls_is_wanted() {
    let Some(registry) = DockerRegistry::default().start() else { return };
    let host = registry.host();
    let strict = Making::default().host(&host, |settings| settings.plain_http = Some(false)).client();
    let (code, message) = strict.refused(&host);
    assert!(code == Code::Tls && message.ends_with("TLS: the server does not speak it"), "{message}");
    assert!(!Making::default().client().ask(&host).unwrap());
}

#[test]
fn r26_a_registry_that_wants_a_certificate_is_shown_one() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    let registry = over_tls(Tls::to_clients_of(&authority, &authority.server(&["127.0.0.1"])));
    let host = registry.host();
    assert_eq!(trusting(&host, &authority, &dir).client().refused(&host).0, Code::Tls);
    let with = |certificate: &Identity, key: &Identity| {
        let certificate = write(dir.path(), "client.pem", &certificate.certificate);
        let key = write(dir.path(), "client.key", &key.key);
        let making = trusting(&host, &authority, &dir);
        making.host(&host, |settings| settings.tls.client = Some((certificate, key))).client()
    };
    let (friend, stranger) = (authority.client("friend"), Authority::new().client("stranger"));
    assert!(with(&friend, &friend).ask(&host).unwrap());
    assert_eq!(with(&stranger, &stranger).refused(&host).0, Code::Tls);
    let (code, message) = with(&friend, &stranger).refused(&host);
    assert!(
        code == Code::Usage && message.ends_with("client.key: the key is not the one of the certificate"),
        "{message}"
    );
}

#[test]
fn r26_any_other_file_is_got_with_what_is_said_of_its_host() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    let registry = over_tls(Tls::new(&authority.server(&["127.0.0.1"])));
    let host = registry.host();
    let url = format!("https://user:{CANARY}@{host}/v2/a/b/manifests/1").parse().unwrap();
    let client = trusting(&host, &authority, &dir).client();
    let file = client.registries.http().get(&url).unwrap();
    assert_eq!(std::io::read_to_string(file).unwrap(), MINIMAL);
    assert_eq!(registry.log()[0].headers.get("authorization"), Some(&*basic("user", CANARY)));
    assert_eq!(client.registries.traffic().blob_bytes_in(), MINIMAL.len() as u64);
    let error = Making::default().client().registries.http().get(&url).unwrap_err();
    assert_eq!((error.code(), registry.log().len()), (Code::Tls, 1));
    assert_eq!(error.hint().unwrap(), format!("for an authority of your own pass --ca {host}=FILE"));
    assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
}

#[test]
fn files_that_hold_no_certificate_are_told_of() {
    let dir = TempDir::new().unwrap();
    for (text, code, expected) in [
        (Some(""), Code::Usage, "it holds no certificate in PEM"),
        (
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            Code::Usage,
            "it holds a certificate that is none of an authority",
        ),
        (None, Code::Io, "No such file or directory (os error 2)"),
    ] {
        let path = dir.path().join("missing.pem");
        let path = text.map_or(path, |text| write(dir.path(), "ca.pem", text));
        let client = Making::default().host("127.0.0.1:1", |settings| settings.tls.ca = Some(path)).client();
        let (found, message) = client.refused("127.0.0.1:1");
        assert!(found == code && message.ends_with(expected), "{found}: {message}");
    }
}

#[test]
fn docker_registry_is_asked_over_tls_with_a_password() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    let Some(registry) = DockerRegistry::default().tls(&authority).password().start() else { return };
    let host = registry.host();
    let asked = |password: &str| trusting(&host, &authority, &dir).user(&host, USER, password).client();
    assert!(!asked(PASSWORD).ask(&host).unwrap());
    let (code, message) = asked(CANARY).refused(&host);
    assert!(code == Code::Auth && message.contains("it does not take the credential"), "{message}");
    let (code, message) = trusting(&host, &authority, &dir).client().refused(&host);
    assert!(code == Code::Auth && message.contains("there is no credential for it"), "{message}");
}
