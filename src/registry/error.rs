//! Registries that fail, or answer what they should not.

mod reason;

use std::io;

use super::auth::CredentialError;
use crate::code::{self, AnyFailure, Code, Coded, Failure};
use crate::http::HttpError;
use crate::interrupt::Interrupted;
use crate::layer::{SourceError, VerifyError};
use crate::oci::json::JsonError;
use crate::oci::{DocumentError, MediaType};

pub use reason::{RealmProblem, Unauthorized};

/// A registry that cannot be reached, refuses, or answers what it should not.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// It cannot be asked, or does not answer.
    #[error(transparent)]
    Http(HttpError),
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
    /// The same, with a body as the distribution specification has it for errors.
    #[error("{what}: status {status}, {}{}", codes.join(", "), shown(message))]
    Refused {
        /// Method and address of the request, without its query.
        what: String,
        /// The status.
        status: u16,
        /// The codes of the specification, such as `BLOB_UNKNOWN`; at least one.
        codes: Vec<String>,
        /// What the first error says: at most 512 bytes, control characters escaped.
        message: String,
    },
    /// A registry wants to know who asks, and nothing is known that it would take.
    #[error("{what}: status 401{}, and {problem}", shown(message))]
    Unauthorized {
        /// Method and address of the request, without its query.
        what: String,
        /// The registry.
        host: String,
        /// What the body says: at most 512 bytes, control characters escaped.
        message: String,
        /// Why nothing could be shown to it.
        problem: Unauthorized,
    },
    /// A token server gives no token.
    #[error("{what}: no token: {problem}")]
    Token {
        /// Method and address of the request, without its query.
        what: String,
        /// What is wrong with its answer.
        problem: String,
    },
    /// The token server that a registry names is none that a credential or a request may go to.
    #[error("{host} asks for a token of `{realm}`, {problem}")]
    Realm {
        /// The registry.
        host: String,
        /// The token server, without query and user information.
        realm: String,
        /// Why it may not be asked.
        problem: RealmProblem,
    },
    /// What is kept of credentials cannot be used.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A redirect of a request that has to be answered by the registry itself.
    #[error("{what}: redirected to `{to}`, and only reads of blobs are redirected")]
    Redirect {
        /// Method and address of the request, without its query.
        what: String,
        /// Where to, without query.
        to: String,
    },
    /// A registry wants an upload to go on at a place that is not its own.
    #[error("{host} wants the upload to go on at {to}, which is not its own")]
    Location {
        /// The registry.
        host: String,
        /// Where to, without query.
        to: String,
    },
    /// A registry says that a list goes on at a place that is not its own.
    #[error("{host} says that the list goes on at {to}, which is not its own")]
    Page {
        /// The registry.
        host: String,
        /// Where to, without query.
        to: String,
    },
    /// An answer is larger than it may be.
    #[error("{what}: the answer has more than {most} bytes")]
    TooLarge {
        /// Method and address of the request, without its query.
        what: String,
        /// Bytes that are read at most.
        most: u64,
        /// The limit it is about.
        limit: &'static str,
    },
    /// The answer itself broke off.
    #[error(transparent)]
    Body(AnyFailure),
    /// The answer lacks a header.
    #[error("{what}: the answer has no `{header}`")]
    NoHeader {
        /// Method and address of the request, without its query.
        what: String,
        /// The header's name.
        header: &'static str,
    },
    /// The bytes are not those that were asked for or sent.
    #[error("{what}: {fault}")]
    Verify {
        /// Method and address of the request, without its query.
        what: String,
        /// How they differ.
        fault: Box<VerifyError>,
    },
    /// A manifest, index or list is too large.
    #[error("{what}: the answer has more than {limit} bytes")]
    LargeDocument {
        /// Method and address of the request, without its query.
        what: String,
        /// The bytes that it may have.
        limit: u64,
    },
    /// A manifest, index or list cannot be understood.
    #[error("{what}: {source}")]
    Document {
        /// Method and address of the request, without its query.
        what: String,
        /// What is wrong with it.
        source: Box<DocumentError>,
    },
    /// What is uploaded cannot be read.
    #[error(transparent)]
    Blob(#[from] SourceError),
    /// What is uploaded is not what its descriptor says.
    #[error("{0}; nothing was uploaded")]
    Corrupt(Box<VerifyError>),
    /// What is uploaded breaks off.
    #[error("a blob cannot be read: {0}")]
    Unreadable(io::Error),
    /// A list has more pages than it may have, or pages that lead to each other.
    #[error("{what}: the list has more than {limit} pages, or never ends")]
    Pages {
        /// Method and address of the last request, without its query.
        what: String,
        /// The pages that it may have.
        limit: usize,
    },
    /// A list goes on at another host, which is not asked.
    #[error("{what}: the list goes on at `{address}`, which is not the registry")]
    PageElsewhere {
        /// Method and address of the last request, without its query.
        what: String,
        /// The address, without its query.
        address: String,
    },
    /// Too much refers to a manifest.
    #[error("{what}: more than {limit} referrers")]
    Referrers {
        /// Method and address of the last request, without its query.
        what: String,
        /// The entries that there may be.
        limit: usize,
    },
    /// The tag that lists what refers to a manifest was written again and again by others.
    #[error("tag {tag}: {digest} is not listed after {tries} tries: others write it too")]
    Unlisted {
        /// The tag.
        tag: String,
        /// What should be listed.
        digest: String,
        /// How often it was written.
        tries: u32,
    },
    /// The work was asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

fn shown(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl RegistryError {
    /// The status of the answer, where it is that which is wrong.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the answer, or a part of it, was lost on the way: another may come whole.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Http(error) => error.is_lost(),
            Self::Body(_) => true,
            _ => false,
        }
    }

    /// The error of an answer that is not strict JSON of the expected shape.
    pub(super) fn json(what: String, error: JsonError) -> Self {
        Self::Document { what, source: Box::new(error.into()) }
    }

    /// The error of a document that should be an index.
    pub(super) fn no_index(what: &str, found: &MediaType) -> Self {
        let found = format!("says it is `{found}`");
        let source = DocumentError::Ambiguous { expected: MediaType::Index, found };
        Self::Document { what: what.to_owned(), source: Box::new(source) }
    }

    /// What the registry says, where the status of its answer is what is wrong.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Status { message, .. } => message.clone(),
            Self::Refused { codes, message, .. } => format!("{}{}", codes.join(", "), shown(message)),
            _ => String::new(),
        }
    }

    /// Whether the answer has one of the specification's codes.
    pub(super) fn says(&self, code: &str) -> bool {
        matches!(self, Self::Refused { codes, .. } if codes.iter().any(|said| said == code))
    }
}

