//! Requests on their way: sent again where that can help.

use std::net::IpAddr;

use ureq::http::HeaderValue;

use super::address::Reach;
use super::client::Client;
use super::error::HttpError;
use super::exchange::{Lost, exchange};
use super::request::{Request, Resend};
use super::response::Response;
use super::retry::{self, Retry};
use super::url::Url;

/// A request that no answer came to.
pub(crate) enum Undelivered {
    Error(HttpError),
    /// The host leads to an address that connections must not lead to.
    OutOfReach(IpAddr),
}

impl From<HttpError> for Undelivered {
    fn from(error: HttpError) -> Self {
        Self::Error(error)
    }
}

impl Client {
    /// Sends a request to `url`, again and again where its answer is lost or one of an overloaded server; the last answer
    /// counts.
    pub(crate) fn deliver(
        &self,
        url: &Url,
        reach: Reach,
        request: &Request<'_, '_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Undelivered> {
        let agent = self.agents().agent(&url.origin, reach, self)?;
        let mut retry = Retry::new(self.limits(), self.interrupt());
        loop {
            self.interrupt().check().map_err(HttpError::from)?;
            self.traffic().request();
            let outcome = exchange(&agent, url, request, authorization, self.limits());
            let (asked, outcome) = match outcome {
                Ok(response) if is_again(response.status, request.resend) => {
                    (retry::asked(&response.headers), Ok(response))
                }
                Ok(response) => return Ok(response),
                Err(Lost::Unsent(error)) => (None, Err(error)),
                Err(Lost::Unknown(error)) if request.resend == Resend::Always => (None, Err(error)),
                Err(Lost::Unknown(error) | Lost::Final(error)) => return Err(error.into()),
                Err(Lost::OutOfReach(address)) => return Err(Undelivered::OutOfReach(address)),
            };
            if !retry.wait(asked).map_err(HttpError::from)? {
                return outcome.map_err(|error| tried(error, retry.tries()).into());
            }
            self.traffic().retry();
        }
    }
}

/// Whether an answer is one of an overloaded server, which may go better the next time.
fn is_again(status: u16, resend: Resend) -> bool {
    match resend {
        Resend::Always => matches!(status, 429 | 500 | 502 | 503 | 504),
        Resend::Refused => matches!(status, 429 | 503),
    }
}

/// The error of the last of several tries.
fn tried(error: HttpError, tries: u32) -> HttpError {
    match error {
        HttpError::Unanswered { what, problem } if tries > 1 => {
            HttpError::Unanswered { what, problem: format!("{problem} ({tries} tries)") }
        }
        error => error,
    }
}
