//! Why a package cannot be read.

use std::io;

use super::control::ControlError;
use super::describe::DescribeError;
use super::files::FileFault;
use super::md5sums::SumsError;
use super::{ArchiveError, DecodeError, Member};
use crate::code::{self, Code, Coded, Failure};
use crate::interrupt::Interrupted;
use crate::layer::{ReadError, ReadErrorKind, VerifyError};
use crate::limits::Limited;
use crate::printable::printable;

/// A package that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// Its bytes are not those that the index promises.
    #[error("package is not what its index promises: {0}")]
    Verify(Box<VerifyError>),
    /// It says that it is another one than the index does.
    #[error("package says `{field}: {found}`, its index {expected}")]
    Identity {
        /// The field of its control file.
        field: &'static str,
        /// What the index says.
        expected: Box<str>,
        /// What it says.
        found: Box<str>,
    },
    /// Its container cannot be read.
    #[error(transparent)]
    Archive(ArchiveError),
    /// One of its tars cannot be decompressed.
    #[error("{}: {error}", member.name())]
    Decode {
        /// Which.
        member: Member,
        /// Why.
        error: DecodeError,
    },
    /// One of its tars cannot be read.
    #[error("{}: {}{kind}", member.name(), place(entry.as_deref(), *offset))]
    Tar {
        /// Which.
        member: Member,
        /// The name of the entry as the archive spells it, where one was reached.
        entry: Option<Box<[u8]>>,
        /// Where the entry's header begins in the uncompressed tar, in bytes.
        offset: u64,
        /// What is wrong.
        kind: Box<ReadErrorKind>,
    },
    /// Its control section holds what it must not, or lacks something.
    #[error("control.tar: {0}")]
    Control(ControlError),
    /// Its control file does not describe a package.
    #[error("control file: {0}")]
    Describe(#[from] DescribeError),
    /// One of its files is one that no package may bring.
    #[error("data.tar: {0}")]
    File(FileFault),
    /// Its own sums are not those of its files.
    #[error("md5sums: {0}")]
    Sums(#[from] SumsError),
    /// Its bytes cannot be had.
    #[error("package cannot be read: {0}")]
    Io(io::Error),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

fn place(entry: Option<&[u8]>, offset: u64) -> String {
    entry.map_or_else(String::new, |entry| format!("entry `{}` at byte {offset}: ", printable(entry)))
}

impl UnpackError {
    /// What an error of reading is about that came through decoders and visitors.
    pub(super) fn of_io(member: Member, error: io::Error) -> Self {
        error
            .downcast()
            .map(|error| Self::Verify(Box::new(error)))
            .or_else(|error| error.downcast().map(Self::Archive))
            .or_else(|error| error.downcast().map(|error| Self::Decode { member, error }))
            .or_else(|error| error.downcast().map(Self::Control))
            .or_else(|error| error.downcast().map(Self::File))
            .or_else(|error| error.downcast().map(Self::Interrupted))
            .unwrap_or_else(Self::Io)
    }

    /// What an error of reading one of the tars is about.
    pub(super) fn of_tar(member: Member, error: ReadError) -> Self {
        let ReadError { entry, offset, kind, .. } = error;
        match *kind {
            ReadErrorKind::Io(error) | ReadErrorKind::Visitor(error) => Self::of_io(member, error),
            ReadErrorKind::Interrupted(interrupted) => Self::Interrupted(interrupted),
            kind => Self::Tar { member, entry, offset, kind: Box::new(kind) },
        }
    }

    /// Whether other bytes than those promised would explain it.
    pub(super) fn is_in_content(&self) -> bool {
        !matches!(self, Self::Verify(_) | Self::Io(_) | Self::Interrupted(_))
    }
}

impl Coded for UnpackError {
    fn code(&self) -> Code {
        match self {
            Self::Verify(_) | Self::Identity { .. } => Code::PackageDigest,
            Self::Archive(_) | Self::Describe(_) => Code::DebFormat,
            Self::Decode { error: DecodeError::Window { .. } | DecodeError::Memory { .. }, .. } => {
                Code::LimitWindow
            }
            Self::Decode { .. } => Code::DebFormat,
            Self::Tar { kind, .. } => kind.code(),
            Self::Control(error) => error.code(),
            Self::File(fault) => fault.code(),
            Self::Sums(error) => error.code(),
            Self::Io(error) => code::of_io(error),
            Self::Interrupted(interrupted) => interrupted.code(),
        }
    }
}

impl Limited for UnpackError {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Decode { error, .. } => error.limit(),
            Self::Tar { kind, .. } => kind.limit(),
            Self::Control(error) => error.limit(),
            _ => None,
        }
    }
}

impl Failure for UnpackError {
    fn hint(&self) -> Option<String> {
        None
    }

    fn limit(&self) -> Option<&'static str> {
        Limited::limit(self)
    }
}
