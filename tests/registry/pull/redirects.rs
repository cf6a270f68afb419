//! Blobs that are somewhere else.

use std::net::{IpAddr, Ipv4Addr};

use super::Demo;
use super::demo::fill;
use crate::support::registry::{Catcher, Fault, LOOPBACK, Method, Options, Registry};

/// Another host of this machine.
const OTHER_HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A registry without auth that has all blobs of the demo, on a port of its own.
fn storage(demo: &Demo, ip: IpAddr) -> Registry {
    let storage = Registry::with(Options { ip, ..Options::default() });
    fill(&demo.sandbox, &storage);
    storage
}

/// Redirects every blob of the demo.
fn redirect(demo: &Demo, status: u16, origin: &str) {
    demo.registry.fault(Fault::any("/blobs/").moved(status, origin));
}

#[test]
fn r11_a_blob_is_read_where_it_is_said_to_be() {
    let demo = Demo::start();
    let expected = demo.built(&[]);
    for (status, ip) in [
        (307, LOOPBACK),
        (307, OTHER_HOST),
        (301, LOOPBACK),
        (302, LOOPBACK),
        (303, LOOPBACK),
        (308, LOOPBACK),
    ] {
        let storage = storage(&demo, ip);
        demo.registry.clear_faults();
        redirect(&demo, status, &storage.url());
        assert_eq!(demo.built(&[]), expected, "{status}");
        let log = storage.log();
        assert!(
            log.count(Method::Get, "/blobs/") > 0 && log.iter().all(|entry| entry.target.contains("/blobs/"))
        );
    }
}

#[test]
fn r11_what_other_hosts_send_is_verified() {
    let demo = Demo::start();
    let (digest, mut bytes) = demo.base_layer();
    let storage = storage(&demo, OTHER_HOST);
    redirect(&demo, 307, &storage.url());
    bytes[1000] ^= 1;
    storage.fault(Fault::on(Method::Get, &digest).body(bytes));
    let words = demo.refused(7, &[]);
    assert!(words.starts_with("error[E_DIGEST]: ") && words.contains(&digest), "{words}");
}

#[test]
fn r11_redirects_that_never_end_are_left() {
    let demo = Demo::start();
    let (digest, _) = demo.base_layer();
    demo.registry.fault(Fault::on(Method::Get, &digest).moved(307, &demo.registry.url()));
    let words = demo.refused(4, &["--platform", "linux/amd64"]);
    assert!(words.starts_with("error[E_REDIRECT]: ") && words.contains("one redirect too many"), "{words}");
    assert_eq!(demo.count(Method::Get, &digest), 6);
}

#[test]
fn r11_manifests_are_not_read_elsewhere() {
    let (demo, catcher) = (Demo::start(), Catcher::start());
    for method in [Method::Head, Method::Get] {
        demo.registry.clear_faults();
        demo.registry.fault(Fault::on(method, "/manifests/").moved(307, &catcher.url()));
        let words = demo.refused(4, &[]);
        assert!(words.starts_with("error[E_REDIRECT]: ") && words.contains("only reads of blobs"), "{words}");
    }
    assert_eq!(catcher.connections(), 0);
}

#[test]
fn r11_a_redirect_that_leads_nowhere_is_refused() {
    let demo = Demo::start();
    for (to, problem) in [
        ("", "no address"),
        ("ftp://elsewhere/x", "no address"),
        ("http://", "no address"),
        ("http://169.254.169.254/latest", "169.254.169.254, an address that is not public"),
        ("http://[::ffff:169.254.169.254]/latest", "an address that is not public"),
    ] {
        demo.registry.clear_faults();
        demo.registry.fault(Fault::on(Method::Get, "/blobs/").redirect(307, to));
        let words = demo.refused(4, &[]);
        assert!(words.starts_with("error[E_REDIRECT]: ") && words.contains(problem), "{to}: {words}");
    }
}

#[test]
fn r11_a_secret_in_the_query_of_an_address_is_not_shown() {
    let (demo, catcher) = (Demo::start(), Catcher::start());
    catcher.fault(Fault::any("").status(403));
    let to = format!("{}/blob?signature=canary", catcher.url());
    demo.registry.fault(Fault::on(Method::Get, "/blobs/").redirect(307, &to));
    let words = demo.refused(4, &[]);
    assert!(words.starts_with("error[E_AUTH]: ") && words.contains("/blob: status 403"), "{words}");
    assert!(catcher.log().saw("canary") && !words.contains("canary"), "{words}");
}
