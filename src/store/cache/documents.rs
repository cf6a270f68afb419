//! Manifests, indexes and configs of images in registries, so that a digest that was asked for once is not asked for again.

use std::io::{Read, Write};
use std::path::Path;

use crate::oci::Digest;

use super::Store;

/// More than any document has that is kept.
const LARGEST: u64 = 8 << 20;

impl Store {
    /// The document of a digest, verified; one that is broken goes.
    pub fn document(&self, digest: &Digest) -> Option<Vec<u8>> {
        let name = digest.hex();
        let file = self.place.blobs.read(Path::new(&name)).ok()?;
        let length = file.metadata().ok()?.len();
        if length > LARGEST {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
        (&file).take(LARGEST).read_to_end(&mut bytes).ok()?;
        if Digest::of(&bytes) == *digest {
            super::touch(&file);
            return Some(bytes);
        }
        // Unless another process has made it anew in the meantime.
        if self.place.blobs.holds(&name, &file).unwrap_or(false) {
            self.note(self.place.blobs.remove_file(name));
        }
        None
    }

    /// Keeps a document, whose digest has to be this one.
    pub fn keep_document(&self, digest: &Digest, bytes: &[u8]) {
        if bytes.len() as u64 <= LARGEST && matches!(digest, Digest::Sha256(_)) {
            let kept =
                super::make(&self.place.new, &self.place.blobs, &digest.hex(), |file| file.write_all(bytes));
            self.note(kept);
        }
    }
}
