//! Why packages cannot be provided.

use super::locked::Drift;
use crate::code::{Code, Coded, Failure};
use crate::contents::{PathLoop, PayloadError};
use crate::limits::Limited;
use crate::oci::Platform;
use crate::package::{Family, KeyError, SolveError};
use crate::plan::PackagesPlan;
use crate::repositories::RepositoryError;
use crate::rootfs::RootPath;
use crate::spec::Place;

/// A problem, and which of the wishes has it, where one does.
#[derive(Debug)]
pub struct Failed {
    /// The place of the wish in the list.
    pub wish: Option<usize>,
    /// The problem.
    pub problem: ProvisionError,
}

/// What keeps packages from being provided.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// Nothing says whose packages the base has.
    #[error("the base does not say which packages it has: {}", if *.both {
        "it has databases of apk and dpkg, and os-release has no ID_LIKE"
    } else {
        "it has no database of packages, and os-release has no ID_LIKE"
    })]
    NoFamily {
        /// Whether it has databases of both.
        both: bool,
    },
    /// The family has no packages for a platform.
    #[error("{family} packages are not built for {platform}")]
    Platform {
        /// The family.
        family: Family,
        /// The platform.
        platform: Platform,
    },
    /// Nothing says where packages come from.
    #[error("neither the customization nor the base says where packages come from")]
    NoSources {
        /// Whose packages.
        family: Family,
    },
    /// Nothing says who has to have signed packages.
    #[error("neither the customization nor the base says who has to have signed packages")]
    NoKeys {
        /// Whose packages.
        family: Family,
    },
    /// A source is of the other kind than the base's packages.
    #[error("`{found}` is no repository of {family} packages, which the base has")]
    OtherFamily {
        /// The source as it is written.
        found: String,
        /// The base's packages.
        family: Family,
        /// Where the specification names it.
        place: Option<Place>,
    },
    /// A source cannot be read.
    #[error("{subject}: {problem}")]
    Source {
        /// The file, or the source as it is written.
        subject: String,
        /// What is wrong with it.
        problem: String,
        /// Where the specification names it.
        place: Option<Place>,
    },
    /// A key cannot be read.
    #[error("{error}")]
    Key {
        /// Why.
        error: KeyError,
        /// Where the specification names it.
        place: Option<Place>,
    },
    /// Links of the base never end.
    #[error(transparent)]
    Loop(#[from] PathLoop),
    /// A file of the base that is needed was too large to be kept, or is none.
    #[error("`{path}` of the base cannot be read")]
    Unreadable {
        /// The file.
        path: RootPath,
    },
    /// The base's database cannot be read, or what would be written is not what is meant.
    #[error("the database of packages `{path}`: {problem}")]
    Database {
        /// The database.
        path: RootPath,
        /// What is wrong with it.
        problem: String,
    },
    /// A repository or a package of it cannot be used.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The packages do not go together.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// They are not those that are pinned.
    #[error(transparent)]
    Drift(#[from] Box<Drift>),
    /// The files of packages cannot be placed.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl ProvisionError {
    /// Where the specification asks for what cannot be.
    pub fn place(&self, plan: &PackagesPlan) -> Option<Place> {
        let own = match self {
            Self::OtherFamily { place, .. } | Self::Source { place, .. } | Self::Key { place, .. } => *place,
            Self::Drift(drift) => match **drift {
                Drift::NotPinned { request, .. } => plan.places.get(request).copied(),
                _ => None,
            },
            Self::Solve(error) => error.request().and_then(|request| plan.places.get(request)).copied(),
            _ => None,
        };
        own.or_else(|| plan.place())
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoFamily { .. } => Some("name the repositories by `contents.repositories`".to_owned()),
            Self::NoSources { family } => Some(format!("write {}", example(*family))),
            Self::NoKeys { .. } => {
                Some("name the files of keys beside the customization by `contents.keyring`".to_owned())
            }
            Self::OtherFamily { family, .. } => Some(format!("write {}", example(*family))),
            Self::Repository(error) => error.hint(),
            Self::Solve(error) => error.hint(),
            Self::Drift(_) => Some(REPORT_ANEW.to_owned()),
            Self::Payload(error) => error.hint(),
            _ => None,
        }
    }
}

const REPORT_ANEW: &str = "build without --packages-of to see what there is now; its --json pins that";

/// How repositories are named.
fn example(family: Family) -> &'static str {
    match family {
        Family::Apk => {
            "`contents: {repositories: [https://dl-cdn.alpinelinux.org/alpine/v3.23/main], keyring: [alpine.rsa.pub]}`"
        }
        Family::Deb => {
            "`contents: {repositories: ['deb http://deb.debian.org/debian trixie main'], keyring: [debian.gpg]}`"
        }
    }
}

impl Coded for ProvisionError {
    fn code(&self) -> Code {
        match self {
            Self::NoFamily { .. } | Self::NoSources { .. } | Self::NoKeys { .. } => Code::PackageRepository,
            Self::OtherFamily { .. } | Self::Source { .. } => Code::PackageRepository,
            Self::Platform { .. } => Code::PlatformAbsent,
            Self::Key { error, .. } => error.code(),
            Self::Loop(error) => error.code(),
            Self::Unreadable { .. } | Self::Database { .. } => Code::PackageDatabase,
            Self::Repository(error) => error.code(),
            Self::Solve(error) => error.code(),
            Self::Drift(_) => Code::PackageLock,
            Self::Payload(error) => error.code(),
        }
    }
}

impl Limited for ProvisionError {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Repository(error) => Failure::limit(error),
            _ => None,
        }
    }
}
