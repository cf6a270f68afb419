//! What packages say of the config of images that have them.

use serde_json::json;

use super::scene::{Scene, warnings};
use crate::support::packages::Filled;
use crate::support::packages::base::{Database, DebBase};
use crate::support::packages::deb::{Deb, DebRepository};

#[test]
fn a_config_that_a_package_brings_is_applied_below_the_customization() {
    let config = "environment: {GREETING: hello, TONE: warm}\nlabels: {org.example.greets: all}\n\
                  entrypoint: [/usr/bin/greet]\ncmd: [--all]\nwork-dir: /srv\nstop-signal: SIGINT\n";
    let repository = DebRepository::new(vec![
        Deb::new("greet-oci-config", "1-1").file("opt/docker/config/50-greet.yaml", config),
        Deb::new("broken-oci-config", "1-1").file("opt/docker/config/60-broken.yaml", "entrypoint: {}\n"),
    ]);
    let scene = Scene::new(&DebBase::new(Database::Status), &repository);
    let source = format!(
        "packages: [greet-oci-config, broken-oci-config]\n  repositories: [\"deb file:{} test main\"]\n  keyring: [repo.gpg]",
        scene.path("repo").display()
    );
    scene.configured(&source, "environment: {TONE: dry}\ncmd: [--once]\n");
    let report = scene.report(&[]);
    for platform in report["targets"][0]["platforms"].as_array().unwrap() {
        let run = &platform["run"];
        assert_eq!(run["Env"], json!(["GREETING=hello", "TONE=dry"]), "{run}");
        assert_eq!(run["Entrypoint"], json!(["/usr/bin/greet"]));
        assert_eq!(run["Cmd"], json!(["--all", "--once"]));
        assert_eq!((&run["WorkingDir"], &run["StopSignal"]), (&json!("/srv"), &json!("SIGINT")));
        assert_eq!(run["Labels"]["org.example.greets"], "all");
    }
    let found = warnings(&report);
    assert!(found.iter().any(|one| one.starts_with("W_PKG_CONFIG: `broken-oci-config`: ")), "{found:?}");
}
