//! What a registry answers.

use std::io::Read;

use serde_json::Value;
use ureq::http::HeaderMap;

use super::error::RegistryError;
use super::url::Url;
use crate::oci::json;
use crate::printable::{beginning, escaped};

/// An answer, its body not read yet.
pub(super) struct Response {
    /// Method and address of the request, without its query.
    pub(super) what: String,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// Whom it is from, after redirects.
    pub(super) url: Url,
    pub(super) body: Box<dyn Read + Send>,
}

/// How much of an error's body is read.
const ERROR_READ: u64 = 64 << 10;
/// How much of it is shown.
const ERROR_SHOWN: usize = 512;
/// How many of its codes are looked at.
const CODES: usize = 16;

impl Response {
    /// A header's value, where there is one of text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// This answer, if it has one of these statuses.
    pub(super) fn expect(self, statuses: &[u16]) -> Result<Self, RegistryError> {
        if statuses.contains(&self.status) { Ok(self) } else { Err(self.into_error()) }
    }

    /// What went wrong, by status and body.
    pub(super) fn into_error(self) -> RegistryError {
        let mut body = Vec::new();
        // What cannot be read of an error is not shown of it.
        let _ = self.body.take(ERROR_READ).read_to_end(&mut body);
        if let Some((codes, message)) = refusal(&body) {
            return RegistryError::Refused { what: self.what, status: self.status, codes, message };
        }
        let message = shown(&String::from_utf8_lossy(&body));
        RegistryError::Status { what: self.what, status: self.status, message }
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

/// What others say, made fit to be shown.
fn shown(text: &str) -> String {
    beginning(&escaped(text.trim()), ERROR_SHOWN).to_owned()
}
