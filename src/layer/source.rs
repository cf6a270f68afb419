//! Where blobs come from.

use std::io::Read;

use crate::code::{Code, Coded};
use crate::file_error::FileError;
use crate::oci::{Descriptor, Digest};

/// A place that holds blobs: an image layout, an archive, a registry.
pub trait BlobSource: Send + Sync {
    /// The raw bytes of a blob as they are stored, unverified: read them through a
    /// [`VerifiedReader`](super::VerifiedReader).
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError>;
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
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::SourceMissing,
            Self::Foreign { .. } => Code::Foreign,
            Self::File(error) => error.code(),
        }
    }
}
