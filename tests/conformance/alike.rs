//! The registry of the tests answers as registries do that people run, or stands in a table with the reason.

use std::collections::BTreeMap;
use std::io;

use serde_json::json;

use crate::support::digest;
use crate::support::process::{DockerRegistry, olareg};
use crate::support::registry::{Answer, Ask, Behaviour, Method, Options, Registry};

/// What a registry answers, by what it was asked.
type Answers = BTreeMap<&'static str, String>;

#[test]
fn answers_are_those_of_docker_registry() {
    let Some(real) = DockerRegistry::default().start() else { return };
    let own = Registry::with(Options { behaviour: Behaviour::docker_registry(), ..Options::default() });
    let [real, own] = [answers(whole, |ask| real.ask(ask)), answers(whole, |ask| ask.send(&own.host()))];
    assert_alike(real, own, &[]);
}

#[test]
fn answers_are_those_of_olareg() {
    let Some(real) = olareg() else { return };
    let own = Registry::start();
    let [real, own] = [answers(brief, |ask| real.ask(ask)), answers(brief, |ask| ask.send(&own.host()))];
    let reasons = [
        ("cancelled upload", "the specification wants 204"),
        ("upload after it was cancelled", "the specification wants 404"),
        ("tags of an unknown repository", "the specification wants 404"),
    ];
    assert_alike(real, own, &reasons);
}

