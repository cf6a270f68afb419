//! One host that requests go to.

use std::sync::Arc;

use ureq::http::HeaderValue;

use super::auth::Authorizer;
use super::error::RegistryError;
use super::registries::Shared;
use super::request::{Request, Target};
use super::wire::Wire;
use crate::http::{Body, Origin, Reach, Response, Undelivered, Url};

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
        url: Url,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, RegistryError> {
        let http = &self.0.wire.http;
        if request.is_read() {
            return Ok(http.follow(url, &request.sent(), authorization)?);
        }
        let answer = http.deliver(&url, Reach::ALL, &request.sent(), authorization);
        let answer = answer.map_err(|error| match error {
            Undelivered::Error(error) => error,
            Undelivered::OutOfReach(_) => unreachable!("everything is in reach"),
        })?;
        if !answer.is_redirect() {
            return Ok(answer);
        }
        let to = answer.redirected()?.shown();
        Err(RegistryError::Redirect { what: answer.what, to })
    }
}

#[cfg(test)]
mod tests;
