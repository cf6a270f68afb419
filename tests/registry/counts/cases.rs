//! The cases of every day, at a registry that is open to all.

use serde_json::json;

use super::Scene;
use crate::registry::scene::{kinds, large};
use crate::support::Tar;
use crate::support::registry::{Behaviour, Method, Options, Registry};

/// What the demo takes from the registry, and a layer of its own.
fn keys(scene: &Scene) -> String {
    format!(
        "contents:\n  artifacts:\n  - {{name: \"{}\", includes: [usr/bin/h*, lib/demo]}}\n  - {{name: \"{}\", includes: [etc/ssl/certs/ca-certificates.crt]}}\npaths: [{{path: /etc/app.conf, contents: demo}}]\n",
        scene.name("demo/artifacts:tools"),
        scene.name("demo/artifacts:certs"),
    )
}

fn demo() -> Scene {
    let scene = Scene::new();
    scene.file("x.yaml", &keys(&scene));
    scene
}

#[test]
fn a_first_build_reads_each_input_once_and_sends_each_new_blob_once() {
    let scene = demo();
    let first = scene.cost("x.yaml");
    insta::assert_snapshot!(first.kinds(), @"
    12 GET blob 200
    10 GET manifest 200
     4 HEAD manifest 200
     1 HEAD manifest 404
     2 POST mount 201
     6 POST upload 201
     4 PUT manifest 201
    39 in all, 3540 bytes up, 87371 bytes down
    ");
    let (up, _) = first.log.blob_bytes();
    let sizes = first.sizes();
    assert_eq!(up, sizes.own + sizes.configs, "0 bytes of the base go up");
    assert_eq!(first.report["targets"][0]["pushed"]["mounted"]["bytes"], sizes.base);
    for digest in first.log.of(Method::Get, "/v2/").map(|entry| &entry.target) {
        assert_eq!(first.log.count(Method::Get, digest), 1, "{digest} is read once");
    }
}

#[test]
fn a_first_build_without_a_store_only_reads_a_layer_twice_that_takes_two_looks() {
    let (scene, other) = (demo(), demo());
    let (_, without) = scene.pushed("x.yaml", &["--no-store"]);
    let with = kinds(&other.cost("x.yaml").log);
    assert_eq!(kinds(&without), with.replace("12 GET blob 200", "13 GET blob 200"));
}

#[test]
fn where_nothing_changed_it_costs_a_request_for_each_input_and_each_tag() {
    let scene = demo();
    let target = scene.target("demo/app", &scene.name("demo/base:1")).replace("[\"1\"]", "[\"1\", \"1.0\"]");
    scene.file("x.yaml", &format!("{}targets: [{target}]\n", keys(&scene)));
    let first = scene.cost("x.yaml");
    let second = scene.cost("x.yaml");
    insta::assert_snapshot!(second.kinds(), @"
    5 HEAD manifest 200
    5 in all, 0 bytes up, 0 bytes down
    ");
    assert_eq!(second.report["targets"][0]["index"], first.report["targets"][0]["index"]);
    // Three inputs, two tags.
    assert_eq!((second.log.len(), second.log.blob_bytes()), (3 + 2, (0, 0)));
}

#[test]
fn where_only_the_config_changed_no_byte_of_a_layer_moves() {
    let scene = demo();
    scene.cost("x.yaml");
    scene.file("x.yaml", &(keys(&scene) + "labels: {a: b}\n"));
    let cost = scene.cost("x.yaml");
    insta::assert_snapshot!(cost.kinds(), @"
     1 GET manifest 200
     4 HEAD blob 200
     5 HEAD manifest 200
     2 POST mount 201
     2 POST upload 201
     4 PUT manifest 201
    18 in all, 2209 bytes up, 0 bytes down
    ");
    assert_eq!(cost.log.blob_bytes(), (cost.sizes().configs, 0));
}

#[test]
fn a_base_of_the_same_registry_is_mounted_and_once_indexed_never_read() {
    let scene = demo();
    scene.cost("x.yaml");
    let target = scene.target("demo/other", &scene.name("demo/base:1"));
    scene.file(
        "y.yaml",
        &format!("name: y\ntargets: [{target}]\npaths: [{{path: /etc/other.conf, contents: other}}]\n"),
    );
    let cost = scene.cost("y.yaml");
    insta::assert_snapshot!(cost.kinds(), @"
     1 GET manifest 200
     2 HEAD manifest 200
     1 HEAD manifest 404
     2 POST mount 201
     3 POST upload 201
     4 PUT manifest 201
    13 in all, 1505 bytes up, 0 bytes down
    ");
    let sizes = cost.sizes();
    assert_eq!(cost.log.blob_bytes(), (sizes.own + sizes.configs, 0));
    assert!(sizes.base > 0 && sizes.own > 0);
    assert_eq!(cost.report["targets"][0]["pushed"]["mounted"]["bytes"], sizes.base);
}

/// A scene whose base is `demo/large:1`, of one layer, and `demo/large:2`, which has one more on top.
fn two_bases() -> Scene {
    let scene = Scene::new();
    let patch = || Tar::of(&["usr/", "usr/share/"]).file("usr/share/patch", 0o644, &"patch\n".repeat(20_000));
    scene.sandbox.image("large", "1", json!({}), vec![large("large")]);
    scene.sandbox.image("large", "2", json!({}), vec![large("large"), patch()]);
    for tag in ["1", "2"] {
        scene.registry.push_layout(&scene.sandbox.path("large"), tag, "demo/large");
    }
    scene
}

#[test]
fn a_base_that_moved_costs_no_byte_of_a_payload_or_an_artifact_where_both_are_indexed() {
    let scene = two_bases();
    let on = |name: &str, repo: &str, tag: &str, more: &str| {
        let target = scene.target(repo, &scene.name(&format!("demo/large:{tag}")));
        scene.file(&format!("{name}.yaml"), &format!("name: {name}\ntargets: [{target}]\n{more}"));
    };
    on("x", "demo/app", "1", &keys(&scene));
    scene.cost("x.yaml");
    // Another customization, on what the base of the first one moves to.
    on("y", "demo/other", "2", "paths: [{path: /etc/other.conf, contents: other}]\n");
    scene.cost("y.yaml");
    on("x", "demo/app", "2", &keys(&scene));
    let moved = scene.cost("x.yaml");
    insta::assert_snapshot!(moved.kinds(), @"
     1 GET manifest 200
     4 HEAD blob 200
     5 HEAD manifest 200
     2 POST mount 201
     2 POST upload 201
     4 PUT manifest 201
    18 in all, 1872 bytes up, 0 bytes down
    ");
    assert_eq!(moved.log.blob_bytes(), (moved.sizes().configs, 0), "all else is there, or mounted");
    assert_eq!(moved.report["work"]["written"]["layers"], 0);
}

#[test]
fn a_base_of_another_registry_goes_from_there_to_here_once() {
    let (scene, target) = (two_bases(), Registry::start());
    let destination = format!("{}/demo/app", target.host());
    let base = scene.name("demo/large:2");
    scene.file(
        "x.yaml",
        &format!(
            "targets: [{{destination: {destination}, base: \"{base}\", tags: [\"1\"]}}]\nlabels: {{a: b}}\n"
        ),
    );
    let (report, read) = scene.pushed("x.yaml", &[]);
    let pushed = target.log();
    let (up, down) = (pushed.blob_bytes().0, read.blob_bytes().1);
    assert!(target.complete("demo/app", "1_x"));
    insta::assert_snapshot!(format!("{}---\n{}", kinds(&read), kinds(&pushed)), @"
      4 GET blob 200
      3 GET manifest 200
      1 HEAD manifest 200
    ---
      1 GET manifest 200
      2 HEAD blob 404
      1 HEAD manifest 200
      1 HEAD manifest 404
      2 POST upload 201
      2 POST upload 202
      4 PUT manifest 201
      2 PUT upload 201
    ");
    assert_eq!(report["traffic"]["requests"], read.len() + pushed.len());
    assert_eq!(
        (&report["traffic"]["blobBytesOut"], &report["traffic"]["blobBytesIn"]),
        (&up.into(), &down.into())
    );
    for (path, bytes) in read.of(Method::Get, "/blobs/").map(|entry| (&entry.target, entry.sent)) {
        assert_eq!(read.count(Method::Get, path), 1, "{path} is read once");
        let digest = path.rsplit('/').next().unwrap();
        assert!(!target.has_blob("demo/app", digest) || target.blob(digest).unwrap().len() as u64 == bytes);
    }
}

#[test]
fn a_registry_like_docker_registry_costs_a_session_for_each_new_blob() {
    let scene = Scene::with(Options { behaviour: Behaviour::docker_registry(), ..Options::default() });
    scene.file("x.yaml", &keys(&scene));
    // Bytes that are sent in vain until it is known that they are not taken at once are a matter of chance, and not counted.
    let (report, first) = scene.pushed("x.yaml", &[]);
    assert_eq!(report["traffic"]["requests"], first.len());
    insta::assert_snapshot!(kinds(&first), @"
    12 GET blob 200
    10 GET manifest 200
     4 HEAD manifest 200
     1 HEAD manifest 404
     2 POST mount 201
     6 POST upload 202
     4 PUT manifest 201
     6 PUT upload 201
    ");
    scene.file("x.yaml", &(keys(&scene) + "labels: {a: b}\n"));
    let changed = scene.cost("x.yaml");
    insta::assert_snapshot!(changed.kinds(), @"
     1 GET manifest 200
     4 HEAD blob 200
     5 HEAD manifest 200
     2 POST mount 201
     2 POST upload 202
     4 PUT manifest 201
     2 PUT upload 201
    20 in all, 2209 bytes up, 0 bytes down
    ");
    assert_eq!(changed.log.blob_bytes(), (changed.sizes().configs, 0));
    assert_eq!(scene.cost("x.yaml").log.len(), 3 + 1);
}
