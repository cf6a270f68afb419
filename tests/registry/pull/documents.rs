//! Manifests, indexes and configs that are not what they should be.

use serde_json::{Value, json};

use super::Demo;
use crate::support::registry::{Fault, Method};
use crate::support::{Tar, digest};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// An index with one entry for `linux/amd64`, whatever that is.
fn index_of(demo: &Demo, media_type: &str, child: &[u8]) -> Vec<u8> {
    let digest = demo.registry.put_manifest("demo/base", None, media_type, child);
    let entry = json!({
        "mediaType": media_type, "digest": digest, "size": child.len(),
        "platform": {"os": "linux", "architecture": "amd64"},
    });
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).to_string().into_bytes()
}

/// What a build complains of that wants `linux/amd64` alone.
fn refused(demo: &Demo, code: i32) -> String {
    demo.refused(code, &["--platform", "linux/amd64"])
}

/// Each body as what a tag leads to, and as what an index lists: it ends with `code` and one of the errors.
fn assert_refused(media_type: &str, bodies: &[&[u8]], code: i32, errors: &[&str]) {
    let demo = Demo::start();
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        demo.base_of(media_type, body);
        let by_tag = refused(&demo, code);
        demo.base_of(INDEX, &index_of(&demo, media_type, body));
        let by_index = refused(&demo, code);
        for words in [by_tag, by_index] {
            assert!(
                errors.iter().any(|error| words.starts_with(&format!("error[{error}]: "))),
                "{shown}: {words}"
            );
        }
    }
}

#[test]
fn r03_what_an_answer_calls_itself_does_not_matter_where_the_digest_fits() {
    let demo = Demo::start();
    let expected = demo.built(&[]);
    for lie in [MANIFEST, "text/html", "application/json; charset=utf-8", ""] {
        demo.registry.clear_faults();
        demo.registry.fault(Fault::any("/manifests/").header("Content-Type", lie));
        assert_eq!(demo.built(&[]), expected, "{lie}");
    }
    demo.registry.clear_faults();
    demo.registry.fault(Fault::any("/manifests/").without("Content-Type"));
    assert_eq!(demo.built(&[]), expected);
}

#[test]
fn r03_a_document_without_a_type_of_its_own_is_what_its_shape_says() {
    let demo = Demo::start();
    let (bytes, media_type) = demo.registry.manifest("demo/base", "1").unwrap();
    let mut index: Value = serde_json::from_slice(&bytes).unwrap();
    index.as_object_mut().unwrap().remove("mediaType");
    demo.base_of(&media_type, index.to_string().as_bytes());
    demo.build(&[]);
}

#[test]
fn r03_a_document_that_can_be_read_as_two_things_is_refused() {
    let config =
        json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(b"{}"), "size": 2});
    let both = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [], "manifests": [],
    });
    let mut untyped = both.clone();
    untyped.as_object_mut().unwrap().remove("mediaType");
    let config_alone = json!({"schemaVersion": 2, "mediaType": INDEX, "config": config, "manifests": []});
    let other = json!({"schemaVersion": 2, "mediaType": INDEX, "config": config, "layers": []});
    let neither = json!({"schemaVersion": 2, "mediaType": MANIFEST});
    let bodies = [both, untyped, config_alone, other, neither].map(|body| body.to_string().into_bytes());
    assert_refused(MANIFEST, &bodies.each_ref().map(Vec::as_slice), 3, &["E_AMBIGUOUS"]);
}

