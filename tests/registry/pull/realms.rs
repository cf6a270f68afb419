//! Token servers that a registry names, and what they are told.
//!
//! The registry of most cases is `registry.test`, which is public as far as anybody knows; a canary is the password for it.

use std::net::{IpAddr, Ipv4Addr};

use super::Demo;
use super::login::{AUTH, PASSWORD, USER};
use super::named::{NAME, Named};
use crate::support::registry::{
    Accounts, Auth, Authority, Catcher, Fault, LOOPBACK, Options, Tls, TokenServer, basic,
};
use crate::support::succeed;

/// Another host of this machine.
const OTHER_HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Whom a token server knows: who has the password, and nobody else.
fn accounts() -> Accounts {
    Accounts { users: vec![(USER, PASSWORD)], grants: |user, _, _| user.is_some(), ..Accounts::default() }
}

/// What a build complains of that is logged in to a registry on this machine, which wants tokens from `realm`.
fn refused(tokens: &TokenServer, realm: &str) -> String {
    let auth = Auth::tokens_at(tokens, realm);
    let demo = Demo::with(Options { auth, ..Options::default() });
    demo.log_in_to(&demo.registry.host());
    let words = demo.refused(4, &AUTH);
    assert!(
        !demo.registry.log().saw(&basic(USER, PASSWORD)),
        "a registry that wants a token gets no password"
    );
    words
}

/// Fails unless the words are those of a realm that is not asked, and hold no secret.
fn assert_realm(words: &str, problem: &str) {
    assert!(words.starts_with("error[E_REALM]: ") && words.contains(problem), "{words}");
    assert!(!words.contains(PASSWORD) && !words.contains("canary"), "{words}");
}

#[test]
fn r10_another_host_is_asked_for_a_token_without_the_credential() {
    let tokens = TokenServer::on(OTHER_HOST, None, accounts());
    let words = refused(&tokens, &tokens.realm());
    assert_realm(&words, "which is another host, so that the credential is not sent there");
    assert!(words.contains("hint: ") && words.contains("auth-hosts"), "{words}");
    let log = tokens.log();
    assert!(!log.is_empty() && !log.saw(PASSWORD) && !log.saw(&basic(USER, PASSWORD)));
}

#[test]
fn r10_another_host_may_give_tokens_to_anybody() {
    let anybody = Accounts { grants: |_, _, action| action == "pull", ..accounts() };
    let tokens = TokenServer::on(OTHER_HOST, None, anybody);
    let demo = Demo::with(Options { auth: Auth::tokens(&tokens), ..Options::default() });
    demo.log_in_to(&demo.registry.host());
    demo.build(&AUTH);
    assert!(!tokens.log().saw(&basic(USER, PASSWORD)));
    assert!(tokens.issuer().given().iter().all(|token| token.user.is_none()));
}

#[test]
fn r10_a_host_that_settings_name_gets_the_credential() {
    let tokens = TokenServer::on(OTHER_HOST, None, accounts());
    let demo = Demo::with(Options { auth: Auth::tokens(&tokens), ..Options::default() });
    let host = demo.registry.host();
    demo.log_in_to(&host);
    demo.sandbox.write("r.toml", &format!("[registry.\"{host}\"]\nauth-hosts = [\"127.0.0.2\"]\n"));
    demo.build(&[&AUTH[..], &["--registries", "r.toml"]].concat());
    assert!(tokens.log().saw(&basic(USER, PASSWORD)));
}

#[test]
fn r10_a_realm_without_tls_is_not_asked_where_the_registry_has_it() {
    let catcher = Catcher::start();
    let tokens = TokenServer::start(accounts());
    let named = Named::with(Auth::tokens_at(&tokens, &format!("{}/token", catcher.url())));
    assert_realm(&named.refused(4, &[]), "which is reached without TLS");
    let named = Named::with(Auth::tokens_at(&tokens, &format!("http://{NAME}/token")));
    assert_realm(&named.refused(4, &[]), "which is reached without TLS");
    assert_eq!((catcher.connections(), tokens.log().len()), (0, 0));
}

