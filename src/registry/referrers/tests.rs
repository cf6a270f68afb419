//! Referrers read and written, with the registry's own list and without.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::code::{Code, Coded};
use crate::oci::{Digest, MediaType, Referrer};
use crate::registry::error::RegistryError;
use crate::registry::sample::{Answer, Asked, Server, Shelf, answer, refusal, repository, working};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn subject() -> Digest {
    Digest::of(b"subject")
}

fn fallback_tag() -> String {
    format!("sha256-{}", subject().hex())
}

fn entry(name: &str, artifact_type: &str) -> Value {
    json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": Digest::of(name.as_bytes()),
        "size": 2, "artifactType": artifact_type, "annotations": {"name": name},
    })
}

fn index(entries: Vec<Value>) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string().into_bytes()
}

/// A manifest that refers to the subject.
fn signature(name: &str) -> Vec<u8> {
    let config =
        json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::of(b"{}"), "size": 2});
    json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "a/signature", "config": config, "layers": [],
        "subject": {"mediaType": INDEX, "digest": subject(), "size": 7},
        "annotations": {"name": name},
    })
    .to_string()
    .into_bytes()
}

/// A registry with its own list, whose pages `answer` gives.
fn listing(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |asked| {
        assert!(asked.is("GET", "/v2/acme/app/referrers/") || asked.is("GET", "/next"), "{}", asked.line());
        answer(asked)
    })
}

fn referrers(server: &Server, artifact_type: Option<&str>) -> Result<Vec<Referrer>, RegistryError> {
    repository(server).referrers(&subject(), artifact_type)
}

fn names(referrers: &[Referrer]) -> Vec<&str> {
    referrers.iter().map(|referrer| referrer.descriptor.annotations["name"].as_str()).collect()
}

#[test]
fn every_page_of_the_list_is_read() {
    let server = listing(|asked| match asked.target.as_str() {
        "/next?page=3" => answer(200).body(index(vec![entry("c", "t"), entry("a", "t")])),
        "/next?page=2" => answer(200)
            .body(index(vec![entry("b", "s")]))
            .with("link", "</first>; rel=first")
            .with("link", "</next?page=3>; rel=\"next\""),
        _ => answer(200).body(index(vec![entry("a", "t")])).with("link", "</next?page=2>;rel=next"),
    });
    assert_eq!(names(&referrers(&server, None).unwrap()), ["a", "b", "c"]);
    let found = referrers(&server, Some("t")).unwrap();
    assert_eq!(names(&found), ["a", "c"], "what the registry does not filter is filtered here");
    assert_eq!(found[0].artifact_type.as_deref(), Some("t"));
    assert_eq!(server.count("GET", "artifactType=t"), 1);
}

#[test]
fn a_registry_that_filters_is_believed() {
    let server = listing(|_| {
        let mut bare = entry("a", "t");
        bare.as_object_mut().unwrap().remove("artifactType");
        answer(200).body(index(vec![bare])).with("oci-filters-applied", "other, artifactType")
    });
    assert_eq!(names(&referrers(&server, Some("t")).unwrap()), ["a"]);
}

#[test]
fn r23_a_list_that_never_ends_goes_elsewhere_or_is_too_long_is_an_error() {
    let many = |count: usize| index((0..count).map(|n| entry(&n.to_string(), "t")).collect());
    let pages = AtomicUsize::new(0);
    type Listing = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;
    let cases: [Listing; 4] = [
        Box::new(|_| answer(200).body(index(vec![])).with("link", "</next>; rel=next")),
        Box::new(|_| answer(200).body(index(vec![])).with("link", "<http://127.0.0.2:1/next>; rel=next")),
        Box::new(move |_| answer(200).body(many(1001))),
        Box::new(move |_| {
            let page = pages.fetch_add(1, Ordering::Relaxed);
            answer(200).body(index(vec![])).with("link", format!("</next?{page}>; rel=next"))
        }),
    ];
    for case in cases {
        let server = listing(case);
        let error = referrers(&server, None).unwrap_err();
        assert_eq!(error.code(), Code::LimitReferrers, "{error}");
        assert!(server.lines().len() <= 100, "{error}");
    }
    let server = listing(move |_| answer(200).body(many(1000)));
    assert_eq!(referrers(&server, None).unwrap().len(), 1000);
}

#[test]
fn without_a_list_of_the_registry_that_of_the_fallback_tag_counts() {
    for status in [404, 405] {
        let shelf = Shelf::default();
        shelf.put_tag("acme/app", &fallback_tag(), &index(vec![entry("a", "t"), entry("b", "s")]));
        let server = Server::start(move |asked| match asked.target.contains("/referrers/") {
            true => answer(status),
            false => shelf.answer(asked),
        });
        let repository = repository(&server);
        assert_eq!(names(&repository.referrers(&subject(), None).unwrap()), ["a", "b"]);
        assert_eq!(names(&repository.referrers(&subject(), Some("s")).unwrap()), ["b"]);
        assert!(repository.referrers(&Digest::of(b"other"), None).unwrap().is_empty());
        assert_eq!(server.count("GET", "/referrers/"), 1, "what it lacks is learned");
    }
}

