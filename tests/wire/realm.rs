//! R10: a credential goes to the registry's own token server, and no request to one that is not public.

use overcoat::http::{Proxies, Secret};

use super::*;
use crate::support::registry::{Accounts, Auth, Catcher, Fault, Options, Proxy, TokenServer};

/// A registry that names this realm.
fn naming(realm: &str) -> Registry {
    let tokens = TokenServer::start(Accounts::default());
    fill(Registry::with(Options { auth: Auth::tokens_at(&tokens, realm), ..Options::default() }))
}

/// Asks the registry as `reg.test:5000`, which is a public one as far as anybody can tell.
fn refused_in_public(registry: &Registry) -> (Code, String) {
    let proxy = Proxy::start(&registry.host());
    let mut making = Making::default().host("reg.test:5000", |settings| settings.plain_http = Some(true));
    making.settings.proxies = Proxies::new(None, Some(Secret::new(proxy.host())), "");
    making.user("reg.test:5000", "user", CANARY).client().refused("reg.test:5000")
}

#[test]
fn r10_a_public_registry_cannot_send_us_to_this_machine_or_its_neighbours() {
    let catcher = Catcher::start();
    let port = catcher.host().rsplit_once(':').unwrap().1.to_owned();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "0x7f000001",
    ] {
        let (code, message) = refused_in_public(&naming(&format!("http://{host}:{port}/token")));
        assert_eq!(code, Code::Realm, "{host}: {message}");
    }
    for host in
        ["169.254.169.254", "[::ffff:169.254.169.254]", "10.0.0.1", "192.168.0.1", "[fd00::1]", "[fe80::1]"]
    {
        let (code, message) = refused_in_public(&naming(&format!("http://{host}/token")));
        assert!(code == Code::Realm && message.contains("not public"), "{host}: {message}");
    }
    assert_eq!(catcher.connections(), 0);
}

#[test]
fn r10_a_realm_without_tls_or_with_user_information_is_refused() {
    let catcher = Catcher::start();
    let own = |text: &str| naming(&text.replace("HOST", &catcher.host()));
    let (code, message) = refused_in_public(&own("http://reg.test:5000@HOST/token"));
    assert!(code == Code::Realm && message.ends_with("which has user information"), "{message}");
    let registry = own("http://user:secret@HOST/token");
    let client = Making::default().user(&registry.host(), "user", CANARY).client();
    assert_eq!(client.refused(&registry.host()).0, Code::Realm);
    assert_eq!(catcher.connections(), 0);
}

#[test]
fn r10_another_host_never_sees_the_credential() {
    for (status, body) in [(200, "{\"token\": \"wrong\"}"), (401, "log in"), (302, ""), (404, "")] {
        let catcher = Catcher::start();
        catcher.fault(Fault::any("").status(status).body(body).header("location", "http://127.0.0.1:1/"));
        let registry = naming(&format!("http://{}/token", catcher.host().replace("127.0.0.1", "localhost")));
        let client = Making::default().user(&registry.host(), "user", CANARY).client();
        let (code, message) = client.refused(&registry.host());
        assert_eq!(code, Code::Realm, "{message}");
        let log = catcher.log();
        assert!(
            log.len() == 1
                && !log.saw(&basic("user", CANARY))
                && log[0].headers.get("authorization").is_none()
        );
    }
}

#[test]
fn r10_a_token_server_that_redirects_is_refused_even_if_it_is_the_registrys_own() {
    let catcher = Catcher::start();
    let tokens = TokenServer::start(Accounts::default());
    tokens.fault(Fault::any("/token").redirect(302, &catcher.url()));
    let registry = fill(Registry::with(Options { auth: Auth::tokens(&tokens), ..Options::default() }));
    let client = Making::default().user(&registry.host(), "user", CANARY).client();
    let (code, message) = client.refused(&registry.host());
    assert!(code == Code::Realm && message.ends_with("which redirects the request"), "{message}");
    assert_eq!(catcher.connections(), 0);
}

#[test]
fn r10_a_host_that_is_said_to_be_its_own_gets_the_credential() {
    let tokens = TokenServer::start(Accounts::default());
    let realm = tokens.realm().replace("127.0.0.1", "localhost");
    let registry =
        fill(Registry::with(Options { auth: Auth::tokens_at(&tokens, &realm), ..Options::default() }));
    let host = registry.host();
    let making = || Making::default().user(&host, "user", "secret");
    assert!(
        making()
            .host(&host, |settings| settings.realms = vec!["localhost".to_owned()])
            .client()
            .ask(&host)
            .unwrap()
    );
    assert!(tokens.log().saw(&basic("user", "secret")));
    assert!(making().client().ask(&host).unwrap(), "what everybody may read needs no credential");
    assert!(tokens.log().last().unwrap().headers.get("authorization").is_none());
}
