//! Packages of apk on a base of apk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::scene::{Scene, added, index};
use crate::support::packages::apk::ApkRepository;
use crate::support::packages::base::TRIGGERS;

const INSTALLED: &str = "lib/apk/db/installed";

/// The records of `installed` by name, each line as it is.
fn records(installed: &str) -> BTreeMap<String, Vec<String>> {
    let records = installed.split("\n\n").filter(|record| !record.is_empty());
    let lines = |record: &str| record.lines().map(str::to_owned).collect::<Vec<_>>();
    let name = |lines: &[String]| lines.iter().find_map(|line| line.strip_prefix("P:")).unwrap().to_owned();
    records.map(lines).map(|lines| (name(&lines), lines)).collect()
}

/// The files of a record: each below its directory.
fn files(record: &[String]) -> Vec<String> {
    let (mut directory, mut files) = (String::new(), Vec::new());
    for line in record {
        match line.split_once(':').unwrap() {
            ("F", path) => directory = path.to_owned(),
            ("R", name) => files.push(format!("{directory}/{name}").trim_start_matches('/').to_owned()),
            _ => {}
        }
    }
    files
}

#[test]
fn a_base_of_apk_gets_packages_and_the_whole_of_its_database() {
    let scene = Scene::apk(&ApkRepository::sample());
    let before = scene.layout("base").image("apk", "linux/amd64").file(0, INSTALLED).unwrap();
    scene.wants_apk("greet, docs, greet-polite");
    scene.report(&[]);
    let out = scene.layout("out");
    out.assert_whole();
    for platform in ["linux/amd64", "linux/arm64"] {
        let image = out.image("1_x", platform);
        let installed = image.file(2, INSTALLED).unwrap();
        assert!(installed.starts_with(&before), "{installed}");
        let records = records(&installed);
        let names: Vec<_> = records.keys().map(String::as_str).collect();
        assert_eq!(names, ["base", "docs", "greet", "greet-doc", "greet-polite", "libgreet"]);
        // What greet-polite replaces is its own alone.
        assert_eq!(files(&records["greet"]), ["usr/bin/greet", "usr/bin/greet-all"]);
        assert_eq!(files(&records["greet-polite"]), ["etc/greet.conf"]);
        assert_eq!(image.file(1, "etc/greet.conf").as_deref(), Some("greeting = good day\n"));
        // Every file of the layer is owned once.
        let list = image.list(1);
        let owned: Vec<String> = records.values().skip(1).flat_map(|record| files(record)).collect();
        let there: Vec<_> = list.lines().filter(|line| !line.starts_with('d')).collect();
        assert_eq!(there.len(), owned.len(), "{list}");
        for path in owned {
            assert!(there.iter().any(|line| line.split(' ').nth(2) == Some(&path)), "{path}: {list}");
        }
    }
    let image = out.image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.list(1), @"
    d0755 0:0 usr/
    d0755 0:0 usr/bin/
    -0755 0:0 usr/bin/greet
    h0755 0:0 usr/bin/greet-all = usr/bin/greet
    d0755 0:0 var/
    d0755 0:0 var/lib/
    d0750 700:700 var/lib/greet/
    d0755 0:0 usr/share/
    d0755 0:0 usr/share/man/
    d0755 0:0 usr/share/man/man1/
    -0644 0:0 usr/share/man/man1/greet.1
    d0755 0:0 etc/
    -0644 0:0 etc/greet.conf
    d0755 0:0 usr/lib/
    l0777 0:0 usr/lib/libgreet.so.1 -> libgreet.so.1.2
    -0755 0:0 usr/lib/libgreet.so.1.2
    ");
    insta::assert_snapshot!(image.list(2), @"
    d0755 0:0 lib/
    d0755 0:0 lib/apk/
    d0755 0:0 lib/apk/db/
    -0644 0:0 lib/apk/db/installed
    -0644 0:0 lib/apk/db/scripts.tar
    d0755 0:0 etc/
    d0755 0:0 etc/apk/
    -0644 0:0 etc/apk/world
    -0644 0:0 etc/passwd
    -0644 0:0 etc/group
    ");
    insta::assert_snapshot!(image.file(2, INSTALLED).unwrap(), @"
    C:Q1WqIC8AHqqXwEfVZ1cPC/vxvxKxU=
    P:base
    V:1-r0
    A:noarch
    S:1
    I:1
    T:
    U:
    L:
    F:usr
    F:usr/share
    R:base

    C:Q1HID46WKdS+1Xkz9dtX80nA6hWrs=
    P:docs
    V:1-r0
    A:noarch
    S:674
    I:0
    T:docs of the tests
    U:https://example.org/docs
    L:MIT

    C:Q1Xa7qynpfJrXcYYqTdWsPnKCQ/IY=
    P:greet
    V:1.2-r0
    A:x86_64
    S:1211
    I:26
    T:greet of the tests
    U:https://example.org/greet
    L:MIT
    o:greet
    t:1690000000
    D:so:libgreet.so.1
    p:cmd:greet=1.2-r0
    F:etc
    F:usr
    F:usr/bin
    R:greet
    a:0:0:755
    Z:Q1e75Sm1Id3vAa9YzUADA7aV9UOcw=
    R:greet-all
    a:0:0:755
    Z:Q1e75Sm1Id3vAa9YzUADA7aV9UOcw=
    F:var
    F:var/lib
    F:var/lib/greet
    M:700:700:750

    C:Q1paLXA/ixiQf23PVjUV5ON3ob8fM=
    P:greet-doc
    V:1.2-r0
    A:noarch
    S:942
    I:8
    T:greet-doc of the tests
    U:https://example.org/greet-doc
    L:MIT
    o:greet
    i:docs greet=1.2-r0
    F:usr
    F:usr/share
    F:usr/share/man
    F:usr/share/man/man1
    R:greet.1
    Z:Q1dhpKAEV9sTaOWaSno+jdGkS1TjA=

    C:Q1mHsrAyO5bpRXJiZqYcPUQxXdTTQ=
    P:greet-polite
    V:2-r1
    A:x86_64
    S:930
    I:20
    T:greet-polite of the tests
    U:https://example.org/greet-polite
    L:MIT
    o:polite
    D:greet>=1
    r:greet
    q:10
    F:etc
    R:greet.conf
    Z:Q1rAhoIZWw6g1LbdOY1a7QhhG6f64=

    C:Q1fBGN272zVh1oV3ERyp1YoyBQ4eA=
    P:libgreet
    V:1.2-r0
    A:x86_64
    S:976
    I:9
    T:libgreet of the tests
    U:https://example.org/libgreet
    L:MIT
    o:greet
    p:so:libgreet.so.1=1.2
    F:usr
    F:usr/lib
    R:libgreet.so.1
    a:0:0:777
    Z:Q1NZDWX//ZuANKlXXkDkWV5Z0Ghx8=
    R:libgreet.so.1.2
    a:0:0:755
    Z:Q1mF4QhzcbDSvzeGtfwWgfc2spAP4=
    ");
    insta::assert_snapshot!(image.file(2, "etc/passwd").unwrap(), @"
    root:x:0:0:root:/root:/bin/sh
    greet:x:700:700:greet:/var/lib/greet:/sbin/nologin
    ");
    insta::assert_snapshot!(image.file(2, "etc/apk/world").unwrap(), @"
    base
    docs
    greet
    greet-polite
    ");
}

#[test]
fn scripts_and_triggers_of_packages_are_entered_behind_those_of_the_base() {
    let scene = Scene::apk(&ApkRepository::sample());
    scene.wants_apk("greet, manual-cache");
    scene.report(&[]);
    let image = scene.layout("out").image("1_x", "linux/arm64");
    let file = |path: &str| image.file(2, path).unwrap();
    let records = records(&file(INSTALLED));
    let identity = |name: &str| records[name][0].strip_prefix("C:").unwrap();
    let triggers = format!("{TRIGGERS}{} /usr/share/man /usr/share/man/*\n", identity("manual-cache"));
    assert_eq!(file("lib/apk/db/triggers"), triggers);
    let script = format!("greet-1.2-r0.{}.pre-install", identity("greet"));
    assert!(file("lib/apk/db/scripts.tar").contains(&script));
    assert!(records["greet"].contains(&"A:aarch64".to_owned()));
    assert_eq!(file("etc/apk/world"), "base\ngreet\nmanual-cache\n");
}

#[test]
fn a_repository_and_a_base_elsewhere_give_the_same_image() {
    let built = |args: &[&str]| {
        let scene = Scene::apk(&ApkRepository::sample());
        scene.wants_apk("greet, docs");
        index(&scene.report(args))
    };
    assert_eq!(built(&[]), built(&["--jobs", "1"]));
}

/// The directory of package fixtures, where this machine has it.
fn fixtures() -> Option<PathBuf> {
    let dir = std::env::var_os("OVERCOAT_SHARED");
    let dir = dir.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let dir = dir.join("data/packages");
    if !dir.exists() {
        println!("skipped: {} is not there", dir.display());
        return None;
    }
    Some(dir)
}

#[test]
fn a_base_and_packages_of_other_tools_give_the_records_that_apk_writes() {
    let Some(fixtures) = fixtures() else { return };
    let scene = Scene::apk(&ApkRepository::new(Vec::new()));
    // The layout's own index is the image's, and has no name.
    let (from, to) = (fixtures.join("apk/base-image"), scene.path("fixture/blobs/sha256"));
    fs::create_dir_all(&to).unwrap();
    for blob in fs::read_dir(from.join("blobs/sha256")).unwrap().map(Result::unwrap) {
        fs::copy(blob.path(), to.join(blob.file_name())).unwrap();
    }
    let index: Value = serde_json::from_slice(&fs::read(from.join("index.json")).unwrap()).unwrap();
    scene.index("fixture", "1", index["manifests"].as_array().unwrap());
    fs::copy(fixtures.join("apk/repo/melange.rsa.pub"), scene.path("melange.rsa.pub")).unwrap();
    let source = format!("repositories: ['file:{}']", fixtures.join("apk/repo").display());
    let packages = "packages: [replayout, custom-ca-certs-1]";
    scene.spec_on(
        "oci:fixture:1",
        &format!("contents:\n  {packages}\n  {source}\n  keyring: [melange.rsa.pub]\n"),
    );
    let report = scene.report(&[]);
    for (number, (platform, architecture)) in
        [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")].into_iter().enumerate()
    {
        assert_eq!(added(&report, number), ["custom-ca-certs-1=1.0.0-r0", "replayout=1.0.0-r0"]);
        let golden = format!("golden/db/apk/{architecture}.replayout-custom-ca-certs-1.installed");
        let golden = records(&fs::read_to_string(fixtures.join(golden)).unwrap());
        let image = scene.layout("out").image("1_x", platform);
        let found = records(&image.file(2, INSTALLED).unwrap());
        for name in ["custom-ca-certs-1", "replayout"] {
            assert_eq!(found[name], golden[name], "{name}");
        }
        // The base's own records stay as another tool wrote them, but for the file that `replayout` takes over.
        let before = scene.layout("fixture").image("1", platform).file(0, INSTALLED).unwrap();
        let mut expected = records(&before);
        let record = expected.get_mut("pretend-baselayout").unwrap();
        let lost = record.iter().position(|line| line == "R:os-release").unwrap();
        record.drain(lost..lost + 3);
        expected.retain(|name, record| found[name] != *record);
        assert!(expected.is_empty(), "{expected:#?}");
        assert!(image.file(1, "etc/os-release").is_some());
    }
}
