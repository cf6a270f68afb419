//! Why an image cannot be assembled.

use std::io;

use super::accounts::AccountsError;
use crate::code::{self, Code, Coded};
use crate::contents::{ArtifactError, StateError, ViewError};
use crate::emulate::EmulateError;
use crate::file_error::FileError;
use crate::interrupt::Interrupted;
use crate::layer::ReadError;
use crate::limits::Limited;
use crate::oci::Platform;
use crate::provision::ProvisionError;
use crate::spec::Place;

/// What kept an image from being assembled, and for which platform.
#[derive(Debug, thiserror::Error)]
#[error("{}{subject}: {fault}", platform.as_ref().map(|platform| format!("{platform}: ")).unwrap_or_default())]
pub struct AssembleError {
    /// The platform of the image; nothing where it is about all of them together.
    pub platform: Option<Platform>,
    /// The input or the part it is about.
    pub subject: String,
    /// Where the specification names it.
    pub place: Option<Place>,
    /// Why.
    #[source]
    pub fault: Fault,
}

/// Why a layer or a document cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A layer of an input cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The layers of a base cannot be applied.
    #[error(transparent)]
    View(#[from] ViewError),
    /// An artifact cannot be taken as asked.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A static file cannot be placed.
    #[error(transparent)]
    State(#[from] StateError),
    /// Packages cannot be provided.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// What scripts of packages would have made cannot be made.
    #[error(transparent)]
    Emulate(#[from] EmulateError),
    /// Accounts cannot be added.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// A layer of ours cannot be written.
    #[error("a layer cannot be written: {0}")]
    Write(#[source] io::Error),
    /// A local file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The image would have too many layers.
    #[error("the image would have {found} layers, more than {limit}")]
    Layers {
        /// The layers it would have.
        found: usize,
        /// The layers it may have.
        limit: usize,
    },
    /// A config or manifest would be too large.
    #[error("the {what} would have {found} bytes, more than {limit}")]
    Document {
        /// Which document.
        what: &'static str,
        /// The bytes it would have.
        found: u64,
        /// The bytes it may have.
        limit: u64,
    },
}

impl Coded for Fault {
    fn code(&self) -> Code {
        match self {
            Self::Read(error) => error.code(),
            Self::View(error) => error.code(),
            Self::Artifact(error) => error.code(),
            Self::State(error) => error.code(),
            Self::Provision(error) => error.code(),
            Self::Emulate(error) => error.code(),
            Self::Accounts(error) => error.code(),
            Self::Write(error) => code::of_io(error),
            Self::Interrupted(interrupted) => interrupted.code(),
            Self::File(error) => error.code(),
            Self::Layers { .. } => Code::LimitLayers,
            Self::Document { .. } => Code::LimitManifest,
        }
    }
}

impl Limited for Fault {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Read(error) => error.kind.limit(),
            Self::Provision(error) => error.limit(),
            Self::Layers { .. } => Some("layers"),
            Self::Document { what: "config", .. } => Some("document-bytes"),
            Self::Document { .. } => Some("written-document-bytes"),
            _ => None,
        }
    }
}

impl Coded for AssembleError {
    fn code(&self) -> Code {
        self.fault.code()
    }
}
