//! Registries that want to know who asks: passwords, tokens, and where they are kept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::Demo;
use super::login::{AUTH, PASSWORD, USER, entry};
use crate::support::registry::{Accounts, Auth, Fault, Issuer, Method, Options, TokenServer, basic};
use crate::support::succeed;

fn demo(auth: Auth) -> Demo {
    let demo = Demo::with(Options { auth, ..Options::default() });
    demo.log_in_to(&demo.registry.host());
    demo
}

/// Whom a token server knows: who has the password or an identity token, and nobody else.
fn accounts() -> Accounts {
    Accounts {
        users: vec![(USER, PASSWORD)],
        identities: vec![("canary-identity", USER)],
        grants: |user, _, _| user.is_some(),
        ..Accounts::default()
    }
}

/// What a token server was asked for, in the order of the alphabet.
fn scopes(tokens: &TokenServer) -> Vec<String> {
    let mut scopes: Vec<_> = tokens.issuer().given().iter().map(|token| token.granted.to_string()).collect();
    scopes.sort();
    scopes
}

/// How many requests the registry refused, because they did not say who asks.
fn refusals(demo: &Demo) -> usize {
    demo.registry.log().iter().filter(|entry| entry.status == Some(401)).count()
}

const BASE: &str = "repository:demo/base:pull";
const ARTIFACTS: &str = "repository:demo/artifacts:pull";

#[test]
fn a_password_is_sent_once_it_is_asked_for() {
    let demo = demo(Auth::Basic(USER, PASSWORD));
    demo.build(&AUTH);
    let log = demo.registry.log();
    assert_eq!((log[0].status, log[0].headers.get("authorization")), (Some(401), None));
    let shown = basic(USER, PASSWORD);
    assert!(log[1..].iter().all(|entry| entry.headers.get("authorization") == Some(&shown)));
    assert_eq!(refusals(&demo), 1);
}

#[test]
fn a_registry_that_asks_for_nothing_is_told_nothing() {
    let demo = demo(Auth::Open);
    demo.build(&AUTH);
    assert!(demo.registry.log().iter().all(|entry| entry.headers.get("authorization").is_none()));
}

#[test]
fn who_is_not_logged_in_is_told_how() {
    let demo = demo(Auth::Basic(USER, PASSWORD));
    let words = demo.refused(4, &[]);
    let host = demo.registry.host();
    assert!(
        words.starts_with("error[E_AUTH]: ") && words.contains("there is no credential for it"),
        "{words}"
    );
    assert!(words.contains(&format!("hint: log in: docker login {host}")), "{words}");
    demo.log_in(&[(&host, USER, "canary")]);
    let words = demo.refused(4, &AUTH);
    assert!(
        words.starts_with("error[E_AUTH]: ") && words.contains("it does not take the credential"),
        "{words}"
    );
    assert!(words.contains("hint: log in again") && !words.contains("canary"), "{words}");
}

#[test]
fn a_token_is_asked_for_once_for_each_repository_and_for_no_more_than_reading() {
    let tokens = TokenServer::start(accounts());
    let demo = demo(Auth::tokens(&tokens));
    demo.build(&AUTH);
    assert_eq!(scopes(&tokens), [ARTIFACTS, BASE]);
    assert!(
        tokens.log().iter().all(|entry| entry.headers.get("authorization") == Some(&basic(USER, PASSWORD)))
    );
    assert!(!demo.registry.log().saw(&basic(USER, PASSWORD)), "the password is for the token server");
    assert_eq!(refusals(&demo), 1);
}

#[test]
fn a_push_asks_for_a_token_of_its_own_that_may_read_what_is_mounted() {
    let tokens = TokenServer::start(accounts());
    let demo = demo(Auth::tokens(&tokens));
    let host = demo.registry.host();
    demo.sandbox.spec(&format!(
        "targets: [{{destination: {host}/demo/app, base: {host}/demo/base:1, tags: [\"1\"]}}]\n"
    ));
    let auth = [&AUTH[..], &["--push"]].concat();
    demo.sandbox.run(&[&["build", "x.yaml"], &auth[..]].concat());
    assert!(demo.registry.complete("demo/app", "1_x") || demo.registry.complete("demo/app", "1"));
    let scopes = scopes(&tokens);
    let reads = scopes.iter().filter(|scope| **scope == BASE).count();
    assert_eq!(reads, 1, "{scopes:?}");
    let writes: Vec<_> = scopes.iter().filter(|scope| scope.contains("push")).collect();
    assert!(!writes.is_empty(), "{scopes:?}");
    for scope in writes {
        let parts: Vec<&str> = scope.split(' ').collect();
        assert!(parts.contains(&"repository:demo/app:pull,push"), "{scope}");
        assert!(
            parts.iter().all(|part| *part == BASE || part.starts_with("repository:demo/app:")),
            "{scope}"
        );
    }
    assert!(scopes.len() <= 4, "{scopes:?}");
}

