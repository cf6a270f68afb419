//! What operations read from an answer.

use std::io::{self, Read};

use super::error::RegistryError;
use super::response::Response;
use super::url::Url;
use crate::code::AnyFailure;
use crate::interrupt::Interrupted;
use crate::layer::VerifyError;
use crate::oci::Digest;

/// How much of a body that nobody needs is read, so that its connection can be used again.
const DISCARDED: u64 = 64 << 10;

impl Response {
    /// Reads the whole body, which may have `limit` bytes.
    pub(super) fn bytes(&mut self, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let mut bytes = Vec::new();
        let read = (&mut self.body).take(limit.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| broken_off(&self.what, error))?;
        if bytes.len() as u64 > limit {
            let what = self.what.clone();
            return Err(RegistryError::LargeDocument { what, limit });
        }
        Ok(bytes)
    }

    /// Reads a body that nobody needs.
    pub(super) fn discard(self) {
        // What is left of it costs the connection, no more.
        let _ = io::copy(&mut self.body.take(DISCARDED), &mut io::sink());
    }

    /// The digest that the registry says the content has, where it says one.
    pub(super) fn content_digest(&self) -> Option<Digest> {
        self.header("docker-content-digest")?.parse().ok()
    }

    /// Fails where the registry says that the content has another digest.
    pub(super) fn check_digest(&self, expected: &Digest) -> Result<(), RegistryError> {
        match self.content_digest() {
            Some(found) if found != *expected => Err(self.other_digest(*expected, found)),
            _ => Ok(()),
        }
    }

    /// The error of content that has another digest.
    pub(super) fn other_digest(&self, expected: Digest, found: Digest) -> RegistryError {
        let fault = Box::new(VerifyError::Digest { expected, found });
        RegistryError::Verify { what: self.what.clone(), fault }
    }

    /// Where an upload goes on; the query is kept.
    pub(super) fn location(&self) -> Result<Url, RegistryError> {
        let location = self.header("location");
        let location = location
            .ok_or_else(|| RegistryError::NoHeader { what: self.what.clone(), header: "Location" })?;
        self.url.join(location)
    }
}

/// The error of an answer that is not whole.
fn broken_off(what: &str, error: io::Error) -> RegistryError {
    if let Some(failure) = AnyFailure::of_io(&error) {
        return RegistryError::Body(failure.clone());
    }
    match error.downcast::<Interrupted>() {
        Ok(interrupted) => interrupted.into(),
        Err(error) => RegistryError::Unanswered { what: what.to_owned(), problem: error.to_string() },
    }
}
