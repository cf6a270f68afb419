//! Who may ask, and what tokens are good for.

use std::time::Duration;

use super::super::{Accounts, Auth, Catcher, Fault, Issuer, Options, TokenServer};
use super::*;

fn with_auth(auth: Auth) -> Registry {
    let registry = Registry::with(Options { auth, ..Options::default() });
    registry.put_manifest("a", Some("1"), MANIFEST, b"{}");
    registry
}

fn with_token(target: &str, token: &str) -> Ask {
    Ask::get(target).header("Authorization", &format!("Bearer {token}"))
}

/// A token of a server, by GET.
fn token(server: &TokenServer, scopes: &str, authorization: Option<&str>) -> Answer {
    let ask = Ask::get(&format!("/token?service=test-registry&{scopes}"));
    let ask = authorization.into_iter().fold(ask, |ask, value| ask.header("Authorization", value));
    ask.send(&server.host()).unwrap()
}

#[test]
fn a_password_is_asked_for_at_every_path() {
    let registry = with_auth(Auth::Basic("user", "secret"));
    for target in ["/v2/", "/v2/a/manifests/1"] {
        let refused = registry.get(target);
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Basic realm=\"test\"")));
        let wrong = Ask::get(target).header("Authorization", &basic("user", "other"));
        assert_eq!(registry.ask(&wrong).code(), "UNAUTHORIZED");
        assert_eq!(
            registry.ask(&Ask::get(target).header("Authorization", &basic("user", "secret"))).status,
            200
        );
    }
}

#[test]
fn a_challenge_says_where_a_token_is_to_be_had_and_for_what() {
    let tokens = TokenServer::start(Accounts::default());
    let registry = with_auth(Auth::tokens(&tokens));
    let realm = format!("Bearer realm=\"{}\",service=\"test-registry\"", tokens.realm());
    for (ask, scope) in [
        (Ask::get("/v2/"), ""),
        (Ask::get("/v2/a/manifests/1"), ",scope=\"repository:a:pull\""),
        (Ask::new(Method::Put, "/v2/a/manifests/1"), ",scope=\"repository:a:pull,push\""),
        (Ask::new(Method::Delete, "/v2/a/manifests/1"), ",scope=\"repository:a:delete\""),
        (
            Ask::new(Method::Post, "/v2/a/blobs/uploads/?mount=sha256:0&from=b/c"),
            ",scope=\"repository:a:pull,push repository:b/c:pull\"",
        ),
    ] {
        let refused = registry.ask(&ask);
        assert_eq!(
            (refused.status, refused.header("www-authenticate")),
            (401, Some(&*format!("{realm}{scope}")))
        );
    }
    let wrong = registry.ask(&with_token("/v2/", "wrong"));
    assert!(wrong.header("www-authenticate").unwrap().ends_with(",error=\"invalid_token\""));
}

#[test]
fn a_token_is_good_for_its_scopes_and_its_time() {
    let short = Accounts { lifetime: Duration::from_millis(100), expires_in: None, ..Accounts::default() };
    let tokens = TokenServer::start(Accounts::default());
    let registry = with_auth(Auth::tokens(&tokens));
    let known = basic("user", "secret");
    let given = token(&tokens, "scope=repository:a:pull,push&scope=repository:b:pull", Some(&known)).json();
    assert_eq!(
        (given["scope"].as_str(), given["expires_in"].as_u64()),
        (Some("repository:a:pull,push repository:b:pull"), Some(300))
    );
    let value = given["token"].as_str().unwrap();
    assert_eq!(registry.ask(&with_token("/v2/a/manifests/1", value)).status, 200);
    assert_eq!(registry.ask(&with_token("/v2/b/manifests/1", value)).status, 404);
    let other = registry.ask(&with_token("/v2/c/manifests/1", value));
    assert!(other.header("www-authenticate").unwrap().ends_with(",error=\"insufficient_scope\""));
    tokens.issuer().revoke();
    assert_eq!(registry.ask(&with_token("/v2/a/manifests/1", value)).status, 401);
    let tokens = TokenServer::start(short);
    let registry = with_auth(Auth::tokens(&tokens));
    let given = token(&tokens, "scope=repository:a:pull", None).json();
    assert_eq!(given.get("expires_in"), None);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(registry.ask(&with_token("/v2/a/manifests/1", given["token"].as_str().unwrap())).status, 401);
}

