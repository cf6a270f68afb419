//! Requests on their way: sent again where that can help.

use std::net::IpAddr;

use ureq::http::HeaderValue;

use super::address::Reach;
use super::agents::Agents;
use super::auth::Credentials;
use super::error::RegistryError;
use super::exchange::{Lost, exchange};
use super::request::{Request, Resend};
use super::response::Response;
use super::retry::{self, Retry};
use super::settings::Settings;
use super::traffic::Traffic;
use super::url::Url;
use crate::interrupt::Interrupt;
use crate::limits::Limits;

/// What all endpoints of a process share.
pub(super) struct Wire {
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    pub(super) interrupt: Interrupt,
    pub(super) traffic: std::sync::Arc<Traffic>,
    pub(super) agents: Agents,
    pub(super) credentials: Credentials,
}

/// A request that no answer came to.
pub(super) enum Undelivered {
    Error(RegistryError),
    /// The host leads to an address that connections must not lead to.
    OutOfReach(IpAddr),
}

impl From<RegistryError> for Undelivered {
    fn from(error: RegistryError) -> Self {
        Self::Error(error)
    }
}

impl Wire {
    /// Sends a request to `url`, whatever its target says, again and again where its answer is lost or one of an overloaded
    /// server; the last answer counts.
    pub(super) fn deliver(
        &self,
        url: &Url,
        reach: Reach,
        request: &Request<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Undelivered> {
        let agent = self.agents.agent(&url.origin, reach, self)?;
        let mut retry = Retry::new(&self.limits, &self.interrupt);
        loop {
            self.interrupt.check().map_err(RegistryError::from)?;
            self.traffic.request();
            let outcome = exchange(&agent, url, request, authorization, &self.limits);
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
            if !retry.wait(asked).map_err(RegistryError::from)? {
                return outcome.map_err(|error| tried(error, retry.tries()).into());
            }
            self.traffic.retry();
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
fn tried(error: RegistryError, tries: u32) -> RegistryError {
    match error {
        RegistryError::Unanswered { what, problem } if tries > 1 => {
            RegistryError::Unanswered { what, problem: format!("{problem} ({tries} tries)") }
        }
        error => error,
    }
}
