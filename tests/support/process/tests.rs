//! Processes run while they are held, and let in whom they should.

use std::path::Path;

use super::*;
use crate::support::registry::{Authority, Method, basic};
use crate::support::{Sandbox, digest};

/// The demo can be pushed to a registry and read from it.
fn assert_serves(registry: &Process) {
    let sandbox = Sandbox::new();
    let pushed = registry.push_layout(&sandbox.path("base"), "1", "demo/base");
    let found = registry.ask(
        Ask::get("/v2/demo/base/manifests/1")
            .header("Accept", "*/*, application/vnd.oci.image.index.v1+json"),
    );
    assert_eq!(digest(&found.unwrap().body), pushed);
    assert!(registry.storage().is_dir());
}

fn is_running(process: u32) -> bool {
    Path::new(&format!("/proc/{process}")).exists()
}

#[test]
fn docker_registry_serves_until_it_is_dropped() {
    let Some(registry) = DockerRegistry::default().start() else { return };
    assert_serves(&registry);
    let id = registry.id();
    assert!(is_running(id), "{}", registry.log());
    drop(registry);
    assert!(!is_running(id));
}

#[test]
fn docker_registry_speaks_tls_to_its_user_alone() {
    let authority = Authority::new();
    let Some(registry) = DockerRegistry::default().tls(&authority).password().start() else { return };
    assert_serves(&registry);
    let stranger = Ask::get("/v2/").send_tls(&registry.host(), &authority.pem(), None).unwrap();
    assert_eq!((stranger.status, stranger.header("www-authenticate")), (401, Some("Basic realm=\"test\"")));
    let known = Ask::get("/v2/").header("Authorization", &basic(USER, PASSWORD));
    assert_eq!(known.send_tls(&registry.host(), &authority.pem(), None).unwrap().status, 200);
    assert!(known.send_tls(&registry.host(), &Authority::new().pem(), None).is_err());
}

#[test]
fn olareg_serves_with_referrers() {
    let Some(registry) = olareg() else { return };
    assert_serves(&registry);
    let subject = digest(b"subject");
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [],
        "artifactType": "application/x", "subject": {"mediaType": "application/x", "digest": subject, "size": 7},
    });
    let put = Ask::new(Method::Put, "/v2/demo/base/manifests/2").body(manifest.to_string());
    let put = registry.ask(put.header("Content-Type", "application/vnd.oci.image.index.v1+json")).unwrap();
    assert_eq!((put.status, put.header("oci-subject")), (201, Some(&*subject)));
    let found = registry.ask(Ask::get(&format!("/v2/demo/base/referrers/{subject}"))).unwrap();
    assert_eq!(found.json()["manifests"][0]["digest"], digest(manifest.to_string().as_bytes()));
}

#[test]
fn a_process_ends_when_its_test_fails() {
    let Some(registry) = DockerRegistry::default().start() else { return };
    let id = registry.id();
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _registry = registry;
        panic!("as tests do that fail");
    }));
    assert!(failed.is_err() && !is_running(id));
}
