//! The store: what builds keep for those after them, so that nothing is done twice that a digest says is done.
//!
//! One directory that many processes share: layer indexes, assembled layers and what is known of packages by key, blobs by
//! digest. An entry is there
//! whole or not at all, and what is read is verified: one that is broken goes and is made again. Nothing depends on the
//! store but time: where it cannot be written, a build goes on without.

mod blob;
mod documents;
mod entries;
mod inputs;
mod key;
mod notes;
mod packages;
mod place;
mod prune;
mod sealed;

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW};
use serde::{Deserialize, Serialize};

pub use blob::KeptBlob;
pub use entries::{Held, Inventory};
pub use inputs::Keeping;
pub use key::Key;
pub use packages::Incoming;
pub use place::StoreError;
pub use prune::{Pruned, Room};

use crate::file_error::{At, FileError};
use crate::layer::{LayerIndex, WrittenLayer};
use crate::oci::Digest;

use super::dir::Dir;
use super::staging::Staging;
use super::write::temporary::TemporaryFile;
use place::Place;

/// A store that is open.
#[derive(Debug)]
pub struct Store {
    place: Place,
    problem: Mutex<Option<FileError>>,
    /// Input layers that were hashed since the store was opened.
    sound: Mutex<HashSet<Digest>>,
}

/// What a key's record says of an assembled layer.
#[derive(Serialize, Deserialize)]
struct Record {
    digest: Digest,
    size: u64,
    diff_id: Digest,
    uncompressed: u64,
}

impl Store {
    /// Opens the store in the directory `path`, which is made where it is missing; only its owner may enter it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { place: Place::open(path)?, problem: Mutex::default(), sound: Mutex::default() })
    }

    /// Its directory, as it was given.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// The index that is kept under a key.
    pub fn index(&self, key: &Key) -> Option<LayerIndex> {
        sealed::read(&self.place.indexes, key, LayerIndex::read_from)
    }

    /// Keeps an index.
    pub fn keep_index(&self, key: &Key, index: &LayerIndex) {
        let kept = sealed::write(&self.place.new, &self.place.indexes, key, |out| index.write_to(out));
        self.note(kept);
    }

    /// The layer that is kept under a key, and its bytes, which are yet to be verified.
    pub fn layer(&self, key: &Key) -> Option<(WrittenLayer, KeptBlob)> {
        let record: Record = sealed::read(&self.place.layers, key, sealed::value)?;
        let Record { digest, size, diff_id, uncompressed } = record;
        let blob = self.blob(&digest, size)?;
        Some((WrittenLayer { digest, size, diff_id, uncompressed }, blob))
    }

    /// Keeps a layer whose blob is complete in `staging`.
    pub fn keep_layer(&self, key: &Key, layer: &WrittenLayer, staging: &Staging) {
        self.note(self.try_keep_layer(key, layer, staging));
    }

    /// The first thing that kept the store from being written.
    pub fn problem(&self) -> Option<FileError> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn try_keep_layer(&self, key: &Key, layer: &WrittenLayer, staging: &Staging) -> Result<(), FileError> {
        let WrittenLayer { digest, size, diff_id, uncompressed } = *layer;
        if !staging.share(&digest, &self.place.blobs) {
            // Over one that is there as well: it may be broken, as nothing led to it.
            blob::copy(&mut staging.file(&digest)?, &self.place, &digest, size)?;
        }
        let record = Record { digest, size, diff_id, uncompressed };
        sealed::write_value(&self.place.new, &self.place.layers, key, &record)
    }

    fn blob(&self, digest: &Digest, size: u64) -> Option<KeptBlob> {
        let file = self.place.blobs.read(Path::new(&digest.hex())).ok()?;
        let length = file.metadata().ok()?.len();
        touch(&file);
        (length == size).then(|| KeptBlob::new(file, *digest, size))
    }

    /// Removes a blob that is broken from the store, unless it has been replaced since. Returns whether it is broken.
    pub fn forget_broken(&self, blob: &KeptBlob) -> bool {
        if blob.is_sound() {
            return false;
        }
        let name = blob.digest().hex();
        if self.place.blobs.holds(&name, blob.file()).unwrap_or(false) {
            self.note(self.place.blobs.remove_file(name));
        }
        true
    }

    fn note(&self, result: Result<(), FileError>) {
        if let Err(error) = result {
            let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
            problem.get_or_insert(error);
        }
    }
}

/// Says that an entry was used just now; where that cannot be said, it seems older than it is.
fn touch(file: &std::fs::File) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let _ = rustix::fs::futimens(file, &Timestamps { last_access: now, last_modification: now });
}

/// Makes a file under a name of its own in `new`, and moves it to `name` in `to` once it is whole.
///
/// It is not synced: after a power failure its checksum tells whether it is what it was.
fn make(
    new: &Dir,
    to: &Dir,
    name: &str,
    write: impl FnOnce(&mut TemporaryFile<&Dir>) -> io::Result<()>,
) -> Result<(), FileError> {
    let mut file = TemporaryFile::create(new)?;
    write(&mut file).at(to.path().join(name))?;
    file.rename(to, name.as_ref())
}

#[cfg(test)]
mod tests;
