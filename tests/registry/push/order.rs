//! What is needed goes first, and tags last.

use crate::registry::scene::{Scene, large};
use crate::support::registry::{Log, Method};

/// The tags that were put, in their order.
fn tags_put(log: &Log, repo: &str) -> Vec<String> {
    let part = format!("/v2/{repo}/manifests/");
    let references = log.of(Method::Put, &part).map(|entry| entry.target[part.len()..].to_owned());
    references.filter(|reference| !reference.starts_with("sha256:")).collect()
}

#[test]
fn r20_no_manifest_before_its_blobs_no_index_before_its_children_and_tags_last() {
    let scene = Scene::new();
    scene.local();
    let (_, log) = scene.pushed("x.yaml", &[]);
    log.push_order().unwrap();
    assert_eq!(log.count(Method::Put, "/manifests/sha256:"), 3, "two images and their index");
    let last = log.iter().rposition(|entry| entry.method != Method::Head).unwrap();
    assert_eq!((log[last].method, &*log[last].target), (Method::Put, "/v2/demo/app/manifests/1_x"));
    let read_back = log.iter().rposition(|entry| entry.is(Method::Get, "/manifests/sha256:")).unwrap();
    assert!(read_back < last, "the index is read back before it gets a tag");
    assert!(log[last + 1..].iter().all(|entry| entry.is(Method::Head, "/manifests/1_x")));
}

#[test]
fn r20_the_same_of_several_targets_and_tags_the_most_specific_first() {
    let scene = Scene::new();
    scene.sandbox.image("large", "1", serde_json::json!({}), vec![large("large")]);
    let tags = "[latest, \"1\", \"1.2\", \"1.2.3\"]";
    let target =
        |repo: &str, base: &str| format!("{{destination: {}, base: {base}, tags: {tags}}}", scene.name(repo));
    let (one, two) = (target("demo/one", "oci:large:1"), target("demo/two", &scene.name("demo/base:1")));
    scene.file("x.yaml", &format!("targets: [{one}, {two}]\nlabels: {{a: b}}\ntag-suffix: x\n"));
    let (_, log) = scene.pushed("x.yaml", &[]);
    log.push_order().unwrap();
    for repo in ["demo/one", "demo/two"] {
        assert_eq!(tags_put(&log, repo), ["1.2.3_x", "1.2_x", "1_x", "latest_x"], "{repo}");
        for tag in tags_put(&log, repo) {
            scene.complete(repo, &tag);
        }
    }
}

#[test]
fn r20_the_same_of_several_files() {
    let scene = Scene::new();
    scene.sandbox.image("large", "1", serde_json::json!({}), vec![large("large")]);
    let files: Vec<String> = (0..6).map(|number| format!("{number}.yaml")).collect();
    for (number, file) in files.iter().enumerate() {
        let target = scene.target(&format!("demo/app{}", number % 4), "oci:large:1");
        let keys = format!("name: n{number}\ntargets: [{target}]\nlabels: {{number: n{number}}}\n");
        scene.file(file, &keys);
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let (_, log) = scene.report(&mut scene.push(&files, &["--json"]));
    for (number, _) in files.iter().enumerate() {
        scene.complete(&format!("demo/app{}", number % 4), &format!("1_n{number}"));
    }
    // Two files push to one repository, where what one of them puts may come after the tag of the other.
    for repo in ["demo/app2", "demo/app3"] {
        let part = format!("/v2/{repo}/");
        let own: Vec<_> = log.iter().filter(|entry| entry.target.starts_with(&part)).collect();
        let tag = own.iter().position(|entry| entry.is(Method::Put, "/manifests/1_")).unwrap();
        assert!(own[tag + 1..].iter().all(|entry| entry.method == Method::Head), "{repo}");
    }
}