#[test]
fn tokens_are_given_to_whom_they_are_due() {
    let tokens = TokenServer::start(Accounts::default());
    let anonymous = token(&tokens, "scope=repository:a:pull,push", None).json();
    assert_eq!(anonymous["scope"], "repository:a:pull");
    let wrong = token(&tokens, "scope=repository:a:pull", Some(&basic("user", "other")));
    assert_eq!((wrong.status, wrong.code().as_str()), (401, "UNAUTHORIZED"));
    let post = |form: &str| {
        let form = format!("service=test-registry&scope=repository%3Aa%3Apull%2Cpush&{form}");
        Ask::new(Method::Post, "/token").body(form).send(&tokens.host()).unwrap()
    };
    let granted = json!("repository:a:pull,push");
    assert_eq!(post("grant_type=refresh_token&refresh_token=identity").json()["scope"], granted);
    assert_eq!(post("grant_type=password&username=user&password=secret").json()["scope"], granted);
    assert_eq!(post("grant_type=refresh_token&refresh_token=other").status, 401);
    assert_eq!(post("grant_type=other").status, 400);
    assert_eq!(Ask::get("/token?service=other").send(&tokens.host()).unwrap().code(), "DENIED");
    let users: Vec<_> = tokens.issuer().given().into_iter().map(|token| token.user).collect();
    assert_eq!(users, [None, Some("user".to_owned()), Some("user".to_owned())]);
    assert!(tokens.log().saw("refresh_token=identity") && tokens.log().saw(&basic("user", "other")));
    tokens.fault(Fault::any("/token").status(503).body("{\"details\": \"later\"}"));
    let later = token(&tokens, "", None);
    assert_eq!((later.status, later.json()["details"].as_str()), (503, Some("later")));
}

#[test]
fn a_token_server_may_be_the_registry_itself_or_say_it_is_elsewhere() {
    let issuer = Issuer::new(Accounts { field: "access_token", oauth: false, ..Accounts::default() });
    let registry = with_auth(Auth::own_tokens(issuer.clone()));
    let challenge = registry.get("/v2/").header("www-authenticate").unwrap().to_owned();
    assert!(challenge.starts_with(&format!("Bearer realm=\"{}/token\"", registry.url())));
    let given = registry.get("/token?service=test-registry&scope=repository:a:pull").json();
    let value = given["access_token"].as_str().unwrap();
    assert_eq!(value, issuer.given()[0].value);
    assert_eq!(registry.ask(&with_token("/v2/a/manifests/1", value)).status, 200);
    assert_eq!(registry.ask(&Ask::new(Method::Post, "/token")).status, 405);
    let tokens = TokenServer::start(Accounts::default());
    let registry = with_auth(Auth::tokens_at(&tokens, "http://user:x@elsewhere/token"));
    let challenge = registry.get("/v2/").header("www-authenticate").unwrap().to_owned();
    assert!(challenge.starts_with("Bearer realm=\"http://user:x@elsewhere/token\""));
}

#[test]
fn a_catcher_notes_all_it_is_told_and_knows_nothing() {
    let catcher = Catcher::start();
    assert_eq!(catcher.connections(), 0);
    let ask = with_token("/x", "canary");
    assert_eq!(ask.send(&catcher.host()).unwrap().status, 404);
    catcher.fault(Fault::any("").status(200).body("x"));
    assert_eq!(ask.send(&catcher.host()).unwrap().body, b"x");
    assert!(catcher.log().saw("canary"));
    assert_eq!((catcher.connections(), catcher.url()), (2, format!("http://{}", catcher.host())));
}
