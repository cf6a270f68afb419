//! Where blobs come from.

use std::io::Read;

use crate::code::{AnyFailure, Code, Coded};
use crate::file_error::FileError;
use crate::oci::{Descriptor, Digest};

/// A place that holds blobs: an image layout, an archive, a registry.
pub trait BlobSource: Send + Sync {
    /// The raw bytes of a blob as they are stored, unverified: read them through a
    /// [`VerifiedReader`](super::VerifiedReader).
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError>;

    /// The repository that holds its blobs, where that is one of a registry: another one there can mount them.
    fn home(&self) -> Option<Home<'_>> {
        None
    }
}

/// A repository of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home<'a> {
    /// The registry's host and port.
    pub host: &'a str,
    /// The repository, without the host.
    pub repository: &'a str,
}

/// A blob that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The source does not hold it.
    #[error("blob {digest} is missing")]
    Missing {
        /// The blob.
        digest: Digest,
    },
    /// Only the addresses in its descriptor hold it, which are never contacted.
    #[error("blob {digest} is held by foreign addresses alone")]
    Foreign {
        /// The blob.
        digest: Digest,
    },
    /// Its file cannot be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// The place that should have it fails: a registry.
    #[error(transparent)]
    Remote(#[from] AnyFailure),
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::SourceMissing,
            Self::Foreign { .. } => Code::Foreign,
            Self::File(error) => error.code(),
            Self::Remote(failure) => failure.code(),
        }
    }
}
