//! What is shown of what registries say.

use super::Demo;
use super::login::AUTH;
use crate::support::registry::{Accounts, Auth, Fault, Method, Options, TokenServer};

/// Words that would move the cursor, clear the screen, ring, and go on in other lines and directions.
const WILD: &str = "wild \u{1b}[2J\u{1b}]0;title\u{7}\r\n\u{9b}31m \u{202e}drow \u{0}";

/// A body of 1 MiB.
fn large(text: &str) -> String {
    text.repeat((1 << 20) / text.len() + 1)
}

/// The same as the specification has it for errors.
fn refusal(text: &str) -> String {
    serde_json::json!({"errors": [{"code": text, "message": text}, {"code": "OTHER"}]}).to_string()
}

/// Fails unless words are harmless, and hold no more of others' than 512 bytes in each message.
fn assert_harmless(words: &str) {
    assert!(words.starts_with("error[E_"), "{words:?}");
    let is_harmless = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
    assert!(words.chars().all(is_harmless), "{words:?}");
    // What is said of the request, of where the name stands, and a hint.
    const OURS: usize = 700;
    assert!(words.len() <= OURS + 512, "{} bytes", words.len());
}

#[test]
fn x02_what_a_registry_says_is_escaped_and_cut() {
    let demo = Demo::start();
    demo.spec_on_base("demo/base:1");
    for (method, part) in
        [(Method::Head, "/manifests/1"), (Method::Get, "/manifests/sha256:"), (Method::Get, "/blobs/")]
    {
        for body in [WILD.to_owned(), large(WILD), refusal(WILD), refusal(&large("x")), large("\u{1b}")] {
            for status in [400, 403, 503] {
                demo.registry.clear_faults();
                demo.registry.fault(Fault::on(method, part).status(status).body(body.clone()));
                let words = demo.refused(4, &["--platform", "linux/amd64", "--limit", "tries=1"]);
                assert_harmless(&words);
                assert!(words.contains(&format!("status {status}")), "{words}");
            }
        }
    }
}

#[test]
fn x02_machines_are_told_no_more_than_people() {
    let demo = Demo::start();
    demo.spec_on_base("demo/base:1");
    demo.registry.fault(Fault::on(Method::Get, "/blobs/").status(400).body(large(WILD)));
    let output = demo.fails(4, &mut demo.command(&["--platform", "linux/amd64", "--json"]));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = document["diagnostics"][0]["message"].as_str().unwrap();
    assert!(message.contains("wild \\u{1b}[2J") && message.len() < 1_000, "{message}");
    assert!(message.chars().all(|c| !c.is_control()), "{message:?}");
}

#[test]
fn x02_what_a_token_server_says_is_escaped_and_cut() {
    let tokens = TokenServer::start(Accounts::default());
    let demo = Demo::with(Options { auth: Auth::tokens(&tokens), ..Options::default() });
    demo.spec_on_base("demo/base:1");
    demo.log_in_to(&demo.registry.host());
    for body in [large(WILD), refusal(&large(WILD))] {
        for status in [400, 401, 500] {
            tokens.fault(Fault::any("/token").status(status).body(body.clone()));
            assert_harmless(&demo.refused(4, &[&AUTH[..], &["--limit", "tries=1"]].concat()));
        }
    }
}

#[test]
fn x02_what_a_challenge_and_a_redirect_say_is_escaped() {
    let demo = Demo::start();
    demo.spec_on_base("demo/base:1");
    for realm in ["http://x\u{1}y/token", "\u{7f}", "http://127.0.0.1/\u{202e}"] {
        demo.registry.clear_faults();
        let challenge = format!("Bearer realm=\"{realm}{}\"", "y".repeat(5_000));
        demo.registry.fault(Fault::any("").status(401).header("WWW-Authenticate", &challenge));
        assert_harmless(&demo.refused(4, &[]));
        demo.registry.clear_faults();
        demo.registry
            .fault(Fault::on(Method::Get, "/blobs/").redirect(307, &format!("{realm}{}", "y".repeat(5_000))));
        assert_harmless(&demo.refused(4, &["--platform", "linux/amd64"]));
    }
}
