//! Where passwords and tokens are kept: files of docker and podman, and the programs that these name.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::Demo;
use super::login::{AUTH, PASSWORD, USER, accounts, entry, logged_in};
use crate::support::registry::{Accounts, Auth, TokenServer, basic};
use crate::support::succeed;

#[test]
fn credentials_are_found_where_docker_and_podman_keep_them() {
    let demo = logged_in(Auth::Basic(USER, PASSWORD));
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
    let tokens = TokenServer::start(Accounts {
        users: vec![("reader", "one"), ("other", "two")],
        grants: |user, repo, _| user == Some(if repo == "demo/base" { "reader" } else { "other" }),
        ..Accounts::default()
    });
    let demo = logged_in(Auth::tokens(&tokens));
    let host = demo.registry.host();
    demo.log_in(&[
        (&format!("{host}/demo/base"), "reader", "one"),
        (&format!("{host}/demo"), "other", "two"),
        (&format!("{host}/demo/bas"), "nobody", "three"),
        (&host, "nobody", "four"),
    ]);
    demo.build(&AUTH);
    let users: Vec<_> = tokens.issuer().given().into_iter().filter_map(|token| token.user).collect();
    assert_eq!(users.len(), 2);
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
        let demo = logged_in(Auth::Basic(USER, PASSWORD));
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
    let demo = logged_in(Auth::tokens(&tokens));
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
    let demo = logged_in(Auth::Basic(USER, PASSWORD));
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
    let demo = logged_in(Auth::Basic(USER, PASSWORD));
    fs::set_permissions(demo.sandbox.path("auth.json"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = demo.command(&AUTH).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && words.contains("warning[W_CREDENTIALS_MODE]: auth.json"), "{words}");
    assert!(!words.contains(PASSWORD) && !words.contains(basic(USER, PASSWORD).trim_start_matches("Basic ")));
}
