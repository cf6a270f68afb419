//! Images that cannot be found or read.

use crate::code::{AnyFailure, Code, Coded, Exit};
use crate::file_error::{FileError, Irregular};
use crate::layer::{DocumentReadError, SourceError};
use crate::limits::Limited;
use crate::nearest::nearest;
use crate::oci::{ConfigError, Digest, DocumentError, MediaType, Platform, RegistryName};

/// An image that cannot be found, or is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It is in a registry.
    #[error("`{name}` is in a registry, not on this machine")]
    Registry {
        /// Its reference.
        name: String,
    },
    /// Its registry does not have it.
    #[error("`{name}` is not in its registry")]
    NotInRegistry {
        /// Its reference.
        name: String,
    },
    /// The registry that should have it fails.
    #[error(transparent)]
    Remote(#[from] AnyFailure),
    /// It is the image without layers, which is found nowhere.
    #[error("`scratch` is no stored image")]
    Scratch,
    /// A file cannot be opened or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A layout or archive is not put together as its format says.
    #[error("`{place}` {problem}")]
    Format {
        /// The layout or archive, or the file in it.
        place: String,
        /// What is wrong with it.
        problem: FormatProblem,
    },
    /// Nothing has the name.
    #[error("`{place}` has no image `{name}`; it has {}", list(there))]
    NameAbsent {
        /// The layout or archive.
        place: String,
        /// What was looked for.
        name: String,
        /// The names there.
        there: Vec<String>,
    },
    /// Several images could be meant.
    #[error("`{place}` has several images{}: {}", wanted(name.as_deref()), list(there))]
    Several {
        /// The layout or archive.
        place: String,
        /// What was looked for, where a name was given.
        name: Option<String>,
        /// The names that fit.
        there: Vec<String>,
    },
    /// There is no image at all.
    #[error("`{place}` has no images")]
    Empty {
        /// The layout or archive.
        place: String,
    },
    /// Nothing has the digest.
    #[error("`{place}` has no image {digest}")]
    DigestAbsent {
        /// The layout or archive.
        place: String,
        /// What was looked for.
        digest: Digest,
    },
    /// A blob cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A manifest, index or config cannot be read.
    #[error(transparent)]
    Read(#[from] DocumentReadError),
    /// A document is not of the expected shape.
    #[error("{digest}: {source}")]
    Document {
        /// The document.
        digest: Digest,
        /// What is wrong with it.
        source: DocumentError,
    },
    /// A config is not of the expected shape.
    #[error("config {digest}: {source}")]
    Config {
        /// The config.
        digest: Digest,
        /// What is wrong with it.
        source: ConfigError,
    },
    /// A manifest is of something else.
    #[error("{digest} is no image but `{found}`")]
    NoImage {
        /// The manifest.
        digest: Digest,
        /// What it is of.
        found: MediaType,
    },
    /// The platform is not offered.
    #[error("no image for {wanted}; there is {}", list(offered))]
    PlatformAbsent {
        /// What was looked for.
        wanted: Platform,
        /// What there is.
        offered: Vec<Platform>,
    },
    /// The config is for another platform than the index says.
    #[error("image {digest} is for {found}, but its index says {expected}")]
    Platform {
        /// The manifest.
        digest: Digest,
        /// The platform by the index.
        expected: Platform,
        /// The platform by the config.
        found: Platform,
    },
    /// The config has not one diff ID for each layer.
    #[error("image {digest} has {layers} layers and {diff_ids} diff IDs")]
    DiffIds {
        /// The manifest or config.
        digest: Digest,
        /// The number of layers.
        layers: usize,
        /// The number of diff IDs.
        diff_ids: usize,
    },
    /// There are too many layers.
    #[error("image {digest} has {found} layers, more than {limit}")]
    TooManyLayers {
        /// The manifest or config.
        digest: Digest,
        /// The number of layers.
        found: usize,
        /// The number there may be.
        limit: usize,
    },
    /// There are too many manifests.
    #[error("index {digest} leads to more than {limit} manifests")]
    TooManyEntries {
        /// The index.
        digest: Digest,
        /// The number there may be.
        limit: usize,
    },
    /// There is too much that refers to a manifest.
    #[error("index {digest} lists more than {limit} referrers")]
    TooManyReferrers {
        /// The index that lists them.
        digest: Digest,
        /// The number there may be.
        limit: usize,
    },
    /// A docker archive, where a manifest is wanted.
    #[error("the docker archive `{0}` has no manifest")]
    NoManifest(String),
    /// Indexes lie too deep in each other.
    #[error("index {digest} lies deeper than {limit} levels")]
    TooDeep {
        /// The index that was not read.
        digest: Digest,
        /// The levels there may be.
        limit: usize,
    },
    /// An index contains itself.
    #[error("index {digest} contains itself")]
    Cycle {
        /// The index.
        digest: Digest,
    },
}

/// What is wrong with a layout or archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatProblem {
    /// A file that makes it what it is is missing.
    #[error("has no `{0}`")]
    NoFile(&'static str),
    /// A document in it cannot be understood.
    #[error("cannot be understood: {0}")]
    Content(String),
    /// A file that every reader looks at is too large.
    #[error("has {size} bytes, more than {limit}")]
    TooLarge {
        /// The bytes it has.
        size: u64,
        /// The bytes it may have.
        limit: u64,
    },
    /// The archive is compressed.
    #[error("is compressed with {0}; decompress it first")]
    Compressed(&'static str),
    /// The archive cannot be walked.
    #[error("is no intact tar archive: {problem} at byte {offset}")]
    Tar {
        /// What is wrong.
        problem: &'static str,
        /// Where the header begins.
        offset: u64,
    },
    /// A name stands twice in the archive.
    #[error("has `{0}` twice")]
    Duplicate(String),
    /// The archive has too many entries.
    #[error("has more than {0} entries")]
    TooManyEntries(u64),
    /// An extension header of the archive is too large.
    #[error("has an extension header of {size} bytes, more than {limit}")]
    Extension {
        /// The bytes it has.
        size: u64,
        /// The bytes it may have.
        limit: u64,
    },
    /// Links in the archive that never end, or lead out of it.
    #[error("has a link `{0}` that leads nowhere")]
    Link(String),
}

impl ImageError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Remote(failure)
            | Self::Source(SourceError::Remote(failure))
            | Self::Read(DocumentReadError::Source(SourceError::Remote(failure))) => failure.hint(),
            Self::NameAbsent { name, there, .. } => {
                nearest(name, there.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"))
            }
            Self::Registry { name } => {
                let name: RegistryName = name.parse().ok()?;
                Some(format!(
                    "copy it into an image layout, and pass --registry-map {}=oci:DIR",
                    name.full_repository()
                ))
            }
            Self::PlatformAbsent { .. } => Some(
                "name only platforms that it has: in `platforms`, in those of the artifact, or by --platform"
                    .to_owned(),
            ),
            error if error.code().exit() == Exit::Verification => {
                Some("the image is damaged; copy it again from where it came".to_owned())
            }
            Self::Several { .. } => Some("name one of them, or its digest".to_owned()),
            Self::TooManyLayers { .. } => Some("squash some of its layers into one".to_owned()),
            Self::Platform { .. } => Some("if the index is right, pass --allow platform-mismatch".to_owned()),
            _ => None,
        }
    }
}

