//! Packages as the report of an earlier build has them, by version and digest: row P05.

use std::fs;

use serde_json::Value;

use super::scene::{Scene, added, greet, index, library, repository};
use crate::support::packages::Filled;
use crate::support::packages::base::{Database, DebBase};
use crate::support::packages::deb::{Deb, DebRepository};

/// A customization that was built once, and the report of that in `report.json`.
fn built(repository: &DebRepository, packages: &str) -> (Scene, Value) {
    let scene = Scene::new(&DebBase::new(Database::Status), repository);
    scene.wants(packages, "");
    let report = scene.report(&[]);
    fs::write(scene.path("report.json"), report.to_string()).unwrap();
    fs::remove_dir_all(scene.path("out")).unwrap();
    (scene, report)
}

const LOCKED: &[&str] = &["--packages-of", "report.json"];

/// The repository with more packages.
fn with(more: Vec<Deb>) -> DebRepository {
    let mut repository = repository();
    repository.packages.extend(more);
    repository
}

/// The repository with another package of a name.
fn with_other(package: Deb) -> DebRepository {
    let mut repository = repository();
    repository.packages.retain(|one| one.name != package.name);
    repository.packages.push(package);
    repository
}

#[test]
fn p05_locked_packages_are_had_again_although_there_are_newer_ones() {
    let (scene, report) = built(&repository(), "greet");
    scene.offer(&with(vec![library("1.3-1"), greet("1.3-1")]));
    assert_eq!(added(&scene.report(&[]), 0), ["greet=1.3-1", "libgreet1=1.3-1"]);
    let again = scene.report(LOCKED);
    assert_eq!((index(&again), added(&again, 0)), (index(&report), added(&report, 0)));
}

#[test]
fn p05_what_differs_from_locked_packages_is_refused() {
    let (scene, _) = built(&repository(), "greet");
    // Gone.
    let mut other = with(vec![library("1.3-1")]);
    other.packages.retain(|package| (&*package.name, &*package.version) != ("libgreet1", "1.2-1"));
    scene.offer(&other);
    insta::assert_snapshot!(scene.fails_with(7, "E_PKG_LOCK", LOCKED), @"
    error[E_PKG_LOCK]: linux/amd64: packages: `libgreet1=1.2-1` is pinned, and the repositories have `libgreet1=1.3-1`
     --> x.yaml:6:14
      |
    6 |   packages: [greet]
      |              ^^^^^
    hint: build without --packages-of to see what there is now; its --json pins that
    ");
    // Another file of the same version, in an index that is signed as well.
    scene.offer(&with_other(library("1.2-1").file("usr/share/more", "more")));
    let complaint = scene.fails_with(7, "E_PKG_LOCK", LOCKED);
    assert!(complaint.contains("`libgreet1` is pinned as sha256:"), "{complaint}");
    // One more that it needs.
    scene.offer(&with_other(greet("1.2-1").says("Pre-Depends", "odd")));
    let complaint = scene.fails_with(7, "E_PKG_LOCK", LOCKED);
    assert!(complaint.contains("the packages that are pinned do not do: "), "{complaint}");
    scene.offer(&repository());
    // The customization asks for more, or for less.
    scene.wants("greet, odd", "");
    let complaint = scene.fails_with(7, "E_PKG_LOCK", LOCKED);
    assert!(complaint.contains(" --> x.yaml:6:21\n"), "{complaint}");
    assert!(
        complaint.contains("`odd` is asked for, and not among the packages that are pinned"),
        "{complaint}"
    );
    scene.wants("libgreet1", "");
    let complaint = scene.fails_with(7, "E_PKG_LOCK", LOCKED);
    assert!(complaint.contains("`greet` is pinned, and nothing needs it any more"), "{complaint}");
    scene.wants("greet", "");
    scene.report(LOCKED);
}

#[test]
fn p05_a_lock_has_to_know_the_image() {
    let (scene, mut report) = built(&repository(), "greet");
    report["targets"][0]["platforms"].as_array_mut().unwrap().pop();
    fs::write(scene.path("report.json"), report.to_string()).unwrap();
    insta::assert_snapshot!(scene.fails_with(7, "E_PKG_LOCK", LOCKED), @"
    error[E_PKG_LOCK]: the packages of docker.io/demo/app for linux/arm64 on oci:base:deb are not among those that are pinned
     --> x.yaml:6:14
      |
    6 |   packages: [greet]
      |              ^^^^^
    hint: pass the report of a build of this customization for all its platforms, or no --packages-of
    ");
    scene.report(&[LOCKED, &["--platform", "linux/amd64"]].concat());
    report["version"] = 2.into();
    fs::remove_dir_all(scene.path("out")).unwrap();
    for (text, problem) in [
        (report.to_string(), "its version is 2, not 1"),
        ("{\"version\": 1}".to_owned(), "missing field `targets`"),
        (format!("{{\"x\": {}", "[".repeat(100_000)), "EOF while parsing a list"),
        (String::new(), "EOF while parsing"),
    ] {
        fs::write(scene.path("report.json"), text).unwrap();
        let complaint = scene.complaint(2, LOCKED);
        assert!(
            complaint.starts_with("error[E_USAGE]: --packages-of: report.json is no report"),
            "{complaint}"
        );
        assert!(complaint.contains(problem), "{complaint}");
    }
    fs::remove_file(scene.path("report.json")).unwrap();
    assert!(scene.complaint(6, LOCKED).contains("report.json: No such file"));
}
