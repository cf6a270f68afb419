//! Tokens and passwords, from where docker keeps them to where they belong.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use overcoat::oci::{Descriptor, Digest, MediaType};
use overcoat::registry::{LooseMode, Mount};

use super::*;
use crate::support::registry::{Accounts, Auth, Fault, Issuer, Method, Options, TokenServer};

fn with(auth: Auth) -> Registry {
    fill(Registry::with(Options { auth, ..Options::default() }))
}

/// Accounts that let nobody but their users read.
fn private() -> Accounts {
    Accounts { grants: |user, _, _| user.is_some(), ..Accounts::default() }
}

#[test]
fn a_token_is_asked_for_with_the_password_and_for_what_is_done() {
    let tokens = TokenServer::start(private());
    let registry = with(Auth::tokens(&tokens));
    let host = registry.host();
    let client = Making::default().user(&host, "user", "secret").client();
    let repository = client.registries.repository(&host, "a/b");
    for _ in 0..3 {
        assert!(repository.tagged("1").unwrap().is_some());
    }
    assert_eq!((tokens.issuer().given().len(), registry.log().len()), (1, 4));
    let digest: Digest = registry.put_blob("c", b"{}").parse().unwrap();
    let media_type: MediaType = MediaType::parse("application/octet-stream");
    let blob = Descriptor::new(media_type, digest, 2);
    assert!(matches!(repository.mount(&blob, "c").unwrap(), Mount::Mounted));
    repository
        .put_manifest(
            overcoat::registry::ManifestName::Tag("2"),
            &MediaType::parse(MANIFEST),
            MINIMAL.as_bytes(),
        )
        .unwrap();
    let asked = |part: &str| tokens.log().iter().any(|entry| entry.target.contains(part));
    assert!(asked("scope=repository:a%2Fb:pull%2Cpush&scope=repository:c:pull"));
    assert_eq!(registry.log().iter().filter(|entry| entry.status == Some(401)).count(), 1, "one challenge");
    assert!(!registry.log().saw(&basic("user", "secret")), "the registry sees tokens alone");
    let anonymous = Making::default().client();
    let (code, message) = anonymous.refused(&host);
    assert!(code == Code::Auth && message.contains("it does not take an anonymous token"), "{message}");
}

#[test]
fn a_wrong_password_is_told_in_the_words_of_the_token_server() {
    let tokens = TokenServer::start(private());
    let registry = with(Auth::tokens(&tokens));
    let client = Making::default().user(&registry.host(), "user", CANARY).client();
    let (code, message) = client.refused(&registry.host());
    assert!(
        code == Code::Auth && message.contains("/token: no token: status 401: UNAUTHORIZED"),
        "{message}"
    );
}

#[test]
fn tokens_that_end_early_or_are_taken_back_are_asked_for_again() {
    for accounts in [
        Accounts { lifetime: Duration::from_millis(100), expires_in: None, ..private() },
        Accounts { lifetime: Duration::from_millis(100), expires_in: Some(1), ..private() },
    ] {
        let tokens = TokenServer::start(accounts);
        let registry = with(Auth::tokens(&tokens));
        let client = Making::default().user(&registry.host(), "user", "secret").client();
        for _ in 0..2 {
            assert!(client.ask(&registry.host()).unwrap());
            std::thread::sleep(Duration::from_millis(120));
        }
        assert_eq!(tokens.issuer().given().len(), 2);
    }
}

#[test]
fn an_identity_token_is_exchanged() {
    let tokens = TokenServer::start(private());
    let registry = with(Auth::tokens(&tokens));
    let client = |token: &str| {
        Making::default().auth(&registry.host(), &format!("\"identitytoken\": \"{token}\"")).client()
    };
    assert!(client("identity").ask(&registry.host()).unwrap());
    assert_eq!(tokens.log().of(Method::Post, "/token").count(), 1);
    assert_eq!(client(CANARY).refused(&registry.host()).0, Code::Auth);
}

#[test]
fn a_registry_that_gives_out_tokens_itself_is_asked_for_them() {
    let issuer = Issuer::new(Accounts { field: "access_token", oauth: false, ..private() });
    let registry = with(Auth::own_tokens(issuer));
    let client = Making::default().user(&registry.host(), "user", "secret").client();
    assert!(client.ask(&registry.host()).unwrap());
}

#[test]
fn passwords_go_to_the_registry_that_wants_them_and_are_not_read_before() {
    let registry = with(Auth::Basic("user", CANARY));
    let open = fill(Registry::start());
    let client = Making::default().user(&registry.host(), "user", CANARY).client();
    let file = client.dir.path().join("config.json");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(client.ask(&open.host()).unwrap());
    assert_eq!(client.registries.loose_files(), []);
    assert!(client.ask(&registry.host()).unwrap());
    assert_eq!(client.registries.loose_files(), [LooseMode { path: file, mode: 0o640 }]);
    assert!(!open.log().saw("authorization") && !open.log().saw(CANARY));
    assert_eq!(registry.log().of(Method::Get, "/manifests/").count(), 2);
}

#[test]
fn r11_a_redirected_blob_is_read_without_the_token() {
    let storage = Registry::start();
    let registry = with(Auth::Basic("user", CANARY));
    let digest = registry.put_blob("a/b", b"blob");
    storage.put_blob("a/b", b"blob");
    registry.fault(Fault::on(Method::Get, "/blobs/").nth(2).moved(307, &storage.url()));
    let client = Making::default().user(&registry.host(), "user", CANARY).client();
    let blob = Descriptor::new(MediaType::parse("application/octet-stream"), digest.parse().unwrap(), 4);
    let mut read = Vec::new();
    let mut reader = client.registries.repository(&registry.host(), "a/b").blob(&blob).unwrap();
    std::io::Read::read_to_end(&mut reader, &mut read).unwrap();
    assert_eq!(read, b"blob");
    let log = storage.log();
    assert!(log.len() == 1 && log[0].headers.get("authorization").is_none());
}

#[test]
fn x02_what_a_registry_says_is_cut_and_harmless() {
    let registry = fill(Registry::start());
    registry.fault(Fault::any("/v2/").status(418).body(format!("\u{1b}[31m{}", "x".repeat(1 << 20))));
    let (code, message) = Making::default().client().refused(&registry.host());
    assert_eq!(code, Code::Remote);
    assert!(message.contains(r"\u{1b}[31mxx") && message.len() < 640, "{message}");
}
