//! What a working registry keeps.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::server::{Answer, Asked, answer};
use crate::oci::{Digest, Document};

/// Blobs, manifests and tags by repository. It has no referrers, takes no blob in one POST, and mounts.
#[derive(Default)]
pub(in crate::registry) struct Shelf {
    /// `REPOSITORY DIGEST`.
    pub(in crate::registry) blobs: Mutex<BTreeMap<String, Vec<u8>>>,
    /// `REPOSITORY DIGEST`.
    pub(in crate::registry) manifests: Mutex<BTreeMap<String, Vec<u8>>>,
    /// `REPOSITORY TAG`.
    pub(in crate::registry) tags: Mutex<BTreeMap<String, Digest>>,
    sessions: Mutex<u64>,
}

impl Shelf {
    /// Stores a blob.
    pub(in crate::registry) fn put_blob(&self, repository: &str, bytes: &[u8]) {
        self.blobs.lock().unwrap().insert(format!("{repository} {}", Digest::of(bytes)), bytes.to_vec());
    }

    /// Stores a manifest under a tag.
    pub(in crate::registry) fn put_tag(&self, repository: &str, tag: &str, bytes: &[u8]) {
        let digest = Digest::of(bytes);
        self.manifests.lock().unwrap().insert(format!("{repository} {digest}"), bytes.to_vec());
        self.tags.lock().unwrap().insert(format!("{repository} {tag}"), digest);
    }

    /// What a tag leads to.
    pub(in crate::registry) fn tag(&self, repository: &str, tag: &str) -> Option<Digest> {
        self.tags.lock().unwrap().get(&format!("{repository} {tag}")).copied()
    }

    pub(in crate::registry) fn answer(&self, asked: &Asked) -> Answer {
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let path = path.strip_prefix("/v2/").unwrap();
        if let Some((repository, _)) = path.split_once("/blobs/uploads/") {
            return self.upload(repository, query, asked);
        }
        if let Some((repository, digest)) = path.split_once("/blobs/") {
            return found(self.blobs.lock().unwrap().get(&format!("{repository} {digest}")), None);
        }
        match path.split_once("/manifests/") {
            Some((repository, reference)) if asked.method == "PUT" => self.put(repository, reference, asked),
            Some((repository, reference)) => {
                let digest = reference.parse().ok().or_else(|| self.tag(repository, reference));
                let key = digest.map(|digest| format!("{repository} {digest}"));
                found(key.and_then(|key| self.manifests.lock().unwrap().get(&key).cloned()).as_ref(), digest)
            }
            None => answer(404),
        }
    }

    fn upload(&self, repository: &str, query: &str, asked: &Asked) -> Answer {
        let parameter = |name: &str| {
            let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            pair.map(|value| value.replace("%2F", "/"))
        };
        if let (Some(mount), Some(from)) = (parameter("mount"), parameter("from")) {
            let mut blobs = self.blobs.lock().unwrap();
            if let Some(bytes) = blobs.get(&format!("{from} {mount}")).cloned() {
                blobs.insert(format!("{repository} {mount}"), bytes);
                return answer(201).with("docker-content-digest", mount);
            }
        }
        match asked.method.as_str() {
            "POST" => {
                let mut sessions = self.sessions.lock().unwrap();
                *sessions += 1;
                answer(202).with("location", format!("/v2/{repository}/blobs/uploads/{sessions}?_state=x"))
            }
            "PUT" => {
                let digest = parameter("digest").unwrap();
                if Digest::of(&asked.body).to_string() != digest {
                    return refusal(400, "DIGEST_INVALID");
                }
                self.put_blob(repository, &asked.body);
                answer(201).with("docker-content-digest", digest)
            }
            _ => answer(405),
        }
    }

    fn put(&self, repository: &str, reference: &str, asked: &Asked) -> Answer {
        if !self.has_parts(repository, &asked.body) {
            return refusal(404, "MANIFEST_BLOB_UNKNOWN");
        }
        let digest = Digest::of(&asked.body);
        self.manifests.lock().unwrap().insert(format!("{repository} {digest}"), asked.body.clone());
        if reference.parse::<Digest>().is_err() {
            self.tags.lock().unwrap().insert(format!("{repository} {reference}"), digest);
        }
        answer(201).with("docker-content-digest", digest)
    }

    /// Whether everything is there that a manifest names.
    fn has_parts(&self, repository: &str, bytes: &[u8]) -> bool {
        let document: Value = serde_json::from_slice(bytes).unwrap();
        let (blobs, manifests) = (self.blobs.lock().unwrap(), self.manifests.lock().unwrap());
        let listed = |key: &str| document.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let key = |part: &Value| format!("{repository} {}", part["digest"].as_str().unwrap());
        let config = document.get("config").cloned();
        listed("layers").iter().chain(&config).all(|part| blobs.contains_key(&key(part)))
            && listed("manifests").iter().all(|part| manifests.contains_key(&key(part)))
    }
}

fn found(bytes: Option<&Vec<u8>>, digest: Option<Digest>) -> Answer {
    let Some(bytes) = bytes else { return answer(404) };
    let media_type = digest.and_then(|_| Document::own_type(bytes));
    let media_type = media_type.map_or("application/octet-stream".to_owned(), |known| known.to_string());
    let found = answer(200).with("content-length", bytes.len()).with("content-type", media_type);
    let digest = digest.map(|digest| ("docker-content-digest", digest.to_string()));
    Answer { headers: found.headers.into_iter().chain(digest).collect(), body: bytes.clone(), ..answer(200) }
}

/// An error as the specification has it.
pub(in crate::registry) fn refusal(status: u16, code: &str) -> Answer {
    answer(status).body(format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#))
}
