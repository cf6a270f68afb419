//! Whether a blob is there, and its bytes from some byte on.

use crate::http::{Method, Response};
use crate::oci::Digest;
use crate::registry::error::RegistryError;
use crate::registry::place::Place;

/// Whether a repository has a blob.
pub(in crate::registry) fn has_blob(place: &Place, digest: &Digest) -> Result<bool, RegistryError> {
    let answer = place.ask(Method::Head, place.blob_target(digest), Vec::new())?;
    match answer.status {
        404 => Ok(false),
        405 => Ok(from(place, digest, 0)?.is_some()),
        _ => answer.expect(&[200]).map(|_| true),
    }
}

/// A blob's bytes from byte `first` on, or all of them: the status is 206 or 200. Nothing where there is no such blob.
pub(super) fn from(place: &Place, digest: &Digest, first: u64) -> Result<Option<Response>, RegistryError> {
    let range = (first > 0).then(|| ("range", format!("bytes={first}-")));
    let answer = place.ask(Method::Get, place.blob_target(digest), range.into_iter().collect())?;
    match answer.status {
        404 => {
            answer.discard();
            Ok(None)
        }
        206 if first > 0 => Ok(Some(answer)),
        _ => answer.expect(&[200]).map(Some),
    }
}
