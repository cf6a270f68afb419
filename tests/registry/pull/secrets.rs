//! Secrets stay where they belong: whatever a build writes, prints or sends is searched for them.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Demo;
use super::login::{AUTH, PASSWORD, USER};
use super::named::{CA, NAME};
use crate::support::registry::{
    Accounts, Auth, Authority, Catcher, Fault, Log, Method, Options, Proxy, Tls, TokenServer, basic,
};

/// What stands in everything that is secret, and nowhere else.
const CANARY: &str = "canary";

/// Whether bytes hold a canary: as they are, or as base64 and percent-encoding have it.
fn holds_canary(bytes: &[u8]) -> bool {
    let password = basic(USER, PASSWORD);
    let encoded = password.trim_start_matches("Basic ");
    let is_in = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    is_in(CANARY) || is_in(encoded)
}

/// Fails where a file below a directory, or its name, holds a canary; what is compressed is looked into.
fn assert_clean(dir: &Path) {
    for file in walkdir::WalkDir::new(dir) {
        let file = file.expect("the directory can be listed");
        assert!(!holds_canary(file.path().strip_prefix(dir).unwrap().as_os_str().as_encoded_bytes()));
        if file.file_type().is_file() {
            let bytes = fs::read(file.path()).expect("the file can be read");
            assert!(
                !holds_canary(&bytes) && !holds_canary(&decompressed(&bytes)),
                "{}",
                file.path().display()
            );
        }
    }
}

/// What gzip or zstd has made of bytes; nothing where they are of neither.
fn decompressed(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    // What is not compressed fails at its first bytes.
    let _ = flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut content);
    if content.is_empty() {
        content = zstd::decode_all(bytes).unwrap_or_default();
    }
    content
}

/// Fails where a request holds a canary anywhere but in `Authorization`.
fn assert_told_by_authorization_alone(log: &Log) {
    for entry in log.iter() {
        let headers = entry.headers.iter().filter(|(name, _)| *name != "authorization");
        let told: String = headers.map(|(name, value)| format!("{name}: {value}\n")).collect();
        let sent =
            [entry.target.as_bytes(), told.as_bytes(), &entry.body, &decompressed(&entry.body)].concat();
        assert!(!holds_canary(&sent), "{} {}", entry.method, entry.target);
    }
}

fn assert_silent(output: &Output) {
    let Output { stdout, stderr, .. } = output;
    assert!(!holds_canary(stdout), "{}", String::from_utf8_lossy(stdout));
    assert!(!holds_canary(stderr), "{}", String::from_utf8_lossy(stderr));
}

/// A build that reads and pushes through a proxy with a password, with secrets wherever there may be some.
struct Laden {
    demo: Demo,
    tokens: TokenServer,
    proxy: Proxy,
    authority: Authority,
}

impl Laden {
    fn new() -> Self {
        let authority = Authority::new();
        let accounts = || Accounts {
            users: vec![(USER, PASSWORD)],
            grants: |user, _, _| user.is_some(),
            ..Accounts::default()
        };
        let tls = || Some(Tls::new(&authority.server(&[NAME, "127.0.0.1"])));
        let tokens = TokenServer::on(crate::support::registry::LOOPBACK, None, accounts());
        let issuer = tokens.issuer();
        // The proxy takes everybody to the registry, and so that gives out the tokens.
        let demo = Demo::with(Options { auth: Auth::own_tokens(issuer), tls: tls(), ..Options::default() });
        let proxy = Proxy::for_user(&demo.registry.host(), "proxyuser", "canary-proxy");
        demo.sandbox.write("ca.pem", &authority.pem());
        demo.log_in_to(NAME);
        demo.sandbox.spec(&format!(
            "targets: [{{destination: {NAME}/demo/app, base: {NAME}/demo/base:1, tags: [\"1\"]}}]\n\
             contents:\n  artifacts:\n  - {{name: {NAME}/demo/artifacts:tools, includes: [usr/bin]}}\n"
        ));
        Self { demo, tokens, proxy, authority }
    }

