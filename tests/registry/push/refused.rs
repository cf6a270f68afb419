//! Pushes that end with an error, and tags as they were.

use serde_json::{Value, json};

use crate::registry::scene::{OCTETS, Scene, large};
use crate::support::LAYER;
use crate::support::digest;
use crate::support::registry::{Auth, Catcher, Fault, Method, Options, basic};

/// Bytes of the largest manifest that registries take.
const MOST: usize = 4 << 20;

/// A base whose only layer has an annotation of this size, which an image on it has as well.
fn base_with(scene: &Scene, annotation: usize) {
    let tar = large("x").finish();
    let mut layer = scene.sandbox.blob("padded", LAYER, &tar);
    layer["annotations"] = json!({ "example": "x".repeat(annotation) });
    let image = scene.sandbox.manifest("padded", "amd64", &json!({}), &[layer], &[digest(&tar)]);
    scene.sandbox.index("padded", "1", &[image]);
}

#[test]
fn r05_a_manifest_of_ours_that_is_too_large_is_refused_before_any_request() {
    let scene = Scene::new();
    let target = scene.target("demo/app", "oci:padded:1");
    scene.file("x.yaml", &format!("targets: [{target}]\nplatforms: [linux/amd64]\nlabels: {{a: b}}\n"));
    let annotation = MOST - 4096;
    base_with(&scene, annotation);
    let (report, _) = scene.pushed("x.yaml", &[]);
    let size = report["targets"][0]["platforms"][0]["manifest"]["size"].as_u64().unwrap();
    let most = annotation + MOST - usize::try_from(size).unwrap();
    base_with(&scene, most);
    let (report, _) = scene.pushed("x.yaml", &[]);
    assert_eq!(report["targets"][0]["platforms"][0]["manifest"]["size"], MOST);
    base_with(&scene, most + 1);
    let (words, log) = scene.refused(5, "E_LIMIT_MANIFEST", &[]);
    assert!(words.contains("4194305") && words.contains("written-document-bytes"), "{words}");
    assert_eq!(log.len(), 0);
}

#[test]
fn r12_an_upload_that_is_to_go_on_elsewhere_is_refused_and_nobody_else_is_told_anything() {
    for method in [Method::Post, Method::Patch] {
        let (scene, elsewhere) = (Scene::with(canary()), Catcher::start());
        scene.local();
        let location = format!("{}/v2/demo/app/blobs/uploads/1?_state=1", elsewhere.url());
        if method == Method::Patch {
            // Chunks, as of a registry that takes no large blob in one request.
            scene.registry.fault(Fault::on(Method::Put, "/blobs/uploads/").status(413));
        }
        scene.registry.fault(Fault::on(method, "/blobs/uploads/").status(202).header("Location", &location));
        let authfile = authfile(&scene);
        let (words, log) = scene.refused(4, "E_LOCATION", &authfile);
        assert!(words.contains(&elsewhere.host()) && !words.contains(CANARY), "{words}");
        assert_eq!((elsewhere.connections(), log.count(Method::Put, "/manifests/")), (0, 0));
        assert!(log.saw(&basic("user", CANARY)), "the registry itself is shown who pushes");
        scene.registry.clear_faults();
        scene.pushed("x.yaml", &authfile);
    }
}

#[test]
fn r12_an_upload_that_may_go_on_elsewhere_does_so_without_the_credential() {
    // It keeps what it gets to itself, so that the push goes on only until the registry misses it.
    let (scene, elsewhere) = (Scene::with(canary()), Catcher::start());
    scene.local();
    elsewhere.fault(Fault::on(Method::Put, "/elsewhere").status(201));
    let location = format!("{}/elsewhere?_state=1", elsewhere.url());
    let settings =
        format!("[registry.\"{}\"]\nupload-hosts = [\"{}\"]\n", scene.registry.host(), elsewhere.host());
    scene.sandbox.write("registries.toml", &settings);
    scene
        .registry
        .fault(Fault::on(Method::Post, "/blobs/uploads/").status(202).header("Location", &location));
    let args = [&authfile(&scene)[..], &["--registries", "registries.toml"]].concat();
    let (words, _) = scene.refused(4, "E_REMOTE", &args);
    assert!(words.contains("MANIFEST_BLOB_UNKNOWN"), "{words}");
    let log = elsewhere.log();
    assert!(log.count(Method::Put, "/elsewhere") > 0);
    assert!(log.iter().all(|entry| entry.headers.get("authorization").is_none()) && !log.saw(CANARY));
}

/// A password that nobody else is to see.
const CANARY: &str = "canary-of-r12";

/// A registry for who knows the canary.
fn canary() -> Options {
    Options { auth: Auth::Basic("user", CANARY), ..Options::default() }
}

/// The flag that names a file with the credential of the registry.
fn authfile(scene: &Scene) -> [&'static str; 2] {
    let entry = json!({"username": "user", "password": CANARY});
    let auths = json!({"auths": {scene.registry.host(): entry}});
    scene.sandbox.write("auth.json", &auths.to_string());
    ["--authfile", "auth.json"]
}

