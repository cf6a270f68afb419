//! Connections that break at every stage of an upload.

use crate::registry::scene::Scene;
use crate::support::registry::{Behaviour, Fault, Method, Options};

/// Each stage of pushes, by the requests that belong to it.
const STAGES: [(Method, &str); 8] = [
    (Method::Head, "/manifests/1_x"),
    (Method::Head, "/blobs/"),
    (Method::Post, "/blobs/uploads/"),
    (Method::Put, "/blobs/uploads/"),
    (Method::Patch, "/blobs/uploads/"),
    (Method::Put, "/manifests/sha256:"),
    (Method::Get, "/manifests/sha256:"),
    (Method::Put, "/manifests/1_x"),
];

/// Pushes to a registry with a fault; the tag is complete, and leads to what it leads to without.
fn survives(behaviour: &Behaviour, fault: Fault, what: &str) {
    let scene = Scene::with(Options { behaviour: behaviour.clone(), ..Options::default() });
    scene.local();
    let reference = scene.sandbox.run(&["build", "x.yaml", "--quiet", "-o", "oci:reference"]);
    scene.registry.fault(fault);
    scene.pushed("x.yaml", &[]);
    assert_eq!(scene.complete("demo/app", "1_x"), reference.trim(), "{what}");
}

#[test]
fn a_connection_that_is_reset_at_any_stage_of_a_push_is_made_again() {
    for behaviour in [Behaviour::default(), Behaviour { monolithic_post: false, ..Behaviour::default() }] {
        for (method, part) in STAGES {
            let fault = || Fault::on(method, part).first(2);
            let what = |how: &str| format!("{how} of {method} {part}");
            survives(&behaviour, fault().drop_at(0), &what("before the body"));
            survives(&behaviour, fault().stop_after(|| {}), &what("done and not answered"));
            survives(&behaviour, fault().reset_at(0), &what("before the answer"));
        }
    }
}

#[test]
fn an_upload_that_is_reset_at_any_byte_is_sent_again_whole() {
    let behaviour = Behaviour::default();
    for byte in [0, 1, 50_000, 100_000, 103_935] {
        let fault = Fault::on(Method::Put, "/blobs/uploads/").first(2).drop_at(byte);
        survives(&behaviour, fault, &format!("byte {byte}"));
    }
}

#[test]
fn an_upload_that_a_registry_loses_is_begun_anew() {
    for status in [404, 416, 500, 502, 503, 504] {
        for method in [Method::Put, Method::Post] {
            let fault = Fault::on(method, "/blobs/uploads/").first(2).status(status);
            if method == Method::Put || status >= 500 {
                survives(&Behaviour::default(), fault, &format!("{status} to a {method}"));
            }
        }
    }
}
