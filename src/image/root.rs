//! What a name leads to, before anything is read of it.

use std::sync::Arc;

use super::error::ImageError;
use crate::layer::{BlobSource, read_document};
use crate::limits::Limits;
use crate::oci::IndexEntry;

/// An index or a manifest, and what holds it and all below it.
#[derive(Clone)]
pub struct Root {
    /// Its descriptor, and the platform that is said with it.
    pub entry: IndexEntry,
    /// The blobs.
    pub blobs: Arc<dyn BlobSource>,
}

impl Root {
    /// The bytes of the index or manifest, verified.
    pub fn bytes(&self, limits: &Limits) -> Result<Vec<u8>, ImageError> {
        Ok(read_document(self.blobs.as_ref(), &self.entry.descriptor, limits.document_bytes)?)
    }
}
