//! Why packages cannot be laid out.

use super::super::placement::Conflict;
use crate::code::{Code, Coded};
use crate::interrupt::Interrupted;
use crate::layer::Fault;
use crate::rootfs::RootPath;

/// Packages that cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// An entry cannot be used.
    #[error("package `{package}`: `{path}`: {fault}")]
    Fault {
        /// The package.
        package: String,
        /// The path in the package.
        path: RootPath,
        /// Why.
        fault: Fault,
    },
    /// Two packages have different things at one place.
    #[error("packages `{first}` and `{second}` both bring `{path}`, and differ there")]
    Both {
        /// The place.
        path: RootPath,
        /// The one whose name is smaller.
        first: String,
        /// The other.
        second: String,
    },
    /// A package has something else than a package of the base at one place.
    #[error("package `{package}` brings `{path}`, which belongs to the package `{owner}` of the base")]
    OfBase {
        /// The place.
        path: RootPath,
        /// The package that is added.
        package: String,
        /// The package of the base.
        owner: String,
    },
    /// What is a directory of one package is none of another.
    #[error("`{path}` is a directory of the package `{directory}`, and a {is} of the package `{other}`")]
    Directory {
        /// The place.
        path: RootPath,
        /// The package that has a directory there, or something below.
        directory: String,
        /// What it is otherwise.
        is: &'static str,
        /// The package that has it so.
        other: String,
    },
    /// A directory of a package meets something else of the base.
    #[error("`{path}` is a directory of the package `{package}`, and a {was} in the base")]
    OverFile {
        /// The place.
        path: RootPath,
        /// The package.
        package: String,
        /// What it is in the base.
        was: &'static str,
        /// The package of the base whose it is.
        owner: Option<String>,
    },
    /// A package of the merged layout meets a base whose directories are not merged.
    #[error(
        "package `{package}` makes `{path}` a link to `{target}`, but in the base it is a directory that is not empty"
    )]
    NotMerged {
        /// The package.
        package: String,
        /// The directory of the base.
        path: RootPath,
        /// Where the link would lead.
        target: RootPath,
    },
    /// An entry cannot be placed on what is below, or on another of its package.
    #[error("package `{package}`: {conflict}")]
    Conflict {
        /// The package.
        package: String,
        /// Why.
        conflict: Conflict,
    },
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl PayloadError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Both { first, second, .. } => {
                Some(format!("leave out `{first}` or `{second}`: neither says that it replaces the other"))
            }
            Self::Directory { directory, other, .. } => Some(format!("leave out `{directory}` or `{other}`")),
            Self::OfBase { package, owner, .. } => {
                Some(format!("leave out `{package}`, or let a newer `{owner}` take the place of the base's"))
            }
            Self::NotMerged { .. } => Some(
                "choose packages of the base's own release, or a base with the merged /usr layout".into(),
            ),
            Self::Conflict {
                conflict: Conflict::OverDirectory { .. } | Conflict::OverLink { .. }, ..
            } => Some("`--allow replace` lets it".into()),
            _ => None,
        }
    }
}

impl Coded for PayloadError {
    fn code(&self) -> Code {
        match self {
            Self::Fault { fault, .. } => fault.code(),
            Self::Conflict { conflict, .. } => conflict.code(),
            Self::Interrupted(interrupted) => interrupted.code(),
            Self::Both { .. }
            | Self::OfBase { .. }
            | Self::Directory { .. }
            | Self::OverFile { .. }
            | Self::NotMerged { .. } => Code::Conflict,
        }
    }
}
