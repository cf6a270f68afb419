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
    insta::assert_snapshot!(without_digests(&printed), @"
    docker.io/demo/app:1_x
      on oci:base:deb

    linux/amd64
      layer               files     size  compressed  digest
      base                   18  23.6 kB     23.6 kB  sha256:0
      packages                9  15.9 kB       533 B  sha256:0
      accounts and files     20  26.6 kB      1.5 kB  sha256:0
      total                  47  66.0 kB     25.6 kB
      accounts and files: adds to etc/passwd, etc/group
      accounts and files: overwrites var/lib/dpkg/info/libold.list and 2 more
      accounts and files: repeats unchanged var/lib/dpkg/info/format
      accounts and files: changes attributes of var/lib/greet
      package    version              size  digest               why
      greet      1.2-1              1.1 kB  sha256:0  required by greet-doc: greet
      greet-doc  1.2-1               650 B  sha256:0  requested: greet-doc
      libgreet1  1.2-1               772 B  sha256:0  required by greet: libgreet1 (>= 1.2)
      libold     1.1-1 (was 1.0-1)  6.3 kB  sha256:0  upgrade
      odd        1-1                 748 B  sha256:0  requested: odd
      packages: 5 from file:/sandbox/repo test
      packages: generated etc/alternatives/hello, usr/bin/hello, var/lib/dpkg/alternatives/hello and 1 more

    warning[W_PKG_SCRIPT]: `odd`: its script postinst was not run, and does `frobnicate --all`

    digests to sign
      sha256:0  index
      sha256:0  linux/amd64
    written to oci:out
    lists were cut short; --json prints all of them
    ");
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
    insta::assert_snapshot!(without_digests(&shown), @r#"
    {
      "family": "deb",
      "database": "var/lib/dpkg/status",
      "repositories": [
        {
          "name": "file:/sandbox/repo test",
          "signedBy": null,
          "date": null,
          "digest": null
        }
      ],
      "added": [
        {
          "name": "greet",
          "version": "1.2-1",
          "architecture": "arm64",
          "source": "greet",
          "sourceVersion": "1.2-1",
          "repository": "file:/sandbox/repo test",
          "location": "pool/main/greet_1.2-1_arm64.deb",
          "digest": "sha256:0",
          "size": 1054,
          "why": "requested: greet"
        },
        {
          "name": "libgreet1",
          "version": "1.2-1",
          "architecture": "arm64",
          "source": "greet",
          "sourceVersion": "1.2-1",
          "repository": "file:/sandbox/repo test",
          "location": "pool/main/libgreet1_1.2-1_arm64.deb",
          "digest": "sha256:0",
          "size": 772,
          "why": "required by greet: libgreet1 (>= 1.2)"
        }
      ],
      "generated": [
        {
          "path": "etc/alternatives/hello",
          "reason": "alternatives"
        },
        {
          "path": "usr/bin/hello",
          "reason": "alternatives"
        },
        {
          "path": "var/lib/dpkg/alternatives/hello",
          "reason": "alternatives"
        },
        {
          "path": "var/lib/greet",
          "reason": "a package's script"
        }
      ]
    }
    "#);
}
