//! Behaviour of the API.

use serde_json::json;

use super::super::{Behaviour, Options};
use super::*;
use crate::support::{Sandbox, digest};

#[test]
fn a_blob_is_uploaded_in_one_piece_or_in_chunks_and_read_whole_or_in_part() {
    let registry = Registry::start();
    let begun = registry.ask(&Ask::new(Method::Post, "/v2/a/blobs/uploads/"));
    assert_eq!(begun.status, 202);
    let location = begun.header("location").unwrap();
    let first = registry.ask(&Ask::new(Method::Patch, location).header("Content-Range", "0-2").body("abc"));
    assert_eq!((first.status, first.header("range")), (202, Some("0-2")));
    let wrong = Ask::new(Method::Patch, first.header("location").unwrap());
    let wrong = registry.ask(&wrong.header("Content-Range", "2-4").body("cde"));
    assert_eq!((wrong.status, wrong.header("range")), (416, Some("0-2")));
    let status = registry.get(wrong.header("location").unwrap());
    assert_eq!((status.status, status.header("range")), (204, Some("0-2")));
    let location = status.header("location").unwrap();
    let last = Ask::new(Method::Put, &format!("{location}&digest={}", digest(b"abcdef")));
    assert_eq!(registry.ask(&last.body("def")).status, 201);
    let target = format!("/v2/a/blobs/{}", digest(b"abcdef"));
    assert_eq!(registry.get(&target).body, b"abcdef");
    let part = registry.ask(&Ask::get(&target).header("Range", "bytes=4-"));
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 4-5/6")));
    assert_eq!(part.body, b"ef");
    assert_eq!(registry.ask(&Ask::get(&target).header("Range", "bytes=6-")).status, 416);
    assert_eq!(registry.get(&target.replace("/a/", "/b/")).code(), "BLOB_UNKNOWN");
    assert_eq!(registry.uploads(), 0);
}

#[test]
fn an_upload_goes_on_only_with_the_whole_location() {
    let registry = Registry::start();
    let begun = registry.ask(&Ask::new(Method::Post, "/v2/a/blobs/uploads/"));
    let location = begun.header("location").unwrap();
    let (path, _) = location.split_once('?').unwrap();
    let cut = Ask::new(Method::Put, &format!("{path}?digest={}", digest(b"x"))).body("x");
    assert_eq!(registry.ask(&cut).code(), "BLOB_UPLOAD_INVALID");
    let other = Ask::new(Method::Put, &format!("{location}&digest={}", digest(b"y"))).body("x");
    assert_eq!(registry.ask(&other).code(), "DIGEST_INVALID");
    assert_eq!(registry.get(location).code(), "BLOB_UPLOAD_UNKNOWN");
    assert_eq!(registry.blob(&digest(b"x")), None);
}

#[test]
fn a_blob_is_mounted_from_where_it_is_and_a_session_opened_otherwise() {
    let registry = Registry::start();
    let digest = registry.put_blob("from/here", b"x");
    let mount = |from: &str| {
        registry.ask(&Ask::new(Method::Post, &format!("/v2/to/blobs/uploads/?mount={digest}&from={from}")))
    };
    assert_eq!(mount("other").status, 202);
    assert_eq!(mount("").status, 202);
    assert!(!registry.has_blob("to", &digest));
    assert_eq!(mount("from%2Fhere").status, 201);
    assert!(registry.has_blob("to", &digest));
    registry.change(|behaviour| behaviour.mounts = false);
    assert_eq!(mount("from/here").status, 202);
    assert_eq!(registry.uploads(), 3);
}