impl From<HttpError> for RegistryError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Source(error) => Self::Blob(error),
            HttpError::Unreadable(error) => Self::Unreadable(error),
            HttpError::Interrupted(interrupted) => Self::Interrupted(interrupted),
            error => Self::Http(error),
        }
    }
}

impl Coded for RegistryError {
    fn code(&self) -> Code {
        match self {
            Self::Status { status: 401 | 403, .. } | Self::Refused { status: 401 | 403, .. } => Code::Auth,
            Self::Http(error) => error.code(),
            Self::Unauthorized { .. } | Self::Token { .. } => Code::Auth,
            Self::Credential(error) => error.code(),
            Self::Realm { .. } => Code::Realm,
            Self::Redirect { .. } => Code::Redirect,
            Self::Location { .. } => Code::Location,
            Self::TooLarge { .. } => Code::LimitResponse,
            Self::Page { .. }
            | Self::Status { .. }
            | Self::Refused { .. }
            | Self::NoHeader { .. }
            | Self::Unlisted { .. } => Code::Remote,
            Self::Body(failure) => failure.code(),
            Self::Verify { fault, .. } | Self::Corrupt(fault) => fault.code(),
            Self::LargeDocument { .. } => Code::LimitManifest,
            Self::Document { source, .. } => match **source {
                DocumentError::Json(_) => Code::Json,
                DocumentError::Ambiguous { .. } => Code::Ambiguous,
            },
            Self::Blob(error) => error.code(),
            Self::Unreadable(error) => code::of_io(error),
            Self::Pages { .. } | Self::PageElsewhere { .. } | Self::Referrers { .. } => Code::LimitReferrers,
            Self::Interrupted(error) => error.code(),
        }
    }
}

impl Failure for RegistryError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unauthorized { host, problem: Unauthorized::Unknown | Unauthorized::Anonymous, .. } => {
                format!("log in: docker login {host}")
            }
            Self::Unauthorized { host, problem: Unauthorized::Refused, .. } => {
                format!("log in again: docker login {host}")
            }
            Self::Realm { problem: RealmProblem::Foreign, host, realm } => format!(
                "where the credential may go there, name the host of `{realm}` by `auth-hosts` of \"{host}\" in registries.toml"
            ),
            Self::Location { host, .. } => {
                format!(
                    "where uploads may go there, name the host by `upload-hosts` of \"{host}\" in registries.toml"
                )
            }
            Self::Http(HttpError::Tls { host, .. }) => format!(
                "for an authority of your own pass --ca {host}=FILE; for a registry without TLS --plain-http {host}"
            ),
            Self::Http(error) => return error.hint(),
            Self::Blob(SourceError::Remote(failure)) | Self::Body(failure) => return failure.hint(),
            Self::Unreadable(error) => return AnyFailure::of_io(error)?.hint(),
            Self::Credential(error) => return error.hint(),
            Self::Refused { status: 429, .. } | Self::Status { status: 429, .. } => {
                "try again later, or log in: registries limit who is anonymous".to_owned()
            }
            _ => return None,
        };
        Some(hint)
    }

    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::LargeDocument { .. } => Some("document-bytes"),
            Self::Pages { .. } => Some("pages"),
            Self::Referrers { .. } => Some("referrers"),
            Self::Http(error) => error.limit(),
            Self::TooLarge { limit, .. } => Some(limit),
            Self::Blob(SourceError::Remote(failure)) | Self::Body(failure) => failure.limit(),
            Self::Unreadable(error) => AnyFailure::of_io(error)?.limit(),
            _ => None,
        }
    }
}