    fn command(&self, args: &[&str]) -> Command {
        let own = ["--push", "--store", "store"];
        let mut command = self.demo.command(&[&CA[..], &AUTH[..], &own[..], args].concat());
        command
            .env("HTTPS_PROXY", format!("http://proxyuser:canary-proxy@{}", self.proxy.host()))
            .env("CANARY", "canary-environment")
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full");
        command
    }

    /// Everything that is searched after a build.
    fn assert_clean(&self, output: &Output) {
        assert_silent(output);
        for dir in ["out", "store"] {
            if self.demo.sandbox.path(dir).exists() {
                assert_clean(&self.demo.sandbox.path(dir));
            }
        }
        let registry = &self.demo.registry;
        assert_told_by_authorization_alone(&registry.log());
        for repo in registry.repos() {
            let (tags, manifests) = (registry.tags(&repo), registry.manifests(&repo));
            assert!(!holds_canary(format!("{tags:?} {manifests:?}").as_bytes()));
            for (tag, _) in tags {
                for digest in registry.closure(&repo, &tag).unwrap() {
                    let manifest = || Some(registry.manifest(&repo, &digest)?.0);
                    let bytes = registry.blob(&digest).or_else(manifest).unwrap();
                    assert!(!holds_canary(&bytes) && !holds_canary(&decompressed(&bytes)), "{digest}");
                }
            }
        }
    }
}