#[test]
fn r10_no_address_that_is_not_public_is_asked_for_a_public_registry() {
    let authority = Authority::new();
    let identity = authority.server(&["127.0.0.1", "localhost"]);
    let catcher = Catcher::on(LOOPBACK, Some(Tls::new(&identity)));
    let port = catcher.host().rsplit_once(':').unwrap().1.to_owned();
    let tokens = TokenServer::start(accounts());
    for host in [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::169.254.169.254]",
        "[fe80::1]",
        "[fd00::1]",
        "localhost",
    ] {
        let named = Named::with(Auth::tokens_at(&tokens, &format!("https://{host}:{port}/token")));
        assert_realm(&named.refused(4, &[]), "an address that is not public");
    }
    for number in ["2130706433", "0x7f000001", "127.1", "0x7f.1", "0177.0.0.1"] {
        let named = Named::with(Auth::tokens_at(&tokens, &format!("https://{number}:{port}/token")));
        assert_realm(&named.refused(4, &[]), "");
    }
    assert_eq!(catcher.connections(), 0);
}

#[test]
fn r10_a_registry_of_this_machine_leads_to_no_other_network() {
    let tokens = TokenServer::start(accounts());
    for realm in
        ["http://169.254.169.254/token", "http://[::ffff:169.254.169.254]/token", "http://10.0.0.1/token"]
    {
        assert_realm(&refused(&tokens, realm), "an address that is not public");
    }
}

#[test]
fn r10_a_realm_with_user_information_is_not_asked() {
    let (catcher, tokens) = (Catcher::start(), TokenServer::start(accounts()));
    for user in ["user:canary@", "canary@", ":@", "127.0.0.1%40"] {
        let words = refused(&tokens, &format!("http://{user}{}/token", catcher.host()));
        assert_realm(&words, "");
    }
    assert_eq!((catcher.connections(), tokens.log().len()), (0, 0));
}

#[test]
fn r10_a_realm_that_is_no_address_is_not_asked() {
    let tokens = TokenServer::start(accounts());
    for realm in
        ["", "/token", "ftp://127.0.0.1/token", "http://", "token", "file:///etc/passwd", "http://a b/"]
    {
        assert_realm(&refused(&tokens, realm), "which is no address");
    }
}

#[test]
fn r10_a_token_server_that_redirects_is_left() {
    for status in [301, 302, 303, 307, 308] {
        let (catcher, tokens) = (Catcher::start(), TokenServer::start(accounts()));
        tokens.fault(Fault::any("/token").redirect(status, &catcher.url()));
        assert_realm(&refused(&tokens, &tokens.realm()), "which redirects the request");
        assert_eq!(catcher.connections(), 0);
    }
}

#[test]
fn r10_a_token_server_below_a_public_registry_is_public_too() {
    // The name is looked up here, as the proxy is not for it, and found by nobody.
    let tokens = TokenServer::start(accounts());
    let named = Named::with(Auth::tokens_at(&tokens, "https://auth.registry.test/token"));
    let mut command = named.command(&["--limit", "tries=1"]);
    let output = named.demo.fails(4, command.env("NO_PROXY", "auth.registry.test"));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.starts_with("error[E_REMOTE]: ") && words.contains("the host cannot be found"), "{words}");
    assert!(!words.contains(PASSWORD));
}

#[test]
fn r10_a_registry_of_that_name_is_read_with_the_credential() {
    let named = Named::with(Auth::Basic(USER, PASSWORD));
    succeed(&mut named.command(&[]));
    named.demo.sandbox.layout("out").assert_whole();
    let asked = named.proxy.asked();
    assert!(!asked.is_empty() && asked.iter().all(|one| *one == format!("CONNECT {NAME}:443")), "{asked:?}");
}
