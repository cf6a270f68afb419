//! The registry of the tests lists the referrers that olareg lists, in the same words.

use serde_json::{Value, json};

use crate::support::digest;
use crate::support::process::olareg;
use crate::support::registry::{Answer, Ask, Method, Registry};

#[test]
fn referrers_are_those_of_olareg() {
    let Some(real) = olareg() else { return };
    let own = Registry::start();
    let real = |ask: Ask| real.ask(ask).expect("registries answer");
    let own = |ask: Ask| ask.send(&own.host()).expect("registries answer");
    put_all(&real);
    put_all(&own);
    let mut found = 0;
    for (subject, filter) in [
        (digest(b"subject"), ""),
        (digest(b"subject"), "?artifactType=application/x.a"),
        (digest(b"subject"), "?artifactType=application/x.none"),
        (digest(b"nothing"), ""),
    ] {
        let target = format!("/v2/a/referrers/{subject}{filter}");
        let [real, own] = [list(&real, &target), list(&own, &target)];
        assert_eq!(own, real, "{target}");
        found += own.1.len();
    }
    assert_eq!(found, 6);
}

/// Puts one manifest of each kind that refers to something.
fn put_all(ask: &impl Fn(Ask) -> Answer) {
    let upload = Ask::new(Method::Post, &format!("/v2/a/blobs/uploads/?digest={}", digest(b"{}")));
    assert_eq!(ask(upload.header("Content-Type", "application/octet-stream").body("{}")).status, 201);
    let config = |kind: &str| json!({"mediaType": kind, "digest": digest(b"{}"), "size": 2});
    let empty = "application/vnd.oci.empty.v1+json";
    let annotations = json!({"b": "1", "a": "2"});
    for (number, document) in [
        json!({"mediaType": MANIFEST, "config": config(empty), "layers": [], "artifactType": "application/x.a"}),
        json!({"mediaType": MANIFEST, "config": config("application/x.a"), "layers": [], "annotations": annotations}),
        json!({"mediaType": MANIFEST, "config": config("application/x.b"), "layers": [config(empty)]}),
        json!({"mediaType": INDEX, "manifests": [], "artifactType": "application/x.b", "annotations": annotations}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut document = document;
        document["schemaVersion"] = json!(2);
        let subject = digest(b"subject");
        document["subject"] = json!({"mediaType": MANIFEST, "digest": subject, "size": 7});
        let kind = document["mediaType"].as_str().expect("each has a type").to_owned();
        let put = Ask::new(Method::Put, &format!("/v2/a/manifests/{number}")).header("Content-Type", &kind);
        let answer = ask(put.body(document.to_string()));
        assert_eq!((answer.status, answer.header("oci-subject")), (201, Some(&*subject)), "{document}");
    }
}

/// Type, filters, and the descriptors in the order of their digests.
fn list(ask: &impl Fn(Ask) -> Answer, target: &str) -> ([Option<String>; 2], Vec<Value>) {
    let answer = ask(Ask::get(target));
    assert_eq!(answer.status, 200);
    let headers = ["content-type", "oci-filters-applied"].map(|name| answer.header(name).map(str::to_owned));
    // Without any, olareg says null.
    let mut descriptors = answer.json()["manifests"].as_array().cloned().unwrap_or_default();
    descriptors.sort_by_key(|descriptor| descriptor["digest"].to_string());
    (headers, descriptors)
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
