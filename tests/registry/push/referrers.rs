//! What refers to an image: put so that it is found, and listed without an end being missed.

use std::thread;

use overcoat::code::{Code, Coded as _};
use overcoat::interrupt::Interrupt;
use overcoat::limits::Limits;
use overcoat::oci::Digest;
use overcoat::registry::{NoMemory, Registries, Repository, Settings};
use serde_json::{Value, json};

use crate::support::digest;
use crate::support::registry::{Behaviour, Catcher, Fault, Method, Options, Registry};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const SUBJECT: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// The repository `demo/app` of a registry, for one engine.
fn repository(registry: &Registry) -> Repository {
    let limits = Limits { retry_milliseconds: 1, ..Limits::default() };
    let interrupt = Interrupt::default();
    Registries::new(Settings::default(), Box::new(NoMemory), &limits, &interrupt)
        .repository(&registry.host(), "demo/app")
}

/// A registry that lists no referrers by itself.
fn without_api() -> Registry {
    Registry::with(Options { behaviour: Behaviour::docker_registry(), ..Options::default() })
}

/// An artifact without blobs that refers to the subject, and is told from others by its number.
fn artifact(number: usize) -> Vec<u8> {
    json!({
        "schemaVersion": 2, "mediaType": INDEX, "manifests": [], "artifactType": "application/x.test",
        "subject": {"mediaType": INDEX, "digest": SUBJECT, "size": 3},
        "annotations": {"number": number.to_string()},
    })
    .to_string()
    .into_bytes()
}

fn subject() -> Digest {
    SUBJECT.parse().unwrap()
}

/// The tag that stands in for the referrers API.
fn fallback() -> String {
    SUBJECT.replace(':', "-")
}

/// The entries under the fallback tag.
fn listed(registry: &Registry) -> Vec<Value> {
    let (bytes, media_type) = registry.manifest("demo/app", &fallback()).unwrap();
    assert_eq!(media_type, INDEX);
    let index: Value = serde_json::from_slice(&bytes).unwrap();
    index["manifests"].as_array().unwrap().clone()
}

fn digests(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|entry| entry["digest"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn r21_what_refers_to_an_image_is_listed_under_a_tag_where_the_registry_lists_nothing() {
    let registry = without_api();
    // Somebody else's entry, with a field that nobody knows.
    let foreign =
        json!({"mediaType": INDEX, "digest": digest(b"foreign"), "size": 7, "x-unknown": {"kept": [1]}});
    let index =
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [foreign], "annotations": {"a": "b"}});
    registry.put_manifest("demo/app", Some(&fallback()), INDEX, index.to_string().as_bytes());
    registry.put_manifest("demo/app", None, INDEX, b"foreign");
    let repository = repository(&registry);
    for _ in 0..2 {
        for number in 0..2 {
            let descriptor = repository.attach(&artifact(number)).unwrap();
            assert_eq!(descriptor.digest.to_string(), digest(&artifact(number)));
        }
        let entries = listed(&registry);
        assert_eq!(entries[0], foreign);
        assert_eq!(digests(&entries)[1..], [digest(&artifact(0)), digest(&artifact(1))]);
        assert_eq!(entries[1]["artifactType"], "application/x.test");
        assert_eq!(entries[1]["annotations"]["number"], "0");
    }
    let (bytes, _) = registry.manifest("demo/app", &fallback()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap()["annotations"]["a"], "b");
    let found = repository.referrers(&subject(), Some("application/x.test")).unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(repository.referrers(&subject(), None).unwrap().len(), 3);
}

#[test]
fn a_registry_that_lists_by_itself_gets_no_tag() {
    let registry = Registry::start();
    let repository = repository(&registry);
    repository.attach(&artifact(0)).unwrap();
    assert_eq!(registry.tags("demo/app"), []);
    let found = repository.referrers(&subject(), None).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].descriptor.digest.to_string(), digest(&artifact(0)));
    assert_eq!(found[0].artifact_type.as_deref(), Some("application/x.test"));
}

