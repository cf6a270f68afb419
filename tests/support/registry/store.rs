//! What a registry holds, in memory: blobs and manifests by repository and digest, tags, and uploads under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

/// All repositories.
#[derive(Default)]
pub(super) struct Store {
    pub(super) repos: BTreeMap<String, Repo>,
    uploads: BTreeMap<String, Upload>,
    begun: usize,
}

/// One repository. Blobs of others are unknown in it until they are mounted.
#[derive(Default)]
pub(super) struct Repo {
    pub(super) blobs: BTreeMap<String, Arc<Vec<u8>>>,
    pub(super) manifests: BTreeMap<String, Manifest>,
    pub(super) tags: BTreeMap<String, String>,
}

/// A manifest or index, in the bytes that were put.
#[derive(Clone)]
pub(super) struct Manifest {
    pub(super) media_type: String,
    pub(super) bytes: Arc<Vec<u8>>,
}

impl Manifest {
    pub(super) fn document(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("only JSON is taken as a manifest")
    }
}

/// An upload that has begun.
pub(super) struct Upload {
    pub(super) repo: String,
    pub(super) bytes: Vec<u8>,
    /// How often its location was told.
    pub(super) told: usize,
}

impl Store {
    pub(super) fn repo(&mut self, name: &str) -> &mut Repo {
        self.repos.entry(name.to_owned()).or_default()
    }

    /// Begins an upload and gives its id.
    pub(super) fn begin(&mut self, repo: &str) -> String {
        self.begun += 1;
        let id = hex::encode(&Sha256::digest(self.begun.to_string())[..16]);
        self.uploads.insert(id.clone(), Upload { repo: repo.to_owned(), bytes: Vec::new(), told: 0 });
        id
    }

    /// An upload of a repository.
    pub(super) fn upload(&mut self, repo: &str, id: &str) -> Option<&mut Upload> {
        self.uploads.get_mut(id).filter(|upload| upload.repo == repo)
    }

    /// Ends an upload and gives what came of it.
    pub(super) fn end(&mut self, id: &str) -> Vec<u8> {
        self.uploads.remove(id).map_or_else(Vec::new, |upload| upload.bytes)
    }

    pub(super) fn uploads(&self) -> usize {
        self.uploads.len()
    }

    /// A blob of a repository, or of any.
    pub(super) fn blob(&self, repo: Option<&str>, digest: &str) -> Option<Arc<Vec<u8>>> {
        match repo {
            Some(repo) => self.repos.get(repo)?.blobs.get(digest).cloned(),
            None => self.repos.values().find_map(|repo| repo.blobs.get(digest).cloned()),
        }
    }

    /// A manifest by tag or digest.
    pub(super) fn manifest(&self, repo: &str, reference: &str) -> Option<(String, Manifest)> {
        let repo = self.repos.get(repo)?;
        let digest = repo.tags.get(reference).map_or(reference, String::as_str);
        Some((digest.to_owned(), repo.manifests.get(digest)?.clone()))
    }
}

impl Repo {
    /// Every digest that a tag reaches, or what is missing or wrong on the way.
    pub(super) fn closure(&self, tag: &str) -> Result<BTreeSet<String>, String> {
        let digest = self.tags.get(tag).ok_or_else(|| format!("no tag {tag}"))?;
        let mut reached = BTreeSet::new();
        self.reach(digest, &mut reached)?;
        Ok(reached)
    }

    fn reach(&self, digest: &str, reached: &mut BTreeSet<String>) -> Result<(), String> {
        let manifest = self.manifests.get(digest).ok_or_else(|| format!("no manifest {digest}"))?;
        reached.insert(checked(digest, &manifest.bytes)?);
        for reference in References::of(&manifest.document())?.all {
            let Reference { digest, size, kind } = reference;
            let bytes = match kind {
                Kind::Foreign => continue,
                Kind::Blob => self.blobs.get(&digest),
                Kind::Manifest => self.manifests.get(&digest).map(|manifest| &manifest.bytes),
            };
            let bytes = bytes.ok_or_else(|| format!("no {kind:?} {digest}"))?;
            if size != bytes.len() as u64 {
                return Err(format!("{digest} has {} bytes, not {size}", bytes.len()));
            }
            reached.insert(checked(&digest, bytes)?);
            if kind == Kind::Manifest {
                self.reach(&digest, reached)?;
            }
        }
        Ok(())
    }
}

/// What a manifest or index needs to be there.
pub(super) struct References {
    pub(super) all: Vec<Reference>,
}

pub(super) struct Reference {
    pub(super) digest: String,
    size: u64,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Blob,
    Manifest,
    /// A layer that is to be had elsewhere.
    Foreign,
}

impl References {
    /// Those of a document, or what is wrong with it.
    pub(super) fn of(document: &Value) -> Result<Self, String> {
        let list = |key: &str| document[key].as_array().map_or(&[][..], Vec::as_slice).iter();
        if document.get("manifests").is_some()
            && (document.get("layers").is_some() || document.get("config").is_some())
        {
            return Err("manifests beside layers or a config".to_owned());
        }
        let config = document.get("config").into_iter();
        let blobs =
            config.chain(list("layers")).chain(list("blobs")).map(|descriptor| (descriptor, Kind::Blob));
        let manifests = list("manifests").map(|descriptor| (descriptor, Kind::Manifest));
        let all = blobs.chain(manifests).map(|(descriptor, kind)| Reference::of(descriptor, kind));
        Ok(Self { all: all.collect::<Result<_, _>>()? })
    }
}

impl Reference {
    fn of(descriptor: &Value, kind: Kind) -> Result<Self, String> {
        let digest = descriptor["digest"].as_str().ok_or("a descriptor without a digest")?;
        let size = descriptor["size"].as_u64().ok_or("a descriptor without a size")?;
        let kind = if descriptor.get("urls").is_some() { Kind::Foreign } else { kind };
        Ok(Self { digest: digest.to_owned(), size, kind })
    }
}

/// The digest in the algorithm of another, or none where that is no digest.
pub(super) fn digest_as(expected: &str, bytes: &[u8]) -> Option<String> {
    let (algorithm, encoded) = expected.split_once(':')?;
    let found = match algorithm {
        "sha256" => hex::encode(Sha256::digest(bytes)),
        "sha512" => hex::encode(Sha512::digest(bytes)),
        _ => return None,
    };
    let is_hex = encoded.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (encoded.len() == found.len() && is_hex).then(|| format!("{algorithm}:{found}"))
}

/// A digest that fits these bytes.
fn checked(digest: &str, bytes: &[u8]) -> Result<String, String> {
    let found = digest_as(digest, bytes);
    found.filter(|found| found == digest).ok_or_else(|| format!("{digest} is not the digest of its bytes"))
}
