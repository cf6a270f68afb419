//! Blobs whose reading shows as progress.

use std::io::{self, Read};

use crate::layer::{BlobSource, SourceError};
use crate::oci::Descriptor;
use crate::progress::{Meter, Progress};

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
        Ok(Box::new(MeteredReader { reader, meter }))
    }
}

struct MeteredReader {
    reader: Box<dyn Read + Send>,
    meter: Box<dyn Meter>,
}

impl Read for MeteredReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.meter.advance(read as u64);
        Ok(read)
    }
}
