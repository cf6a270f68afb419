//! Packages beside what else a customization says: artifacts above them, accounts, files of its own, scripts.

use serde_json::json;

use super::scene::{Scene, packages, repository, warnings};
use crate::support::Tar;
use crate::support::packages::Filled;
use crate::support::packages::base::{Database, DebBase};
use crate::support::packages::deb::{Deb, DebRepository};
use crate::support::registry::Authority;

fn scene(repository: &DebRepository) -> Scene {
    Scene::new(&DebBase::new(Database::Status), repository)
}

#[test]
fn an_artifact_lies_above_the_packages() {
    let scene = scene(&repository());
    let tar = Tar::of(&["usr", "usr/bin"]).file("usr/bin/greet", 0o755, "of the artifact");
    scene.image("artifacts", "own", json!({}), vec![tar]);
    scene.wants("greet", "artifacts: [{name: oci:artifacts:own, includes: [usr/bin/greet]}]");
    let report = scene.report(&[]);
    let image = scene.layout("out").image("1_x", "linux/amd64");
    assert_eq!(image.file(1, "usr/bin/greet").as_deref(), Some("a program of 1.2-1"));
    assert_eq!(image.file(2, "usr/bin/greet").as_deref(), Some("of the artifact"));
    let platform = &report["targets"][0]["platforms"][0];
    let sources: Vec<_> = platform["layers"].as_array().unwrap().iter().map(|one| &one["source"]).collect();
    assert_eq!(sources, ["base", "packages", "artifact", "state"]);
    assert_eq!(platform["overwritten"][0]["path"], "usr/bin/greet");
    assert_eq!(
        (&platform["overwritten"][0]["fromLayer"], &platform["overwritten"][0]["byLayer"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn users_of_packages_stand_beside_those_of_the_customization() {
    let scene = scene(&repository());
    let url = format!("file:{}", scene.path("repo").display());
    scene.wants_from(&url, "greet", "", "accounts: {users: [{name: app, uid: 100}]}\n");
    scene.report(&[]);
    let image = scene.layout("out").image("1_x", "linux/amd64");
    insta::assert_snapshot!(image.file(2, "etc/passwd").unwrap(), @"
    root:x:0:0:root:/root:/usr/sbin/nologin
    greet:x:101:101::/var/lib/greet:/usr/sbin/nologin
    app:x:100:100::/home/app:/sbin/nologin
    ");
    insta::assert_snapshot!(image.file(2, "etc/group").unwrap(), @"
    root:x:0:
    greet:x:101:
    app:x:100:
    ");
    // A user of that name that is there already owns what the package's script gives it.
    scene.wants_from(&url, "greet", "", "accounts: {users: [{name: greet, uid: 1234}]}\n");
    scene.report(&[]);
    let image = scene.layout("out").image("1_x", "linux/amd64");
    let list = image.list(2);
    assert!(list.contains("d0755 1234:1234 var/lib/greet/\n"), "{list}");
    assert_eq!(image.file(2, "etc/passwd").unwrap().matches("greet").count(), 2, "a name and a home");
}

#[test]
fn a_file_of_the_customization_wins_over_one_that_is_generated() {
    let pem = Authority::new().pem();
    let certificates =
        Deb::new("ca-certificates", "20260601").all().file("usr/share/ca-certificates/tests/one.crt", &pem);
    let scene = scene(&DebRepository::new(vec![certificates]));
    scene.wants("ca-certificates", "");
    let report = scene.report(&[]);
    let image = scene.layout("out").image("1_x", "linux/amd64");
    const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
    assert_eq!(image.file(2, BUNDLE), Some(pem));
    assert_eq!(image.file(2, "etc/ca-certificates.conf").as_deref(), Some("tests/one.crt\n"));
    let generated = packages(&report, 0)["generated"].as_array().unwrap();
    assert!(generated.iter().any(|one| one["path"] == BUNDLE), "{generated:?}");
    let url = format!("file:{}", scene.path("repo").display());
    scene.wants_from(&url, "ca-certificates", "", &format!("paths: [{{path: /{BUNDLE}, contents: mine}}]\n"));
    let report = scene.report(&[]);
    let image = scene.layout("out").image("1_x", "linux/amd64");
    assert_eq!(image.file(2, BUNDLE).as_deref(), Some("mine"));
    assert_eq!(image.list(2).matches(BUNDLE).count(), 1);
    let generated = packages(&report, 0)["generated"].as_array().unwrap();
    assert!(!generated.iter().any(|one| one["path"] == BUNDLE), "{generated:?}");
}

#[test]
fn a_script_that_is_not_understood_is_told_of_or_refused() {
    let scene = scene(&repository());
    scene.wants("odd", "");
    let report = scene.report(&[]);
    assert_eq!(
        warnings(&report),
        ["W_PKG_SCRIPT: `odd`: its script postinst was not run, and does `frobnicate --all`"]
    );
    insta::assert_snapshot!(scene.complaint(9, &["--strict-scripts"]), @"error[E_DENIED]: linux/amd64: `odd`: its script postinst was not run, and does `frobnicate --all`");
}

#[test]
fn a_changed_configuration_of_the_base_stays() {
    let base = DebBase::new(Database::Status).file("etc/greet.conf", "greeting = own\n");
    let scene = Scene::new(&base, &repository());
    scene.wants("greet", "");
    let report = scene.report(&[]);
    assert_eq!(
        warnings(&report),
        [
            "W_KEEPS_CONFIG: `etc/greet.conf` stays as the base has it, and not as the package `greet` brings it"
        ]
    );
    let image = scene.layout("out").image("1_x", "linux/amd64");
    assert!(!image.list(1).contains("greet.conf"));
}

#[test]
fn two_packages_with_one_path_conflict_unless_one_replaces_the_other() {
    let one = Deb::new("one", "1-1").file("usr/share/both", "one\n");
    let two = Deb::new("two", "1-1").file("usr/share/both", "two\n");
    let conflict = scene(&DebRepository::new(vec![one.clone(), two.clone()]));
    conflict.wants("one, two", "");
    insta::assert_snapshot!(conflict.complaint(2, &[]), @"
    error[E_CONFLICT]: linux/amd64: packages: packages `one` and `two` both bring `usr/share/both`, and differ there
     --> x.yaml:6:14
      |
    6 |   packages: [one, two]
      |              ^^^
    hint: leave out `one` or `two`: neither says that it replaces the other
    ");
    let replacing = scene(&DebRepository::new(vec![one.says("Replaces", "two"), two]));
    for order in ["one, two", "two, one"] {
        replacing.wants(order, "");
        replacing.report(&[]);
        let image = replacing.layout("out").image("1_x", "linux/amd64");
        assert_eq!(image.file(1, "usr/share/both").as_deref(), Some("one\n"));
        let list = image.file(2, "var/lib/dpkg/info/two.list").unwrap();
        assert!(!list.contains("/usr/share/both"), "{list}");
    }
}