#[test]
fn anybody_may_get_a_token_where_the_server_says_so() {
    let tokens = TokenServer::start(Accounts::default());
    let demo = demo(Auth::tokens(&tokens));
    demo.build(&[]);
    assert!(tokens.issuer().given().iter().all(|token| token.user.is_none()));
    let strict = TokenServer::start(accounts());
    let demo = self::demo(Auth::tokens(&strict));
    let words = demo.refused(4, &[]);
    assert!(words.starts_with("error[E_AUTH]: ") && words.contains("anonymous"), "{words}");
}

#[test]
fn a_token_that_ends_soon_is_renewed_before_it_ends() {
    // It is used for five sixths of what is left of it.
    let short = Accounts { lifetime: Duration::from_secs(3), expires_in: Some(3), ..accounts() };
    let tokens = TokenServer::start(short);
    let demo = demo(Auth::tokens(&tokens));
    let [_, child, _] = demo.base_digests();
    demo.registry.fault(Fault::on(Method::Get, &child).first(1).delay(Duration::from_millis(2_700)));
    demo.build(&AUTH);
    assert_eq!(refusals(&demo), 1, "no request came with a token that had ended");
    assert!(scopes(&tokens).len() > 2);
}

#[test]
fn a_token_that_has_ended_without_a_word_is_renewed() {
    let tokens = TokenServer::start(accounts());
    let demo = demo(Auth::tokens(&tokens));
    let (layer, _) = demo.base_layer();
    let issuer: Arc<Issuer> = tokens.issuer();
    demo.registry.fault(Fault::on(Method::Get, &layer).first(1).stop(move || issuer.revoke()));
    demo.build(&AUTH);
    assert!(refusals(&demo) > 1);
}

#[test]
fn an_identity_token_is_shown_to_the_token_server_alone() {
    for field in ["token", "access_token"] {
        let tokens = TokenServer::start(Accounts { field, ..accounts() });
        let demo = demo(Auth::tokens(&tokens));
        let auths = json!({demo.registry.host(): {"identitytoken": "canary-identity"}});
        demo.write_private("auth.json", &json!({ "auths": auths }));
        demo.build(&AUTH);
        assert!(tokens.log().iter().all(|entry| entry.method == Method::Post));
        assert!(tokens.log().saw("refresh_token=canary-identity") && !demo.registry.log().saw("canary"));
        assert_eq!(scopes(&tokens), [ARTIFACTS, BASE]);
    }
}

#[test]
fn a_token_server_that_refuses_or_fails_is_quoted() {
    let tokens = TokenServer::start(accounts());
    let demo = demo(Auth::tokens(&tokens));
    demo.log_in(&[(&demo.registry.host(), USER, "other")]);
    let words = demo.refused(4, &AUTH);
    assert!(
        words.starts_with("error[E_AUTH]: ") && words.contains("incorrect username or password"),
        "{words}"
    );
    tokens.fault(Fault::any("/token").status(500));
    let words = demo.refused(4, &AUTH);
    assert!(words.starts_with("error[E_REMOTE]: ") && words.contains("/token: status 500"), "{words}");
    assert!(words.contains("a fault of the test"), "{words}");
}

#[test]
fn a_token_server_that_answers_nonsense_is_refused() {
    let tokens = TokenServer::start(accounts());
    let demo = demo(Auth::tokens(&tokens));
    let large = format!("{{\"token\": \"{}\"}}", "canary".repeat(200_000));
    for (body, code, error) in [
        ("{}", 4, "E_AUTH"),
        ("canary", 4, "E_AUTH"),
        ("{\"token\": \"\"}", 4, "E_AUTH"),
        ("{\"token\": \"canary\\r\\nX-Canary: 1\"}", 4, "E_AUTH"),
        (&*large, 5, "E_LIMIT_RESPONSE"),
    ] {
        tokens.fault(Fault::any("/token").body(body));
        let words = demo.refused(code, &AUTH);
        assert!(words.starts_with(&format!("error[{error}]: ")) && !words.contains("canary"), "{words}");
    }
    assert!(!demo.registry.log().saw("canary"));
}

