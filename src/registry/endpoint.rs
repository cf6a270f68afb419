//! One host that requests go to.

use std::sync::Arc;

use ureq::{Agent, SendBody};

use super::error::RegistryError;
use super::registries::Shared;
use super::request::{Body, Method, Request, Target};
use super::response::Response;
use super::traffic::Traffic;
use super::url::{Origin, Url};

/// A host that requests go to; clones share its connections.
#[derive(Clone)]
pub(super) struct Endpoint {
    agent: Agent,
    origin: Origin,
    traffic: Arc<Traffic>,
}

impl Endpoint {
    pub(super) fn new(shared: &Shared, host: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
        let is_tls = !matches!(name, "localhost" | "127.0.0.1");
        let port = port.parse().unwrap_or(if is_tls { 443 } else { 80 });
        let origin = Origin { is_tls, host: name.to_owned(), port };
        Self { agent: config.build().new_agent(), origin, traffic: Arc::clone(&shared.traffic) }
    }

    /// Sends a request; any answer but those that are dealt with here is the caller's to judge.
    pub(super) fn send(&self, request: &Request<'_>) -> Result<Response, RegistryError> {
        let url = self.url(&request.target);
        let method = match request.method {
            Method::Head => "HEAD",
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        };
        let what = format!("{method} {}", url.shown());
        let unanswered = |problem: String| RegistryError::Unanswered { what: what.clone(), problem };
        let mut built = ureq::http::Request::builder().method(method).uri(url.to_string());
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        self.traffic.request();
        let answer = match &request.body {
            Body::Empty => built.body(()).map(|built| self.agent.run(built)),
            Body::Bytes(bytes) => built.body(*bytes).map(|built| self.agent.run(built)),
            Body::Stream { size, open } => {
                let mut reader = open().map_err(|error| unanswered(error.to_string()))?;
                built = built.header("content-length", *size);
                built.body(SendBody::from_reader(&mut reader)).map(|built| self.agent.run(built))
            }
        };
        let answer = answer.map_err(|error| unanswered(error.to_string()))?;
        let (head, body) = answer.map_err(|error| unanswered(error.to_string()))?.into_parts();
        let status = head.status.as_u16();
        Ok(Response { what, status, headers: head.headers, url, body: Box::new(body.into_reader()) })
    }

    fn url(&self, target: &Target) -> Url {
        match target {
            Target::Route(route, query) => {
                let url = self.origin.at(route.clone().into_path());
                query.iter().fold(url, |url, (name, value)| url.with(name, value))
            }
            Target::Blob(route) => self.origin.at(route.clone().into_path()),
            Target::Upload(url) | Target::Page(url) => url.clone(),
        }
    }
}