#[test]
fn r04_a_document_that_is_no_strict_json_is_refused() {
    let manifest = |inner: &str| {
        format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":2}},"layers":[]{inner}}}"#,
            digest(b"{}")
        )
    };
    let deep = format!(r#","annotations":{}{}"#, "[".repeat(10_000), "]".repeat(10_000));
    let bodies = [
        manifest(r#","layers":[]"#),
        manifest(r#","Layers":[]"#),
        manifest(r#","MediaType":"application/vnd.oci.image.index.v1+json""#),
        manifest(&deep),
        manifest(r#","size":NaN"#),
        format!("\u{feff}{}", manifest("")),
        manifest("") + "x",
        manifest("")[1..].to_owned(),
        String::new(),
    ];
    let mut bodies = bodies.map(String::into_bytes).to_vec();
    bodies.push([&manifest(r#","x":"#).as_bytes()[..], b"\"\xff\""].concat());
    bodies.push(
        manifest(",\"x\":\"y\"")
            .into_bytes()
            .into_iter()
            .map(|byte| if byte == b'y' { 0xff } else { byte })
            .collect(),
    );
    let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
    assert_refused(MANIFEST, &bodies, 3, &["E_JSON"]);
}

#[test]
fn r04_a_config_that_is_no_strict_json_is_refused() {
    for config in [r#"{"os":"linux","os":"linux"}"#, r#"{"os":"linux","OS":"x"}"#, "{", "\u{feff}{}"] {
        let demo = Demo::start();
        let digest = demo.registry.put_blob("demo/base", config.as_bytes());
        let descriptor = json!({
            "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len(),
        });
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor, "layers": []});
        demo.base_of(MANIFEST, manifest.to_string().as_bytes());
        let words = refused(&demo, 3);
        assert!(words.starts_with("error[E_JSON]: ") && words.contains(&digest), "{words}");
    }
}

#[test]
fn r05_an_index_of_8_mib_is_read_and_one_byte_more_is_too_large() {
    let demo = Demo::start();
    let (bytes, media_type) = demo.registry.manifest("demo/base", "1").unwrap();
    let padded = |size: usize| [&bytes[..], &vec![b' '; size - bytes.len()]].concat();
    demo.base_of(&media_type, &padded(8 << 20));
    demo.build(&[]);
    std::fs::remove_dir_all(demo.sandbox.path("out")).unwrap();
    demo.base_of(&media_type, &padded((8 << 20) + 1));
    let words = demo.refused(5, &[]);
    assert!(words.starts_with("error[E_LIMIT_MANIFEST]: ") && words.contains("document-bytes"), "{words}");
    demo.build(&["--limit", "document-bytes=9M"]);
}

#[test]
fn r05_a_registry_that_never_ends_a_manifest_is_left() {
    let demo = Demo::start();
    let zeros = Fault::on(Method::Get, "/manifests/").body(vec![b' '; 20 << 20]).chunked();
    demo.registry.fault(zeros);
    let words = demo.refused(5, &[]);
    assert!(words.starts_with("error[E_LIMIT_MANIFEST]: "), "{words}");
}

#[test]
fn r06_an_index_with_more_entries_than_there_may_be_is_refused() {
    let demo = Demo::start();
    let (bytes, media_type) = demo.registry.manifest("demo/base", "1").unwrap();
    let mut index: Value = serde_json::from_slice(&bytes).unwrap();
    let entry = index["manifests"][0].clone();
    for (entries, is_read) in [(1_000, true), (1_001, false), (10_001, false)] {
        index["manifests"] = vec![entry.clone(); entries].into();
        demo.base_of(&media_type, index.to_string().as_bytes());
        if is_read {
            demo.built(&["--platform", "linux/amd64"]);
        } else {
            let words = refused(&demo, 5);
            assert!(
                words.starts_with("error[E_LIMIT_INDEX]: ") && words.contains("index-entries"),
                "{words}"
            );
        }
    }
}

#[test]
fn r06_indexes_that_lie_too_deep_in_each_other_are_refused() {
    let demo = Demo::start();
    let (mut bytes, _) = demo.registry.manifest("demo/base", "1").unwrap();
    for depth in 2..4 {
        bytes = index_of(&demo, INDEX, &bytes);
        demo.base_of(INDEX, &bytes);
        if depth == 2 {
            demo.built(&["--platform", "linux/amd64"]);
        } else {
            let words = refused(&demo, 5);
            assert!(words.starts_with("error[E_LIMIT_INDEX]: ") && words.contains("index-depth"), "{words}");
        }
    }
}

/// Nothing can hold its own digest: a registry that makes an index lead to itself gives other bytes for a digest.
#[test]
fn r06_an_index_that_is_made_to_lead_to_itself_is_refused() {
    let demo = Demo::start();
    let inner = index_of(&demo, MANIFEST, b"{}");
    let outer = index_of(&demo, INDEX, &inner);
    demo.base_of(INDEX, &outer);
    demo.registry.fault(Fault::on(Method::Get, &digest(&inner)).body(outer));
    let words = refused(&demo, 7);
    assert!(words.starts_with("error[E_DIGEST]: ") || words.starts_with("error[E_SIZE]: "), "{words}");
}

#[test]
fn r07_a_platform_that_is_not_there_is_answered_with_those_that_are() {
    let demo = Demo::start();
    let (bytes, media_type) = demo.registry.manifest("demo/base", "1").unwrap();
    let mut index: Value = serde_json::from_slice(&bytes).unwrap();
    index["manifests"].as_array_mut().unwrap().pop();
    demo.base_of(&media_type, index.to_string().as_bytes());
    let words = demo.refused(2, &["--platform", "linux/arm64"]);
    let head = "error[E_PLATFORM_ABSENT]: ";
    assert!(
        words.starts_with(head) && words.contains("no image for linux/arm64; there is `linux/amd64`"),
        "{words}"
    );
}

#[test]
fn r07_of_equal_platforms_the_first_counts_and_what_is_for_none_is_left_out() {
    let demo = Demo::start();
    let expected = demo.built(&["--platform", "linux/amd64"]);
    demo.sandbox.image("base", "2", json!({}), vec![Tar::of(&["other/"])]);
    demo.push("2");
    let document = |tag: &str| -> Value {
        serde_json::from_slice(&demo.registry.manifest("demo/base", tag).unwrap().0).unwrap()
    };
    let (mut index, other) = (document("1"), document("2"));
    let attestation = json!({
        "mediaType": MANIFEST, "digest": digest(b"nowhere"), "size": 7,
        "platform": {"os": "unknown", "architecture": "unknown"},
    });
    let entries = [&attestation, &index["manifests"][0], &other["manifests"][0]].map(Value::clone);
    index["manifests"] = entries.to_vec().into();
    demo.registry.put_manifest("demo/base", Some("1"), INDEX, index.to_string().as_bytes());
    assert_eq!(demo.built(&["--platform", "linux/amd64"]), expected);
    assert_eq!(demo.count(Method::Get, &digest(b"nowhere")), 0);
}

#[test]
fn r08_a_config_for_another_platform_than_its_index_says_is_refused() {
    let demo = Demo::start();
    let (bytes, media_type) = demo.registry.manifest("demo/base", "1").unwrap();
    let mut index: Value = serde_json::from_slice(&bytes).unwrap();
    let (first, second) = (index["manifests"][0]["digest"].clone(), index["manifests"][1]["digest"].clone());
    (index["manifests"][0]["digest"], index["manifests"][1]["digest"]) = (second, first);
    demo.base_of(&media_type, index.to_string().as_bytes());
    let words = refused(&demo, 3);
    assert!(words.starts_with("error[E_PLATFORM]: "), "{words}");
}
