//! The registry of the tests meets the conformance suite of the distribution specification, so that it is no easier than others.

mod alike;
mod referrers;

use std::process::Command;

use crate::support::registry::{Accounts, Auth, Behaviour, Options, Registry, TokenServer};
use crate::support::{scratch, tool};

/// How the specifications of a run ended.
#[derive(Debug, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

#[test]
fn the_registry_of_the_tests_meets_the_conformance_suite() {
    let tokens = TokenServer::start(Accounts::default());
    for (behaviour, auth) in [
        (Behaviour::default(), Auth::Open),
        (Behaviour::default(), Auth::tokens(&tokens)),
        (Behaviour::docker_registry(), Auth::Basic("user", "secret")),
    ] {
        let Some((tally, words)) = conform(behaviour.clone(), auth) else { return };
        println!("{tally:?}");
        assert_eq!(tally.failed, 0, "{behaviour:?}: {words}");
        assert!(tally.passed > 60, "{behaviour:?}: {words}");
    }
}

#[test]
fn the_conformance_suite_sees_what_a_registry_does_wrong() {
    let behaviour = Behaviour { deletes: false, heads: false, ..Behaviour::default() };
    let Some((tally, words)) = conform(behaviour, Auth::Open) else { return };
    assert!(tally.failed > 0, "{words}");
}

/// Runs the suite, all workflows of it; says that it is left out where it was not built.
fn conform(behaviour: Behaviour, auth: Auth) -> Option<(Tally, String)> {
    let suite = tool("conformance.test")?;
    let registry = Registry::with(Options { behaviour, auth, ..Options::default() });
    let dir = scratch();
    let mut command = Command::new(suite);
    command.arg("-ginkgo.noColor").current_dir(dir.path()).env("OCI_ROOT_URL", registry.url());
    for (name, value) in [
        ("NAMESPACE", "conformance/one"),
        ("CROSSMOUNT_NAMESPACE", "conformance/other"),
        ("AUTOMATIC_CROSSMOUNT", "0"),
        ("USERNAME", "user"),
        ("PASSWORD", "secret"),
        ("TEST_PULL", "1"),
        ("TEST_PUSH", "1"),
        ("TEST_CONTENT_DISCOVERY", "1"),
        ("TEST_CONTENT_MANAGEMENT", "1"),
    ] {
        command.env(format!("OCI_{name}"), value);
    }
    let output = command.output().expect("the suite can be run");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    Some((tally(&words), words))
}

/// Reads `71 Passed | 0 Failed | 0 Pending | 3 Skipped`.
fn tally(words: &str) -> Tally {
    let line = words.lines().find(|line| line.contains(" Passed |")).unwrap_or_else(|| panic!("{words}"));
    let count = |what| {
        let before = line.split(what).next().expect("a line has a beginning");
        before.split_whitespace().next_back().and_then(|count| count.parse().ok()).expect("each is counted")
    };
    Tally { passed: count(" Passed"), failed: count(" Failed"), skipped: count(" Skipped") }
}
