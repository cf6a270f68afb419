//! Where bytes of repositories come from.

use std::io::Read;

use crate::code::AnyFailure;

/// Reaches the servers of repositories.
pub trait Fetch: Send + Sync {
    /// What is at an `https:` or `http:` URL.
    fn get(&self, url: &str) -> Result<Body, FetchError>;
}

/// What is at a URL, to be read; what breaks off is taken up again where the server can do that.
pub struct Body {
    /// How many bytes there are, where the server says so.
    pub length: Option<u64>,
    /// They themselves. Errors hold an [`AnyFailure`].
    pub reader: Box<dyn Read + Send>,
}

/// Why nothing can be had from a URL.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is nothing.
    #[error("there is nothing")]
    Absent,
    /// The server cannot be reached, or does not answer as it should.
    #[error(transparent)]
    Failure(#[from] AnyFailure),
}
