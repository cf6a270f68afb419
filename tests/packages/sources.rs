//! Where packages come from and who has signed them: as the customization says, else as the base is configured.

use super::scene::{Scene, added, repository};
use crate::support::packages::base::{Database, DebBase};
use crate::support::packages::deb::Key;

#[test]
fn without_repositories_it_is_said_what_to_write() {
    let scene = Scene::new(&DebBase::new(Database::Status), &repository());
    scene.configured("packages: [greet]", "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_REPOSITORY]: linux/amd64: packages: neither the customization nor the base says where packages come from
     --> x.yaml:6:14
      |
    6 |   packages: [greet]
      |              ^^^^^
    hint: write `contents: {repositories: ['deb http://deb.debian.org/debian trixie main'], keyring: [debian.gpg]}`
    ");
    let url = format!("file:{}", scene.path("repo").display());
    scene.configured(&format!("packages: [greet]\n  repositories: ['deb {url} test main']"), "");
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_REPOSITORY]: linux/amd64: packages: neither the customization nor the base says who has to have signed packages
     --> x.yaml:6:14
      |
    6 |   packages: [greet]
      |              ^^^^^
    hint: name the files of keys beside the customization by `contents.keyring`
    ");
    scene.configured(
        "packages: [greet]\n  repositories: ['https://example.org/alpine']\n  keyring: [repo.gpg]",
        "",
    );
    insta::assert_snapshot!(scene.complaint(2, &[]), @"
    error[E_PKG_REPOSITORY]: linux/amd64: packages: `https://example.org/alpine` is no repository of deb packages, which the base has
     --> x.yaml:7:18
      |
    7 |   repositories: ['https://example.org/alpine']
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write `contents: {repositories: ['deb http://deb.debian.org/debian trixie main'], keyring: [debian.gpg]}`
    ");
}

#[test]
fn what_a_repository_lacks_is_named_with_what_it_has() {
    let scene = Scene::new(&DebBase::new(Database::Status), &repository());
    let url = format!("file:{}", scene.path("repo").display());
    let complaints: String = ["other main", "test contrib"]
        .map(|what| {
            let source = format!("repositories: [\"deb {url} {what}\"]\n  keyring: [repo.gpg]");
            scene.configured(&format!("packages: [greet]\n  {source}"), "");
            scene.complaint(2, &[])
        })
        .concat();
    insta::assert_snapshot!(complaints, @"
    error[E_PKG_REPOSITORY]: linux/amd64: packages: file:/sandbox/repo other: there is no suite `other`: it has neither `InRelease` nor `Release`
     --> x.yaml:6:14
      |
    6 |   packages: [greet]
      |              ^^^^^
    error[E_PKG_REPOSITORY]: linux/amd64: packages: file:/sandbox/repo test: component `contrib` of suite `test` has no index for architecture `amd64`; `main` has
     --> x.yaml:6:14
      |
    6 |   packages: [greet]
      |              ^^^^^
    ");
}

#[test]
fn a_base_says_itself_where_its_packages_come_from() {
    let key = Key::test().certificate();
    // The repository's directory is known only once the sandbox is there.
    let scene = Scene::new(&DebBase::new(Database::Status), &repository());
    let url = format!("file:{}", scene.path("repo").display());
    let line = |options: &str| format!("deb {options}{url} test main\n");
    let stanza = format!(
        "Types: deb\nURIs: {url}\nSuites: test\nComponents: main\nSigned-By: /usr/share/keyrings/tests.gpg\n"
    );
    let trusted = "etc/apt/trusted.gpg.d/tests.gpg";
    let apart = "usr/share/keyrings/tests.gpg";
    for (file, text, key_file) in [
        ("etc/apt/sources.list", line(""), trusted),
        ("etc/apt/sources.list.d/tests.list", line("[signed-by=/usr/share/keyrings/tests.gpg] "), apart),
        ("etc/apt/sources.list.d/tests.sources", stanza, apart),
    ] {
        DebBase::new(Database::Status).file(file, &text).file(key_file, &key).put(&scene, "deb");
        scene.configured("packages: [greet]", "");
        assert_eq!(added(&scene.report(&[]), 1), ["greet=1.2-1", "libgreet1=1.2-1"], "{file}");
    }
    // A key that lies about is trusted with nothing, unless the customization names one itself.
    DebBase::new(Database::Status)
        .file("etc/apt/sources.list", line(""))
        .file(apart, &key)
        .put(&scene, "deb");
    let complaint = scene.complaint(2, &[]);
    assert!(complaint.starts_with("error[E_PKG_KEY]: "), "{complaint}");
    scene.configured("packages: [greet]\n  keyring: [repo.gpg]", "");
    scene.report(&[]);
}
