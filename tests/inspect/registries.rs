//! What there is to see of an image in a registry, and what it costs to look.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::{INDEX, MANIFEST, full, report};
use crate::support::registry::{Auth, Behaviour, Fault, Method, Options, Registry, basic};
use crate::support::{Sandbox, digest};

/// A registry whose repository `demo` has the image of [`full`], with what refers to it.
fn registry(sandbox: &Sandbox) -> Registry {
    let registry = Registry::start();
    fill(&registry, sandbox);
    registry
}

fn fill(registry: &Registry, sandbox: &Sandbox) {
    let shown = report(sandbox, &["oci:full:1"]);
    registry.push_layout(&sandbox.path("full"), "1", "demo");
    for (subject, artifact_type) in [
        (&shown["index"], "application/vnd.in-toto+json"),
        (&shown["platforms"][0]["manifest"], "application/spdx+json"),
    ] {
        let subject = json!({
            "mediaType": subject["mediaType"], "digest": subject["digest"], "size": subject["size"],
        });
        let empty = registry.put_blob("demo", b"{}");
        let empty = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2});
        let referrer = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": artifact_type, "config": empty,
            "layers": [empty], "subject": subject,
            "annotations": {"in-toto.io/predicate-type": "https://spdx.dev/Document"},
        });
        registry.put_manifest("demo", None, MANIFEST, referrer.to_string().as_bytes());
    }
}

/// A report without what the registry's referrers have another digest and size for than the layout's.
fn alike(mut report: Value) -> Value {
    report["reference"] = Value::Null;
    for list in ["/referrers", "/platforms/0/referrers"] {
        for referrer in report.pointer_mut(list).and_then(Value::as_array_mut).unwrap() {
            referrer["digest"] = Value::Null;
            referrer["size"] = Value::Null;
        }
    }
    report
}

#[test]
fn an_image_in_a_registry_is_shown_as_the_one_in_a_layout() {
    let sandbox = full();
    let registry = registry(&sandbox);
    let reference = format!("{}/demo:1", registry.host());
    let shown = report(&sandbox, &[&reference]);
    assert_eq!(shown["reference"], reference);
    assert_eq!(shown["referrers"][0]["artifactType"], "application/vnd.in-toto+json");
    assert_eq!(alike(shown), alike(report(&sandbox, &["oci:full:1"])));
    // Each document once, and one question for each manifest's referrers.
    let expected = [("GET manifest 200", 2), ("GET blob 200", 1), ("GET referrers 200", 2)];
    let expected: BTreeMap<_, _> = expected.map(|(kind, count)| (kind.to_owned(), count)).into();
    assert_eq!(registry.log().kinds(), expected);
}

#[test]
fn r01_what_a_tag_led_to_is_shown_though_the_tag_moves_meanwhile() {
    let sandbox = full();
    let registry = registry(&sandbox);
    let first = report(&sandbox, &["oci:full:1"])["index"]["digest"].clone();
    let moved = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    // The tag is asked for once; whoever asked twice would get this.
    registry.fault(Fault::on(Method::Get, "/manifests/1").nth(2).body(moved));
    let shown = report(&sandbox, &[&format!("{}/demo:1", registry.host())]);
    assert_eq!(shown["index"]["digest"], first);
    assert_eq!(registry.log().count(Method::Get, "/manifests/1"), 1);
}

#[test]
fn a_digest_leads_to_the_image_without_its_tag() {
    let sandbox = full();
    let registry = registry(&sandbox);
    let digest = report(&sandbox, &["oci:full:1"])["platforms"][0]["manifest"]["digest"].clone();
    let digest = digest.as_str().unwrap();
    let shown = report(&sandbox, &[&format!("{}/demo@{digest}", registry.host())]);
    assert_eq!(shown.get("index"), None);
    assert_eq!(shown["platforms"][0]["platform"], "linux/amd64");
    assert_eq!(shown["platforms"][0]["referrers"][0]["artifactType"], "application/spdx+json");
}

#[test]
fn a_registry_without_referrers_has_those_of_the_fallback_tag() {
    let sandbox = full();
    let registry = registry(&sandbox);
    registry.change(|behaviour| behaviour.referrers = false);
    let reference = format!("{}/demo:1", registry.host());
    assert_eq!(report(&sandbox, &[&reference])["referrers"], json!([]));
    let index = report(&sandbox, &["oci:full:1"])["index"]["digest"].as_str().unwrap().to_owned();
    let tag = index.replace(':', "-");
    registry.push_layout_index(&sandbox, &tag);
    let shown = report(&sandbox, &[&reference]);
    assert_eq!(shown["referrers"], report(&sandbox, &["oci:full:1"])["referrers"]);
}

