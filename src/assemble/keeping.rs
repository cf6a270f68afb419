//! Blobs of registries that the store keeps while they are read.

use std::io::{self, Read};
use std::sync::Arc;

use crate::layer::{BlobSource, SourceError};
use crate::oci::Descriptor;
use crate::store::{Keeping, Store};

/// A source of a registry's blobs that has the store keep what is read; blobs on this machine stay where they are.
pub(super) struct Kept<'a> {
    pub(super) source: &'a dyn BlobSource,
    pub(super) store: Option<&'a Arc<Store>>,
}

impl BlobSource for Kept<'_> {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let reader = self.source.open(descriptor)?;
        let store = self.store.filter(|_| self.source.home().is_some());
        Ok(match store.and_then(|store| store.keep_input(descriptor)) {
            Some(keeping) => Box::new(KeepingReader { reader, keeping }),
            None => reader,
        })
    }
}

struct KeepingReader {
    reader: Box<dyn Read + Send>,
    keeping: Keeping,
}

impl Read for KeepingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        match read {
            0 if !buffer.is_empty() => self.keeping.end(),
            _ => self.keeping.add(&buffer[..read]),
        }
        Ok(read)
    }
}
