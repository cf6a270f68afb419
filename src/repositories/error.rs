//! Why repositories cannot be used.

use std::io;

use crate::code::{self, AnyFailure, Code, Coded, Failure};
use crate::file_error::FileError;
use crate::interrupt::Interrupted;
use crate::layer::VerifyError;
use crate::limits::Limited;
use crate::package::apk::ApkError;
use crate::package::deb::{DecodeError, ReleaseError, UnpackError};
use crate::package::{IndexError, KeyError, Moment, SignatureError};

/// A problem, and the repository or package it is about.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {problem}")]
pub struct RepositoryError {
    /// What it is about, such as `https://deb.example.org/debian trixie`.
    pub what: String,
    /// The problem.
    #[source]
    pub problem: Problem,
}

/// What keeps a repository or a package from being used.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Its URL is none.
    #[error("`{0}` is no URL of https:, http: or file:")]
    Url(String),
    /// Its server cannot be reached, or does not answer as it should.
    #[error(transparent)]
    Remote(#[from] AnyFailure),
    /// Nothing is there.
    #[error("there is no such file")]
    Absent,
    /// It has no such suite.
    #[error("there is no suite `{suite}`: it has neither `InRelease` nor `Release`")]
    NoSuite {
        /// The suite.
        suite: String,
    },
    /// The suite is another.
    #[error("suite `{asked}` was asked for, and this is {found}")]
    OtherSuite {
        /// What was asked for.
        asked: String,
        /// What it calls itself.
        found: String,
    },
    /// It has nothing for the architecture.
    #[error("suite `{suite}` is not for architecture `{architecture}`, only for {}", list(offered))]
    NoArchitecture {
        /// The suite.
        suite: String,
        /// The architecture.
        architecture: String,
        /// Those that it is for.
        offered: Vec<String>,
    },
    /// It has no such component for the architecture.
    #[error(
        "component `{component}` of suite `{suite}` has no index for architecture `{architecture}`{}",
        others(offered)
    )]
    NoComponent {
        /// The suite.
        suite: String,
        /// The component.
        component: String,
        /// The architecture.
        architecture: String,
        /// The components that have one.
        offered: Vec<String>,
    },
    /// Its index is in no form that can be read.
    #[error("`{path}` is only there as {}, none of which can be read", list(offered))]
    NoFormat {
        /// The index, without the ending of a form.
        path: String,
        /// Its forms.
        offered: Vec<String>,
    },
    /// It is for one architecture less.
    #[error("it has no index for architecture `{architecture}`")]
    NoIndex {
        /// The architecture.
        architecture: String,
    },
    /// Nobody is trusted with it.
    #[error("there is no key to hold its signature against")]
    NoKeys,
    /// A key that has to have signed it cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nobody has signed it who is trusted with it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is signed with SHA-1 alone, which is refused.
    #[error("it is signed by `{key}` with SHA-1 alone, which is refused")]
    Sha1 {
        /// The key's file.
        key: String,
    },
    /// What it says of itself cannot be read.
    #[error("Release: {0}")]
    Release(#[from] ReleaseError),
    /// It was made in what is the future here.
    #[error("its Date is {date}, and this machine's clock says {now}: it is not valid yet")]
    Future {
        /// When it was made.
        date: Moment,
        /// What the clock says.
        now: Moment,
    },
    /// It is older than what was seen there before.
    #[error("it is of {found}, and one of {seen} was seen there before")]
    Rollback {
        /// When it was made.
        found: Moment,
        /// When what was seen before was made.
        seen: Moment,
    },
    /// It is too old, which is refused.
    #[error("it was valid until {until}, and this machine's clock says {now}: it is expired")]
    Expired {
        /// Until when it was valid.
        until: Moment,
        /// What the clock says.
        now: Moment,
    },
    /// It was not renewed for long, which is refused.
    #[error("it is of {date}, and this machine's clock says {now}: that is more than {days} days")]
    Old {
        /// When it was made.
        date: Moment,
        /// What the clock says.
        now: Moment,
        /// How many days are tolerated.
        days: u32,
    },
    /// An index or a package is not what was promised.
    #[error("it is not what was promised: {0}")]
    Verify(#[from] VerifyError),
    /// An index cannot be decompressed.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An index cannot be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A package or an index of apk cannot be used.
    #[error(transparent)]
    Apk(#[from] ApkError),
    /// A package of Debian's kind cannot be used.
    #[error(transparent)]
    Deb(#[from] UnpackError),
    /// A package that its index names is not there.
    #[error("its index names `{place}`, and there is no such file: the repository has moved on")]
    Gone {
        /// Where it should be.
        place: String,
    },
    /// A file is too large.
    #[error("it has more than {most} bytes")]
    Limit {
        /// The limit.
        name: &'static str,
        /// The bytes that are allowed.
        most: u64,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file without a name cannot be read or written.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// The work was ended.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Problem {
    /// The error of what the problem is about.
    pub(super) fn of(self, what: impl ToString) -> RepositoryError {
        RepositoryError { what: what.to_string(), problem: self }
    }
}

impl RepositoryError {
    /// Whether a package went that an index still names: whoever opens the repositories anew, once, may find its successor.
    pub fn is_superseded(&self) -> bool {
        matches!(self.problem, Problem::Gone { .. })
    }
}

impl Coded for RepositoryError {
    fn code(&self) -> Code {
        match &self.problem {
            Problem::Url(_) => Code::SpecValue,
            Problem::NoSuite { .. }
            | Problem::OtherSuite { .. }
            | Problem::NoArchitecture { .. }
            | Problem::NoComponent { .. }
            | Problem::NoFormat { .. }
            | Problem::NoIndex { .. } => Code::PackageRepository,
            Problem::Absent | Problem::Gone { .. } => Code::Remote,
            Problem::Remote(failure) => failure.code(),
            Problem::NoKeys => Code::PackageSignature,
            Problem::Key(error) => error.code(),
            Problem::Signature(error) => error.code(),
            Problem::Sha1 { .. } => Code::Denied,
            Problem::Release(error) => error.code(),
            Problem::Rollback { .. } => Code::PackageRollback,
            Problem::Future { .. } | Problem::Expired { .. } | Problem::Old { .. } => Code::PackageStale,
            Problem::Verify(_) => Code::PackageDigest,
            Problem::Decode(DecodeError::Window { .. } | DecodeError::Memory { .. }) => Code::LimitWindow,
            Problem::Decode(_) => Code::PackageIndex,
            Problem::Index(error) => error.code(),
            Problem::Apk(error) => error.code(),
            Problem::Deb(error) => error.code(),
            Problem::Limit { .. } => Code::LimitBytes,
            Problem::File(error) => error.code(),
            Problem::Io(error) => code::of_io(error),
            Problem::Interrupted(error) => error.code(),
        }
    }
}

impl Failure for RepositoryError {
    fn hint(&self) -> Option<String> {
        let hint = match &self.problem {
            Problem::Remote(failure) => return failure.hint(),
            Problem::Apk(error) => return error.hint(),
            Problem::Deb(error) => return error.hint(),
            Problem::Signature(error) => return error.hint().map(str::to_owned),
            Problem::NoKeys | Problem::Key(KeyError::Missing { .. }) => {
                "name the repository's key in `contents.keyring`"
            }
            Problem::Future { .. } => "set this machine's clock, if it is behind",
            Problem::Expired { .. } | Problem::Old { .. } => {
                "set this machine's clock, if it is ahead; an archive that stands still may be old"
            }
            Problem::Rollback { .. } => "a mirror may be behind; --allow rollback takes it all the same",
            Problem::Verify(_) => "a mirror may be changing just now; another run may find it whole",
            Problem::Gone { .. } => "another run finds what is there now",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn limit(&self) -> Option<&'static str> {
        match &self.problem {
            Problem::Remote(failure) => failure.limit(),
            Problem::Apk(error) => error.limit(),
            Problem::Deb(error) => Limited::limit(error),
            Problem::Index(error) => error.limit(),
            Problem::Decode(error) => error.limit(),
            Problem::Limit { name, .. } => Some(name),
            _ => None,
        }
    }
}

fn list(offered: &[String]) -> String {
    offered.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
}

/// The components that there are instead, where there are some.
fn others(offered: &[String]) -> String {
    if offered.is_empty() { String::new() } else { format!("; {} has", list(offered)) }
}
