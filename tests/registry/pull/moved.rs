//! Tags that move, and references that say which bytes they mean.

use std::sync::Arc;

use serde_json::json;

use super::Demo;
use crate::support::registry::{Fault, Method};
use crate::support::{Sandbox, Tar};

/// Puts another image into the registry as `demo/base:moved`, and gives the tag of the demo base to it when `fault` strikes.
///
/// The connection is reset then, and the request sent again.
fn moves_the_tag(demo: &Demo, fault: Fault) -> String {
    let other = Sandbox::new();
    other.image("base", "moved", json!({}), vec![Tar::of(&["other/"])]);
    let moved = demo.registry.push_layout(&other.path("base"), "moved", "demo/base");
    let registry = Arc::downgrade(&demo.registry);
    demo.registry.fault(fault.stop(move || {
        let registry = registry.upgrade().expect("it serves as long as it is held");
        let (bytes, media_type) = registry.manifest("demo/base", "moved").expect("it was put there");
        registry.put_manifest("demo/base", Some("1"), &media_type, &bytes);
    }));
    moved
}

/// The request of the base's index, and that of its first child.
fn requests(demo: &Demo) -> [String; 2] {
    let [index, child, _] = demo.base_digests();
    [format!("/demo/base/manifests/{index}"), format!("/demo/base/manifests/{child}")]
}

#[test]
fn r01_a_tag_that_moves_during_a_build_leaves_it_with_the_first_index() {
    for moment in 0..2 {
        let demo = Demo::start();
        let expected = demo.built(&[]);
        let [index, child, other_child] = demo.base_digests();
        let request = &requests(&demo)[moment];
        let moved = moves_the_tag(&demo, Fault::on(Method::Get, request).first(1));
        let layout = demo.build(&[]);
        assert_eq!(demo.registry.tags("demo/base")[0], ("1".to_owned(), moved), "the tag has not moved");
        assert_eq!(layout.named("1")["digest"], expected);
        assert!(demo.count(Method::Get, &index) > 0);
        for (platform, base) in [("linux/amd64", child), ("linux/arm64", other_child)] {
            let annotations = &layout.image("1", platform).manifest["annotations"];
            assert_eq!(annotations["org.opencontainers.image.base.digest"], base);
        }
    }
}

#[test]
fn r01_the_next_build_takes_what_the_tag_leads_to_then() {
    let demo = Demo::start();
    let request = &requests(&demo)[1];
    moves_the_tag(&demo, Fault::on(Method::Get, request).first(1));
    let first = demo.built(&["--store", "store"]);
    assert_ne!(demo.built(&["--store", "store"]), first);
}

#[test]
fn r01_a_tag_is_resolved_once_for_all_targets_of_a_build() {
    let demo = Demo::start();
    let host = demo.registry.host();
    let target = |name| format!("- {{destination: demo/{name}, base: {host}/demo/base:1, tags: [\"1\"]}}\n");
    demo.sandbox.spec(&format!("targets:\n{}{}", target("a"), target("b")));
    demo.sandbox.run(&["build", "x.yaml", "-o", "oci:out"]);
    assert_eq!(demo.count(Method::Head, "/demo/base/manifests/1"), 1);
    assert_eq!(demo.count(Method::Get, "/demo/base/manifests/1"), 0);
}

#[test]
fn r02_a_pinned_index_is_refused_where_other_bytes_come() {
    let demo = Demo::start();
    let [index, ..] = demo.base_digests();
    let (bytes, _) = demo.registry.manifest("demo/base", "1").unwrap();
    let mut other: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    other["annotations"] = json!({"more": "x"});
    for name in [format!("demo/base:1@{index}"), format!("demo/base@{index}")] {
        demo.spec_on_base(&name);
        demo.registry.clear_faults();
        assert!(!demo.build(&[]).names().is_empty());
        std::fs::remove_dir_all(demo.sandbox.path("out")).unwrap();
        demo.registry.fault(Fault::on(Method::Get, "/manifests/").body(other.to_string()));
        let words = demo.refused(7, &[]);
        assert!(words.starts_with("error[E_DIGEST]: ") && words.contains(&index), "{words}");
        assert_eq!(demo.count(Method::Head, "/manifests/"), 0, "a pinned name asks for no tag");
    }
}

#[test]
fn r02_what_an_index_pins_is_refused_where_other_bytes_come() {
    let demo = Demo::start();
    let [_, child, _] = demo.base_digests();
    let image = demo.sandbox.layout("base").image("1", "linux/amd64");
    let config = image.manifest["config"]["digest"].as_str().unwrap();
    let (layer, _) = demo.base_layer();
    for digest in [&*child, config, &*layer] {
        let mut bytes = demo.bytes(digest);
        bytes[200] ^= 1;
        demo.registry.clear_faults();
        demo.registry.fault(Fault::on(Method::Get, digest).body(bytes));
        let words = demo.refused(7, &[]);
        assert!(words.starts_with("error[E_DIGEST]: ") && words.contains(digest), "{words}");
    }
}

#[test]
fn r02_a_mistaken_content_digest_of_a_tag_is_an_error() {
    let demo = Demo::start();
    let [_, child, _] = demo.base_digests();
    let wrong = Fault::any("/demo/base/manifests/1").header("Docker-Content-Digest", &child);
    demo.registry.fault(wrong);
    // Without HEAD there is nothing but the answer itself.
    demo.registry.change(|behaviour| behaviour.heads = false);
    let words = demo.refused(7, &[]);
    assert!(words.starts_with("error[E_DIGEST]: "), "{words}");
}

#[test]
fn a_registry_that_says_little_to_head_is_asked_for_the_whole() {
    let demo = Demo::start();
    let expected = demo.built(&[]);
    demo.registry.change(|behaviour| behaviour.head_digest = false);
    assert_eq!(demo.built(&[]), expected);
    demo.registry.change(|behaviour| behaviour.heads = false);
    assert_eq!(demo.built(&[]), expected);
}
