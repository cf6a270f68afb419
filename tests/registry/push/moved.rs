//! Tags that two clients push at a time.

use std::process::Stdio;
use std::sync::Arc;

use crate::registry::scene::Scene;
use crate::support::digest;
use crate::support::registry::{Fault, Method};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

#[test]
fn r19_of_two_pushes_to_one_tag_one_wins_and_it_is_complete() {
    let scene = Scene::new();
    scene.local();
    for (file, label) in [("one.yaml", "one"), ("two.yaml", "two")] {
        scene.file(file, &format!("{}labels: {{which: {label}}}\n", scene.local_keys()));
    }
    for round in 0..6 {
        // Each round moves the tag again: a label more makes other images.
        let files = ["one.yaml", "two.yaml"].map(|file| {
            let text = std::fs::read_to_string(scene.sandbox.path(file)).unwrap();
            scene.sandbox.write(file, &text.replace("labels: {", &format!("labels: {{round{round}: x, ")));
            file
        });
        let running = files.map(|file| {
            let mut command = scene.push(&[file], &["--quiet"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        });
        let ended = running.map(|child| child.wait_with_output().unwrap());
        let exits = ended.each_ref().map(|output| output.status.code().unwrap());
        let winners: Vec<String> = ended
            .iter()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
            .collect();
        for (output, exit) in ended.iter().zip(exits) {
            let words = String::from_utf8_lossy(&output.stderr);
            assert!(exit == 0 || exit == 8 && words.contains("error[E_TAG_MOVED]"), "{exit}: {words}");
        }
        let found = scene.complete("demo/app", "1_x");
        // Both may have read back their own before the other one moved it; the last one to put it saw its own.
        assert!(winners.contains(&found), "{found} was read back by nobody of {winners:?}");
        println!("round {round}: exits {exits:?}");
    }
}

#[test]
fn r19_whoever_reads_back_what_somebody_else_pushed_exits_8() {
    let scene = Scene::new();
    scene.local();
    let theirs =
        br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let registry = Arc::downgrade(&scene.registry);
    // The first HEAD finds nothing; the second one reads back, and before that somebody else is there.
    scene.registry.fault(Fault::on(Method::Head, "/manifests/1_x").nth(2).stop(move || {
        registry.upgrade().unwrap().put_manifest("demo/app", Some("1_x"), INDEX, theirs);
    }));
    let output = scene.sandbox.fails(8, &mut scene.push(&["x.yaml"], &[]));
    let words = String::from_utf8(output.stderr).unwrap();
    let theirs = digest(theirs);
    assert!(words.contains("error[E_TAG_MOVED]") && words.contains(&theirs), "{words}");
    assert!(words.contains("demo/app") && words.contains("`1_x`"), "{words}");
    assert_eq!(scene.complete("demo/app", "1_x"), theirs);
    let (report, _) = scene.pushed("x.yaml", &[]);
    assert_eq!(report["targets"][0]["pushed"]["tags"][0]["outcome"], "moved");
    assert_eq!(report["targets"][0]["pushed"]["tags"][0]["was"], theirs);
}

#[test]
fn r19_a_tag_that_is_gone_when_it_is_read_back_is_told_of_after_all_tags_were_put() {
    let scene = Scene::new();
    scene.local();
    let target = scene.target("demo/app", "oci:large:1").replace("[\"1\"]", "[\"1\", \"1.2\"]");
    scene.file("x.yaml", &scene.local_keys().replace(&scene.target("demo/app", "oci:large:1"), &target));
    scene.registry.fault(Fault::on(Method::Head, "/manifests/1.2_x").nth(2).status(404));
    scene.registry.fault(Fault::on(Method::Get, "/manifests/1.2_x").status(404));
    let output = scene.sandbox.fails(8, &mut scene.push(&["x.yaml"], &[]));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("`1.2_x` is gone"), "{words}");
    scene.registry.clear_faults();
    assert_eq!(scene.complete("demo/app", "1_x"), scene.complete("demo/app", "1.2_x"));
}
