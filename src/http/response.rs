//! What a server answers.

use std::io::{self, Read};

use ureq::http::HeaderMap;

use super::error::{HttpError, RedirectProblem};
use super::url::{Url, harmless};
use crate::printable::{beginning, escaped};

/// An answer, its body not read yet.
pub(crate) struct Response {
    /// Method and address of the request, without its query.
    pub(crate) what: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Whom it is from, after redirects.
    pub(crate) url: Url,
    pub(crate) body: Box<dyn Read + Send>,
}

/// How much of an error's body is read.
const ERROR_READ: u64 = 64 << 10;
/// How much of it is shown.
const ERROR_SHOWN: usize = 512;
/// How much of a body that nobody needs is read, so that its connection can be used again.
const DISCARDED: u64 = 64 << 10;

impl Response {
    /// A header's value, where there is one of text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it says only that something is elsewhere.
    pub(crate) fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// Where it says that something is.
    pub(crate) fn redirected(&self) -> Result<Url, HttpError> {
        let to = self.header("location").unwrap_or_default();
        match self.url.join(to) {
            Ok(next) if !to.is_empty() => Ok(next),
            _ => Err(self.not_followed(harmless(to), RedirectProblem::Address)),
        }
    }

    /// The error of a redirect to `to`, which holds no query.
    pub(super) fn not_followed(&self, to: String, problem: RedirectProblem) -> HttpError {
        HttpError::Redirect { what: self.what.clone(), to, problem }
    }

    /// Reads as much of an error's body as is looked at.
    pub(crate) fn error_body(self) -> Vec<u8> {
        let mut body = Vec::new();
        // What cannot be read of an error is not shown of it.
        let _ = self.body.take(ERROR_READ).read_to_end(&mut body);
        body
    }

    /// Reads a body that nobody needs.
    pub(crate) fn discard(self) {
        // What is left of it costs the connection, no more.
        let _ = io::copy(&mut self.body.take(DISCARDED), &mut io::sink());
    }

    /// What went wrong where a file was asked for.
    pub(super) fn into_failure(self) -> HttpError {
        let (what, status) = (self.what.clone(), self.status);
        if matches!(status, 404 | 410) {
            self.discard();
            return HttpError::NotFound { what, status };
        }
        let is_text = self.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"));
        let body = self.error_body();
        let message = if is_text { shown(&String::from_utf8_lossy(&body)) } else { String::new() };
        HttpError::Status { what, status, message }
    }
}

/// What others say, made fit to be shown.
pub(crate) fn shown(text: &str) -> String {
    beginning(&escaped(text.trim()), ERROR_SHOWN).to_owned()
}
