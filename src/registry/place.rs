//! A repository at one host: the registry itself, or a mirror of it.

use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::registries::Shared;
use super::request::{Request, Target};
use super::route::Route;
use super::scope::{Access, Scope};
use crate::http::{Body, Method, Resend, Response, Retry};
use crate::oci::Digest;

/// A repository at one host.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) endpoint: Endpoint,
    /// What the repository is called there.
    pub(super) name: String,
    /// The registry that it mirrors, where it is a mirror.
    pub(super) mirrors: Option<String>,
}

impl Place {
    /// Asks for something that changes nothing.
    pub(super) fn ask(
        &self,
        method: Method,
        target: Target,
        headers: Vec<(&'static str, String)>,
    ) -> Result<Response, RegistryError> {
        let (scope, body, resend) = (self.scope(Access::Pull), Body::Empty, Resend::Always);
        self.endpoint.send(&Request { method, target, scope, headers, body, resend })
    }

    /// Asks for a manifest, index or list and reads it, again where it breaks off; of any status but 200 nothing is read.
    pub(super) fn fetch(
        &self,
        shared: &Shared,
        target: &Target,
        headers: &[(&'static str, String)],
    ) -> Result<(Response, Vec<u8>), RegistryError> {
        let mut retry = Retry::new(&shared.limits, &shared.interrupt);
        loop {
            let mut answer = self.ask(Method::Get, target.clone(), headers.to_vec())?;
            if answer.status != 200 {
                return Ok((answer, Vec::new()));
            }
            match answer.bytes(shared.limits.document_bytes) {
                Ok(bytes) => return Ok((answer, bytes)),
                Err(error) if error.is_lost() && retry.wait(None)? => shared.traffic().retry(),
                Err(error) => return Err(error),
            }
        }
    }

    /// A manifest's address, by tag or digest.
    pub(super) fn manifest_target(&self, reference: &str) -> Target {
        Target::Route(self.seen(Route::manifest(&self.name, reference)), Vec::new())
    }

    /// A blob's address.
    pub(super) fn blob_target(&self, digest: &Digest) -> Target {
        Target::Blob(self.seen(Route::blob(&self.name, digest)))
    }

    /// What doing this to the repository needs a token for.
    pub(super) fn scope(&self, access: Access) -> Scope {
        Scope { repository: self.name.clone(), access, source: None }
    }

    fn seen(&self, route: Route) -> Route {
        match &self.mirrors {
            Some(host) => route.mirrored(host),
            None => route,
        }
    }
}