#[test]
fn r16_blobs_that_a_registry_only_says_it_has_are_uploaded_once_more() {
    let scene = Scene::new();
    scene.local();
    scene.registry.fault(Fault::on(Method::Head, "/blobs/").status(200));
    let (report, log) = scene.pushed("x.yaml", &[]);
    assert_eq!(log.kinds()["PUT manifest 400"], 2, "each platform once");
    assert!(log.count(Method::Put, "/blobs/uploads/") > 0);
    assert_eq!(report["targets"][0]["index"]["digest"], scene.complete("demo/app", "1_x"));
}

#[test]
fn r16_a_registry_that_still_lacks_what_it_took_is_given_up() {
    let scene = Scene::new();
    scene.local();
    let lacks = json!({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown to registry"}]});
    scene.registry.fault(Fault::on(Method::Put, "/manifests/sha256:").status(400).body(lacks.to_string()));
    let (words, log) = scene.refused(4, "E_REMOTE", &["--platform", "linux/amd64"]);
    assert!(words.contains("MANIFEST_BLOB_UNKNOWN"), "{words}");
    let sent = |entry: &&crate::support::registry::Entry| {
        entry.status == Some(201) && entry.target.contains("digest=")
    };
    let mut digests: Vec<_> = log
        .iter()
        .filter(sent)
        .map(|entry| entry.target.rsplit("digest=").next().unwrap().to_owned())
        .collect();
    digests.sort();
    let all = digests.len();
    digests.dedup();
    assert_eq!((all, log.count(Method::Put, "/manifests/")), (2 * digests.len(), 2));
}

#[test]
fn r17_a_registry_that_took_something_else_is_not_believed() {
    let other = digest(b"other");
    for (method, part) in
        [(Method::Post, "digest="), (Method::Put, "/blobs/uploads/"), (Method::Put, "/manifests/")]
    {
        let scene = Scene::new();
        scene.local();
        scene.registry.fault(Fault::on(method, part).header("Docker-Content-Digest", &other));
        let (words, log) = scene.refused(7, "E_DIGEST", &[]);
        assert!(words.contains(&other), "{words}");
        assert_eq!(log.count(Method::Put, "/manifests/1_x"), 0);
        scene.registry.clear_faults();
        scene.pushed("x.yaml", &[]);
    }
}

#[test]
fn an_index_that_comes_back_otherwise_gets_no_tag() {
    let scene = Scene::new();
    scene.local();
    let (report, _) = scene.pushed("x.yaml", &[]);
    let index = report["targets"][0]["index"]["digest"].as_str().unwrap().to_owned();
    let fresh = Scene::new();
    fresh.local();
    fresh.registry.fault(Fault::on(Method::Get, &format!("/manifests/{index}")).body("{}"));
    let (_, log) = fresh.refused(7, "E_DIGEST", &[]);
    assert_eq!(log.count(Method::Put, "/manifests/1_x"), 0);
}

#[test]
fn a_registry_that_forbids_a_push_says_so_and_is_not_asked_again() {
    let scene = Scene::new();
    scene.local();
    scene.registry.fault(Fault::on(Method::Post, "/blobs/uploads/").status(403));
    let (words, log) = scene.refused(4, "E_AUTH", &[]);
    assert!(words.contains("status 403"), "{words}");
    assert!(log.count(Method::Post, "/blobs/uploads/") <= 4, "each transfer once");
}

#[test]
fn a_blob_that_is_not_what_its_layout_says_is_never_completed() {
    let scene = Scene::new();
    let tar = large("x").finish();
    let mut layer = scene.sandbox.blob("broken", LAYER, &tar);
    let other = scene.sandbox.blob("broken", OCTETS, &large("y").finish());
    layer["digest"] = other["digest"].clone();
    layer["size"] = other["size"].clone();
    let image = scene.sandbox.manifest("broken", "amd64", &Value::Null, &[layer.clone()], &[digest(&tar)]);
    scene.sandbox.index("broken", "1", &[image]);
    let path = crate::support::blob_path(&scene.sandbox.path("broken"), layer["digest"].as_str().unwrap());
    std::fs::write(path, tar).unwrap();
    let target = scene.target("demo/app", "oci:broken:1");
    scene.file("x.yaml", &format!("targets: [{target}]\nplatforms: [linux/amd64]\nlabels: {{a: b}}\n"));
    let (_, log) = scene.refused(7, "E_DIGEST", &[]);
    assert_eq!(log.count(Method::Put, "/manifests/"), 0);
    assert!(!scene.registry.has_blob("demo/app", layer["digest"].as_str().unwrap()));
}

#[test]
fn a_registry_that_does_not_know_zstd_layers_is_answered_with_what_to_do() {
    let scene = Scene::new();
    scene.local();
    let body = r#"{"errors":[{"code":"MANIFEST_INVALID","message":"unknown layer type"}]}"#;
    scene.registry.fault(Fault::on(Method::Put, "/manifests/").status(400).body(body));
    let (words, _) = scene.refused(4, "E_REMOTE", &[]);
    assert!(words.contains("unknown layer type") && words.contains("set `compression: GZIP`"), "{words}");
}
