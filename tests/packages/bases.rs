//! Packages on each kind of base: what their layer holds, and what is written of them.

use super::scene::{Scene, added, packages, repository};
use crate::support::packages::base::{Database, DebBase};

/// What the database says of the two packages on an architecture, in dpkg's order of fields.
fn stanzas(architecture: &str) -> String {
    format!(
        "Package: greet
Status: install ok installed
Installed-Size: 1
Maintainer: Tests <tests@example.org>
Architecture: {architecture}
Version: 1.2-1
Depends: libgreet1 (>= 1.2), libc6 (>= 2.36)
Conffiles:
 /etc/greet.conf 6c00f3a1ad9bbd5f4a2bb4ea0ca1b9b2
Description: greet of the tests

Package: libgreet1
Status: install ok installed
Installed-Size: 1
Maintainer: Tests <tests@example.org>
Architecture: {architecture}
Multi-Arch: same
Source: greet
Version: 1.2-1
Description: libgreet1 of the tests

"
    )
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
        assert_eq!(status, base.status(architecture) + &stanzas(architecture));
    }
    let image = out.image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.list(1), @"");
    insta::assert_snapshot!(image.list(2), @"");
    insta::assert_snapshot!(image.file(2, "var/lib/dpkg/info/greet.list").unwrap(), @"");
    insta::assert_snapshot!(image.file(2, "var/lib/dpkg/alternatives/hello").unwrap(), @"");
    insta::assert_snapshot!(image.file(2, "etc/passwd").unwrap(), @"");
}

#[test]
fn a_base_with_a_directory_of_packages_gets_two_files_more_for_each() {
    let base = DebBase::new(Database::Directory);
    let scene = Scene::new(&base, &repository());
    scene.wants("greet", "");
    let report = scene.report(&[]);
    assert_eq!(packages(&report, 0)["database"], "var/lib/dpkg/status.d");
    let image = scene.layout("out").image("1_x", "linux/arm64");
    insta::assert_snapshot!(image.list(2), @"");
    insta::assert_snapshot!(image.file(2, "var/lib/dpkg/status.d/libgreet1").unwrap(), @"");
    insta::assert_snapshot!(image.file(2, "var/lib/dpkg/status.d/greet.md5sums").unwrap(), @"");
}

#[test]
fn a_base_without_a_database_gets_a_directory_of_packages() {
    let scene = Scene::new(&DebBase::new(Database::None), &repository());
    scene.wants("greet-doc", "");
    assert_eq!(added(&scene.report(&[]), 1), ["greet=1.2-1", "greet-doc=1.2-1", "libgreet1=1.2-1", "libc6"]);
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
