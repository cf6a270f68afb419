//! Packages of apk on a base of apk.

use std::collections::BTreeMap;
use std::fs;

use crate::support::Sandbox;
use crate::support::packages::apk::ApkRepository;
use crate::support::packages::base::apk_base;

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
    let sandbox = Sandbox::new();
    let repository = ApkRepository::sample();
    repository.write(&sandbox.path("repo"));
    fs::write(sandbox.path(repository.key.file_name()), repository.key.pem()).unwrap();
    let before = apk_base(&sandbox, "apk");
    let url = format!("file:{}", sandbox.path("repo").display());
    sandbox.spec_on(
        "oci:base:apk",
        &format!(
            "contents:\n  packages: [greet, docs, greet-polite]\n  repositories: ['{url}']\n  keyring: [{}]\n",
            repository.key.file_name()
        ),
    );
    let out = sandbox.build(&[]);
    out.assert_whole();
    for platform in ["linux/amd64", "linux/arm64"] {
        let image = out.image("1_x", platform);
        let installed = image.file(2, "lib/apk/db/installed").unwrap();
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
    d0750 501:20 var/lib/greet/
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
    insta::assert_snapshot!(image.file(2, "lib/apk/db/installed").unwrap(), @"
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
    M:501:20:750

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
