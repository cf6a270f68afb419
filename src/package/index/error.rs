//! Why an index cannot be read.

use std::io;

use crate::code::{self, Code, Coded};
use crate::limits::Limited;

/// An index that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A record is not as its format says.
    #[error("line {line}, package `{package}`: {fault}")]
    Record {
        /// The line that the record begins at, or the line that is at fault, from 1.
        line: u64,
        /// The name of the package as far as it is known, made printable.
        package: String,
        /// What is wrong.
        fault: IndexFault,
    },
    /// The index is too large.
    #[error("the index has more than {limit} bytes")]
    Bytes {
        /// The bytes that were allowed.
        limit: u64,
        /// The name of the limit.
        name: &'static str,
    },
    /// A line is too long.
    #[error("line {line} has more than {limit} bytes")]
    Line {
        /// The line, from 1.
        line: u64,
        /// The bytes that were allowed.
        limit: u64,
    },
    /// Its bytes cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is wrong with a record of an index; texts are printable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexFault {
    /// A line is no field.
    #[error("the line is no field")]
    Line,
    /// A field stands twice.
    #[error("`{0}` stands twice")]
    Twice(&'static str),
    /// A field that has to be there is not.
    #[error("there is no `{0}`")]
    Missing(&'static str),
    /// A field is no UTF-8, or has control characters.
    #[error("`{0}` is no text, or has control characters")]
    Text(&'static str),
    /// No package has such a name.
    #[error("`{0}` is no name of a package")]
    Name(String),
    /// No package has such a version.
    #[error("`{0}` is no version of a package")]
    Version(String),
    /// The file lies outside the repository.
    #[error("file `{0}` is no path below the repository")]
    Location(String),
    /// What should be the file's size is no number.
    #[error("`{0}` is no size")]
    Size(String),
    /// What should be a digest is none.
    #[error("`{0}` is no digest")]
    Digest(String),
}

impl Coded for IndexError {
    fn code(&self) -> Code {
        match self {
            Self::Record { .. } => Code::PackageIndex,
            Self::Bytes { .. } => Code::LimitBytes,
            Self::Line { .. } => Code::LimitHeader,
            Self::Io(error) => code::of_io(error),
        }
    }
}

impl Limited for IndexError {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Bytes { name, .. } => Some(name),
            Self::Line { .. } => Some("package-line-bytes"),
            Self::Record { .. } | Self::Io(_) => None,
        }
    }
}
