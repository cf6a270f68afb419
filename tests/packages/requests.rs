//! What can be asked for, and what is said where it cannot be had.

use super::scene::{Scene, added, greet, library, packages, repository, warnings};
use crate::support::packages::Filled;
use crate::support::packages::base::{Database, DebBase};
use crate::support::packages::deb::{Deb, DebRepository};

fn scene(repository: &DebRepository) -> Scene {
    Scene::new(&DebBase::new(Database::Status), repository)
}

fn two_versions() -> DebRepository {
    DebRepository::new(vec![library("1.2-1"), library("1.3-1"), greet("1.2-1"), greet("1.3-1")])
}

#[test]
fn a_version_can_be_named_and_the_highest_comes_else() {
    let scene = scene(&two_versions());
    for (asked, expected) in [
        ("greet", ["greet=1.3-1", "libgreet1=1.3-1"]),
        ("greet=1.2-1", ["greet=1.2-1", "libgreet1=1.3-1"]),
        ("\"greet<1.3\", libgreet1=1.2-1", ["greet=1.2-1", "libgreet1=1.2-1"]),
    ] {
        scene.wants(asked, "");
        assert_eq!(added(&scene.report(&[]), 0), expected, "{asked}");
    }
    scene.wants("greet=1.4-1", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_UNSATISFIED]: linux/amd64: packages: there is no `greet (= 1.4-1)`; the versions are `1.3-1`, `1.2-1` (amd64)
     --> x.yaml:6:14
      |
    6 |   packages: [greet=1.4-1]
      |              ^^^^^^^^^^^
    hint: ask for `=1.3-1`
    ");
    scene.wants("gret", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_UNKNOWN]: linux/amd64: packages: there is no package `gret` (amd64)
     --> x.yaml:6:14
      |
    6 |   packages: [gret]
      |              ^^^^
    hint: did you mean `greet`?
    ");
}

#[test]
fn what_no_package_is_can_be_done_without() {
    let scene = scene(&repository());
    scene.wants("polite", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_UNSATISFIED]: linux/amd64: packages: `polite=2-1` needs `a-shell`, which no package is or provides (amd64)
     --> x.yaml:6:14
      |
    6 |   packages: [polite]
      |              ^^^^^^
    hint: add `!a-shell` to `contents.packages` to do without it, if it can
    ");
    for (packages, more) in [("polite, \"!a-shell\"", ""), ("polite", "assume: [a-shell]")] {
        scene.wants(packages, more);
        let report = scene.report(&[]);
        assert_eq!(added(&report, 0), ["greet=1.2-1", "libgreet1=1.2-1", "polite=2-1"]);
        assert_eq!(warnings(&report).len(), 1, "{report:#}");
        assert!(warnings(&report)[0].contains("`polite` needs `a-shell`"), "{report:#}");
    }
    scene.wants("greet, \"!greet\"", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @r#"
    error[E_PKG_UNSATISFIED]: linux/amd64: packages: `greet` is both asked for and kept out by `!greet` (amd64)
     --> x.yaml:6:14
      |
    6 |   packages: [greet, "!greet"]
      |              ^^^^^
    hint: remove `greet` or `!greet` from `contents.packages`
    "#);
}

#[test]
fn a_package_of_the_base_becomes_newer_only_on_request() {
    let base = DebBase::new(Database::Status);
    let scene = Scene::new(&base, &repository());
    scene.wants("libold=1.1-1", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_UNSATISFIED]: linux/amd64: packages: of the base `libold=1.0-1` is too old for what is asked for (amd64)
     --> x.yaml:6:14
      |
    6 |   packages: [libold=1.1-1]
      |              ^^^^^^^^^^^^
    hint: let them become newer: `upgrade: [libold]`, or `upgrade: auto`
    ");
    for (packages, upgrade) in [("", "upgrade: [libold]"), ("libold=1.1-1", "upgrade: auto")] {
        scene.wants(packages, upgrade);
        let report = scene.report(&[]);
        assert_eq!(added(&report, 1), ["libold=1.1-1"]);
        assert_eq!(self::packages(&report, 1)["added"][0]["replaces"], "1.0-1");
        let image = scene.layout("out").image("1_x", "linux/arm64");
        assert_eq!(image.file(1, "usr/lib/libold.so.1").as_deref(), Some("new\n"));
        assert!(image.list(1).contains("usr/share/libold/.wh.only-old\n"), "{}", image.list(1));
        let status = image.file(2, "var/lib/dpkg/status").unwrap();
        assert_eq!(status.matches("Package: libold\n").count(), 1);
        assert!(
            status.starts_with(base.status("arm64").split("Package: libold").next().unwrap()),
            "{status}"
        );
        let list = image.file(2, "var/lib/dpkg/info/libold.list").unwrap();
        assert!(!list.contains("only-old"), "{list}");
    }
    scene.wants("", "upgrade: [libnew]");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_UNKNOWN]: linux/amd64: packages: the base has no package `libnew` that could become newer (amd64)
     --> x.yaml:9:13
      |
    9 |   upgrade: [libnew]
      |             ^^^^^^
    ");
}

#[test]
fn platforms_get_the_same_versions_or_nothing() {
    let [old, new] = ["1-1", "2-1"].map(|version| Deb::new("tool", version).file("usr/bin/tool", version));
    // Where one is newer, both get what both have.
    let held = scene(&DebRepository::new(vec![old.clone(), new.clone().only("amd64")]));
    held.wants("tool", "");
    let report = held.report(&[]);
    assert_eq!([added(&report, 0), added(&report, 1)], [["tool=1-1"], ["tool=1-1"]]);
    let apart = scene(&DebRepository::new(vec![old.only("arm64"), new.only("amd64")]));
    apart.wants("tool", "");
    insta::assert_snapshot!(apart.complaint(2, &[]), @"
    error[E_PKG_PLATFORMS]: packages: the platforms do not get the same packages: `tool 1-1 on arm64, 2-1 on amd64`
     --> x.yaml:6:14
      |
    6 |   packages: [tool]
      |              ^^^^
    hint: name the versions that all platforms have, build the platforms apart, or pass --allow platform-skew
    ");
    let report = apart.report(&["--allow", "platform-skew"]);
    assert_eq!([added(&report, 0), added(&report, 1)], [["tool=2-1"], ["tool=1-1"]]);
    let alone =
        scene(&DebRepository::new(vec![Deb::new("tool", "1-1").only("amd64").file("usr/bin/tool", "1")]));
    alone.wants("tool", "");
    insta::assert_snapshot!(alone.complaint(2, &[]), @"
    error[E_PKG_UNKNOWN]: linux/arm64: packages: there is no package `tool` (arm64)
     --> x.yaml:6:14
      |
    6 |   packages: [tool]
      |              ^^^^
    ");
    assert_eq!(added(&alone.report(&["--platform", "linux/amd64"]), 0), ["tool=1-1"]);
}
