use std::thread;

use tempfile::TempDir;

use super::*;
use crate::code::{Code, Coded as _};
use crate::http::Method;
use crate::registry::request::Request;
use crate::registry::scope::Access;
use crate::registry::scripted::{Asked, Client, Piece, Server, answer, quick, request};
use crate::registry::settings::{HostSettings, Settings};

/// A registry that takes tokens which begin with `good`, and names `realm` to who has none.
fn registry(realm: String) -> Server {
    Server::start(move |asked| {
        let scope = "repository:acme/app:pull,push registry:catalog:*";
        let challenge = format!("Bearer realm=\"{realm}\",service=\"reg\",scope=\"{scope}\"");
        match asked.header("authorization") {
            Some(shown) if shown.starts_with("Bearer good") => answer(200, &[], shown),
            _ => {
                let words = r#"{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}"#;
                answer(401, &[("WWW-Authenticate", "Negotiate"), ("Www-Authenticate", &challenge)], words)
            }
        }
    })
}

/// A token server, whose tokens are numbered.
fn tokens(expires: u32) -> Server {
    Server::start(move |asked| {
        let body = format!("{{\"token\": \"good-{}\", \"expires_in\": {expires}}}", asked.number);
        answer(200, &[], &body)
    })
}

fn get() -> Request<'static> {
    request(Method::Get, Access::Pull)
}

fn anonymous() -> Client {
    Client::new(Settings::default(), &[], &quick())
}

#[test]
fn a_registry_asks_once_and_is_shown_the_token_of_a_scope_from_then_on() {
    let tokens = tokens(300);
    let registry = registry(format!("http://{}/token?a=b", tokens.host()));
    let client = Client::new(Settings::default(), &[(&registry.host(), "user:pass")], &quick());
    for _ in 0..3 {
        assert_eq!(client.send(&registry.host(), &get()).unwrap(), (200, "Bearer good-0".to_owned()));
    }
    let mut push = request(Method::Put, Access::Push);
    push.scope.source = Some("acme/base".to_owned());
    assert_eq!(client.send(&registry.host(), &push).unwrap().1, "Bearer good-1");
    assert_eq!(registry.asked().len(), 5, "one challenge for the host");
    let query = "GET /token?a=b&service=reg&scope=repository:acme%2Fapp:pull";
    assert_eq!(
        tokens.lines(),
        [query.to_owned(), format!("{query}%2Cpush&scope=repository:acme%2Fbase:pull")]
    );
    assert!(tokens.asked().iter().all(|asked| asked.header("authorization") == Some("Basic dXNlcjpwYXNz")));
}

#[test]
fn parallel_requests_share_a_challenge_and_a_token() {
    let tokens = tokens(300);
    let registry = registry(format!("http://{}/token", tokens.host()));
    let client = anonymous();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(client.send(&registry.host(), &get()).unwrap().0, 200));
        }
    });
    assert_eq!((registry.asked().len(), tokens.asked().len()), (9, 1));
    assert_eq!(tokens.asked()[0].header("authorization"), None);
}

#[test]
fn a_token_that_ends_is_renewed() {
    let tokens = tokens(1);
    let registry = registry(format!("http://{}/token", tokens.host()));
    let client = anonymous();
    assert_eq!(client.send(&registry.host(), &get()).unwrap().1, "Bearer good-0");
    thread::sleep(std::time::Duration::from_millis(900));
    assert_eq!(client.send(&registry.host(), &get()).unwrap().1, "Bearer good-1");
    assert_eq!(registry.asked().len(), 3, "without another challenge");
}

#[test]
fn a_token_that_is_taken_back_is_asked_for_once_more() {
    let tokens = tokens(300);
    let realm = format!("Bearer realm=\"http://{}/token\"", tokens.host());
    let registry = Server::start(move |asked| match (asked.number, asked.header("authorization")) {
        (2, _) | (_, None) => answer(401, &[("www-authenticate", &realm)], ""),
        (_, Some(shown)) => answer(200, &[], shown),
    });
    let client = anonymous();
    assert_eq!(client.send(&registry.host(), &get()).unwrap().1, "Bearer good-0");
    assert_eq!(client.send(&registry.host(), &get()).unwrap().1, "Bearer good-1");
}

