//! One host that requests go to.

use std::sync::Arc;

use ureq::http::HeaderValue;

use super::address::Reach;
use super::auth::{Authorizer, reach_of};
use super::error::{RedirectProblem, RegistryError};
use super::registries::Shared;
use super::request::{Body, Method, Request, Target};
use super::response::Response;
use super::url::{Origin, Url};
use super::wire::{Undelivered, Wire};

/// A host that requests go to; clones share its connections and tokens.
#[derive(Clone)]
pub(super) struct Endpoint(Arc<Inner>);

struct Inner {
    wire: Arc<Wire>,
    /// The registry as references name it.
    host: String,
    origin: Origin,
    authorizer: Authorizer,
}

impl Endpoint {
    /// The endpoint of a registry: one for all who ask.
    pub(super) fn new(shared: &Shared, host: &str) -> Self {
        shared.endpoint(host, || Self::made(&shared.wire, host))
    }

    fn made(wire: &Arc<Wire>, host: &str) -> Self {
        let origin = wire.settings.origin(host);
        let authorizer = Authorizer::new(host, origin.clone());
        Self(Arc::new(Inner { wire: Arc::clone(wire), host: host.to_owned(), origin, authorizer }))
    }

    /// Sends a request; any answer but those that are dealt with here is the caller's to judge.
    ///
    /// Dealt with are what is lost on the way, servers that are overloaded, 401 and redirects.
    pub(super) fn send(&self, request: &Request<'_>) -> Result<Response, RegistryError> {
        let Inner { wire, origin, authorizer, .. } = &*self.0;
        let url = self.url(&request.target)?;
        if url.origin != *origin {
            return self.follow(request, url, None);
        }
        // A stream may itself need the endpoint.
        let first = if matches!(request.body, Body::Empty) { authorizer.first() } else { None };
        let mut shown = authorizer.shown(wire, &request.scope)?;
        loop {
            let answer = self.follow(request, url.clone(), shown.as_ref().map(|shown| shown.header()))?;
            if answer.status != 401 || answer.url.origin != *origin {
                drop(first);
                return Ok(answer);
            }
            shown = Some(authorizer.challenged(wire, &request.scope, answer, shown.as_ref())?);
        }
    }

    /// Where a request goes, if it may.
    fn url(&self, target: &Target) -> Result<Url, RegistryError> {
        let Inner { wire, host, origin, .. } = &*self.0;
        match target {
            Target::Route(route, query) => {
                let url = origin.at(route.clone().into_path());
                Ok(query.iter().fold(url, |url, (name, value)| url.with(name, value)))
            }
            Target::Blob(route) => Ok(origin.at(route.clone().into_path())),
            Target::Upload(url) => {
                let is_said = |uploads: &[String]| {
                    let own = [url.origin.host.clone(), url.origin.authority()];
                    uploads.iter().any(|upload| own.contains(upload))
                };
                let is_plain = origin.is_tls && !url.origin.is_tls;
                if url.origin == *origin || (!is_plain && is_said(&wire.settings.of(host).uploads)) {
                    return Ok(url.clone());
                }
                Err(RegistryError::Location { host: host.clone(), to: url.shown() })
            }
            Target::Page(url) if url.origin == *origin => Ok(url.clone()),
            Target::Page(url) => Err(RegistryError::Page { host: host.clone(), to: url.shown() }),
        }
    }

    /// Sends a request, and once more to wherever reads of blobs are redirected; what it shows is left out from the first
    /// other origin on.
    fn follow(
        &self,
        request: &Request<'_>,
        mut url: Url,
        mut authorization: Option<&HeaderValue>,
    ) -> Result<Response, RegistryError> {
        let Inner { wire, origin, .. } = &*self.0;
        let mut reach = Reach::ALL;
        let mut from = String::new();
        for left in (0..=wire.limits.redirects).rev() {
            let answer = wire.deliver(&url, reach, request, authorization).map_err(|error| match error {
                Undelivered::Error(error) => error,
                Undelivered::OutOfReach(address) => {
                    let problem = RedirectProblem::Reach(address);
                    RegistryError::Redirect { what: from.clone(), to: url.shown(), problem }
                }
            })?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let next = redirected(request, &answer, left)?;
            if next.origin != answer.url.origin {
                authorization = None;
            }
            if next.origin != *origin {
                reach = Reach { private: true, ..reach_of(origin) };
            }
            (from, url) = (answer.what, next);
        }
        unreachable!("the last redirect is an error")
    }
}

/// Where an answer redirects a request to, if that may be followed.
fn redirected(request: &Request<'_>, answer: &Response, left: u32) -> Result<Url, RegistryError> {
    let to = answer.header("location").unwrap_or_default();
    let next = answer.url.join(to);
    let problem = match &next {
        _ if to.is_empty() => RedirectProblem::Address,
        Err(_) => RedirectProblem::Address,
        Ok(_) if !is_read(request) => RedirectProblem::Request,
        Ok(next) if answer.url.origin.is_tls && !next.origin.is_tls => RedirectProblem::Plain,
        Ok(_) if left == 0 => RedirectProblem::Count,
        Ok(_) => return next,
    };
    let to = next.map_or_else(|_| super::url::harmless(to), |next| next.shown());
    Err(RegistryError::Redirect { what: answer.what.clone(), to, problem })
}

fn is_read(request: &Request<'_>) -> bool {
    matches!(request.target, Target::Blob(_)) && matches!(request.method, Method::Get | Method::Head)
}

#[cfg(test)]
mod tests;
