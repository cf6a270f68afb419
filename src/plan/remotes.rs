//! Images in registries, each name resolved once and what it leads to read once.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::code::AnyFailure;
use crate::image::{Found, ImageError, PlatformMismatch};
use crate::layer::{BlobSource, Home, SourceError};
use crate::limits::Limits;
use crate::oci::{Descriptor, Digest, Document, IndexEntry, MediaType, RegistryName};
use crate::registry::{Registries, Repository};
use crate::store::Store;

/// The images of registries that the builds of a process share, so that all of them see the same image under one name.
///
/// Documents are kept in the store, and so are found there by later builds; of a name that a store knows all of, only the
/// digest is asked for.
pub struct Remotes {
    registries: Registries,
    store: Option<Arc<Store>>,
    found: Mutex<HashMap<String, Result<Found, AnyFailure>>>,
}

impl Remotes {
    /// Images in `registries`.
    pub fn new(registries: Registries, store: Option<Arc<Store>>) -> Self {
        Self { registries, store, found: Mutex::default() }
    }

    /// The registries they are in.
    pub fn registries(&self) -> &Registries {
        &self.registries
    }

    /// What a name leads to.
    pub(super) fn find(
        &self,
        name: &RegistryName,
        limits: &Limits,
        mismatch: PlatformMismatch,
    ) -> Result<Found, ImageError> {
        let known = self.known().get(&name.to_string()).cloned();
        if let Some(known) = known {
            return Ok(known?);
        }
        let found = match self.look(name, limits, mismatch) {
            Ok(found) => Ok(found),
            Err(ImageError::Remote(failure)) => Err(failure),
            // What is wrong with it is found out again in no time, as its documents are in the store.
            Err(error) => return Err(error),
        };
        // Another thread may have found it as well, and by then something else: the first counts for all.
        Ok(self.known().entry(name.to_string()).or_insert(found).clone()?)
    }

    /// Finds what several names lead to, all at a time; what fails fails again when it is asked for.
    pub(super) fn prefetch(&self, names: &[RegistryName], limits: &Limits, mismatch: PlatformMismatch) {
        let unknown: Vec<_> = {
            let known = self.known();
            names.iter().filter(|name| !known.contains_key(&name.to_string())).collect()
        };
        if unknown.len() < 2 {
            return;
        }
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(name) = unknown.get(next.fetch_add(1, Ordering::Relaxed)) {
                drop(self.find(name, limits, mismatch));
            }
        };
        thread::scope(|scope| (0..unknown.len().min(AT_A_TIME)).for_each(|_| drop(scope.spawn(work))));
    }

    fn look(
        &self,
        name: &RegistryName,
        limits: &Limits,
        mismatch: PlatformMismatch,
    ) -> Result<Found, ImageError> {
        let repository = self.registries.repository(name.host(), name.repository());
        let blobs = RemoteBlobs { repository, store: self.store.clone(), read: Mutex::default() };
        let descriptor = match (name.digest(), name.tag()) {
            (Some(digest), _) => blobs.find_root(digest, name)?,
            (None, tag) => blobs.tagged(tag.unwrap_or_default(), name)?,
        };
        let root = IndexEntry { descriptor, platform: None };
        Found::of(root, Arc::new(blobs), limits, mismatch)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Result<Found, AnyFailure>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names that are looked up at a time.
const AT_A_TIME: usize = 8;

/// Blobs and documents of a repository; the store's where it has them.
struct RemoteBlobs {
    repository: Repository,
    store: Option<Arc<Store>>,
    /// Documents that were read, where no store has them.
    read: Mutex<HashMap<Digest, Vec<u8>>>,
}

impl RemoteBlobs {
    /// The manifest or index that a tag leads to.
    fn tagged(&self, tag: &str, name: &RegistryName) -> Result<Descriptor, ImageError> {
        let found = self.repository.resolve(tag).map_err(AnyFailure::new)?;
        let descriptor = found.ok_or_else(|| absent(name))?;
        self.find_root(&descriptor.digest, name)
    }

    /// The manifest or index of a digest: its type is what its body says it is.
    fn find_root(&self, digest: &Digest, name: &RegistryName) -> Result<Descriptor, ImageError> {
        if let Some(kept) = self.kept(digest) {
            return typed(digest, &kept);
        }
        let found = self.repository.manifest(digest).map_err(AnyFailure::new)?;
        let (_, bytes) = found.ok_or_else(|| absent(name))?;
        self.keep(digest, &bytes);
        typed(digest, &bytes)
    }

    /// A document, as the repository has it: whoever reads it verifies it.
    fn document(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        if let Some(kept) = self.kept(&descriptor.digest) {
            return Ok(kept);
        }
        let mut bytes = Vec::new();
        let reader = self.repository.open(descriptor)?.take(descriptor.size.saturating_add(1));
        read_all(reader, &mut bytes)?;
        if Digest::of(&bytes) == descriptor.digest {
            self.keep(&descriptor.digest, &bytes);
        }
        Ok(bytes)
    }

    /// A document that was read before.
    fn kept(&self, digest: &Digest) -> Option<Vec<u8>> {
        match &self.store {
            Some(store) => store.document(digest),
            None => self.read().get(digest).cloned(),
        }
    }

    fn keep(&self, digest: &Digest, bytes: &[u8]) {
        match &self.store {
            Some(store) => store.keep_document(digest, bytes),
            None => _ = self.read().insert(*digest, bytes.to_vec()),
        }
    }

    fn read(&self) -> MutexGuard<'_, HashMap<Digest, Vec<u8>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlobSource for RemoteBlobs {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        if is_document(&descriptor.media_type) {
            return Ok(Box::new(Cursor::new(self.document(descriptor)?)));
        }
        if let Some(kept) = self.store.as_ref().and_then(|store| store.input(descriptor)) {
            return kept.open(descriptor);
        }
        self.repository.open(descriptor)
    }

    fn home(&self) -> Option<Home<'_>> {
        self.repository.home()
    }
}

fn is_document(media_type: &MediaType) -> bool {
    media_type.is_index()
        || media_type.is_manifest()
        || matches!(media_type, MediaType::Config | MediaType::DockerConfig)
}

/// Reads to the end; an error in the guise of the system's is what it was.
fn read_all(mut reader: impl Read, bytes: &mut Vec<u8>) -> Result<(), SourceError> {
    match reader.read_to_end(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(SourceError::of_reading(error)),
    }
}

/// The descriptor of a document whose type nobody has said.
fn typed(digest: &Digest, bytes: &[u8]) -> Result<Descriptor, ImageError> {
    let media_type = Document::own_type(bytes).ok_or_else(|| ImageError::NoImage {
        digest: *digest,
        found: MediaType::Other("application/octet-stream".to_owned()),
    })?;
    Ok(Descriptor::new(media_type, *digest, bytes.len() as u64))
}

fn absent(name: &RegistryName) -> ImageError {
    ImageError::NotInRegistry { name: name.to_string() }
}
