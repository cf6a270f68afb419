//! Where the bytes of blobs come from.

use std::io::Read;

use crate::code::{Code, Coded};
use crate::file_error::FileError;
use crate::oci::{Descriptor, Digest};

/// A place that holds blobs: a layout, an archive, a registry, memory.
pub trait BlobSource: Send + Sync {
    /// Opens a blob's bytes as they are stored; nothing is verified.
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError>;
}

/// A blob that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not there.
    #[error("blob {digest} is missing")]
    Missing {
        /// The blob.
        digest: Digest,
    },
    /// It is only at a foreign address, which is never contacted.
    #[error("blob {digest} is only at a foreign address")]
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
