//! Where blobs come from.

use std::io::{self, Read};

use crate::code::{self, AnyFailure, Code, Coded};
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
    /// Reading it failed.
    #[error("reading failed: {0}")]
    Read(#[source] io::Error),
    /// The place that should have it fails: a registry.
    #[error(transparent)]
    Remote(#[from] AnyFailure),
}

impl SourceError {
    /// What kept a blob from being read to its end.
    pub fn of_reading(error: io::Error) -> Self {
        match AnyFailure::of_io(&error) {
            Some(failure) => Self::Remote(failure.clone()),
            None => Self::Read(error),
        }
    }
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::SourceMissing,
            Self::Foreign { .. } => Code::Foreign,
            Self::File(error) => error.code(),
            Self::Read(error) => code::of_io(error),
            Self::Remote(failure) => failure.code(),
        }
    }
}
