//! What can be asked for, and what is said where it cannot be had.

use super::scene::{Scene, added, greet, library, packages, repository, warnings};
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
    insta::assert_snapshot!(scene.complaint(2, &[]), @"");
    scene.wants("gret", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"");
}

#[test]
fn what_no_package_is_can_be_done_without() {
    let scene = scene(&repository());
    scene.wants("polite", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"");
    for (packages, more) in [("polite, \"!a-shell\"", ""), ("polite", "assume: [a-shell]")] {
        scene.wants(packages, more);
        let report = scene.report(&[]);
        assert_eq!(added(&report, 0), ["greet=1.2-1", "libgreet1=1.2-1", "polite=2-1"]);
        assert_eq!(warnings(&report).len(), 1, "{report:#}");
        assert!(warnings(&report)[0].contains("`polite` needs `a-shell`"), "{report:#}");
    }
    scene.wants("greet, \"!greet\"", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"");
}

#[test]
fn a_package_of_the_base_becomes_newer_only_on_request() {
    let base = DebBase::new(Database::Status);
    let scene = Scene::new(&base, &repository());
    scene.wants("libold=1.1-1", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"");
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
    insta::assert_snapshot!(scene.complaint(2, &[]), @"");
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
    insta::assert_snapshot!(apart.complaint(2, &[]), @"");
    let report = apart.report(&["--allow", "platform-skew"]);
    assert_eq!([added(&report, 0), added(&report, 1)], [["tool=2-1"], ["tool=1-1"]]);
    let alone =
        scene(&DebRepository::new(vec![Deb::new("tool", "1-1").only("amd64").file("usr/bin/tool", "1")]));
    alone.wants("tool", "");
    insta::assert_snapshot!(alone.complaint(2, &[]), @"");
    assert_eq!(added(&alone.report(&["--platform", "linux/amd64"]), 0), ["tool=1-1"]);
}
