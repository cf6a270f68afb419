//! R27: proxies, and whom none is used for.

use overcoat::http::{Proxies, Secret};

use super::*;
use crate::support::registry::{Authority, Options, Proxy, Tls};

const PLAIN: &str = "reg.test:5000";
const TLS: &str = "reg.test";

/// A client with a proxy for everybody but `exceptions`.
fn through(proxy: &str, exceptions: &str) -> Making {
    let mut making = Making::default().host(PLAIN, |settings| settings.plain_http = Some(true));
    let secret = || Some(Secret::new(proxy));
    making.settings.proxies = Proxies::new(secret(), secret(), exceptions);
    making
}

#[test]
fn r27_a_registry_is_reached_through_the_proxy_with_its_password() {
    let registry = fill(Registry::start());
    let proxy = Proxy::for_user(&registry.host(), "me", CANARY);
    let client = through(&format!("http://me:{CANARY}@{}", proxy.host()), "").client();
    assert!(client.ask(PLAIN).unwrap());
    assert_eq!(proxy.asked(), [format!("CONNECT {PLAIN}")]);
    assert!(!registry.log().saw(CANARY));
    let wrong = through(&format!("http://{CANARY}:{CANARY}@{}", proxy.host()), "").client();
    let (code, message) = wrong.refused(PLAIN);
    assert!(code == Code::Remote && message.contains("407"), "{code}: {message}");
    let nowhere = through(&format!("http://me:{CANARY}@127.0.0.1:1"), "").client();
    assert_eq!(nowhere.refused(PLAIN).0, Code::Remote);
    let nonsense = through(&format!("http://me:{CANARY}@"), "").client();
    assert_eq!(nonsense.refused(PLAIN).0, Code::Usage);
}

#[test]
fn r27_tls_is_spoken_with_the_registry_and_not_with_the_proxy() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    let tls = Some(Tls::new(&authority.server(&[TLS])));
    let registry = fill(Registry::with(Options { tls, ..Options::default() }));
    let proxy = Proxy::start(&registry.host());
    let ca = write(dir.path(), "ca.pem", &authority.pem());
    let making = through(proxy.host(), "");
    assert!(making.host(TLS, |settings| settings.tls.ca = Some(ca)).client().ask(TLS).unwrap());
    assert_eq!(proxy.asked(), ["CONNECT reg.test:443"]);
    assert_eq!(through(proxy.host(), "").client().refused(TLS).0, Code::Tls);
}

#[test]
fn r27_exceptions_and_this_machine_are_reached_directly() {
    let registry = fill(Registry::start());
    let proxy = Proxy::start(&registry.host());
    let client = through(proxy.host(), "other.test").client();
    assert!(
        client.ask(&registry.host()).unwrap()
            && client.ask(&format!("localhost:{}", registry.port())).unwrap()
    );
    assert!(proxy.asked().is_empty());
    for exceptions in ["reg.test", ".test,x", "*", "test:5000"] {
        let (code, message) = through(proxy.host(), exceptions).client().refused(PLAIN);
        assert!(code == Code::Remote && message.contains("the host cannot be found"), "{code}: {message}");
    }
    assert!(proxy.asked().is_empty());
    assert!(client.ask(PLAIN).unwrap() && proxy.asked().len() == 1);
}