#[test]
fn a_repository_that_is_missing_says_nothing_of_its_registry() {
    let server = Server::start(|asked| match asked.target.contains("/referrers/") {
        true => refusal(404, "NAME_UNKNOWN"),
        false => answer(404),
    });
    let repository = repository(&server);
    assert!(repository.referrers(&subject(), None).unwrap().is_empty());
    assert_eq!(repository.abilities().referrers, None);
}

#[test]
fn a_list_that_cannot_be_had_is_not_an_empty_one() {
    for status in [400, 401, 403, 418] {
        let own = Server::start(move |_| answer(status));
        let fallback = Server::start(move |asked| match asked.target.contains("/referrers/") {
            true => answer(404),
            false => answer(status),
        });
        for server in [own, fallback] {
            let error = referrers(&server, None).unwrap_err();
            assert!(matches!(error.code(), Code::Remote | Code::Auth), "{error}");
        }
    }
    for body in [&b"<html>"[..], b"{}", &signature("x")] {
        let body = body.to_vec();
        let server = Server::start(move |_| answer(200).body(body.clone()));
        assert!(matches!(referrers(&server, None).unwrap_err().code(), Code::Json | Code::Ambiguous));
    }
}

#[test]
fn a_registry_that_lists_what_is_attached_needs_no_tag() {
    let server = Server::start(|asked| {
        assert!(asked.is("PUT", "/manifests/sha256:"));
        answer(201).with("oci-subject", subject())
    });
    let descriptor = repository(&server).attach(&signature("a")).unwrap();
    assert_eq!(descriptor.digest, Digest::of(&signature("a")));
    assert_eq!(server.lines().len(), 1);
}

#[test]
fn r21_what_is_attached_is_added_to_the_fallback_tag_once() {
    let (shelf, server, repository) = working();
    shelf.put_blob("acme/app", b"{}");
    let mut foreign = entry("foreign", "t");
    foreign["org.example"] = json!({"kept": [1, 2]});
    shelf.put_tag("acme/app", "foreign", b"{}");
    let mut there: Value = serde_json::from_slice(&index(vec![foreign.clone()])).unwrap();
    there["annotations"] = json!({"also": "kept"});
    // The shelf would miss what is not there.
    shelf.manifests.lock().unwrap().insert(format!("acme/app {}", Digest::of(b"foreign")), b"{}".to_vec());
    shelf.put_tag("acme/app", &fallback_tag(), there.to_string().as_bytes());
    for name in ["a", "b", "a"] {
        repository.attach(&signature(name)).unwrap();
    }
    let (descriptor, bytes) = repository.tagged(&fallback_tag()).unwrap().unwrap();
    assert_eq!(descriptor.media_type, MediaType::Index);
    let now: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(now["annotations"], there["annotations"]);
    assert_eq!(now["manifests"][0], foreign);
    let listed = repository.referrers(&subject(), Some("a/signature")).unwrap();
    assert_eq!(names(&listed), ["a", "b"]);
    assert_eq!(listed[0].descriptor.size, signature("a").len() as u64);
    assert_eq!(server.count("PUT", &fallback_tag()), 2);
}

#[test]
fn r22_parallel_attachments_of_one_engine_are_all_listed() {
    let (shelf, _server, repository) = working();
    shelf.put_blob("acme/app", b"{}");
    thread::scope(|scope| {
        for n in 0..20 {
            let repository = repository.clone();
            scope.spawn(move || repository.attach(&signature(&n.to_string())).unwrap());
        }
    });
    assert_eq!(repository.referrers(&subject(), None).unwrap().len(), 20);
}

#[test]
fn what_another_engine_overwrites_is_written_again() {
    for (times, is_listed) in [(1, true), (4, true), (usize::MAX, false)] {
        let (shelf, puts) = (Shelf::default(), AtomicUsize::new(0));
        shelf.put_blob("acme/app", b"{}");
        let server = Server::start(move |asked| {
            let reply = shelf.answer(asked);
            if asked.is("PUT", "/manifests/sha256-") && puts.fetch_add(1, Ordering::Relaxed) < times {
                shelf.put_tag("acme/app", &fallback_tag(), &index(vec![]));
            }
            reply
        });
        let result = repository(&server).attach(&signature("a"));
        assert_eq!(result.is_ok(), is_listed);
        assert!(server.count("PUT", "sha256-") <= 5);
    }
}

#[test]
fn a_fallback_tag_of_something_else_is_left_alone() {
    let (shelf, server, repository) = working();
    shelf.put_blob("acme/app", b"{}");
    shelf.put_tag("acme/app", &fallback_tag(), &signature("no index"));
    assert_eq!(repository.attach(&signature("a")).unwrap_err().code(), Code::Ambiguous);
    assert_eq!(server.count("PUT", "sha256-"), 0);
}

#[test]
fn what_refers_to_nothing_is_not_attached() {
    let (_shelf, server, repository) = working();
    for bytes in [&b"{}"[..], &index(vec![]), b"x"] {
        assert!(repository.attach(bytes).is_err());
    }
    assert!(server.lines().is_empty());
}