#[test]
fn what_a_registry_does_not_take_ends_with_its_words() {
    let tokens = Server::start(|_| answer(200, &[], "{\"access_token\": \"bad\"}"));
    let registry = registry(format!("http://{}/token", tokens.host()));
    for (client, problem) in [
        (anonymous(), Unauthorized::Anonymous),
        (
            Client::new(Settings::default(), &[(&registry.host(), "u:canary")], &quick()),
            Unauthorized::Refused,
        ),
    ] {
        let error = client.send(&registry.host(), &get()).unwrap_err();
        assert_eq!(error.code(), Code::Auth);
        assert!(
            error.to_string().contains("who are you") && !error.to_string().contains("canary"),
            "{error}"
        );
        assert!(
            matches!(error, RegistryError::Unauthorized { problem: found, .. } if found == problem),
            "{error}"
        );
    }
    assert_eq!(tokens.asked().len(), 2);
}

#[test]
fn basic_is_shown_where_it_is_wanted() {
    let registry = Server::start(|asked| match asked.header("authorization") {
        Some("Basic dXNlcjpwYXNz") => answer(200, &[], ""),
        _ => answer(401, &[("www-authenticate", "basic realm=\"x\"")], "no"),
    });
    let client = Client::new(Settings::default(), &[(&registry.host(), "user:pass")], &quick());
    for _ in 0..2 {
        assert_eq!(client.send(&registry.host(), &get()).unwrap().0, 200);
    }
    assert_eq!(registry.asked().len(), 3);
    for (credential, expected) in [(None, Unauthorized::Unknown), (Some("user:wrong"), Unauthorized::Refused)]
    {
        let host = registry.host();
        let credentials: Vec<_> = credential.into_iter().map(|pair| (host.as_str(), pair)).collect();
        let client = Client::new(Settings::default(), &credentials, &quick());
        let error = client.send(&host, &get()).unwrap_err();
        assert!(
            matches!(error, RegistryError::Unauthorized { problem, .. } if problem == expected),
            "{error}"
        );
        assert!(crate::code::Failure::hint(&error).unwrap().contains(&format!("docker login {host}")));
    }
}

#[test]
fn an_unknown_scheme_is_no_use() {
    for challenge in ["Negotiate", "", "Digest realm=x"] {
        let registry = Server::start(move |_| answer(401, &[("www-authenticate", challenge)], ""));
        let error = anonymous().send(&registry.host(), &get()).unwrap_err();
        let RegistryError::Unauthorized { problem, .. } = error else { panic!("{error}") };
        assert_eq!((problem, registry.asked().len()), (Unauthorized::Scheme, 1));
    }
}

#[test]
fn an_identity_token_is_exchanged_and_a_registry_token_shown_as_it_is() {
    let tokens = tokens(300);
    let registry = registry(format!("http://{}/token", tokens.host()));
    let file = |what: &str| format!("{{\"auths\": {{\"{}\": {{\"{what}\": \"good+1\"}}}}}}", registry.host());
    let client = |text: &str| Client::with_file(Settings::default(), text, &quick(), TempDir::new().unwrap());
    assert_eq!(client(&file("identitytoken")).send(&registry.host(), &get()).unwrap().1, "Bearer good-0");
    let asked = tokens.asked();
    assert_eq!((asked[0].line.as_str(), asked[0].header("authorization")), ("POST /token", None));
    let form = "grant_type=refresh_token&client_id=overcoat&service=reg&scope=repository:acme%2Fapp:pull\
                &refresh_token=good%2B1";
    assert_eq!(String::from_utf8_lossy(&asked[0].body), form);
    assert_eq!(client(&file("registrytoken")).send(&registry.host(), &get()).unwrap().1, "Bearer good+1");
    assert_eq!(tokens.asked().len(), 1);
}