#[test]
fn credentials_are_found_where_docker_and_podman_keep_them() {
    let demo = demo(Auth::Basic(USER, PASSWORD));
    let host = demo.registry.host();
    let login = json!({"auths": {host.as_str(): entry(USER, PASSWORD)}});
    for dir in ["docker", "home", "home/.docker", "run", "run/containers", "config", "config/containers"] {
        fs::create_dir(demo.sandbox.path(dir)).unwrap();
    }
    let path = |name: &str| demo.sandbox.path(name).display().to_string();
    for (file, variable, value) in [
        ("own.json", "OVERCOAT_REGISTRY_AUTH_FILE", path("own.json")),
        ("reg.json", "REGISTRY_AUTH_FILE", path("reg.json")),
        ("docker/config.json", "DOCKER_CONFIG", path("docker")),
        ("home/.docker/config.json", "HOME", path("home")),
        ("run/containers/auth.json", "XDG_RUNTIME_DIR", path("run")),
        ("config/containers/auth.json", "XDG_CONFIG_HOME", path("config")),
    ] {
        demo.write_private(file, &login);
        succeed(demo.command(&["--no-store"]).env(variable, value));
        fs::remove_file(demo.sandbox.path(file)).unwrap();
        demo.refused(4, &["--no-store"]);
    }
}

#[test]
fn of_a_file_of_credentials_the_longest_key_counts() {
    let demo = demo(Auth::Open);
    let host = demo.registry.host();
    let tokens = TokenServer::start(Accounts {
        users: vec![("reader", "one"), ("other", "two")],
        grants: |user, repo, _| user == Some(if repo == "demo/base" { "reader" } else { "other" }),
        ..Accounts::default()
    });
    let demo = Demo::with(Options { auth: Auth::tokens(&tokens), ..Options::default() });
    let (own, host) = (demo.registry.host(), host);
    demo.log_in(&[
        (&format!("{own}/demo/base"), "reader", "one"),
        (&format!("{own}/demo"), "other", "two"),
        (&own, "nobody", "three"),
        (&host, "nobody", "four"),
    ]);
    demo.build(&AUTH);
    let users: Vec<_> = tokens.issuer().given().into_iter().filter_map(|token| token.user).collect();
    assert!(users.contains(&"reader".to_owned()) && users.contains(&"other".to_owned()), "{users:?}");
}

/// Writes a helper into the directory `bin`, which notes what it is asked.
fn helper(demo: &Demo, answer: &str) -> String {
    let bin = demo.sandbox.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let program = bin.join("docker-credential-test");
    let text = format!("#!/bin/sh\necho \"$1 $(cat)\" >> asked\n{answer}\n");
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/bin:/bin", bin.display())
}

#[test]
fn a_credential_helper_is_asked_once() {
    for (key, value) in [("credsStore", json!("test")), ("credHelpers", json!({"HOST": "test"}))] {
        let demo = demo(Auth::Basic(USER, PASSWORD));
        let host = demo.registry.host();
        let config = json!({key: value}).to_string().replace("HOST", &host);
        demo.write_private("auth.json", &serde_json::from_str(&config).unwrap());
        let answer = json!({"ServerURL": host, "Username": USER, "Secret": PASSWORD}).to_string();
        let path = helper(&demo, &format!("echo '{answer}'"));
        succeed(demo.command(&AUTH).env("PATH", path));
        assert_eq!(fs::read_to_string(demo.sandbox.path("asked")).unwrap(), format!("get {host}\n"));
    }
}

#[test]
fn a_credential_helper_may_keep_an_identity_token_or_nothing() {
    let tokens = TokenServer::start(accounts());
    let demo = demo(Auth::tokens(&tokens));
    demo.write_private("auth.json", &json!({"credsStore": "test"}));
    let path = helper(&demo, r#"echo '{"Username": "<token>", "Secret": "canary-identity"}'"#);
    succeed(demo.command(&AUTH).env("PATH", &path));
    assert!(tokens.log().saw("refresh_token=canary-identity"));
    helper(&demo, "echo credentials not found in native keychain; exit 1");
    let mut command = demo.command(&AUTH);
    let output = command.env("PATH", &path).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{words}");
    assert!(words.starts_with("error[E_AUTH]: ") && words.contains("docker login"), "{words}");
}

#[test]
fn a_credential_helper_that_is_missing_or_fails_is_named() {
    let demo = demo(Auth::Basic(USER, PASSWORD));
    demo.write_private("auth.json", &json!({"credsStore": "test"}));
    let words = demo.refused(4, &AUTH);
    assert!(words.starts_with("error[E_AUTH]: ") && words.contains("docker-credential-test"), "{words}");
    let path = helper(&demo, r#"rm asked; echo '{"Secret": "canary"'; exit 3"#);
    let output = demo.fails(4, demo.command(&AUTH).env("PATH", path));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.starts_with("error[E_AUTH]: ") && !words.contains("canary"), "{words}");
}

#[test]
fn a_file_of_credentials_that_others_can_read_is_warned_of() {
    let demo = demo(Auth::Basic(USER, PASSWORD));
    fs::set_permissions(demo.sandbox.path("auth.json"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = demo.command(&AUTH).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && words.contains("warning[W_CREDENTIALS_MODE]: auth.json"), "{words}");
    assert!(!words.contains(PASSWORD) && !words.contains(basic(USER, PASSWORD).trim_start_matches("Basic ")));
}