#[test]
fn x01_a_build_that_succeeds_leaves_no_secret_anywhere() {
    for args in [&[][..], &["--json"]] {
        let laden = Laden::new();
        let output = laden.command(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        laden.assert_clean(&output);
        let shown = basic(USER, PASSWORD);
        let log = laden.demo.registry.log();
        let with_password: Vec<_> =
            log.iter().filter(|entry| entry.headers.get("authorization") == Some(&shown)).collect();
        assert!(
            !with_password.is_empty()
                && with_password.iter().all(|entry| entry.target.starts_with("/token?"))
        );
        assert!(laden.tokens.log().is_empty() && !laden.authority.pem().is_empty());
    }
}

#[test]
fn x01_a_build_that_fails_prints_no_secret() {
    for (method, part) in [
        (Method::Get, "/token"),
        (Method::Head, "/manifests/1"),
        (Method::Get, "/blobs/"),
        (Method::Post, "/uploads/"),
        (Method::Put, "/manifests/"),
    ] {
        for args in [&[][..], &["--json"]] {
            let laden = Laden::new();
            laden.demo.registry.fault(Fault::on(method, part).status(400));
            let output = laden.command(args).output().unwrap();
            assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
            laden.assert_clean(&output);
        }
    }
}

#[test]
fn x01_a_token_goes_to_the_registry_alone() {
    let laden = Laden::new();
    let output = laden.command(&[]).output().unwrap();
    assert!(output.status.success());
    let given = laden.tokens.issuer().given();
    assert!(!given.is_empty());
    for token in given {
        let said = [&output.stdout[..], &output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains(&token.value));
        for dir in ["out", "store"] {
            for file in walkdir::WalkDir::new(laden.demo.sandbox.path(dir)) {
                let file = file.unwrap();
                let bytes =
                    if file.file_type().is_file() { fs::read(file.path()).unwrap() } else { Vec::new() };
                assert!(bytes.windows(token.value.len()).all(|part| part != token.value.as_bytes()));
            }
        }
    }
}

#[test]
fn x01_no_credential_follows_a_redirect() {
    for auth in [
        Auth::Basic(USER, PASSWORD),
        Auth::own_tokens(
            TokenServer::start(Accounts {
                users: vec![(USER, PASSWORD)],
                grants: |user, _, _| user.is_some(),
                ..Accounts::default()
            })
            .issuer(),
        ),
    ] {
        let demo = Demo::with(Options { auth, ..Options::default() });
        demo.log_in_to(&demo.registry.host());
        let storage = Catcher::start();
        demo.registry.fault(Fault::any("/blobs/").moved(307, &storage.url()));
        let output = demo.fails(2, &mut demo.command(&AUTH));
        assert_silent(&output);
        let log = storage.log();
        assert!(!log.is_empty());
        let is_told = |name: &str| name == "authorization" || name == "cookie";
        assert!(log.iter().all(|entry| entry.headers.iter().all(|(name, _)| !is_told(name))));
    }
}

#[test]
fn x01_user_information_of_addresses_is_neither_sent_nor_shown() {
    let (demo, catcher) = (Demo::start(), Catcher::start());
    catcher.fault(Fault::any("").status(403));
    demo.registry.fault(
        Fault::on(Method::Get, "/blobs/")
            .redirect(307, &format!("http://user:canary@{}/blob", catcher.host())),
    );
    let output = demo.fails(4, &mut demo.command(&[]));
    assert_silent(&output);
    assert!(
        !catcher.log().saw("canary")
            && catcher.log().iter().all(|entry| entry.headers.get("authorization").is_none())
    );
    for (flag, value) in [
        ("--mirror", "registry.test=user:canary@mirror.test"),
        ("--mirror", "registry.test=https://user:canary@mirror.test"),
        ("--plain-http", "http://user:canary@registry.test"),
        ("--insecure", "user:canary@registry.test"),
        ("--registry-map", "registry.test=https://user:canary@other.test"),
        ("--source", "https://user:canary@other.test"),
    ] {
        let mut command = demo.command(&[flag, value]);
        let output = command.output().unwrap();
        assert_silent(&output);
    }
}

#[test]
fn x01_a_broken_file_of_credentials_is_not_quoted() {
    let demo = Demo::with(Options { auth: Auth::Basic(USER, PASSWORD), ..Options::default() });
    let host = demo.registry.host();
    let entry = |auth: &str| json!({"auths": {host.as_str(): {"auth": auth}}}).to_string();
    for text in [
        "canary",
        "{\"auths\": canary}",
        "{\"auths\": {\"x\": \"canary\"}}",
        "{\"auths\": [\"canary\"]}",
        &entry("canary!"),
        &entry("Y2FuYXJ5"),
    ] {
        demo.sandbox.write("auth.json", text);
        let output = demo.fails(4, &mut demo.command(&AUTH));
        assert_silent(&output);
        assert!(String::from_utf8_lossy(&output.stderr).contains("error[E_AUTH]: "));
    }
}

#[test]
fn x03_no_core_is_dumped() {
    let demo = Demo::start();
    // But for the program's own limit, the one of this shell would hold.
    let shell = "ulimit -c unlimited || exit 77; exec \"$0\" build - -o oci:out";
    let mut child = Command::new("sh")
        .args(["-c", shell, env!("CARGO_BIN_EXE_overcoat")])
        .current_dir(demo.sandbox.path(""))
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("there is a shell");
    let limits = format!("/proc/{}/limits", child.id());
    let is_limited = || {
        let limits = fs::read_to_string(&limits).unwrap_or_default();
        let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
        core.is_some_and(|core| core.split_whitespace().take(2).eq(["0", "0"]))
    };
    let began = Instant::now();
    let mut ended = None;
    // It waits for its customization.
    while ended.is_none() && !is_limited() {
        assert!(began.elapsed() < Duration::from_secs(60), "cores may be dumped");
        thread::sleep(Duration::from_millis(10));
        ended = child.try_wait().expect("a child can be waited for");
    }
    drop(child.stdin.take());
    child.wait().expect("a child can be waited for");
    match ended.map(|status| status.code()) {
        None => {}
        Some(Some(77)) => println!("skipped: this machine allows no cores"),
        Some(code) => panic!("it ended with {code:?} and no limit"),
    }
}
