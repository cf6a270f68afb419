//! Blobs whose reading shows as progress.

use std::io::Read;

use crate::layer::{BlobSource, SourceError};
use crate::oci::Descriptor;
use crate::progress::{self, Progress};

/// A source that tells how far its blobs are read.
pub(super) struct Metered<'a> {
    pub(super) source: &'a dyn BlobSource,
    pub(super) progress: &'a dyn Progress,
    pub(super) what: &'a str,
}

impl BlobSource for Metered<'_> {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let reader = self.source.open(descriptor)?;
        let meter = self.progress.begin(self.what, descriptor.size);
        Ok(Box::new(progress::Metered::new(reader, meter)))
    }
}
