//! What a build says of packages, to people and machines.

use serde_json::Value;

use super::scene::{Scene, packages, repository};
use crate::support::packages::base::{Database, DebBase};

/// A text with the digests in it made alike: those of packages depend on the versions of compressors.
fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown += "sha256:0";
        shown += part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    shown
}

#[test]
fn people_read_which_packages_came_from_where_and_why() {
    let scene = Scene::new(&DebBase::new(Database::Status), &repository());
    scene.wants("greet-doc, odd", "upgrade: [libold]");
    let printed = scene.run(&["build", "x.yaml", "-o", "oci:out", "--platform", "linux/amd64"]);
    let printed = printed.replace(&*scene.path("").to_string_lossy(), "/sandbox/");
    insta::assert_snapshot!(without_digests(&printed), @"");
}

#[test]
fn machines_read_the_same_by_a_schema() {
    let scene = Scene::new(&DebBase::new(Database::Status), &repository());
    scene.wants("greet", "");
    let report = scene.report(&[]);
    let schema: Value = serde_json::from_str(&scene.run(&["schema", "build-report"])).unwrap();
    jsonschema::draft202012::new(&schema).unwrap().validate(&report).unwrap();
    let mut packages = packages(&report, 1).clone();
    let repository = &mut packages["repositories"][0];
    let digest = repository["digest"].as_str().unwrap();
    assert!(digest.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64), "{digest}");
    assert_eq!(repository["signedBy"][0], crate::support::packages::deb::Key::test().fingerprint());
    // What is of this moment.
    for key in ["date", "digest", "signedBy"] {
        repository[key] = Value::Null;
    }
    let shown = serde_json::to_string_pretty(&packages).unwrap();
    let shown = shown.replace(&*scene.path("").to_string_lossy(), "/sandbox/");
    insta::assert_snapshot!(without_digests(&shown), @"");
}
