//! Servers that fail, builds that end early, and packages that bring what they must not.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::scene::{Scene, added, index, packages, repository, unfinished};
use crate::support::packages::Filled;
use crate::support::packages::base::{Database, DebBase};
use crate::support::packages::deb::{Deb, DebRepository};
use crate::support::registry::{Fault, FileServer, Method};
use crate::support::tree;

fn scene(repository: &DebRepository) -> Scene {
    Scene::new(&DebBase::new(Database::Status), repository)
}

fn served(repository: &DebRepository) -> (Scene, FileServer) {
    let scene = scene(repository);
    let server = FileServer::start(scene.path("repo"));
    scene.wants_from(&server.url(), "greet", "", "");
    (scene, server)
}

#[test]
fn a_build_that_is_stopped_amid_packages_leaves_nothing_behind() {
    let (scene, server) = served(&repository());
    let expected = index(&scene.report(&["--no-store"]));
    fs::remove_dir_all(scene.path("out")).unwrap();
    const PACKAGE: &str = "/pool/main/greet_1.2-1_arm64";
    server.fault(Fault::on(Method::Get, PACKAGE).first(1).stall_at(100));
    let (before, count) = (tree(&scene.path("")), server.log().len());
    let mut command = scene.command(&["build", "x.yaml", "-o", "oci:out", "--store", "store"]);
    let child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    while server.log().after(count).count(Method::Get, PACKAGE) == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error[E_INTERRUPTED]: stopped by SIGINT\n");
    let mut left = tree(&scene.path(""));
    left.retain(|path, _| !path.starts_with("store"));
    assert_eq!((left, unfinished(&scene.path("store"))), (before, Vec::new()));
    assert_eq!(index(&scene.report(&["--store", "store"])), expected);
}

#[test]
fn a_server_that_fails_is_named_with_what_it_answered() {
    for (part, status) in [("/InRelease", 500), ("/by-hash/", 403), ("/pool/", 403)] {
        let (scene, server) = served(&repository());
        server.fault(Fault::on(Method::Get, part).status(status));
        let complaint = scene.complaint(4, &[]);
        assert!(complaint.contains(&status.to_string()), "{complaint}");
        server.clear_faults();
        scene.report(&["--store", "store"]);
    }
}

#[test]
fn nothing_is_asked_for_where_nothing_is_to_be_added() {
    let (scene, server) = served(&repository());
    scene.wants_from(&server.url(), "\"!greet\"", "", "");
    let report = scene.report(&[]);
    assert_eq!(packages(&report, 0), &Value::Null);
    assert_eq!((server.log().len(), scene.layout("out").image("1_x", "linux/amd64").layers.len()), (0, 1));
    scene.wants_from(&server.url(), "libc6", "", "");
    let report = scene.report(&[]);
    assert_eq!(added(&report, 0), [""; 0]);
    let image = scene.layout("out").image("1_x", "linux/amd64");
    assert_eq!(image.layers.len(), 1, "{}", image.list(1));
}

#[test]
fn builds_of_one_call_ask_for_each_file_once() {
    let (scene, server) = served(&repository());
    let text = fs::read_to_string(scene.path("x.yaml")).unwrap();
    for (file, name, packages) in [("a.yaml", "a", "greet"), ("b.yaml", "b", "greet, greet-doc")] {
        let text = text.replace("packages: [greet]", &format!("packages: [{packages}]"));
        scene.write(
            file,
            &text
                .replace("name: x\n", &format!("name: {name}\n"))
                .replace("demo/app", &format!("demo/{name}")),
        );
    }
    scene.run(&["build", "a.yaml", "b.yaml", "-o", "oci:out", "--store", "store"]);
    let mut asked: Vec<String> = server.log().iter().map(|entry| entry.target.clone()).collect();
    let count = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), count, "{asked:?}");
    assert_eq!(count, 1 + 2 + 5);
}

#[test]
fn an_image_from_scratch_can_have_packages() {
    let scene = scene(&repository());
    scene.wants("odd", "");
    let text = fs::read_to_string(scene.path("x.yaml")).unwrap();
    scene.write("x.yaml", &text.replace("base: oci:base:deb", "base: scratch"));
    scene.report(&[]);
    let image = scene.layout("out").image("1_x", "linux/arm64");
    assert_eq!(image.file(0, "usr/share/odd").as_deref(), Some("odd\n"));
    assert!(image.file(1, "var/lib/dpkg/status.d/odd").is_some());
}

#[test]
fn what_both_databases_of_a_base_list_is_there() {
    let other = "Package: greet\nVersion: 1.2-1\nArchitecture: all\nDescription: of another database\n";
    let base = DebBase::new(Database::Status).file("var/lib/dpkg/status.d/greet", other);
    let scene = Scene::new(&base, &repository());
    scene.wants("greet-doc", "");
    assert_eq!(added(&scene.report(&[]), 0), ["greet-doc=1.2-1"]);
    // One of them is written.
    let image = scene.layout("out").image("1_x", "linux/amd64");
    assert!(image.file(2, "var/lib/dpkg/status").unwrap().contains("Package: greet-doc\n"));
    assert!(!image.list(2).contains("status.d/"), "{}", image.list(2));
}

#[test]
fn packages_are_read_by_the_rules_for_artifacts() {
    let package = || Deb::new("greet", "1-1");
    for (package, exit, code) in [
        (package().file("usr/bin/.wh.greet", "hidden"), 3, "E_TAR_WHITEOUT"),
        (package().file("usr/../../etc/passwd", "out"), 3, "E_TAR_PATH"),
        (package().link("usr/lib", "/tmp").file("usr/lib/greet", "through"), 3, "E_TAR_THROUGH_SYMLINK"),
        (package().hard_link("usr/bin/greet", "etc/shadow"), 3, "E_TAR_LINK_TARGET"),
    ] {
        let scene = scene(&DebRepository::new(vec![package]));
        scene.wants("greet", "");
        scene.fails_with(exit, code, &[]);
    }
    let privileged = package().file_of("usr/bin/greet", "a program", 0o4755);
    let scene = scene(&DebRepository::new(vec![privileged]));
    scene.wants("greet", "");
    let report = scene.report(&[]);
    assert_eq!(report["targets"][0]["platforms"][0]["privileged"][0]["path"], "usr/bin/greet");
    fs::remove_dir_all(scene.path("out")).unwrap();
    scene.fails_with(9, "E_DENIED", &["--deny", "setuid"]);
}

#[test]
fn keys_that_are_none_are_named() {
    let scene = scene(&repository());
    scene.wants("greet", "");
    fs::write(scene.path("repo.gpg"), "no key\n").unwrap();
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_KEY]: linux/amd64: packages: `repo.gpg` holds neither a public key in PEM nor an OpenPGP certificate that can be used
     --> x.yaml:8:13
      |
    8 |   keyring: [repo.gpg]
      |             ^^^^^^^^
    ");
    fs::remove_file(scene.path("repo.gpg")).unwrap();
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_SRC_MISSING]: ./repo.gpg: there is no such file
     --> x.yaml:8:13
      |
    8 |   keyring: [repo.gpg]
      |             ^^^^^^^^
    ");
}
