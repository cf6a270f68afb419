//! Registries whose certificates are good, and those whose are not.

use super::Demo;
use super::login::PASSWORD;
use super::named::{CA, NAME, Named};
use crate::support::registry::{Auth, Authority, Identity, Options, Tls};

/// A demo whose registry shows a certificate, and the authority in `ca.pem`.
fn demo(authority: &Authority, tls: Tls) -> Demo {
    let demo = Demo::with(Options { tls: Some(tls), ..Options::default() });
    demo.sandbox.write("ca.pem", &authority.pem());
    demo
}

/// What makes a build trust `ca.pem` and speak TLS to this machine.
fn trust(demo: &Demo) -> [String; 2] {
    ["--ca".to_owned(), format!("{}=ca.pem", demo.registry.host())]
}

/// What a build complains of that trusts `ca.pem`.
fn refused(demo: &Demo) -> String {
    let trust = trust(demo);
    let words = demo.refused(4, &trust.each_ref().map(String::as_str));
    assert!(words.starts_with("error[E_TLS]: "), "{words}");
    assert!(demo.registry.log().is_empty(), "no request was sent");
    words
}

#[test]
fn r26_a_configured_authority_is_trusted() {
    let authority = Authority::new();
    let demo = demo(&authority, Tls::new(&authority.server(&["127.0.0.1"])));
    demo.build(&trust(&demo).each_ref().map(String::as_str));
    let settings = format!("[registry.\"{}\"]\nca = \"ca.pem\"\n", demo.registry.host());
    demo.sandbox.write("r.toml", &settings);
    demo.build(&["--registries", "r.toml"]);
}

#[test]
fn r26_a_certificate_that_has_expired_is_refused() {
    let authority = Authority::new();
    let words = refused(&demo(&authority, Tls::new(&authority.expired(&["127.0.0.1"]))));
    assert!(words.to_lowercase().contains("expired") && words.contains("hint: "), "{words}");
}

#[test]
fn r26_a_certificate_of_another_host_is_refused() {
    let authority = Authority::new();
    let words = refused(&demo(&authority, Tls::new(&authority.server(&["other.test", "127.0.0.2"]))));
    assert!(words.contains("127.0.0.1"), "{words}");
}

#[test]
fn r26_a_certificate_of_nobody_is_refused() {
    let authority = Authority::new();
    for identity in [Identity::self_signed(&["127.0.0.1"]), Authority::new().server(&["127.0.0.1"])] {
        let words = refused(&demo(&authority, Tls::new(&identity)));
        assert!(words.contains("UnknownIssuer") && words.contains("--ca 127.0.0.1:"), "{words}");
    }
}

#[test]
fn r26_without_a_configured_authority_those_of_the_platform_are_trusted_alone() {
    let named = Named::with(Auth::Open);
    let mut command = named.demo.command(&[]);
    let output = named.demo.fails(4, command.env("HTTPS_PROXY", format!("http://{}", named.proxy.host())));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.starts_with("error[E_TLS]: ") && words.contains(&format!("--ca {NAME}=FILE")), "{words}");
    assert!(named.demo.registry.log().is_empty());
}

#[test]
fn r26_a_certificate_is_not_verified_where_that_is_asked_for() {
    let authority = Authority::new();
    for identity in [authority.expired(&["127.0.0.1"]), Identity::self_signed(&["other.test"])] {
        let demo = demo(&authority, Tls::new(&identity));
        let host = demo.registry.host();
        demo.build(&["--insecure", &host]);
        // What is said of one registry holds for no other.
        let words = demo.refused(4, &["--insecure", "other.test"]);
        assert!(words.starts_with("error[E_"), "{words}");
    }
}

#[test]
fn r26_a_client_shows_its_certificate_where_it_has_one() {
    let authority = Authority::new();
    let tls = Tls::to_clients_of(&authority, &authority.server(&["127.0.0.1"]));
    let demo = demo(&authority, tls);
    let host = demo.registry.host();
    let words = demo.refused(4, &trust(&demo).each_ref().map(String::as_str));
    assert!(words.starts_with("error[E_"), "{words}");
    assert!(demo.registry.log().is_empty());
    for (client, is_known) in [(authority.client("us"), true), (Authority::new().client("others"), false)] {
        demo.sandbox.write("client.pem", &client.certificate);
        demo.sandbox.write("client.key", &client.key);
        let settings = format!(
            "[registry.\"{host}\"]\nca = \"ca.pem\"\nclient-cert = \"client.pem\"\nclient-key = \"client.key\"\n"
        );
        demo.sandbox.write("r.toml", &settings);
        if is_known {
            demo.built(&["--registries", "r.toml"]);
        } else {
            let words = demo.refused(4, &["--registries", "r.toml"]);
            assert!(words.starts_with("error[E_") && !words.contains("PRIVATE KEY"), "{words}");
        }
    }
}

#[test]
fn r26_certificates_that_cannot_be_used_are_refused_before_anything_is_asked() {
    let authority = Authority::new();
    let demo = demo(&authority, Tls::new(&authority.server(&["127.0.0.1"])));
    let host = demo.registry.host();
    for (content, code, error) in
        [("", 2, "E_USAGE"), ("canary", 2, "E_USAGE"), (&*authority.client("x").key, 2, "E_USAGE")]
    {
        demo.sandbox.write("ca.pem", content);
        let words = demo.refused(code, &["--ca", &format!("{host}=ca.pem")]);
        assert!(words.starts_with(&format!("error[{error}]: ")) && !words.contains("canary"), "{words}");
    }
    let words = demo.refused(6, &["--ca", &format!("{host}=missing.pem")]);
    assert!(words.starts_with("error[E_IO]: ") && words.contains("missing.pem"), "{words}");
    assert_eq!(demo.registry.connections(), 0);
}

#[test]
fn r26_a_registry_without_tls_is_refused_unless_that_is_configured() {
    // On this machine, where TLS is configured.
    let plain = Demo::start();
    plain.sandbox.write("ca.pem", &Authority::new().pem());
    let words = refused(&plain);
    assert!(
        words.contains("the server does not speak it") && words.contains("--plain-http 127.0.0.1:"),
        "{words}"
    );
    // Elsewhere, where nothing is.
    let named = Named::plain();
    let words = named.refused(4, &[]);
    assert!(
        words.starts_with("error[E_TLS]: ") && words.contains(&format!("--plain-http {NAME}")),
        "{words}"
    );
    assert!(!named.demo.registry.log().saw(PASSWORD));
    let mut command = named.demo.command(&["--plain-http", NAME]);
    let output = command.env("HTTP_PROXY", format!("http://{}", named.proxy.host())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn r26_a_registry_with_tls_is_not_understood_without() {
    let authority = Authority::new();
    let demo = demo(&authority, Tls::new(&authority.server(&["127.0.0.1"])));
    let words = demo.refused(4, &["--limit", "tries=1"]);
    assert!(words.starts_with("error[E_REMOTE]: ") || words.starts_with("error[E_TLS]: "), "{words}");
}

#[test]
fn r26_what_is_trusted_for_one_registry_is_trusted_for_no_other() {
    let authority = Authority::new();
    let demo = demo(&authority, Tls::new(&authority.server(&["127.0.0.1"])));
    let host = demo.registry.host();
    demo.sandbox.write("other.pem", &Authority::new().pem());
    let words = demo.refused(4, &["--ca", &format!("{host}=other.pem"), CA[0], CA[1]]);
    assert!(words.starts_with("error[E_TLS]: "), "{words}");
}
