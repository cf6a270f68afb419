//! Layers of images in registries, kept while they are read.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};

use crate::file_error::At;
use crate::oci::{Descriptor, Digest};
use crate::store::dir::Dir;
use crate::store::write::temporary::TemporaryFile;

use super::{KeptBlob, Store};

/// A layer that is being kept: bytes come as they are read, and are hashed when they are used.
#[derive(Debug)]
pub struct Keeping {
    store: Arc<Store>,
    /// Nothing once it cannot be written.
    file: Option<TemporaryFile<Arc<Dir>>>,
    digest: Digest,
    size: u64,
    written: u64,
}

impl Store {
    /// The layer of a descriptor, where it is kept and is what its digest says.
    pub fn input(&self, descriptor: &Descriptor) -> Option<KeptBlob> {
        let blob = self.blob(&descriptor.digest, descriptor.size)?;
        if self.sound().contains(&descriptor.digest) {
            return Some(blob);
        }
        if self.forget_broken(&blob) {
            return None;
        }
        self.sound().insert(descriptor.digest);
        Some(blob)
    }

    /// Begins to keep a layer; nothing where it is there already, or cannot be written.
    pub fn keep_input(self: &Arc<Self>, descriptor: &Descriptor) -> Option<Keeping> {
        let Descriptor { digest, size, .. } = *descriptor;
        if self.place.blobs.file_size(Path::new(&digest.hex())).ok()? == Some(size) {
            return None;
        }
        match TemporaryFile::create(Arc::clone(&self.place.new)) {
            Ok(file) => {
                let store = Arc::clone(self);
                Some(Keeping { store, file: Some(file), digest, size, written: 0 })
            }
            Err(error) => {
                self.note(Err(error));
                None
            }
        }
    }

    pub(super) fn sound(&self) -> MutexGuard<'_, HashSet<Digest>> {
        self.sound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeping {
    /// The next bytes; what cannot be written is not kept.
    pub fn add(&mut self, bytes: &[u8]) {
        self.written += bytes.len() as u64;
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(bytes).at_sized(self.store.path(), self.size)
        {
            self.store.note(Err(error));
            self.file = None;
        }
    }

    /// There are no more bytes: the layer is kept if these were all.
    pub fn end(&mut self) {
        if let Some(mut file) = self.file.take().filter(|_| self.written == self.size) {
            self.store.note(file.rename(&self.store.place.blobs, self.digest.hex().as_ref()));
        }
    }
}
