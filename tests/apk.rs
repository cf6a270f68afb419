//! Packages of a repository that is made and signed here, on a base that knows apk.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::packages::apk::{ApkRepository, Key};
use crate::support::{Image, Sandbox, Tar};

const BASE: &str = "C:Q1BwcHBwcHBwcHBwcHBwcHBwcHBwc=\nP:base-files\nV:1-r0\nA:x86_64\nS:1\nI:1\nT:\nU:\nL:\no:base-files\n\
                    F:etc\nR:group\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nR:passwd\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n";

const TRIGGERS: &str = "Q1BwcHBwcHBwcHBwcHBwcHBwcHBwc= /etc\n";

/// A sandbox with the base, the repository in `repository`, and a customization that asks for these packages.
fn sandbox(packages: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let base = Tar::of(&[
        "etc",
        "etc/apk",
        "lib",
        "lib/apk",
        "lib/apk/db",
        "usr",
        "usr/bin",
        "usr/lib",
        "usr/share",
    ])
    .file("etc/os-release", 0o644, "ID=alpine\n")
    .file("etc/passwd", 0o644, "root:x:0:0:root:/root:/sbin/nologin\n")
    .file("etc/group", 0o644, "root:x:0:\n")
    .file("etc/apk/world", 0o644, "base-files\n")
    .file("lib/apk/db/installed", 0o644, BASE)
    .file("lib/apk/db/triggers", 0o600, TRIGGERS)
    .entry(tar::EntryType::Regular, "lib/apk/db/scripts.tar", 0o644, "", &[0; 1024]);
    sandbox.image("base", "apk", json!({}), vec![base]);
    ApkRepository::sample().write(&sandbox.path("repository"));
    sandbox.write("overcoat-test.rsa.pub", &Key::test().pem());
    let repository = sandbox.path("repository");
    sandbox.spec_on(
        "oci:base:apk",
        &format!(
            "contents:\n  packages: [{packages}]\n  repositories: [\"file://{}\"]\n  keyring: [overcoat-test.rsa.pub]\n",
            repository.display()
        ),
    );
    sandbox
}

/// The bytes that a file has in the end.
fn file(image: &Image, path: &str) -> String {
    let found = (0..image.layers.len()).rev().find_map(|number| image.file(number, path));
    found.unwrap_or_else(|| panic!("no layer has {path}"))
}

/// The lines of each record of a database, by package.
fn records(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let lines = text
        .split("\n\n")
        .filter(|record| !record.is_empty())
        .map(|record| record.lines().collect::<Vec<_>>());
    lines.map(|lines| (lines.iter().find_map(|line| line.strip_prefix("P:")).unwrap(), lines)).collect()
}

#[test]
fn packages_are_laid_out_and_entered_in_the_database() {
    let sandbox = sandbox("greet, docs, greet-polite, manual-cache");
    let layout = sandbox.build(&[]);
    for platform in ["linux/amd64", "linux/arm64"] {
        let image = layout.image("1_x", platform);
        image.assert_whole();
        assert_eq!(file(&image, "usr/lib/libgreet.so.1.2"), "a library", "needed by its so: name");
        assert_eq!(file(&image, "usr/share/man/man1/greet.1"), "a manual", "comes by itself");
        assert_eq!(file(&image, "etc/greet.conf"), "greeting = good day\n", "taken over");
        let database = file(&image, "lib/apk/db/installed");
        assert!(database.starts_with(BASE), "{database}");
        let records = records(&database);
        let names: Vec<_> = records.keys().copied().collect();
        let expected =
            ["base-files", "docs", "greet", "greet-doc", "greet-polite", "libgreet", "manual-cache"];
        assert_eq!(names, expected);
        assert!(!records["greet"].contains(&"R:greet.conf") && records["greet"].contains(&"F:etc"));
        assert!(records["greet-polite"].contains(&"R:greet.conf"));
        assert!(records["greet-polite"].contains(&"r:greet") && records["greet-polite"].contains(&"q:10"));
        assert!(
            records["greet"].contains(&"R:greet-all") && records["greet"].contains(&"p:cmd:greet=1.2-r0")
        );
        let arch = if platform.ends_with("arm64") { "A:aarch64" } else { "A:x86_64" };
        assert!(records["greet"].contains(&arch) && records["greet-doc"].contains(&"A:noarch"));
        let world = "base-files\ndocs\ngreet\ngreet-polite\nmanual-cache\n";
        assert_eq!(file(&image, "etc/apk/world"), world);
        let triggers = file(&image, "lib/apk/db/triggers");
        let added = triggers.strip_prefix(TRIGGERS).expect("those of the base stay");
        let identity = records["manual-cache"][0].strip_prefix("C:").unwrap();
        assert_eq!(added, format!("{identity} /usr/share/man /usr/share/man/*\n"));
        let scripts = file(&image, "lib/apk/db/scripts.tar");
        let identity = records["greet"][0].strip_prefix("C:").unwrap();
        assert!(scripts.contains(&format!("greet-1.2-r0.{identity}.pre-install")));
        assert!(file(&image, "etc/passwd").contains("\ngreet:x:"), "its pre-install is followed");
    }
}

#[test]
fn a_build_with_packages_is_the_same_again() {
    let (one, other) = (sandbox("greet, docs"), sandbox("greet, docs"));
    let (one, other) = (one.build(&[]), other.build(&["--jobs", "1"]));
    for platform in ["linux/amd64", "linux/arm64"] {
        assert_eq!(one.image("1_x", platform).digest, other.image("1_x", platform).digest);
    }
}

#[test]
fn p01_a_repository_that_another_key_signed_is_refused() {
    let sandbox = sandbox("greet");
    let repository =
        ApkRepository { key: Key::other().named("overcoat-test.rsa.pub"), ..ApkRepository::sample() };
    repository.write(&sandbox.path("repository"));
    let words = sandbox.build_refused(7, &[]);
    assert!(words.contains("overcoat-test.rsa.pub: it is of other bytes"), "{words}");
}

#[test]
fn p02_a_package_that_its_index_does_not_promise_is_refused() {
    for change in [|bytes: &mut Vec<u8>| bytes.push(0), |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1]
    {
        let sandbox = sandbox("greet");
        for architecture in ApkRepository::ARCHITECTURES {
            let path = sandbox.path("repository").join(architecture).join("greet-1.2-r0.apk");
            let mut bytes = std::fs::read(&path).unwrap();
            change(&mut bytes);
            std::fs::write(&path, bytes).unwrap();
        }
        let words = sandbox.build_refused(7, &[]);
        assert!(words.contains("greet"), "{words}");
    }
}
