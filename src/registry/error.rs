//! Registries that fail, or answer what they should not.

use crate::code::{Code, Coded, Failure};

/// A registry that cannot be reached, refuses, or answers what it should not.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No answer came, or not all of it.
    #[error("{what}: {problem}")]
    Unanswered {
        /// Method and address of the request, without its query.
        what: String,
        /// What went wrong.
        problem: String,
    },
    /// The answer has a status that the request cannot go on with.
    #[error("{what}: status {status}{}", shown(message))]
    Status {
        /// Method and address of the request, without its query.
        what: String,
        /// The status.
        status: u16,
        /// What the body says: at most 512 bytes, control characters escaped.
        message: String,
    },
    /// An address that a registry gives is none.
    #[error("`{0}` is no address")]
    Address(String),
}

fn shown(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl Coded for RegistryError {
    fn code(&self) -> Code {
        match self {
            Self::Unanswered { .. } | Self::Address(_) => Code::Remote,
            Self::Status { status: 401 | 403, .. } => Code::Auth,
            Self::Status { .. } => Code::Remote,
        }
    }
}

impl Failure for RegistryError {
    fn hint(&self) -> Option<String> {
        None
    }

    fn limit(&self) -> Option<&'static str> {
        None
    }
}
