//! Why a specification cannot be planned.

use std::io;

use crate::code::{self, Code, Coded};
use crate::image::ImageError;
use crate::limits::Limited;
use crate::oci::{LocatorError, Platform};
use crate::spec::{CatalogError, DefinitionId, Place, SourceError, TagError};

/// A problem, and where the specification asks for what cannot be done.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct PlanError {
    /// The place, where there is one.
    pub place: Option<Place>,
    /// The problem.
    #[source]
    pub problem: Problem,
}

/// What keeps a specification from being planned.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Something that is not built yet.
    #[error("{what} are not supported yet")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
    /// An input image cannot be found or used.
    #[error("{what}: {error}")]
    Image {
        /// What it is for, and its name.
        what: String,
        /// Why.
        #[source]
        error: Box<ImageError>,
    },
    /// A reference leads to no place.
    #[error(transparent)]
    Locator(#[from] LocatorError),
    /// A file beside the specification cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The catalog does not say what a definition is.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// No image has the definition, or several have and none has its tag.
    #[error("no image tagged `{tag}` in {place} is of the definition `{id}`")]
    Definition {
        /// The definition.
        id: DefinitionId,
        /// The tag that its image should have.
        tag: String,
        /// Whether a catalog says so.
        is_cataloged: bool,
        /// Where it was looked for.
        place: String,
        /// Tags whose image is of the definition.
        candidates: Vec<String>,
        /// Other definitions that images there are of.
        others: Vec<String>,
    },
    /// The base's tags are not known.
    #[error("the tags of the base {base} are not known")]
    NoTags {
        /// The base.
        base: String,
    },
    /// A tag cannot be made.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// Two targets write one tag.
    #[error("two targets write the tag `{0}`")]
    Collision(String),
    /// A platform is asked for that the specification does not name.
    #[error("platform `{platform}` is not among the platforms of the specification: {}", list(offered))]
    Platform {
        /// The platform.
        platform: Platform,
        /// Those of the specification.
        offered: Vec<Platform>,
    },
    /// Packages are pinned, but not those of an image that gets some.
    #[error("the packages of {destination} for {platform} on {base} are not among those that are pinned")]
    Unpinned {
        /// The repository that the image is for.
        destination: String,
        /// Its base.
        base: String,
        /// Its platform.
        platform: Platform,
    },
    /// A long file beside the specification cannot be held.
    #[error("a file beside the specification cannot be read: {0}")]
    Spool(#[source] io::Error),
}

fn list(platforms: &[Platform]) -> String {
    platforms.iter().map(Platform::to_string).collect::<Vec<_>>().join(", ")
}

impl Limited for Problem {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Image { error, .. } => error.limit(),
            Self::Source(SourceError::Size { .. }) => Some("source-bytes"),
            _ => None,
        }
    }
}

impl Coded for PlanError {
    fn code(&self) -> Code {
        match &self.problem {
            Problem::Unsupported { .. } => Code::Unsupported,
            Problem::Image { error, .. } => error.code(),
            Problem::Locator(_) => Code::SpecReference,
            Problem::Source(error) => error.code(),
            Problem::Catalog(error) => error.code(),
            Problem::Definition { .. } => Code::SourceMissing,
            Problem::NoTags { .. } | Problem::Tag(_) | Problem::Collision(_) => Code::SpecTag,
            Problem::Platform { .. } => Code::PlatformAbsent,
            Problem::Unpinned { .. } => Code::PackageLock,
            Problem::Spool(error) => code::of_io(error),
        }
    }
}