impl Registry {
    /// Puts the index that a name of the layout `full` leads to into `demo`, and nothing below it.
    fn push_layout_index(&self, sandbox: &Sandbox, name: &str) {
        let layout = sandbox.layout("full");
        let bytes = layout.blob(&layout.named(name));
        self.put_manifest("demo", Some(name), INDEX, &bytes);
    }
}

#[test]
fn raw_documents_of_a_registry_are_printed_byte_for_byte() {
    let sandbox = full();
    let registry = registry(&sandbox);
    let reference = format!("{}/demo:1", registry.host());
    let raw = sandbox.run(&["inspect", &reference, "--raw"]);
    assert_eq!(registry.manifest("demo", "1").unwrap().0, raw.as_bytes());
    assert_eq!(registry.log().len(), 1);
    let of_platform = sandbox.run(&["inspect", &reference, "--raw", "--platform", "linux/amd64"]);
    let shown = report(&sandbox, &[&reference]);
    assert_eq!(shown["platforms"][0]["manifest"]["digest"], digest(of_platform.as_bytes()));
}

#[test]
fn r02_a_registry_that_gives_other_bytes_than_were_asked_for_is_refused() {
    let sandbox = full();
    let registry = registry(&sandbox);
    let config = report(&sandbox, &["oci:full:1"])["platforms"][0]["config"].clone();
    let part = format!("/blobs/{}", config["digest"].as_str().unwrap());
    let size = usize::try_from(config["size"].as_u64().unwrap()).unwrap();
    registry.fault(Fault::on(Method::Get, &part).body(vec![b'x'; size]));
    let reference = format!("{}/demo:1", registry.host());
    let said = sandbox.refused(7, &["inspect", &reference]);
    assert!(said.starts_with(&format!("error[E_DIGEST]: {reference}: ")), "{said}");
}

#[test]
fn what_a_registry_does_not_have_is_named() {
    let sandbox = full();
    let registry = registry(&sandbox);
    for name in ["demo:2", "other:1"] {
        let reference = format!("{}/{name}", registry.host());
        let said = sandbox.refused(2, &["inspect", &reference]);
        let expected = format!("error[E_SRC_MISSING]: {reference}: `{reference}` is not in its registry\n");
        assert_eq!(said, expected);
    }
}

#[test]
fn a_list_of_referrers_that_cannot_be_had_is_an_error() {
    let sandbox = full();
    let registry = registry(&sandbox);
    registry.fault(Fault::on(Method::Get, "/referrers/").status(403));
    let reference = format!("{}/demo:1", registry.host());
    let said = sandbox.refused(4, &["inspect", &reference]);
    assert!(said.contains("/referrers/"), "{said}");
}

#[test]
fn x01_a_registry_that_wants_a_password_gets_that_of_the_file_and_nobody_sees_it() {
    let sandbox = full();
    let auth = Auth::Basic("user", "secret");
    let registry = Registry::with(Options { auth, behaviour: Behaviour::default(), ..Options::default() });
    fill(&registry, &sandbox);
    let reference = format!("{}/demo:1", registry.host());
    let said = sandbox.refused(4, &["inspect", &reference]);
    assert!(said.starts_with(&format!("error[E_AUTH]: {reference}: ")), "{said}");
    let encoded = basic("user", "secret");
    let encoded = encoded.trim_start_matches("Basic ");
    let auths = json!({ "auths": { registry.host(): { "auth": encoded } } });
    sandbox.write("auth.json", &auths.to_string());
    fs::set_permissions(sandbox.path("auth.json"), Permissions::from_mode(0o644)).unwrap();
    let output = sandbox.command(&["inspect", &reference, "--authfile", "auth.json"]).output().unwrap();
    let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && shown.contains("\nlinux/amd64\n"), "{said}");
    assert!(said.starts_with("warning[W_CREDENTIALS_MODE]: auth.json holds credentials"), "{said}");
    for canary in ["secret", encoded] {
        assert!(!shown.contains(canary) && !said.contains(canary), "{shown}{said}");
    }
}
