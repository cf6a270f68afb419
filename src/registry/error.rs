//! Registries that fail, or answer what they should not.

use crate::code::{Code, Coded, Failure};
use crate::interrupt::Interrupted;
use crate::layer::{SourceError, VerifyError};
use crate::oci::json::JsonError;
use crate::oci::{DocumentError, MediaType};

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
    /// An address that a registry gives is none.
    #[error("`{0}` is no address")]
    Address(String),
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
    /// A blob broke off, however often it was asked for.
    #[error("{what}: broken off at byte {at} of {size} after {tries} tries: {problem}")]
    BrokenOff {
        /// Method and address of the last request, without its query.
        what: String,
        /// The bytes that came.
        at: u64,
        /// The bytes that it has.
        size: u64,
        /// How often it was asked for.
        tries: u32,
        /// What went wrong at last.
        problem: String,
    },
    /// What is uploaded cannot be read.
    #[error(transparent)]
    Blob(#[from] SourceError),
    /// What is uploaded is not what its descriptor says.
    #[error("{0}; nothing was uploaded")]
    Corrupt(Box<VerifyError>),
    /// What is uploaded breaks off.
    #[error("a blob cannot be read: {0}")]
    Unreadable(std::io::Error),
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

    /// Whether the answer has one of the specification's codes.
    pub(super) fn says(&self, code: &str) -> bool {
        matches!(self, Self::Refused { codes, .. } if codes.iter().any(|said| said == code))
    }
}

impl Coded for RegistryError {
    fn code(&self) -> Code {
        match self {
            Self::Status { status: 401 | 403, .. } | Self::Refused { status: 401 | 403, .. } => Code::Auth,
            Self::Unanswered { .. }
            | Self::Address(_)
            | Self::Status { .. }
            | Self::Refused { .. }
            | Self::NoHeader { .. }
            | Self::Unlisted { .. }
            | Self::BrokenOff { .. } => Code::Remote,
            Self::Verify { fault, .. } | Self::Corrupt(fault) => fault.code(),
            Self::LargeDocument { .. } => Code::LimitManifest,
            Self::Document { source, .. } => match **source {
                DocumentError::Json(_) => Code::Json,
                DocumentError::Ambiguous { .. } => Code::Ambiguous,
            },
            Self::Blob(error) => error.code(),
            Self::Unreadable(error) => crate::code::of_io(error),
            Self::Pages { .. } | Self::PageElsewhere { .. } | Self::Referrers { .. } => Code::LimitReferrers,
            Self::Interrupted(error) => error.code(),
        }
    }
}

impl Failure for RegistryError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Blob(SourceError::Remote(failure)) => failure.hint(),
            Self::Refused { codes, .. } if codes.iter().any(|code| code == "TOOMANYREQUESTS") => {
                Some("try again later, or log in: registries limit who is anonymous".to_owned())
            }
            _ => None,
        }
    }

    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::LargeDocument { .. } => Some("document-bytes"),
            Self::Pages { .. } => Some("pages"),
            Self::Referrers { .. } => Some("referrers"),
            Self::Blob(SourceError::Remote(failure)) => failure.limit(),
            _ => None,
        }
    }
}