#[test]
fn a_manifest_is_kept_as_it_came_and_only_if_all_it_names_is_there() {
    let registry = Registry::start();
    let manifest = manifest(b"{}");
    assert_eq!(registry.ask(&put("/v2/a/manifests/1", &*manifest)).code(), "MANIFEST_BLOB_UNKNOWN");
    registry.put_blob("a", b"{}");
    let done = registry.ask(&put("/v2/a/manifests/1", &*manifest));
    assert_eq!((done.status, done.header("docker-content-digest")), (201, Some(&*digest(&manifest))));
    let found = registry.get(&format!("/v2/a/manifests/{}", digest(&manifest)));
    assert_eq!((found.header("content-type"), &found.body), (Some(MANIFEST), &manifest));
    let etag = format!("\"{}\"", digest(&manifest));
    assert_eq!(registry.ask(&Ask::get("/v2/a/manifests/1").header("If-None-Match", &etag)).status, 304);
    let other = Ask::get("/v2/a/manifests/1").header("Accept", "application/x, application/y");
    assert_eq!(registry.ask(&other).status, 404);
    for (target, bytes, code) in [
        ("1", &b"{"[..], "MANIFEST_INVALID"),
        ("1", br#"{"mediaType": "application/x"}"#, "MANIFEST_INVALID"),
        ("1", br#"{"layers": [], "manifests": []}"#, "MANIFEST_INVALID"),
        (&digest(b"x"), &manifest, "DIGEST_INVALID"),
        ("-", &manifest, "DIGEST_INVALID"),
        ("1", &vec![b' '; (4 << 20) + 1], "SIZE_INVALID"),
    ] {
        assert_eq!(registry.ask(&put(&format!("/v2/a/manifests/{target}"), bytes)).code(), code);
    }
    assert_eq!(registry.manifest("a", "1"), Some((manifest, MANIFEST.to_owned())));
}

#[test]
fn tags_come_in_their_order_and_in_pages() {
    let registry = Registry::start();
    for tag in ["b", "a", "c"] {
        registry.put_manifest("a", Some(tag), MANIFEST, b"{}");
    }
    let all = registry.get("/v2/a/tags/list");
    assert_eq!((all.json()["tags"].clone(), all.header("link")), (json!(["a", "b", "c"]), None));
    let page = registry.get("/v2/a/tags/list?n=2");
    assert_eq!(page.header("link"), Some("</v2/a/tags/list?n=2&last=b>; rel=\"next\""));
    assert_eq!(registry.get("/v2/a/tags/list?n=2&last=b").json()["tags"], json!(["c"]));
    assert_eq!(registry.get("/v2/b/tags/list").code(), "NAME_UNKNOWN");
}

#[test]
fn referrers_are_filtered_and_come_in_pages() {
    let registry = Registry::start();
    let subject = digest(b"subject");
    for kind in ["a", "b+c", "b+c"] {
        let number = registry.manifests("a").len();
        let manifest = json!({"artifactType": kind, "subject": {"digest": subject}, "annotations": {"n": number.to_string()}});
        let done = registry.ask(&put(&format!("/v2/a/manifests/{number}"), manifest.to_string()));
        assert_eq!(done.header("oci-subject"), Some(&*subject));
    }
    registry.change(|behaviour| behaviour.referrers_page = 1);
    let mut target = format!("/v2/a/referrers/{subject}?artifactType=b%2Bc");
    let mut found = Vec::new();
    loop {
        let page = registry.get(&target);
        assert_eq!(page.header("oci-filters-applied"), Some("artifactType"));
        found.extend(page.json()["manifests"].as_array().unwrap().clone());
        let Some(link) = page.header("link") else { break };
        target = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
    }
    let mut numbers: Vec<_> = found.iter().map(|one| one["annotations"]["n"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["1", "2"]);
    assert!(found.iter().all(|one| one["mediaType"] == MANIFEST && one["artifactType"] == "b+c"));
    assert_eq!(registry.get(&format!("/v2/none/referrers/{subject}")).json()["manifests"], json!([]));
    registry.change(|behaviour| behaviour.filters = false);
    assert_eq!(registry.get(&target).header("oci-filters-applied"), None);
}

#[test]
fn registries_differ_as_they_are_told_to() {
    let registry = Registry::with(Options {
        behaviour: Behaviour { manifest_location: false, ..Behaviour::docker_registry() },
        ..Options::default()
    });
    registry.put_blob("a", b"{}");
    let mut manifest: serde_json::Value = serde_json::from_slice(&manifest(b"{}")).unwrap();
    manifest["subject"] = json!({"digest": digest(b"subject")});
    let manifest = manifest.to_string();
    let by_digest = format!("/v2/a/manifests/{}", digest(manifest.as_bytes()));
    let done = registry.ask(&put(&by_digest, manifest));
    assert_eq!((done.status, done.header("location"), done.header("oci-subject")), (201, None, None));
    assert_eq!(registry.get(&format!("/v2/a/referrers/{}", digest(b"subject"))).status, 404);
    let begun = registry
        .ask(&Ask::new(Method::Post, &format!("/v2/a/blobs/uploads/?digest={}", digest(b"x"))).body("x"));
    assert_eq!(begun.status, 202);
    assert!(
        begun.header("location").unwrap().starts_with(&format!("{}/v2/a/blobs/uploads/", registry.url()))
    );
    assert!(!registry.has_blob("a", &digest(b"x")));
    registry.change(|behaviour| (behaviour.head_digest, behaviour.ranges) = (false, false));
    let head = registry.ask(&Ask::new(Method::Head, &by_digest));
    assert_eq!((head.status, head.header("docker-content-digest")), (200, None));
    let blob = format!("/v2/a/blobs/{}", digest(b"{}"));
    assert_eq!(registry.ask(&Ask::get(&blob).header("Range", "bytes=1-")).status, 200);
    registry.change(|behaviour| (behaviour.heads, behaviour.deletes) = (false, false));
    assert_eq!(registry.ask(&Ask::new(Method::Head, &by_digest)).status, 405);
    assert_eq!(registry.ask(&Ask::new(Method::Delete, &blob)).status, 405);
    registry.change(|behaviour| behaviour.tags_in_query = true);
    let tagged = registry.ask(&put(
        &format!("{by_digest}?tag=1&tag=2"),
        registry.manifest("a", by_digest.rsplit('/').next().unwrap()).unwrap().0,
    ));
    assert_eq!(tagged.headers.all("oci-tag").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(registry.tags("a").len(), 2);
}

#[test]
fn what_is_deleted_is_gone_and_its_tags_with_it() {
    let registry = Registry::start();
    let digest = registry.put_manifest("a", Some("1"), MANIFEST, b"{}");
    registry.put_manifest("a", Some("2"), MANIFEST, b"{}");
    let blob = registry.put_blob("a", b"x");
    let delete = |target: String| registry.ask(&Ask::new(Method::Delete, &target)).status;
    assert_eq!(delete("/v2/a/manifests/1".to_owned()), 202);
    assert_eq!(registry.tags("a"), [("2".to_owned(), digest.clone())]);
    assert_eq!(delete(format!("/v2/a/manifests/{digest}")), 202);
    assert_eq!(delete(format!("/v2/a/manifests/{digest}")), 404);
    assert_eq!((registry.tags("a"), registry.manifests("a")), (vec![], vec![]));
    assert_eq!((delete(format!("/v2/a/blobs/{blob}")), registry.blob(&blob)), (202, None));
}

#[test]
fn an_image_of_a_layout_is_whole_until_something_of_it_is_missing() {
    let (registry, sandbox) = (Registry::start(), Sandbox::new());
    let pushed = registry.push_layout(&sandbox.path("base"), "1", "a/base");
    assert_eq!(registry.tags("a/base"), [("1".to_owned(), pushed)]);
    let digests = registry.closure("a/base", "1").unwrap();
    assert!(digests.len() > 5, "{digests:?}");
    assert!(!registry.complete("a/base", "2"));
    for digest in digests {
        let kind = if registry.has_blob("a/base", &digest) { "blobs" } else { "manifests" };
        let registry = Registry::start();
        registry.push_layout(&sandbox.path("base"), "1", "a/base");
        assert!(registry.complete("a/base", "1"));
        registry.ask(&Ask::new(Method::Delete, &format!("/v2/a/base/{kind}/{digest}")));
        assert!(!registry.complete("a/base", "1"), "{digest}");
    }
    assert_eq!(registry.repos(), ["a/base"]);
}
