//! Clients that people use get along with the registry, whatever it does and wants.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use rustix::process::Signal;

use super::super::{Accounts, Auth, Behaviour, Fault, Options, TokenServer};
use super::*;
use crate::support::process::Victim;
use crate::support::{Sandbox, succeed, tool};

/// Copies the base of the demo to a registry and back with skopeo; it comes back as it was.
fn assert_copies(registry: &Registry, credentials: &[&str]) {
    let Some(skopeo) = tool("skopeo") else { return };
    let sandbox = Sandbox::new();
    let remote = format!("docker://{}/demo/base:1", registry.host());
    for (from, to) in [("oci:base:1", &*remote), (&remote, "oci:back:1")] {
        let mut copy = Command::new(&skopeo);
        copy.current_dir(sandbox.path("")).args(["--insecure-policy", "copy", "--all", "--quiet"]);
        copy.args(["--src-tls-verify=false", "--dest-tls-verify=false"]);
        let creds = if to == remote { "--dest-creds" } else { "--src-creds" };
        copy.args(credentials.iter().flat_map(|value| [creds, value]));
        succeed(copy.args([from, to]));
    }
    assert_eq!(sandbox.layout("back").named("1")["digest"], sandbox.layout("base").named("1")["digest"]);
    assert!(registry.complete("demo/base", "1"));
    registry.log().push_order().unwrap();
}

#[test]
fn skopeo_copies_to_and_from_registries_that_differ() {
    for behaviour in [
        Behaviour::default(),
        Behaviour::docker_registry(),
        Behaviour {
            mounts: false,
            ranges: false,
            manifest_location: false,
            head_digest: false,
            ..Behaviour::default()
        },
    ] {
        assert_copies(&Registry::with(Options { behaviour, ..Options::default() }), &[]);
    }
}

#[test]
fn skopeo_gets_in_with_a_password_and_with_tokens() {
    let registry = Registry::with(Options { auth: Auth::Basic("user", "secret"), ..Options::default() });
    assert_copies(&registry, &["user:secret"]);
    let tokens = TokenServer::start(Accounts::default());
    let registry = Registry::with(Options { auth: Auth::tokens(&tokens), ..Options::default() });
    assert_copies(&registry, &["user:secret"]);
}

#[test]
fn crane_finds_a_whole_image_and_mounts_what_is_there() {
    let Some(crane) = tool("crane") else { return };
    let (registry, sandbox) = (Registry::start(), Sandbox::new());
    let digest = registry.push_layout(&sandbox.path("base"), "1", "demo/base");
    let image = format!("{}/demo/base:1", registry.host());
    let crane = |args: &[&str]| succeed(Command::new(&crane).args(args).env("HOME", sandbox.path("")));
    assert_eq!(crane(&["digest", &image]).trim(), digest);
    crane(&["validate", "--remote", &image]);
    crane(&["copy", &image, &format!("{}/other/copy:1", registry.host())]);
    assert!(registry.complete("other/copy", "1"));
    assert!(registry.log().kinds().contains_key("POST mount 201"), "{:?}", registry.log().kinds());
    assert_eq!(registry.log().blob_bytes().0, 0);
}

#[test]
fn regctl_finds_referrers_with_the_api_and_without() {
    let Some(regctl) = tool("regctl") else { return };
    let sandbox = Sandbox::new();
    for behaviour in [
        Behaviour { referrers_page: 1, ..Behaviour::default() },
        Behaviour::docker_registry(),
        Behaviour { filters: false, ..Behaviour::default() },
    ] {
        let has_api = behaviour.referrers;
        let registry = Registry::with(Options { behaviour, ..Options::default() });
        let digest = registry.push_layout(&sandbox.path("base"), "1", "demo/base");
        let image = format!("{}/demo/base:1", registry.host());
        let regctl = |args: &[&str]| {
            let host = format!("reg={},tls=disabled", registry.host());
            let mut command = Command::new(&regctl);
            succeed(command.args(["--host", &host]).args(args).env("HOME", sandbox.path("")))
        };
        sandbox.write("note", "hello");
        let note = sandbox.path("note").display().to_string();
        for kind in ["a", "b", "b"] {
            let kind = format!("application/x.{kind}");
            let annotation = format!("number={}", registry.manifests("demo/base").len());
            regctl(&[
                "artifact",
                "put",
                "--subject",
                &image,
                "--artifact-type",
                &kind,
                "--file",
                &note,
                "--annotation",
                &annotation,
            ]);
        }
        let list = |kind: &str| {
            let found = regctl(&[
                "artifact",
                "list",
                &image,
                "--filter-artifact-type",
                kind,
                "--format",
                "{{json .}}",
            ]);
            let found: serde_json::Value = serde_json::from_str(&found).unwrap();
            found["descriptors"].as_array().unwrap().len()
        };
        assert_eq!([list("application/x.a"), list("application/x.b")], [1, 2]);
        let fallback = digest.replace(':', "-");
        assert_eq!(registry.tags("demo/base").iter().any(|(tag, _)| *tag == fallback), !has_api);
    }
}

#[test]
fn a_client_is_killed_at_any_request_and_the_tag_is_never_half() {
    let Some(skopeo) = tool("skopeo") else { return };
    let sandbox = Sandbox::new();
    for number in 1.. {
        let (registry, victim) = (Registry::start(), Victim::default());
        registry.fault(Fault::at(number).stop(victim.signal(Signal::KILL)));
        let mut copy = Command::new(&skopeo);
        copy.current_dir(sandbox.path("")).args([
            "--insecure-policy",
            "copy",
            "--all",
            "--dest-tls-verify=false",
        ]);
        let ended =
            victim.run(copy.arg("oci:base:1").arg(format!("docker://{}/demo/base:1", registry.host())));
        assert_eq!(registry.tags("demo/base").is_empty(), !registry.complete("demo/base", "1"));
        if ended.status.success() {
            assert!(number > 10 && registry.complete("demo/base", "1"), "{number}");
            return;
        }
        assert_eq!(ended.status.signal(), Some(9));
        assert!(registry.log().len() >= number);
    }
}
