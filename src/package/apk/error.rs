//! Why a package or an index of apk cannot be used.

use std::io;

use crate::code::{self, AnyFailure, Code, Coded, Failure};
use crate::layer::ReadError;
use crate::limits::Limited;
use crate::package::SignatureError;
use crate::printable::printable;
use crate::rootfs::RootPath;

/// A package or an index that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ApkError {
    /// It is not put together as its format says.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// It is another one than was promised.
    #[error(transparent)]
    Promise(#[from] PromiseError),
    /// Nobody has signed it who is trusted with it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// An entry of one of its archives cannot be used.
    #[error("{}{}", entry(.0), .0.kind)]
    Entry(#[from] ReadError),
    /// A part of it that is read as a whole is too large.
    #[error("its {part} has more than {limit} bytes")]
    Large {
        /// The part.
        part: &'static str,
        /// The name of the limit.
        name: &'static str,
        /// Bytes it may have.
        limit: u64,
    },
    /// Its bytes cannot be had.
    #[error("cannot be read: {0}")]
    Io(#[source] io::Error),
    /// Reading its data failed.
    #[error(transparent)]
    Data(AnyFailure),
}

/// A package or an index that is not put together as its format says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is of version 3.
    #[error("it is in version 3 of apk's format, which is not supported: only version 2 is")]
    Version3,
    /// It is something else.
    #[error("it does not begin as gzip does")]
    NoGzip,
    /// A gzip member is broken or cut.
    #[error("gzip member {member} is broken: {problem}")]
    Gzip {
        /// Which, from 0.
        member: usize,
        /// What is wrong.
        problem: String,
    },
    /// A part is missing.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// A package of the first version, in which nothing covers the data.
    #[error("its .PKGINFO has no datahash: packages of the first version of apk's format are not supported")]
    NoDataHash,
    /// Another gzip member follows the data.
    #[error("another gzip member follows its data")]
    FourthMember,
    /// Bytes follow the last member.
    #[error("bytes follow its last gzip member")]
    Trailing,
    /// Something is in a section where it must not be.
    #[error("its {section} holds `{}`, which does not belong there", printable(.name))]
    Stray {
        /// The section.
        section: &'static str,
        /// The name.
        name: Box<[u8]>,
    },
    /// A script is too large.
    #[error("its script `{name}` has more than {limit} bytes")]
    Script {
        /// The script.
        name: String,
        /// Bytes it may have.
        limit: usize,
    },
    /// A line of `.PKGINFO` cannot be read.
    #[error("line {line} of its .PKGINFO: {problem}")]
    Control {
        /// Which, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A field of `.PKGINFO` has no value that can be used.
    #[error("`{field}` of its .PKGINFO: {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The directory of an entry is no entry.
    #[error("it holds `{0}`, but not the directory above before it")]
    Parent(RootPath),
    /// An entry lies where none must.
    #[error("it holds `{0}`: only directories can be there")]
    Place(RootPath),
    /// The name of an entry is none that databases can hold.
    #[error("it holds `{0}`, whose name holds control characters")]
    Name(RootPath),
    /// An entry deletes files of others.
    #[error("it holds a whiteout for `{0}`")]
    Whiteout(RootPath),
}

/// A package that is another one than was promised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromiseError {
    /// It has more or fewer bytes.
    #[error("it has {found} bytes{}, not the {expected} of its index", if found > expected { " or more" } else { "" })]
    Size {
        /// The index's.
        expected: u64,
        /// Those there are: one more than expected where there are more.
        found: u64,
    },
    /// Its control section has another digest.
    #[error("its control section is {found}, not the {expected} of its index")]
    Identity {
        /// The index's.
        expected: String,
        /// What was found.
        found: String,
    },
    /// What should be its control section cannot be read, so that no digest can be right.
    #[error("its control section, {expected} by its index, cannot be read: {problem}")]
    Unreadable {
        /// The index's digest.
        expected: String,
        /// What is wrong.
        problem: FormatError,
    },
    /// Its data has another digest.
    #[error("its data is {found}, not the {expected} of its datahash")]
    Data {
        /// The datahash.
        expected: String,
        /// What was found.
        found: String,
    },
    /// It calls itself otherwise.
    #[error("it is {found} by its own word, and {expected} by its index")]
    Name {
        /// The index's name and version.
        expected: String,
        /// Its own.
        found: String,
    },
}

impl ApkError {
    /// An error of reading, or the failure that it is the guise of.
    pub(super) fn of_io(error: io::Error) -> Self {
        match AnyFailure::of_io(&error) {
            Some(failure) => Self::Data(failure.clone()),
            None => Self::Io(error),
        }
    }
}

impl Coded for ApkError {
    fn code(&self) -> Code {
        match self {
            Self::Format(_) => Code::PackageFormat,
            Self::Promise(_) => Code::PackageDigest,
            Self::Signature(error) => error.code(),
            Self::Entry(error) => error.code(),
            Self::Large { .. } => Code::LimitBytes,
            Self::Io(error) => code::of_io(error),
            Self::Data(failure) => failure.code(),
        }
    }
}

impl Failure for ApkError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Data(failure) => failure.hint(),
            _ => None,
        }
    }

    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Entry(error) => error.kind.limit(),
            Self::Large { name, .. } => Some(name),
            Self::Data(failure) => failure.limit(),
            _ => None,
        }
    }
}

fn entry(error: &ReadError) -> String {
    error.entry.as_deref().map(|name| format!("entry `{}`: ", printable(name))).unwrap_or_default()
}
