//! The command and what is secret: X01.

use super::*;
use crate::support::overcoat_in;
use crate::support::registry::{Accounts, Auth, Fault, Method, Options, Proxy, TokenServer};

/// Runs `inspect` on `HOST/a/b:1` with a home of credentials; gives all that it prints.
fn inspect(host: &str, auth: &str, environment: &[(&str, String)], flags: &[&str]) -> String {
    let dir = TempDir::new().unwrap();
    write(dir.path(), "config.json", &format!("{{\"auths\": {{\"{host}\": {{{auth}}}}}}}"));
    let reference = format!("{host}/a/b:1");
    let quick = ["--limit", "tries=2", "--limit", "retry-milliseconds=1"];
    let mut command =
        overcoat_in(dir.path(), [&["inspect", reference.as_str()][..], &quick[..], flags].concat());
    command.env("DOCKER_CONFIG", dir.path()).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    let output = command.envs(environment.iter().cloned()).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&printed).into_owned()
}

#[test]
fn x01_nothing_that_is_secret_is_printed() {
    let password = format!("\"auth\": \"{}\"", basic("user", CANARY).trim_start_matches("Basic "));
    let encoded = basic("user", CANARY).trim_start_matches("Basic ").to_owned();
    let tokens = TokenServer::start(Accounts { grants: |user, _, _| user.is_some(), ..Accounts::default() });
    let wanting = |auth| fill(Registry::with(Options { auth, ..Options::default() }));
    let (by_password, by_token) = (wanting(Auth::Basic("user", CANARY)), wanting(Auth::tokens(&tokens)));
    let redirecting = fill(Registry::start());
    redirecting.fault(
        Fault::on(Method::Get, "/blobs/")
            .redirect(307, &format!("http://127.0.0.1:1/blob?signature={CANARY}")),
    );
    let proxy = Proxy::start(&redirecting.host());
    let proxied = [("http_proxy", format!("http://{CANARY}:{CANARY}@{}", proxy.host()))];
    let plain: &[&str] = &["--plain-http", "reg.test:5000"];
    let identity = format!("\"identitytoken\": \"{CANARY}\"");
    for (host, auth, environment, flags, expected) in [
        // The password is right; the image is none.
        (by_password.host(), &password, &[][..], &[][..], "sha256:"),
        (by_token.host(), &password, &[], &[], "E_AUTH"),
        (by_token.host(), &identity, &[], &[], "E_AUTH"),
        (redirecting.host(), &password, &[], &[], "127.0.0.1:1/blob"),
        ("reg.test:5000".to_owned(), &password, &proxied, plain, "127.0.0.1:1/blob"),
        (by_password.host(), &format!("\"auth\": \"{CANARY}\""), &[], &[], "no name and password in base64"),
        (
            by_password.host(),
            &format!("\"auth\": {{\"{CANARY}\": 1}}"),
            &[],
            &[],
            "no such form of credentials",
        ),
    ] {
        let printed = inspect(&host, auth, environment, flags);
        assert!(printed.contains(expected), "{expected}: {printed}");
        assert!(!printed.contains(CANARY) && !printed.contains(&encoded), "{printed}");
    }
    assert!(
        by_password.log().saw(&encoded) && tokens.log().saw(&encoded),
        "the password went where it belongs"
    );
    assert!(!by_token.log().saw(&encoded) && !redirecting.log().saw(&encoded));
}
