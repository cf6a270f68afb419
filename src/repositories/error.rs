//! Why repositories cannot be used.

use crate::code::{AnyFailure, Code, Coded};
use crate::file_error::FileError;
use crate::interrupt::Interrupted;
use crate::package::{Moment, SignatureError};

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
    /// Its server cannot be reached, or does not answer as it should.
    #[error(transparent)]
    Remote(#[from] AnyFailure),
    /// Nobody has signed it who is trusted with it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is older than what was seen there before.
    #[error("it is of {found}, older than {seen}, which was seen before")]
    Rollback {
        /// When it was made.
        found: Moment,
        /// When what was seen before was made.
        seen: Moment,
    },
    /// A file of it cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The work was ended.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl RepositoryError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        unimplemented!()
    }
}

impl Coded for RepositoryError {
    fn code(&self) -> Code {
        match &self.problem {
            Problem::Remote(failure) => failure.code(),
            Problem::Signature(error) => error.code(),
            Problem::Rollback { .. } => Code::PackageRollback,
            Problem::File(error) => error.code(),
            Problem::Interrupted(error) => error.code(),
        }
    }
}
