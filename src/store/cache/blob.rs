//! Blobs of the store.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::file_error::FileError;
use crate::layer::{BlobSource, SourceError, VerifiedReader};
use crate::oci::{Descriptor, Digest, MediaType};

use super::place::Place;

/// A blob that is open: it stays readable when it is pruned meanwhile.
#[derive(Clone, Debug)]
pub struct KeptBlob {
    file: Arc<File>,
    digest: Digest,
    size: u64,
}

impl KeptBlob {
    pub(super) fn new(file: File, digest: Digest, size: u64) -> Self {
        Self { file: Arc::new(file), digest, size }
    }

    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Whether its bytes are what its digest says.
    pub(super) fn is_sound(&self) -> bool {
        let descriptor = Descriptor::new(MediaType::Config, self.digest, self.size);
        let mut reader = VerifiedReader::new(self.reader(), &descriptor);
        io::copy(&mut reader, &mut io::sink()).is_ok()
    }

    /// Its bytes from the first on, unverified; readers of one blob do not know each other.
    pub fn reader(&self) -> impl Read + Send + use<> {
        Reader { file: Arc::clone(&self.file), at: 0 }
    }
}

impl BlobSource for KeptBlob {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        if descriptor.digest == self.digest {
            Ok(Box::new(self.reader()))
        } else {
            Err(SourceError::Missing { digest: descriptor.digest })
        }
    }
}

/// Reads a file that others read as well from a place of its own.
struct Reader {
    file: Arc<File>,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(out, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Copies a blob into the store, by the system alone where it can.
pub(super) fn copy(from: &mut File, place: &Place, digest: &Digest, size: u64) -> Result<(), FileError> {
    super::make(&place.new, &place.blobs, &digest.hex(), |file| {
        if io::copy(from, file.file())? == size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    })
}
