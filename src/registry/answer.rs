//! What operations read from an answer.

use std::io::{self, Read};

use serde_json::Value;

use super::error::RegistryError;
use crate::code::AnyFailure;
use crate::http::{HttpError, Response, Url, shown};
use crate::interrupt::Interrupted;
use crate::layer::VerifyError;
use crate::oci::{Digest, json};

/// How many codes of an error are looked at.
const CODES: usize = 16;

impl Response {
    /// This answer, if it has one of these statuses.
    pub(super) fn expect(self, statuses: &[u16]) -> Result<Self, RegistryError> {
        if statuses.contains(&self.status) { Ok(self) } else { Err(self.into_error()) }
    }

    /// What went wrong, by status and body.
    pub(super) fn into_error(self) -> RegistryError {
        let (what, status) = (self.what.clone(), self.status);
        let body = self.error_body();
        if let Some((codes, message)) = refusal(&body) {
            return RegistryError::Refused { what, status, codes, message };
        }
        let message = shown(&String::from_utf8_lossy(&body));
        RegistryError::Status { what, status, message }
    }

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
        Ok(self.url.join(location).map_err(HttpError::from)?)
    }
}

/// The codes and the first message of an error body in the specification's form, where it is one.
fn refusal(body: &[u8]) -> Option<(Vec<String>, String)> {
    let body = json::parse(body).ok()?;
    let errors = body.get("errors")?.as_array()?;
    let text = |error: &Value, key: &str| error.get(key).and_then(Value::as_str).map(shown);
    let codes: Vec<String> = errors.iter().take(CODES).filter_map(|error| text(error, "code")).collect();
    let message = text(errors.first()?, "message").unwrap_or_default();
    (!codes.is_empty()).then_some((codes, message))
}

/// The error of an answer that is not whole.
fn broken_off(what: &str, error: io::Error) -> RegistryError {
    if let Some(failure) = AnyFailure::of_io(&error) {
        return RegistryError::Body(failure.clone());
    }
    match error.downcast::<Interrupted>() {
        Ok(interrupted) => interrupted.into(),
        Err(error) => HttpError::Unanswered { what: what.to_owned(), problem: error.to_string() }.into(),
    }
}