#[test]
fn r22_all_of_20_that_are_put_at_a_time_are_listed() {
    let registry = without_api();
    let repository = repository(&registry);
    thread::scope(|scope| {
        for number in 0..20 {
            let repository = &repository;
            scope.spawn(move || repository.attach(&artifact(number)).unwrap());
        }
    });
    let mut found = digests(&listed(&registry));
    found.sort();
    let mut expected: Vec<_> = (0..20).map(|number| digest(&artifact(number))).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn r21_an_entry_that_another_client_overwrites_is_put_again() {
    let registry = std::sync::Arc::new(without_api());
    let weak = std::sync::Arc::downgrade(&registry);
    // Another engine, which read the index before ours was in it, puts its own after ours.
    let theirs = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
        {"mediaType": INDEX, "digest": digest(b"theirs"), "size": 6},
    ]});
    registry.put_manifest("demo/app", None, INDEX, b"theirs");
    registry.fault(Fault::on(Method::Put, &fallback()).first(1).stop_after(move || {
        let registry = weak.upgrade().unwrap();
        registry.put_manifest("demo/app", Some(&fallback()), INDEX, theirs.to_string().as_bytes());
    }));
    // The lost answer makes the client put its index once more; that is another way to lose theirs.
    repository(&registry).attach(&artifact(0)).unwrap();
    assert!(digests(&listed(&registry)).contains(&digest(&artifact(0))));
}

#[test]
fn r23_a_list_whose_pages_lead_in_a_circle_ends() {
    let registry = Registry::start();
    let own = format!("</v2/demo/app/referrers/{SUBJECT}?page=2>; rel=\"next\"");
    registry.fault(Fault::on(Method::Get, "/referrers/").header("Link", &own));
    let error = repository(&registry).referrers(&subject(), None).unwrap_err();
    assert_eq!(error.code(), Code::LimitReferrers, "{error}");
    assert!(registry.log().len() <= 3);
}

#[test]
fn r23_a_list_that_never_ends_is_ended() {
    let registry = Registry::with(Options {
        behaviour: Behaviour { referrers_page: 1, ..Behaviour::default() },
        ..Options::default()
    });
    let repository = repository(&registry);
    for number in 0..101 {
        repository.attach(&artifact(number)).unwrap();
    }
    let error = repository.referrers(&subject(), None).unwrap_err();
    assert_eq!(error.code(), Code::LimitReferrers, "{error}");
    assert_eq!(registry.log().count(Method::Get, "/referrers/"), 100);
}

#[test]
fn r23_a_list_that_goes_on_elsewhere_is_not_followed() {
    let (registry, elsewhere) = (Registry::start(), Catcher::start());
    let link = format!("<{}/v2/demo/app/referrers/{SUBJECT}>; rel=\"next\"", elsewhere.url());
    registry.fault(Fault::on(Method::Get, "/referrers/").header("Link", &link));
    let error = repository(&registry).referrers(&subject(), None).unwrap_err();
    assert_eq!(error.code(), Code::LimitReferrers, "{error}");
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn r23_of_1001_referrers_none_is_given() {
    let entries = |count: usize| -> Vec<Value> {
        let entry = |number: usize| json!({"mediaType": INDEX, "digest": digest(number.to_string().as_bytes()), "size": 1});
        (0..count).map(entry).collect()
    };
    for (count, is_listed) in [(1_000, true), (1_001, false)] {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries(count)}).to_string();
        let by_api = Registry::start();
        by_api.fault(Fault::on(Method::Get, "/referrers/").body(index.clone()));
        let by_tag = without_api();
        by_tag.put_manifest("demo/app", Some(&fallback()), INDEX, index.as_bytes());
        for registry in [&by_api, &by_tag] {
            match repository(registry).referrers(&subject(), None) {
                Ok(found) => assert_eq!((is_listed, found.len()), (true, 1_000)),
                Err(error) => assert_eq!((is_listed, error.code()), (false, Code::LimitReferrers), "{error}"),
            }
        }
        let full = repository(&by_tag).attach(&artifact(0));
        assert_eq!(full.unwrap_err().code(), Code::LimitReferrers, "an index of {count} is full");
    }
}
