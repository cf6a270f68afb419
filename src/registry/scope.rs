//! What a token has to allow.

/// What a request does, by repository: what it needs a token for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Scope {
    /// The repository that is read or written.
    pub(super) repository: String,
    /// What is done to it.
    pub(super) access: Access,
    /// The repository that a blob is mounted from, which has to be readable.
    pub(super) source: Option<String>,
}

/// What is done to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Access {
    /// Reading.
    Pull,
    /// Reading and writing.
    Push,
    /// Deleting.
    Delete,
}
