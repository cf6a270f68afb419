//! Packages on each kind of base: what their layer holds, and what is written of them.

use md5::{Digest as _, Md5};

use super::scene::{Scene, added, packages, repository};
use crate::support::packages::base::{Database, DebBase};

/// What the database says of the two packages on an architecture, in dpkg's order of fields.
fn stanzas(architecture: &str) -> [String; 2] {
    let greet = format!(
        "Package: greet
Status: install ok installed
Installed-Size: 1
Maintainer: Tests <tests@example.org>
Architecture: {architecture}
Version: 1.2-1
Depends: libgreet1 (>= 1.2), libc6 (>= 2.36)
Conffiles:
 /etc/greet.conf {}
Description: greet of the tests
",
        hex::encode(Md5::digest("greeting = hello\n"))
    );
    let library = format!(
        "Package: libgreet1
Status: install ok installed
Installed-Size: 1
Maintainer: Tests <tests@example.org>
Architecture: {architecture}
Multi-Arch: same
Source: greet
Version: 1.2-1
Description: libgreet1 of the tests
"
    );
    [greet, library]
}

#[test]
fn a_base_with_a_status_file_gets_the_whole_of_it_in_the_last_layer() {
    let base = DebBase::new(Database::Status);
    let scene = Scene::new(&base, &repository());
    scene.wants("greet", "");
    let report = scene.report(&[]);
    let out = scene.layout("out");
    out.assert_whole();
    for (number, architecture) in ["amd64", "arm64"].into_iter().enumerate() {
        assert_eq!(added(&report, number), ["greet=1.2-1", "libgreet1=1.2-1"]);
        assert_eq!(packages(&report, number)["database"], "var/lib/dpkg/status");
        let image = out.image("1_x", &format!("linux/{architecture}"));
        assert_eq!(image.layers.len(), 3);
        let status = image.file(2, "var/lib/dpkg/status").unwrap();
        // Those of the base stay as they are; all are in the order of their names.
        let before = base.status(architecture);
        let mut stanzas: Vec<_> = before.split_terminator("\n\n").map(|one| format!("{one}\n")).collect();
        stanzas.extend(self::stanzas(architecture));
        stanzas.sort();
        assert_eq!(status, stanzas.join("\n") + "\n");
    }
    let image = out.image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.list(1), @"
    d0755 0:0 etc/
    -0644 0:0 etc/greet.conf
    d0755 0:0 usr/
    d0755 0:0 usr/lib/
    d0755 0:0 usr/lib/greet/
    -0644 0:0 usr/lib/greet/plugin
    d0755 0:0 usr/bin/
    -0755 0:0 usr/bin/greet
    h0755 0:0 usr/bin/greet-all = usr/bin/greet
    d0755 0:0 var/
    d0755 0:0 var/lib/
    d0755 0:0 var/lib/greet/
    -0644 0:0 usr/lib/libgreet.so.1.2
    l0777 0:0 usr/lib/libgreet.so.1 -> libgreet.so.1.2
    ");
    insta::assert_snapshot!(image.list(2), @"
    d0755 0:0 var/
    d0755 0:0 var/lib/
    d0755 0:0 var/lib/dpkg/
    d0755 0:0 var/lib/dpkg/info/
    -0644 0:0 var/lib/dpkg/info/greet.conffiles
    -0644 0:0 var/lib/dpkg/info/greet.list
    -0644 0:0 var/lib/dpkg/info/greet.md5sums
    -0755 0:0 var/lib/dpkg/info/greet.postinst
    -0644 0:0 var/lib/dpkg/info/libgreet1:amd64.list
    -0644 0:0 var/lib/dpkg/info/libgreet1:amd64.md5sums
    -0644 0:0 var/lib/dpkg/status
    d0755 0:0 etc/
    -0644 0:0 etc/passwd
    -0644 0:0 etc/group
    d0755 0:0 etc/alternatives/
    l0777 0:0 etc/alternatives/hello -> /usr/bin/greet
    d0755 0:0 usr/
    d0755 0:0 usr/bin/
    l0777 0:0 usr/bin/hello -> /etc/alternatives/hello
    d0755 0:0 var/lib/dpkg/alternatives/
    -0644 0:0 var/lib/dpkg/alternatives/hello
    d0755 100:100 var/lib/greet/
    ");
    insta::assert_snapshot!(image.file(2, "var/lib/dpkg/info/greet.list").unwrap(), @"
    /.
    /etc
    /etc/greet.conf
    /lib
    /lib/greet
    /lib/greet/plugin
    /usr
    /usr/bin
    /usr/bin/greet
    /usr/bin/greet-all
    /var
    /var/lib
    /var/lib/greet
    ");
    insta::assert_snapshot!(image.file(2, "var/lib/dpkg/alternatives/hello").unwrap(), @"
    auto
    /usr/bin/hello

    /usr/bin/greet
    50
    ");
    insta::assert_snapshot!(image.file(2, "etc/passwd").unwrap(), @"
    root:x:0:0:root:/root:/usr/sbin/nologin
    greet:x:100:100::/var/lib/greet:/usr/sbin/nologin
    ");
}

#[test]
fn a_base_with_a_directory_of_packages_gets_two_files_more_for_each() {
    let base = DebBase::new(Database::Directory);
    let scene = Scene::new(&base, &repository());
    scene.wants("greet", "");
    let report = scene.report(&[]);
    assert_eq!(packages(&report, 0)["database"], "var/lib/dpkg/status.d");
    let image = scene.layout("out").image("1_x", "linux/arm64");
    insta::assert_snapshot!(image.list(2), @"
    d0755 0:0 var/
    d0755 0:0 var/lib/
    d0755 0:0 var/lib/dpkg/
    d0755 0:0 var/lib/dpkg/status.d/
    -0644 0:0 var/lib/dpkg/status.d/greet
    -0644 0:0 var/lib/dpkg/status.d/greet.md5sums
    -0644 0:0 var/lib/dpkg/status.d/libgreet1
    -0644 0:0 var/lib/dpkg/status.d/libgreet1.md5sums
    d0755 0:0 etc/
    -0644 0:0 etc/passwd
    -0644 0:0 etc/group
    d0755 0:0 etc/alternatives/
    l0777 0:0 etc/alternatives/hello -> /usr/bin/greet
    d0755 0:0 usr/
    d0755 0:0 usr/bin/
    l0777 0:0 usr/bin/hello -> /etc/alternatives/hello
    d0755 100:100 var/lib/greet/
    ");
    insta::assert_snapshot!(image.file(2, "var/lib/dpkg/status.d/libgreet1").unwrap(), @"
    Package: libgreet1
    Version: 1.2-1
    Architecture: arm64
    Maintainer: Tests <tests@example.org>
    Installed-Size: 1
    Source: greet
    Multi-Arch: same
    Description: libgreet1 of the tests
    ");
    insta::assert_snapshot!(image.file(2, "var/lib/dpkg/status.d/greet.md5sums").unwrap(), @"
    cdbca9f3f91e698591230cd6c300e82f  etc/greet.conf
    fedf673d9350fddffc14cd014fcd8f29  lib/greet/plugin
    16e5155026bdb444ebd5261d41347c2d  usr/bin/greet
    ");
}

#[test]
fn a_base_without_a_database_gets_a_directory_of_packages() {
    let scene = Scene::new(&DebBase::new(Database::None), &repository());
    scene.wants("odd", "");
    let report = scene.report(&[]);
    assert_eq!(packages(&report, 1)["database"], "var/lib/dpkg/status.d");
    let image = scene.layout("out").image("1_x", "linux/arm64");
    let stanza = image.file(2, "var/lib/dpkg/status.d/odd").unwrap();
    assert!(stanza.starts_with("Package: odd\nVersion: 1-1\nArchitecture: arm64\n"), "{stanza}");
}

#[test]
fn paths_of_packages_follow_the_links_of_the_base() {
    for (is_merged, plugin) in [(true, "usr/lib/greet/plugin"), (false, "lib/greet/plugin")] {
        let base = DebBase::new(Database::Status);
        let base = if is_merged { base } else { base.unmerged() };
        let scene = Scene::new(&base, &repository());
        scene.wants("greet", "");
        scene.report(&[]);
        let image = scene.layout("out").image("1_x", "linux/amd64");
        assert_eq!(image.file(1, plugin).as_deref(), Some("a plugin"));
        let list = image.list(1);
        assert_eq!(list.contains(" lib/"), !is_merged, "{list}");
        // The database has it as the package does.
        let info = image.file(2, "var/lib/dpkg/info/greet.list").unwrap();
        assert!(info.contains("\n/lib/greet/plugin\n"), "{info}");
    }
}
