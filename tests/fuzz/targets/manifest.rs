//! Any bytes as JSON, as a manifest and as an index.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::oci::{Digest, Document, MediaType, json};
use overcoat_fuzz::json::Json;

fuzz_target!(|bytes: &[u8]| {
    check_json(bytes);
    let read = TYPES.map(|expected| (expected.clone(), Document::parse(&expected, bytes).ok()));
    for (expected, document) in &read {
        if let Some(document) = document {
            let text = Json::parse(bytes).expect("a document is JSON");
            check_document(document, expected, &text);
        }
    }
    let kinds = read.iter().filter_map(|(_, document)| document.as_ref().map(is_index));
    let kinds: Vec<bool> = kinds.collect();
    assert!(kinds.iter().all(|kind| *kind == kinds[0]), "a document means one thing");
});

const TYPES: [MediaType; 5] = [
    MediaType::Manifest,
    MediaType::Index,
    MediaType::DockerManifest,
    MediaType::DockerIndex,
    // No document at all.
    MediaType::Config,
];

/// Arrays and objects within each other that are still read.
const DEEPEST: usize = 127;

/// Strict JSON is what a slow reader takes too, with every key once, and says the same.
fn check_json(bytes: &[u8]) {
    let slow = Json::parse(bytes);
    let is_strict = |json: &Json| json.depth() <= DEEPEST && !json.has_twice() && !json.has_infinite();
    match (json::parse(bytes), slow.filter(is_strict)) {
        (Ok(value), Some(slow)) => {
            assert!(slow.is(&value), "{value}");
            let printed = json::to_bytes(&value);
            assert_eq!(json::parse(&printed).expect("what is printed is read"), value);
        }
        (Err(_), None) => {}
        (own, slow) => panic!("{own:?}, expected {slow:?}"),
    }
}

fn is_index(document: &Document) -> bool {
    matches!(document, Document::Index(_))
}

fn check_document(document: &Document, expected: &MediaType, text: &Json) {
    assert_eq!(expected.is_index(), is_index(document));
    assert_eq!(expected.is_manifest(), !is_index(document));
    let has = |key| text.get(key).is_some();
    assert_eq!(is_index(document), has("manifests"));
    assert_eq!(!is_index(document), has("layers") && has("config"));
    assert!(
        matches!(text.get("mediaType"), None | Some(Json::Null))
            || text_of(text, "mediaType") == expected.as_str()
    );
    let (printed, descriptors) = match document {
        Document::Index(index) => (json::to_bytes(index), listed(text, "manifests")),
        Document::Manifest(manifest) => {
            let single = ["config", "subject"].into_iter().filter_map(|key| text.get(key));
            (json::to_bytes(manifest), single.chain(listed(text, "layers")).collect())
        }
    };
    check_keys(
        text,
        &["schemaVersion", "mediaType", "manifests", "layers", "config", "subject", "annotations"],
    );
    for descriptor in descriptors.into_iter().filter(|descriptor| **descriptor != Json::Null) {
        check_descriptor(descriptor);
    }
    let again = Document::parse(expected, &printed).expect("what is printed is read");
    assert_eq!(again, *document);
}

fn listed<'a>(text: &'a Json, key: &str) -> Vec<&'a Json> {
    match text.get(key) {
        Some(Json::List(list)) => list.iter().collect(),
        other => panic!("{key} is {other:?}"),
    }
}

fn check_descriptor(descriptor: &Json) {
    check_keys(descriptor, &["mediaType", "digest", "size", "urls", "annotations", "platform"]);
    let digest = text_of(descriptor, "digest");
    let (algorithm, digits) = digest.split_once(':').expect("a digest has an algorithm");
    assert_eq!(digits.len(), if algorithm == "sha256" { 64 } else { 128 });
    assert!(digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    assert_eq!(digest.parse::<Digest>().expect("it was read").to_string(), digest);
    assert!(!text_of(descriptor, "mediaType").is_empty());
    match descriptor.get("size") {
        Some(Json::Number(size)) => assert!(size.parse::<u64>().is_ok(), "{size}"),
        other => panic!("size is {other:?}"),
    }
}

/// No key differs from one that is known in letter case alone.
fn check_keys(object: &Json, known: &[&str]) {
    for key in object.keys() {
        let meant = known.iter().find(|known| known.to_lowercase() == key.to_lowercase());
        assert!(meant.is_none_or(|meant| *meant == key), "{key}");
    }
}

fn text_of<'a>(object: &'a Json, key: &str) -> &'a str {
    match object.get(key) {
        Some(Json::Text(text)) => text,
        other => panic!("{key} is {other:?}"),
    }
}