/// Fails where answers differ without a reason, or no longer do.
fn assert_alike(real: Answers, own: Answers, reasons: &[(&str, &str)]) {
    let mut faults = Vec::new();
    for (what, real) in real {
        let reason = reasons.iter().find(|(known, _)| *known == what);
        match (real == own[what], reason) {
            (true, None) => {}
            (false, Some((_, reason))) => println!("{what}: {real}, here {}: {reason}", own[what]),
            (true, Some(_)) => faults.push(format!("{what}: no longer differs")),
            (false, None) => faults.push(format!("{what}: {real}, here {}", own[what])),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Asks for everything once.
fn answers(summary: fn(&Answer) -> String, ask: impl Fn(Ask) -> io::Result<Answer>) -> Answers {
    let mut answers = Answers::new();
    let mut note = |what, asked: Ask| {
        let answer = ask(asked).expect("registries answer");
        answers.insert(what, summary(&answer));
        answer
    };
    blobs(&mut note);
    manifests(&mut note);
    deletes(&mut note);
    answers
}

fn blobs(note: &mut impl FnMut(&'static str, Ask) -> Answer) {
    let blob = |repo: &str| format!("/v2/{repo}/blobs/{}", digest(BLOB));
    let uploads = "/v2/a/blobs/uploads/";
    note("base", Ask::get("/v2/"));
    note("unknown blob", Ask::get(&blob("a")));
    note("head of an unknown blob", Ask::new(Method::Head, &blob("a")));
    note("blob of a bad digest", Ask::get("/v2/a/blobs/sha256:0"));
    let begun = note("upload", Ask::new(Method::Post, uploads));
    note("upload with a wrong digest", put(&begun, &digest(b"other")));
    let begun = note("upload again", Ask::new(Method::Post, uploads));
    let location = path(&begun);
    let patch = Ask::new(Method::Patch, &location).header("Content-Type", "application/octet-stream");
    let patched = note("chunk", patch.header("Content-Range", "0-4").body(&BLOB[..5]));
    let status = note("status of an upload", Ask::get(&path(&patched)));
    let separator = if path(&status).contains('?') { '&' } else { '?' };
    let last = Ask::new(Method::Put, &format!("{}{separator}digest={}", path(&status), digest(BLOB)));
    note("last chunk", last.body(&BLOB[5..]));
    let begun = note("upload to cancel", Ask::new(Method::Post, uploads));
    note("cancelled upload", Ask::new(Method::Delete, &path(&begun)));
    note("upload after it was cancelled", put(&begun, &digest(BLOB)));
    note("head of a blob", Ask::new(Method::Head, &blob("a")));
    note("blob", Ask::get(&blob("a")));
    note("part of a blob", Ask::get(&blob("a")).header("Range", "bytes=2-4"));
    note("end of a blob", Ask::get(&blob("a")).header("Range", "bytes=5-"));
    note("part behind the end of a blob", Ask::get(&blob("a")).header("Range", "bytes=99-"));
    note("blob of another repository", Ask::get(&blob("b")));
    let mount = |digest: &str| Ask::new(Method::Post, &format!("/v2/b/blobs/uploads/?mount={digest}&from=a"));
    note("mount of an unknown blob", mount(&digest(b"unknown")));
    note("mount", mount(&digest(BLOB)));
}

fn manifests(note: &mut impl FnMut(&'static str, Ask) -> Answer) {
    let manifest = manifest(&[BLOB]);
    let by_digest = format!("/v2/a/manifests/{}", digest(&manifest));
    let put = |target: &str, bytes: &[u8]| {
        Ask::new(Method::Put, &format!("/v2/a/manifests/{target}"))
            .header("Content-Type", MANIFEST)
            .body(bytes)
    };
    note("unknown manifest", Ask::get("/v2/a/manifests/1").header("Accept", MANIFEST));
    note("manifest that is not JSON", put("1", b"{"));
    note("manifest of a wrong digest", put(&digest(b"other"), &manifest));
    note("manifest with a missing layer", put("1", &self::manifest(&[b"missing"])));
    note("manifest with another type", put("1", br#"{"schemaVersion": 2, "mediaType": "application/x"}"#));
    note("manifest by digest", put(&digest(&manifest), &manifest));
    note("manifest by tag", put("1", &manifest));
    note("head of a manifest", Ask::new(Method::Head, "/v2/a/manifests/1").header("Accept", MANIFEST));
    note("manifest read by digest", Ask::get(&by_digest).header("Accept", MANIFEST));
    note("tags", Ask::get("/v2/a/tags/list"));
    note("tags of an unknown repository", Ask::get("/v2/unknown/tags/list"));
    note("manifest of an unknown repository", Ask::get("/v2/unknown/manifests/1"));
    note("referrers", Ask::get(&format!("/v2/a/referrers/{}", digest(&manifest))));
    let mut referrer: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    referrer["subject"] = json!({"mediaType": MANIFEST, "digest": digest(&manifest), "size": manifest.len()});
    note("manifest with a subject", put("2", referrer.to_string().as_bytes()));
    let child = json!({"mediaType": MANIFEST, "digest": digest(b"missing"), "size": 7});
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]}).to_string();
    let put = Ask::new(Method::Put, "/v2/a/manifests/3").header("Content-Type", INDEX).body(index);
    note("index with a missing manifest", put);
}

fn deletes(note: &mut impl FnMut(&'static str, Ask) -> Answer) {
    let delete = |target: &str| Ask::new(Method::Delete, &format!("/v2/a/{target}"));
    let manifest = digest(&manifest(&[BLOB]));
    note("deleted manifest", delete(&format!("manifests/{manifest}")));
    note("deleted manifest again", delete(&format!("manifests/{manifest}")));
    note("deleted blob", delete(&format!("blobs/{}", digest(BLOB))));
    note("deleted blob again", delete(&format!("blobs/{}", digest(BLOB))));
    note("tag of a deleted manifest", Ask::get("/v2/a/manifests/1").header("Accept", MANIFEST));
}

/// A manifest whose config is the first blob, and each a layer.
fn manifest(blobs: &[&[u8]]) -> Vec<u8> {
    let descriptor =
        |kind: &str, blob: &[u8]| json!({"mediaType": kind, "digest": digest(blob), "size": blob.len()});
    let layers: Vec<_> =
        blobs.iter().map(|blob| descriptor("application/vnd.oci.image.layer.v1.tar", blob)).collect();
    let config = descriptor("application/vnd.oci.image.config.v1+json", blobs[0]);
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers})
        .to_string()
        .into_bytes()
}

/// Puts the blob where an upload goes on.
fn put(begun: &Answer, digest: &str) -> Ask {
    let location = path(begun);
    let separator = if location.contains('?') { '&' } else { '?' };
    Ask::new(Method::Put, &format!("{location}{separator}digest={digest}")).body(BLOB)
}

/// The path and query of a location, written out or not.
fn path(answer: &Answer) -> String {
    let location = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
    location[location.find("/v2/").expect("it lies in the API")..].to_owned()
}

/// Status, error code, and which telling headers there are.
fn whole(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body["errors"][0]["code"].as_str().unwrap_or("-");
    let names = ["location", "docker-content-digest", "range", "content-range", "etag", "oci-subject"];
    format!("{} {code} {}", answer.status, told(answer, &names))
}

/// What registries agree on more.
fn brief(answer: &Answer) -> String {
    format!("{} {}", answer.status, told(answer, &["location", "content-range", "oci-subject"]))
}

fn told(answer: &Answer, names: &[&str]) -> String {
    let told: Vec<&str> = names.iter().copied().filter(|name| answer.header(name).is_some()).collect();
    told.join(" ")
}

const BLOB: &[u8] = b"0123456789";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