impl Coded for ImageError {
    fn code(&self) -> Code {
        match self {
            Self::Registry { .. } | Self::NoManifest(_) => Code::Unsupported,
            Self::TooManyReferrers { .. } => Code::LimitReferrers,
            Self::Remote(failure) => failure.code(),
            Self::Scratch
            | Self::NotInRegistry { .. }
            | Self::NameAbsent { .. }
            | Self::Several { .. }
            | Self::Empty { .. }
            | Self::DigestAbsent { .. }
            | Self::NoImage { .. } => Code::SourceMissing,
            Self::File(error) | Self::Source(SourceError::File(error)) => file_code(error),
            Self::Read(DocumentReadError::Source(SourceError::File(error))) => file_code(error),
            Self::Source(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::Format { problem: FormatProblem::TooManyEntries(_), .. } => Code::LimitEntries,
            Self::Format { problem: FormatProblem::TooLarge { .. }, .. } => Code::LimitManifest,
            Self::Format { problem: FormatProblem::Extension { .. }, .. } => Code::LimitHeader,
            Self::Format { .. } => Code::Layout,
            Self::Document { source: DocumentError::Json(_), .. } | Self::Config { .. } => Code::Json,
            Self::Document { source: DocumentError::Ambiguous { .. }, .. } => Code::Ambiguous,
            Self::PlatformAbsent { .. } => Code::PlatformAbsent,
            Self::Platform { .. } => Code::Platform,
            Self::DiffIds { .. } => Code::DiffId,
            Self::TooManyLayers { .. } => Code::LimitLayers,
            Self::TooManyEntries { .. } | Self::TooDeep { .. } => Code::LimitIndex,
            Self::Cycle { .. } => Code::IndexCycle,
        }
    }
}

impl Limited for ImageError {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Read(error) => error.limit(),
            Self::Remote(failure) | Self::Source(SourceError::Remote(failure)) => failure.limit(),
            Self::Format { problem: FormatProblem::TooManyEntries(_), .. } => Some("layer-entries"),
            Self::Format { problem: FormatProblem::TooLarge { .. }, .. } => Some("document-bytes"),
            Self::Format { problem: FormatProblem::Extension { .. }, .. } => Some("tar-header-bytes"),
            Self::TooManyLayers { .. } => Some("layers"),
            Self::TooManyEntries { .. } => Some("index-entries"),
            Self::TooManyReferrers { .. } => Some("referrers"),
            Self::TooDeep { .. } => Some("index-depth"),
            _ => None,
        }
    }
}

/// The code of a file that cannot be opened: a missing one is a missing image, an irregular one a broken layout.
fn file_code(error: &FileError) -> Code {
    let irregular = error.source.get_ref().is_some_and(|inner| inner.is::<Irregular>());
    match error.source.kind() {
        std::io::ErrorKind::NotFound => Code::SourceMissing,
        _ if irregular => Code::Layout,
        _ => error.code(),
    }
}

fn wanted(name: Option<&str>) -> String {
    name.map(|name| format!(" that `{name}` could mean")).unwrap_or_default()
}

fn list(items: &[impl std::fmt::Display]) -> String {
    const SHOWN: usize = 20;
    let mut text = items.iter().take(SHOWN).map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ");
    match items.len() {
        0 => text.push_str("none"),
        count if count > SHOWN => text.push_str(&format!(" and {} more", count - SHOWN)),
        _ => {}
    }
    text
}
