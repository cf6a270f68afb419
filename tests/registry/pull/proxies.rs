//! Proxies: whom they are used for, and what is told of them.

use super::Demo;
use super::login::PASSWORD;
use super::named::{NAME, Named};
use crate::support::registry::{Auth, Proxy, basic};
use crate::support::succeed;

/// A registry that is reached by a proxy that wants a password.
fn with_password() -> Named {
    Named::by(Auth::Open, |to| Proxy::for_user(to, "proxyuser", PASSWORD))
}

/// What a build says through a proxy that is known by these words before its host; it has to exit with `code`.
fn words(named: &Named, code: i32, user: &str) -> String {
    let mut command = named.command(&["--limit", "tries=1"]);
    let command = command.env("HTTPS_PROXY", format!("http://{user}{}", named.proxy.host()));
    let output = named.demo.fails(code, command);
    String::from_utf8(output.stderr).expect("people read text")
}

#[test]
fn r27_a_proxy_is_not_used_for_whom_none_shall_be() {
    let named = Named::with(Auth::Open);
    for exceptions in [NAME, "test", ".test", "other, registry.test:443", "*"] {
        let mut command = named.command(&["--limit", "tries=1"]);
        let output = named.demo.fails(4, command.env("NO_PROXY", exceptions));
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(
            words.starts_with("error[E_REMOTE]: ") && words.contains("the host cannot be found"),
            "{words}"
        );
    }
    assert!(named.proxy.asked().is_empty());
    for exceptions in ["", "other.test", "egistry.test", "registry.test:444", "10.0.0.0/8"] {
        succeed(named.command(&[]).env("NO_PROXY", exceptions));
    }
    assert!(!named.proxy.asked().is_empty());
}

#[test]
fn r27_a_proxy_is_not_used_for_this_machine() {
    let demo = Demo::start();
    let proxy = Proxy::start(&demo.registry.host());
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        succeed(demo.command(&[]).env(variable, format!("http://{}", proxy.host())));
    }
    assert!(proxy.asked().is_empty());
}

#[test]
fn r27_the_password_for_a_proxy_is_shown_to_it_and_to_nobody_else() {
    let named = with_password();
    let mut command = named.command(&["--json"]);
    let command = command.env("HTTPS_PROXY", format!("http://proxyuser:{PASSWORD}@{}", named.proxy.host()));
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    assert!(!String::from_utf8_lossy(&said).contains(PASSWORD));
    let log = named.demo.registry.log();
    assert!(!log.is_empty() && !log.saw(&basic("proxyuser", PASSWORD)) && !log.saw(PASSWORD));
}

#[test]
fn r27_a_proxy_that_refuses_is_named_without_what_it_was_shown() {
    let named = with_password();
    for user in ["proxyuser:canary-p4ssw0rd-other@", "canary-p4ssw0rd@", ""] {
        let words = words(&named, 4, user);
        assert!(words.starts_with("error[E_REMOTE]: ") && !words.contains("canary"), "{words}");
    }
    assert!(named.demo.registry.log().is_empty());
}

#[test]
fn r27_a_proxy_that_is_no_address_is_refused_without_being_shown() {
    let named = Named::with(Auth::Open);
    for proxy in [
        "http://proxyuser:canary@",
        "socks5://proxyuser:canary@127.0.0.1:1",
        "http://canary canary",
        "://canary",
    ] {
        let output = named.demo.fails(2, named.command(&[]).env("HTTPS_PROXY", proxy));
        let words = String::from_utf8(output.stderr).unwrap();
        let head = format!("error[E_USAGE]: base {NAME}/demo/base:1: the proxy for {NAME}: ");
        assert!(words.starts_with(&head) && !words.contains("canary"), "{proxy}: {words}");
    }
}

#[test]
fn r27_a_proxy_that_is_not_there_is_named_without_what_it_would_have_been_shown() {
    let named = Named::with(Auth::Open);
    let mut command = named.command(&["--limit", "tries=1"]);
    let output = named.demo.fails(4, command.env("HTTPS_PROXY", "http://proxyuser:canary@127.0.0.1:1"));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.starts_with("error[E_REMOTE]: ") && !words.contains("canary"), "{words}");
}
