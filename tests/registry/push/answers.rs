//! Registries that answer otherwise than most do, and get the same image all the same.

use crate::registry::scene::Scene;
use crate::support::registry::{Behaviour, Fault, Log, Method, Options};

/// What a push of the local demo asks a registry that does as told; its tag is complete, and always leads to the same.
fn pushed(behaviour: Behaviour, faults: impl IntoIterator<Item = Fault>) -> Log {
    let scene = Scene::with(Options { behaviour, ..Options::default() });
    scene.local();
    faults.into_iter().for_each(|fault| scene.registry.fault(fault));
    let (report, log) = scene.pushed("x.yaml", &[]);
    let digest = scene.complete("demo/app", "1_x");
    assert_eq!(report["targets"][0]["index"]["digest"], digest);
    log.push_order().unwrap();
    let reference = scene.sandbox.run(&["build", "x.yaml", "--quiet", "-o", "oci:reference"]);
    assert_eq!(reference.trim(), digest);
    log
}

#[test]
fn a_mount_that_opens_a_session_is_uploaded_in_that() {
    let scene = Scene::new();
    scene.file("x.yaml", "labels: {a: b}\n");
    scene.registry.change(|behaviour| behaviour.mounts = false);
    let (_, log) = scene.pushed("x.yaml", &[]);
    let kinds = log.kinds();
    let sessions = kinds["POST mount 202"];
    assert!(sessions >= 1 && !kinds.contains_key("POST mount 201"), "{kinds:?}");
    // The first answers end the asking; no session is left over.
    assert!(sessions <= 4, "{kinds:?}");
    assert_eq!(scene.registry.uploads(), 0);
    scene.complete("demo/app", "1_x");
}

#[test]
fn a_mount_that_is_refused_for_one_blob_alone_is_uploaded_and_the_others_are_mounted() {
    let scene = Scene::new();
    scene.file("x.yaml", "labels: {a: b}\n");
    scene.registry.fault(Fault::on(Method::Post, "mount=").nth(2).no_mount());
    let (_, log) = scene.pushed("x.yaml", &[]);
    let kinds = log.kinds();
    assert_eq!(kinds["POST mount 202"], 1, "{kinds:?}");
    assert!(kinds["POST mount 201"] >= 1, "{kinds:?}");
    assert_eq!(scene.registry.uploads(), 0);
    scene.complete("demo/app", "1_x");
}

#[test]
fn a_mount_that_fails_is_uploaded() {
    for status in [400, 403, 404, 405] {
        let scene = Scene::new();
        scene.file("x.yaml", "labels: {a: b}\n");
        scene.registry.fault(Fault::on(Method::Post, "mount=").status(status));
        scene.pushed("x.yaml", &[]);
        scene.complete("demo/app", "1_x");
    }
}

#[test]
fn a_registry_that_takes_no_blob_in_one_post_gets_it_in_two_requests() {
    let log = pushed(Behaviour { monolithic_post: false, ..Behaviour::default() }, []);
    assert!(!log.kinds().contains_key("POST uploads 201"), "{:?}", log.kinds());
}

#[test]
fn a_registry_that_refuses_a_blob_in_one_post_gets_it_in_two_requests() {
    for status in [400, 405, 411, 413, 415, 501] {
        pushed(Behaviour::default(), [Fault::on(Method::Post, "digest=").status(status)]);
    }
}

#[test]
fn a_registry_that_does_not_say_where_a_manifest_is_or_what_it_is_called_is_read_all_the_same() {
    let behaviour = Behaviour { manifest_location: false, head_digest: false, ..Behaviour::default() };
    let log = pushed(behaviour, [Fault::any("").without("Docker-Content-Digest")]);
    assert!(log.count(Method::Get, "/manifests/1_x") > 0, "what a HEAD does not say, a GET does");
}

#[test]
fn a_registry_that_answers_no_head_is_asked_otherwise() {
    let log = pushed(Behaviour { heads: false, ..Behaviour::default() }, []);
    assert!(log.count(Method::Get, "/manifests/1_x") > 0);
}

#[test]
fn locations_are_followed_written_out_or_relative_and_keep_their_query() {
    for absolute_urls in [true, false] {
        // The registry refuses an upload whose query is not the one it told last.
        pushed(Behaviour { absolute_urls, ..Behaviour::default() }, []);
        pushed(Behaviour { absolute_urls, monolithic_post: false, ..Behaviour::default() }, []);
    }
    pushed(Behaviour::docker_registry(), []);
}

#[test]
fn a_registry_that_takes_no_large_request_gets_chunks() {
    for refusal in [
        Fault::on(Method::Put, "_state=1&").status(413),
        Fault::on(Method::Put, "_state=1&").status(413).unread(),
    ] {
        let log = pushed(Behaviour::default(), [refusal]);
        assert_eq!(log.kinds()["PATCH upload 202"], 1, "{:?}", log.kinds());
    }
}
