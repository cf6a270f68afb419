//! Why a layer cannot be read.

use std::fmt;
use std::io;

use super::{Fault, PaxError, SourceError, VerifyError};
use crate::code::{self, Code, Coded};
use crate::interrupt::Interrupted;
use crate::limits::{BudgetError, Limited};
use crate::oci::{Compression, Digest, MediaType};
use crate::printable::printable;
use crate::rootfs::PathError;

/// A layer that cannot be read, and where.
#[derive(Debug)]
pub struct ReadError {
    /// The digest of the layer's blob.
    pub layer: Digest,
    /// The name of the entry as the archive spells it, where one was reached.
    pub entry: Option<Box<[u8]>>,
    /// Where the entry's header begins in the uncompressed tar, in bytes.
    pub offset: u64,
    /// What is wrong.
    pub kind: Box<ReadErrorKind>,
}

/// What is wrong with a layer.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The blob cannot be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Reading the blob failed.
    #[error("blob cannot be read: {0}")]
    Io(io::Error),
    /// The blob is not what its descriptor says.
    #[error(transparent)]
    Verify(Box<VerifyError>),
    /// The uncompressed tar is another one than the config says.
    #[error(transparent)]
    DiffId(Box<DiffIdError>),
    /// The compression is not that of the media type.
    #[error("layer of type `{declared}` has compression {found}")]
    Compression {
        /// The media type of the descriptor.
        declared: MediaType,
        /// What its first bytes say.
        found: Compression,
    },
    /// The gzip stream is broken.
    #[error("gzip stream is broken: {0}")]
    Gzip(Box<str>),
    /// The zstd stream is broken.
    #[error("zstd stream is broken: {0}")]
    Zstd(&'static str),
    /// A header cannot be read.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The archive ends inside an entry.
    #[error("archive ends inside an entry")]
    Truncated,
    /// Header and PAX record give different sizes.
    #[error("header says {header} bytes, its PAX record {pax}")]
    Desync {
        /// The size in the header.
        header: u64,
        /// The size in the PAX record.
        pax: u64,
    },
    /// Bytes follow the end of the archive.
    #[error("archive goes on after its end")]
    Trailing,
    /// The name is no path inside an image.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The target of a hard link is no path inside an image.
    #[error("hard link target: {0}")]
    LinkTarget(PathError),
    /// The root of the image is no directory.
    #[error("root is no directory")]
    Root,
    /// A whiteout with a name that hides nothing, or one that is no empty regular file.
    #[error("whiteout cannot be used")]
    Whiteout,
    /// A type of entry that is not known.
    #[error("entry type `{}` is not known", .0.escape_ascii())]
    Type(u8),
    /// A selected entry breaks a rule for artifacts.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The content of a sparse file is needed.
    #[error("content of a sparse file cannot be read")]
    Sparse,
    /// A limit is reached.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The visitor failed.
    #[error(transparent)]
    Visitor(io::Error),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// An uncompressed layer that does not have its diff ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("uncompressed layer is {found}, expected diff ID {expected}")]
pub struct DiffIdError {
    /// The diff ID of the config.
    pub expected: Digest,
    /// The digest of the tar.
    pub found: Digest,
}

/// A tar header that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The block is no header.
    #[error("tar header has a wrong checksum")]
    Checksum,
    /// A number is none, or out of its range.
    #[error("tar header has a wrong {field}")]
    Number {
        /// The field or record.
        field: &'static str,
    },
    /// The size of the entry leads beyond what an archive can hold.
    #[error("entry of {size} bytes cannot fit an archive")]
    Size {
        /// The size.
        size: u64,
    },
    /// An entry that is no file has content.
    #[error("entry without content has {size} bytes")]
    Content {
        /// The size.
        size: u64,
    },
    /// A name is empty.
    #[error("entry has no name")]
    Name,
    /// The target of a link is empty.
    #[error("link has no target")]
    Link,
    /// A PAX header cannot be read.
    #[error(transparent)]
    Pax(#[from] PaxError),
    /// Two extensions of one kind stand before one entry, or two of different kinds contradict each other.
    #[error("two extension headers give one entry its {what}")]
    Ambiguous {
        /// What they contradict each other in.
        what: &'static str,
    },
    /// A global PAX header would change every entry after it.
    #[error("a global PAX header sets `{key}`")]
    Global {
        /// The key.
        key: String,
    },
    /// Nothing follows an extension header.
    #[error("an extension header has no entry")]
    Pending,
    /// A zero block stands before another header.
    #[error("a single zero block stands inside the archive")]
    ZeroBlock,
}

/// A limit that a layer reaches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Bytes of the blob.
    #[error("layer has {found} bytes, more than {limit}")]
    Compressed {
        /// Bytes of its descriptor.
        found: u64,
        /// Bytes it may have.
        limit: u64,
    },
    /// Bytes of the tar.
    #[error("uncompressed layer has more than {limit} bytes")]
    Layer {
        /// Bytes it may have.
        limit: u64,
    },
    /// What everything a build reads may cost.
    #[error(transparent)]
    Build(#[from] BudgetError),
    /// Entries of the layer.
    #[error("layer has more than {limit} entries")]
    Entries {
        /// How many it may have.
        limit: u64,
    },
    /// Bytes of extension headers before one entry.
    #[error("extension headers of an entry have more than {limit} bytes")]
    Header {
        /// Bytes they may have.
        limit: u64,
    },
    /// Bytes of all names, link targets and extended attributes of the layer.
    #[error("names, link targets and extended attributes of the layer have more than {limit} bytes")]
    Names {
        /// Bytes they may have.
        limit: u64,
    },
    /// The window of a zstd frame.
    #[error("zstd window is larger than 2^{limit} bytes")]
    Window {
        /// log2 of the largest window.
        limit: u32,
    },
    /// Members of a gzip stream.
    #[error("gzip stream has more than {limit} members")]
    Members {
        /// How many it may have.
        limit: u32,
    },
    /// Bytes of a link's target.
    #[error("link target of {found} bytes is longer than {limit}")]
    LinkTarget {
        /// Bytes it has.
        found: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// Extended attributes of an entry.
    #[error("entry has more than {limit} extended attributes")]
    Xattrs {
        /// How many it may have.
        limit: usize,
    },
    /// Bytes of the name of an extended attribute, as far as Linux takes them.
    #[error("name of an extended attribute of {found} bytes is longer than {limit}")]
    XattrName {
        /// Bytes it has.
        found: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// Bytes of an extended attribute's value.
    #[error("extended attribute of {found} bytes is longer than {limit}")]
    Xattr {
        /// Bytes it has.
        found: usize,
        /// Bytes it may have.
        limit: usize,
    },
}

impl ReadErrorKind {
    /// Whether what is wrong lies in the layer's bytes, so that a wrong digest would explain it.
    pub(crate) fn is_in_content(&self) -> bool {
        !matches!(
            self,
            Self::Source(_)
                | Self::Io(_)
                | Self::Verify(_)
                | Self::Limit(_)
                | Self::Visitor(_)
                | Self::Interrupted(_)
        )
    }
}

impl From<VerifyError> for ReadErrorKind {
    fn from(error: VerifyError) -> Self {
        Self::Verify(Box::new(error))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer {}: ", self.layer)?;
        if let Some(entry) = &self.entry {
            write!(f, "entry `{}` at byte {}: ", printable(entry), self.offset)?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.kind)
    }
}

impl Coded for ReadError {
    fn code(&self) -> Code {
        self.kind.code()
    }
}

impl Coded for ReadErrorKind {
    fn code(&self) -> Code {
        match self {
            Self::Source(error) => error.code(),
            Self::Io(error) => code::of_io(error),
            Self::Verify(error) => error.code(),
            Self::DiffId(_) => Code::DiffId,
            Self::Compression { .. } => Code::Compression,
            Self::Gzip(_) => Code::Gzip,
            Self::Zstd(_) => Code::Zstd,
            Self::Header(_) => Code::TarHeader,
            Self::Truncated => Code::TarTruncated,
            Self::Desync { .. } => Code::TarDesync,
            Self::Trailing => Code::TarTrailing,
            Self::Path(error) => path_code(error, Code::TarPath),
            Self::LinkTarget(error) => path_code(error, Code::TarLinkTarget),
            Self::Root => Code::TarRoot,
            Self::Whiteout => Code::TarWhiteout,
            Self::Type(_) => Code::TarType,
            Self::Fault(fault) => fault.code(),
            Self::Sparse => Code::TarSparse,
            Self::Limit(error) => error.code(),
            Self::Visitor(error) => code::of_io(error),
            Self::Interrupted(interrupted) => interrupted.code(),
        }
    }
}

impl Coded for LimitError {
    fn code(&self) -> Code {
        match self {
            Self::Build(error) => build_code(*error),
            Self::Compressed { .. } | Self::Layer { .. } => Code::LimitBytes,
            Self::Entries { .. } => Code::LimitEntries,
            Self::Header { .. } | Self::Names { .. } => Code::LimitHeader,
            Self::Window { .. } => Code::LimitWindow,
            Self::Members { .. } => Code::LimitMembers,
            Self::LinkTarget { .. } | Self::XattrName { .. } | Self::Xattrs { .. } | Self::Xattr { .. } => {
                Code::LimitPath
            }
        }
    }
}

impl Limited for LimitError {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Compressed { .. } => Some("layer-compressed-bytes"),
            Self::Layer { .. } => Some("layer-bytes"),
            Self::Build(error) => error.limit(),
            Self::Entries { .. } => Some("layer-entries"),
            Self::Header { .. } => Some("tar-header-bytes"),
            Self::Names { .. } => Some("layer-name-bytes"),
            Self::Window { .. } => Some("zstd-window-log"),
            Self::Members { .. } => Some("gzip-members"),
            Self::XattrName { .. } => None,
            Self::LinkTarget { .. } => Some("link-target-bytes"),
            Self::Xattrs { .. } => Some("xattrs"),
            Self::Xattr { .. } => Some("xattr-bytes"),
        }
    }
}

impl Limited for ReadErrorKind {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Limit(error) => error.limit(),
            _ => None,
        }
    }
}

fn build_code(error: BudgetError) -> Code {
    match error {
        BudgetError::Bytes { .. } | BudgetError::Kept { .. } => Code::LimitBytes,
        BudgetError::Entries { .. } => Code::LimitEntries,
        BudgetError::Names { .. } => Code::LimitHeader,
    }
}

fn path_code(error: &PathError, otherwise: Code) -> Code {
    match error {
        PathError::TooLong { .. } | PathError::ComponentTooLong { .. } => Code::LimitPath,
        PathError::Leaves(_) | PathError::Nul(_) => otherwise,
    }
}
