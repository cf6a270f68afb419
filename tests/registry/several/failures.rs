//! Files that fail, and calls that are asked to end.

use std::sync::Arc;

use rustix::process::Signal;
use serde_json::Value;

use super::{assert_fits, files, write};
use crate::support::process::Victim;
use crate::support::registry::{Fault, Method};

#[test]
fn a_file_that_fails_stops_no_other_and_decides_the_exit_code() {
    let (scene, _) = files(5);
    // A repository that may not be pushed to, and no specification: the first of them in the order of the files decides.
    scene.registry.fault(Fault::on(Method::Post, "/v2/demo/app1/").status(403));
    scene.sandbox.write("many/03.yaml", "name: [\n");
    let before = scene.tags();
    let output = scene.push(&["many"], &["--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_fits(&report);
    let codes: Vec<_> =
        (0..5).map(|number| report["builds"][number]["diagnostics"][0]["code"].clone()).collect();
    assert_eq!((&codes[0], &codes[2], &codes[4]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!((&report["succeeded"], &report["failed"]), (&3.into(), &2.into()));
    assert_eq!((&codes[1], &report["builds"][1]["file"]), (&"E_AUTH".into(), &"many/01.yaml".into()));
    for number in [0, 2, 4] {
        scene.complete(&format!("demo/app{number}"), &format!("1_n{number}"));
    }
    assert_eq!(scene.tags().len(), before.len() + 3);
    assert_eq!(output.status.code(), Some(4));
    let turned = scene.push(&["many/03.yaml", "many/01.yaml", "many/00.yaml"], &[]).output().unwrap();
    assert_eq!(turned.status.code(), Some(2));
    let words = String::from_utf8(turned.stdout).unwrap();
    assert!(words.starts_with("1 built, 2 failed\nfailed: many/03.yaml\nfailed: many/01.yaml\n"), "{words}");
    // Quiet is who succeeds.
    let quiet = scene.push(&["many/03.yaml", "many/01.yaml", "many/00.yaml"], &["--quiet"]).output().unwrap();
    let said = String::from_utf8(quiet.stderr).unwrap();
    assert!(said.contains("error[E_SPEC_YAML]") && said.contains("error[E_AUTH]"), "{said}");
    assert_eq!(String::from_utf8(quiet.stdout).unwrap().lines().count(), 1);
}

#[test]
fn two_files_that_write_one_tag_are_refused_by_its_name() {
    let (scene, _) = files(2);
    let text = std::fs::read_to_string(scene.sandbox.path("many/00.yaml")).unwrap();
    scene.sandbox.write("many/01.yaml", &text.replace("number: n0", "number: other"));
    let output = scene.push(&["many"], &["--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_fits(&report);
    assert_eq!(
        (output.status.code(), &report["succeeded"], &report["failed"]),
        (Some(2), &1.into(), &1.into())
    );
    let failed = (0..2).find(|number| report["builds"][number]["report"].is_null()).unwrap();
    let diagnostic = &report["builds"][failed]["diagnostics"][0];
    assert_eq!(diagnostic["code"], "E_OUTPUT");
    assert!(diagnostic["message"].as_str().unwrap().contains(&scene.name("demo/app0:1_n0")), "{diagnostic}");
    // The other one is there, whole.
    let kept = &report["builds"][1 - failed]["report"]["targets"][0]["index"]["digest"];
    assert_eq!(kept, scene.complete("demo/app0", "1_n0").as_str());
}

#[test]
fn two_files_that_make_the_same_image_under_one_tag_are_one() {
    let (scene, _) = files(2);
    std::fs::copy(scene.sandbox.path("many/00.yaml"), scene.sandbox.path("many/01.yaml")).unwrap();
    scene.report(&mut scene.push(&["many"], &["--json"]));
    scene.complete("demo/app0", "1_n0");
}

#[test]
fn a_call_that_is_asked_to_end_leaves_each_tag_whole_or_as_it_was() {
    for number in [3, 20, 30, 45] {
        let (scene, _) = files(8);
        let victim = Victim::default();
        scene.registry.fault(Fault::at(number).stop_after(victim.signal(Signal::TERM)));
        let output = victim.run(&mut scene.push(&["many"], &[]));
        assert_eq!(output.status.code(), Some(143), "{}", String::from_utf8_lossy(&output.stderr));
        scene.assert_clean();
        for (repo, tag) in scene.tags().into_keys() {
            scene.complete(&repo, &tag);
        }
        scene.registry.clear_faults();
        scene.report(&mut scene.push(&["many"], &["--json"]));
        for number in 0..8 {
            scene.complete(&format!("demo/app{number}"), &format!("1_n{number}"));
        }
    }
}

#[test]
fn a_tag_that_somebody_else_moves_is_told_for_its_file_alone() {
    let (scene, _) = files(3);
    write(&scene, "many/01.yaml", 1, "");
    let registry = Arc::downgrade(&scene.registry);
    let other = br#"{"schemaVersion":2,"manifests":[]}"#;
    scene.registry.fault(Fault::on(Method::Head, "/app1/manifests/1_n1").nth(2).stop(move || {
        let media_type = "application/vnd.oci.image.index.v1+json";
        registry.upgrade().unwrap().put_manifest("demo/app1", Some("1_n1"), media_type, other);
    }));
    let output = scene.push(&["many"], &["--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["succeeded"]), (Some(8), &2.into()));
    assert_eq!(report["builds"][1]["diagnostics"][0]["code"], "E_TAG_MOVED");
}
