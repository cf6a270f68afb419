//! Pushes that fail.

use crate::code::{Code, Coded, Failure};
use crate::interrupt::Interrupted;
use crate::oci::Digest;
use crate::registry::error::RegistryError;

/// An image that could not be pushed; but for [`PushError::TagsMoved`] no tag leads to it because of this push.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The registry fails, or a blob does.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The registry refuses a manifest with zstd layers, which it may not know.
    #[error(transparent)]
    Zstd(RegistryError),
    /// A manifest or index is larger than registries take.
    #[error("document {digest} of {size} bytes is larger than {limit}")]
    TooLarge {
        /// The document.
        digest: Digest,
        /// The bytes it has.
        size: u64,
        /// The bytes it may have.
        limit: u64,
    },
    /// A manifest or index does not name exactly the parts that would be pushed with it.
    #[error("document {digest} does not name what belongs to it")]
    NotClosed {
        /// The document.
        digest: Digest,
    },
    /// The registry gives other bytes back than it was given.
    #[error("{repository} has other bytes for index {digest} than it was given")]
    NotKept {
        /// The repository, with the host.
        repository: String,
        /// The index.
        digest: Digest,
    },
    /// Tags that were put lead to something else: somebody else has moved them in the meantime.
    #[error("{}", moved(repository, *digest, tags))]
    TagsMoved {
        /// The repository, with the host.
        repository: String,
        /// The index that they were to lead to.
        digest: Digest,
        /// Each, and what it leads to where it is still there; at least one.
        tags: Vec<(String, Option<Digest>)>,
    },
    /// The work was asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

fn moved(repository: &str, digest: Digest, tags: &[(String, Option<Digest>)]) -> String {
    let lead = |(tag, found): &(String, Option<Digest>)| match found {
        Some(found) => format!("`{tag}` leads to {found}"),
        None => format!("`{tag}` is gone"),
    };
    let tags: Vec<_> = tags.iter().map(lead).collect();
    format!("{repository}: {}, though {digest} was pushed: somebody else moved it", tags.join(", "))
}

impl Coded for PushError {
    fn code(&self) -> Code {
        match self {
            Self::Registry(error) | Self::Zstd(error) => error.code(),
            Self::TooLarge { .. } => Code::LimitManifest,
            Self::NotClosed { .. } | Self::NotKept { .. } => Code::Digest,
            Self::TagsMoved { .. } => Code::TagMoved,
            Self::Interrupted(error) => error.code(),
        }
    }
}

impl Failure for PushError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Registry(error) => error.hint(),
            Self::Zstd(_) => Some(
                "where the registry does not know zstd layers, set `compression: GZIP` in the customization"
                    .to_owned(),
            ),
            Self::TagsMoved { .. } => Some("two pushes to one tag at a time: run this one again".to_owned()),
            _ => None,
        }
    }

    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Registry(error) | Self::Zstd(error) => error.limit(),
            Self::TooLarge { .. } => Some("written-document-bytes"),
            _ => None,
        }
    }
}
