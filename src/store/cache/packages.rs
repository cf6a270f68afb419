//! What is known of packages: parsed indexes, what packages hold, and what was last seen of repositories; and packages
//! themselves while they come in.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::file_error::At;
use crate::oci::Digest;
use crate::store::dir::Dir;
use crate::store::write::temporary::TemporaryFile;

use super::{KeptBlob, Key, Store, sealed};

/// A blob that comes in and is not known to be what it should; it goes unless it is kept.
#[derive(Debug)]
pub struct Incoming {
    store: Arc<Store>,
    file: TemporaryFile<Arc<Dir>>,
}

impl Store {
    /// What is kept of packages under a key, as `read` reads it.
    pub fn fact<T>(&self, key: &Key, read: impl FnOnce(&mut dyn Read) -> io::Result<T>) -> Option<T> {
        sealed::read(&self.place.packages, key, read)
    }

    /// Keeps something of packages, as `write` writes it.
    pub fn keep_fact(&self, key: &Key, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        self.note(sealed::write(&self.place.new, &self.place.packages, key, write));
    }

    /// A small value that is kept of packages under a key.
    pub fn noted<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        self.fact(key, sealed::value)
    }

    /// Keeps a small value of packages.
    pub fn keep_noted<T: Serialize>(&self, key: &Key, value: &T) {
        self.note(sealed::write_value(&self.place.new, &self.place.packages, key, value));
    }

    /// Whether a blob of this digest and size is kept, which is yet to be verified; it counts as used.
    pub fn has_input(&self, digest: &Digest, size: u64) -> bool {
        self.blob(digest, size).is_some()
    }

    /// Begins a blob whose digest is not known yet; nothing where it cannot be written.
    pub fn incoming(self: &Arc<Self>) -> Option<Incoming> {
        match TemporaryFile::create(Arc::clone(&self.place.new)) {
            Ok(file) => Some(Incoming { store: Arc::clone(self), file }),
            Err(error) => {
                self.note(Err(error));
                None
            }
        }
    }
}

impl Incoming {
    /// Its bytes so far, to be read.
    pub fn file(&mut self) -> io::Result<File> {
        self.file.file().try_clone()
    }

    /// Keeps the blob, whose digest has to be this one; false where that cannot be.
    pub fn keep(mut self, digest: &Digest) -> bool {
        let kept = self.file.rename(&self.store.place.blobs, digest.hex().as_ref());
        let is_kept = kept.is_ok();
        if is_kept {
            self.store.sound().insert(*digest);
        }
        self.store.note(kept);
        is_kept
    }

    /// It cannot be written: the store says so, and a build goes on without.
    pub fn fail(self, error: io::Error, size: u64) {
        self.store.note(Err(error).at_sized(self.store.path(), size));
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl KeptBlob {
    /// A blob in a file that is in no store.
    pub fn of(file: File, digest: Digest, size: u64) -> Self {
        Self::new(file, digest, size)
    }
}
