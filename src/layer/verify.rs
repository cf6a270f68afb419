//! Blobs that are what their descriptors say, or an error.

use std::io::{self, Read};

use super::{BlobSource, SourceError};
use crate::code::{self, Code, Coded};
use crate::limits::Limited;
use crate::oci::{Descriptor, Digest, Hasher};

/// A reader that hashes and counts what it passes on, and fails at the end where digest or size are others.
///
/// Reads at most one byte more than the descriptor's size. Only a reader that was read to its end has verified anything. Its
/// own errors hold a [`VerifyError`].
#[derive(Debug)]
pub struct VerifiedReader<R> {
    inner: R,
    state: State,
    digest: Digest,
    size: u64,
    read: u64,
}

enum State {
    Reading(Hasher),
    Ended,
    Failed(VerifyError),
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Reading(_) => "Reading",
            Self::Ended => "Ended",
            Self::Failed(_) => "Failed",
        })
    }
}

/// A blob that is not what its descriptor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Its bytes have another digest.
    #[error("blob is {found}, expected {expected}")]
    Digest {
        /// The digest of the descriptor.
        expected: Digest,
        /// The digest of the bytes.
        found: Digest,
    },
    /// It has more or fewer bytes.
    #[error("blob {digest} has {found} bytes{}, expected {expected}", if found > expected { " or more" } else { "" })]
    Size {
        /// The digest of the descriptor.
        digest: Digest,
        /// The size of the descriptor.
        expected: u64,
        /// The bytes that were read: one more than expected where there are more.
        found: u64,
    },
}

impl<R: Read> VerifiedReader<R> {
    /// Verifies what `inner` yields against a descriptor.
    pub fn new(inner: R, descriptor: &Descriptor) -> Self {
        let state = State::Reading(descriptor.digest.hasher());
        Self { inner, state, digest: descriptor.digest, size: descriptor.size, read: 0 }
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.read += bytes.len() as u64;
        if self.read > self.size {
            return self.fail(VerifyError::Size {
                digest: self.digest,
                expected: self.size,
                found: self.read,
            });
        }
        if let State::Reading(hasher) = &mut self.state {
            hasher.update(bytes);
        }
        Ok(bytes.len())
    }

    fn end(&mut self) -> io::Result<usize> {
        if self.read < self.size {
            return self.fail(VerifyError::Size {
                digest: self.digest,
                expected: self.size,
                found: self.read,
            });
        }
        let State::Reading(hasher) = std::mem::replace(&mut self.state, State::Ended) else { return Ok(0) };
        match hasher.finish() {
            found if found == self.digest => Ok(0),
            found => self.fail(VerifyError::Digest { expected: self.digest, found }),
        }
    }

    fn fail(&mut self, error: VerifyError) -> io::Result<usize> {
        self.state = State::Failed(error);
        Err(io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl<R: Read> Read for VerifiedReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.state {
            _ if out.is_empty() => return Ok(0),
            State::Ended => return Ok(0),
            State::Failed(error) => return self.fail(error),
            State::Reading(_) => {}
        }
        let left = self.size.saturating_sub(self.read).saturating_add(1);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
        match self.inner.read(&mut out[..wanted])? {
            0 => self.end(),
            read => self.take(&out[..read]),
        }
    }
}

impl Coded for VerifyError {
    fn code(&self) -> Code {
        match self {
            Self::Digest { .. } => Code::Digest,
            Self::Size { .. } => Code::Size,
        }
    }
}

/// A manifest, index or config that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentReadError {
    /// The source does not give it.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is not what its descriptor says.
    #[error(transparent)]
    Verify(Box<VerifyError>),
    /// It is larger than the limit.
    #[error("document {digest} of {size} bytes is larger than {limit}")]
    Limit {
        /// The document.
        digest: Digest,
        /// Bytes of its descriptor.
        size: u64,
        /// Bytes it may have.
        limit: u64,
    },
    /// Reading it failed.
    #[error("document {digest} cannot be read: {source}")]
    Io {
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
            Self::Io { source, .. } => code::of_io(source),
        }
    }
}

impl Limited for DocumentReadError {
    fn limit(&self) -> Option<&'static str> {
        matches!(self, Self::Limit { .. }).then_some("document-bytes")
    }
}

/// Reads a whole document of up to `limit` bytes and verifies it.
pub fn read_document(
    source: &dyn BlobSource,
    descriptor: &Descriptor,
    limit: u64,
) -> Result<Vec<u8>, DocumentReadError> {
    let digest = descriptor.digest;
    if descriptor.size > limit {
        return Err(DocumentReadError::Limit { digest, size: descriptor.size, limit });
    }
    let mut bytes = Vec::new();
    match VerifiedReader::new(source.open(descriptor)?, descriptor).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(match error.downcast::<VerifyError>() {
            Ok(verify) => DocumentReadError::Verify(Box::new(verify)),
            Err(source) => DocumentReadError::Io { digest, source },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::raw::Memory;
    use crate::oci::MediaType;

    fn descriptor(bytes: &[u8], size: u64) -> Descriptor {
        Descriptor::new(MediaType::Config, Digest::of(bytes), size)
    }

    #[test]
    fn t29_a_document_of_another_digest_or_size_is_refused() {
        let memory = Memory::default();
        for (bytes, size, code) in [
            (&b"{}"[..], 2, None),
            (b"{}", 1, Some(Code::Size)),
            (b"{}", 3, Some(Code::Size)),
            (b"[]", 2, Some(Code::Digest)),
        ] {
            let descriptor = descriptor(b"{}", size);
            memory.put(&descriptor, bytes.to_vec());
            let result = read_document(&memory, &descriptor, 100);
            assert_eq!(result.err().map(|error| error.code()), code, "{bytes:?} {size}");
        }
    }

    #[test]
    fn t29_a_sha512_is_verified_too() {
        let digest: Digest = format!("sha512:{}", "00".repeat(64)).parse().unwrap();
        let mut hasher = digest.hasher();
        hasher.update(b"abc");
        let right = Descriptor::new(MediaType::Config, hasher.finish(), 3);
        let memory = Memory::default();
        memory.put(&right, b"abc".to_vec());
        assert_eq!(read_document(&memory, &right, 3).unwrap(), b"abc");
        let wrong = Descriptor::new(MediaType::Config, digest, 3);
        memory.put(&wrong, b"abc".to_vec());
        assert_eq!(read_document(&memory, &wrong, 3).unwrap_err().code(), Code::Digest);
    }

    #[test]
    fn at_most_one_byte_more_than_promised_is_read() {
        let mut endless = io::repeat(0).take(1 << 40);
        let mut reader = VerifiedReader::new(&mut endless, &descriptor(b"", 5));
        let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
        assert!(error.get_ref().is_some_and(|inner| inner.is::<VerifyError>()));
        assert!(reader.read(&mut [0; 10]).is_err(), "a failure stays");
        assert_eq!((1 << 40) - endless.limit(), 6);
    }

    #[test]
    fn a_large_or_missing_document_is_not_read() {
        let memory = Memory::default();
        let limited = read_document(&memory, &descriptor(b"", 101), 100).unwrap_err();
        assert_eq!(limited.code(), Code::LimitManifest);
        let missing = read_document(&memory, &descriptor(b"", 100), 100).unwrap_err();
        assert_eq!(missing.code(), Code::SourceMissing);
    }
}