#[test]
fn what_a_token_server_says_is_told() {
    let cases: [(Vec<Piece>, &str, Code); 6] = [
        (
            answer(401, &[], "{\"details\":\"incorrect username \u{1b}[0m\"}"),
            "status 401: {\"details\":\"incorrect username \\u{1b}[0m\"}",
            Code::Auth,
        ),
        (answer(500, &[], "down"), "status 500: down", Code::Remote),
        (answer(200, &[], "{}"), "the answer holds none", Code::Auth),
        (answer(200, &[], "<html>"), "the answer is none of a token server", Code::Auth),
        (answer(200, &[], "{\"token\":\"a\\nb\"}"), "the answer holds one that cannot be sent", Code::Auth),
        (answer(200, &[], &" ".repeat(2000)), "the answer has more than 1000 bytes", Code::LimitResponse),
    ];
    for (pieces, expected, code) in cases {
        let Piece::Bytes(bytes) = pieces.into_iter().next().unwrap() else { unreachable!() };
        let tokens = Server::start(move |_| vec![Piece::Bytes(bytes.clone())]);
        let registry = registry(format!("http://{}/token", tokens.host()));
        let limits = crate::limits::Limits { token_bytes: 1000, ..quick() };
        let client = Client::new(Settings::default(), &[(&registry.host(), "u:canary")], &limits);
        let error = client.send(&registry.host(), &get()).unwrap_err();
        assert!(error.to_string().ends_with(expected) && error.code() == code, "{error}");
        assert!(error.to_string().contains(&tokens.host()), "{error}");
    }
}

/// What is sent to a realm on this machine whose host has another name than the registry's.
fn to_foreign(
    settings: Settings,
    answered: fn(&Asked) -> Vec<Piece>,
) -> (Result<String, RegistryError>, Vec<Asked>) {
    let tokens = Server::start(answered);
    let realm = tokens.host().replace("127.0.0.1", "localhost");
    let registry = registry(format!("http://{realm}/token"));
    let mut settings = settings;
    if let Some(own) = settings.hosts.remove("registry") {
        settings.hosts.insert(registry.host(), own);
    }
    let client = Client::new(settings, &[(&registry.host(), "u:canary")], &quick());
    (client.send(&registry.host(), &get()).map(|(_, body)| body), tokens.asked())
}

#[test]
fn r10_another_host_is_asked_without_the_credential() {
    let good = |_: &Asked| answer(200, &[], "{\"token\": \"good\"}");
    let (sent, asked) = to_foreign(Settings::default(), good);
    assert_eq!(sent.unwrap(), "Bearer good", "what everybody may read needs no credential");
    assert_eq!(asked[0].header("authorization"), None);
    for answered in [
        |_: &Asked| answer(200, &[], "{\"token\": \"bad\"}"),
        |_: &Asked| answer(401, &[], "log in"),
        |_: &Asked| answer(302, &[("location", "/elsewhere")], ""),
    ] {
        let (sent, asked) = to_foreign(Settings::default(), answered);
        let error = sent.unwrap_err();
        assert_eq!((error.code(), asked.len()), (Code::Realm, 1), "{error}");
        assert_eq!(asked[0].header("authorization"), None);
    }
    let mut settings = Settings::default();
    let realms = vec!["localhost".to_owned()];
    settings.hosts.insert("registry".to_owned(), HostSettings { realms, ..HostSettings::default() });
    let (sent, asked) = to_foreign(settings, good);
    assert!(
        sent.is_ok() && asked[0].header("authorization").is_some(),
        "unless it is said to be the registry's own"
    );
}

#[test]
fn r10_realms_that_are_refused_are_not_asked() {
    let own = Server::start(|_| answer(302, &[("location", "http://localhost/")], ""));
    for realm in [
        "http://169.254.169.254/token".to_owned(),
        "http://[::ffff:169.254.169.254]/token".to_owned(),
        "http://10.0.0.1/token".to_owned(),
        format!("http://user:canary@{}/token", own.host()),
        "ftp://x/".to_owned(),
        String::new(),
        // The registry's own host may not redirect either.
        format!("http://{}/token", own.host()),
    ] {
        let registry = registry(realm.clone());
        let client = Client::new(Settings::default(), &[(&registry.host(), "u:canary")], &quick());
        let error = client.send(&registry.host(), &get()).unwrap_err();
        assert_eq!(error.code(), Code::Realm, "{realm}: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    assert_eq!(own.asked().len(), 1);
}
