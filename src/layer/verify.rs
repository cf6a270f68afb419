//! Bytes that have to be what their descriptor says.

use std::io::{self, Read};

use super::{BlobSource, SourceError};
use crate::code::{Code, Coded};
use crate::oci::{Descriptor, Digest, Hasher};

/// A blob that is not what its descriptor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The bytes have another digest.
    #[error("blob is {found}, expected {expected}")]
    Digest {
        /// The digest that was promised.
        expected: Digest,
        /// The digest of the bytes.
        found: Digest,
    },
    /// There are more or fewer bytes.
    #[error("blob {digest} has {} {expected} bytes", if *more { "more than" } else { "fewer than" })]
    Size {
        /// The blob.
        digest: Digest,
        /// The bytes that were promised.
        expected: u64,
        /// Whether there are more.
        more: bool,
    },
}

impl Coded for VerifyError {
    fn code(&self) -> Code {
        match self {
            Self::Digest { .. } => Code::Digest,
            Self::Size { .. } => Code::Size,
        }
    }
}

/// Hashes and counts what is read through it; its end is an error unless digest and size are the promised ones.
///
/// The error is an [`io::Error`] that holds a [`VerifyError`]. At most one byte more than promised is read.
pub struct VerifiedReader<R> {
    reader: R,
    digest: Digest,
    size: u64,
    read: u64,
    hasher: Hasher,
}

impl<R: Read> VerifiedReader<R> {
    /// A reader of the blob that `descriptor` describes.
    pub fn new(reader: R, descriptor: &Descriptor) -> Self {
        let digest = descriptor.digest;
        Self { reader, digest, size: descriptor.size, read: 0, hasher: digest.hasher() }
    }

    fn verdict(&self) -> Result<(), VerifyError> {
        if self.read != self.size {
            let more = self.read > self.size;
            return Err(VerifyError::Size { digest: self.digest, expected: self.size, more });
        }
        let found = self.hasher.clone().finish();
        if found == self.digest { Ok(()) } else { Err(VerifyError::Digest { expected: self.digest, found }) }
    }
}

impl<R: Read> Read for VerifiedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = (self.size - self.read.min(self.size)).saturating_add(1);
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = self.reader.read(&mut buffer[..wanted])?;
        self.read += count as u64;
        self.hasher.update(&buffer[..count]);
        if (count == 0 && !buffer.is_empty()) || self.read > self.size {
            self.verdict().map_err(io::Error::other)?;
        }
        Ok(count)
    }
}

/// A small document that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentReadError {
    /// It cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is not what its descriptor says.
    #[error("{0}")]
    Verify(Box<VerifyError>),
    /// It is larger than documents may be.
    #[error("document {digest} has {size} bytes, more than {limit}")]
    Limit {
        /// The document.
        digest: Digest,
        /// The bytes it has.
        size: u64,
        /// The bytes it may have.
        limit: u64,
    },
    /// Its bytes cannot be read.
    #[error("document {digest}: {source}")]
    Read {
        /// The document.
        digest: Digest,
        /// What the system said.
        source: io::Error,
    },
}

impl Coded for DocumentReadError {
    fn code(&self) -> Code {
        match self {
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Limit { .. } => Code::LimitManifest,
            Self::Read { .. } => Code::Io,
        }
    }
}

/// Reads a manifest, index or config of at most `limit` bytes whole, verified.
pub fn read_document(
    source: &dyn BlobSource,
    descriptor: &Descriptor,
    limit: u64,
) -> Result<Vec<u8>, DocumentReadError> {
    let (digest, size) = (descriptor.digest, descriptor.size);
    if size > limit {
        return Err(DocumentReadError::Limit { digest, size, limit });
    }
    let mut bytes = Vec::new();
    let mut reader = VerifiedReader::new(source.open(descriptor)?, descriptor);
    match reader.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(source) => match source.get_ref().and_then(|inner| inner.downcast_ref::<VerifyError>()) {
            Some(error) => Err(DocumentReadError::Verify(Box::new(*error))),
            None => Err(DocumentReadError::Read { digest, source }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::MediaType;

    fn verified(promised: &Descriptor, bytes: &[u8]) -> io::Result<usize> {
        VerifiedReader::new(bytes, promised).read_to_end(&mut Vec::new())
    }

    #[test]
    fn t29_other_bytes_or_another_size_is_an_error() {
        let promised = Descriptor::of(MediaType::Config, b"abc");
        assert_eq!(verified(&promised, b"abc").unwrap(), 3);
        for (bytes, code) in [(&b"abd"[..], Code::Digest), (b"ab", Code::Size), (b"abcd", Code::Size)] {
            let error = verified(&promised, bytes).unwrap_err();
            let error: &VerifyError = error.get_ref().unwrap().downcast_ref().unwrap();
            assert_eq!(error.code(), code);
        }
    }
}
