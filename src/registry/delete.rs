//! Things taken out of a repository, where its registry allows that.

use super::error::RegistryError;
use super::repository::Repository;
use super::request::{Body, Method, Request, Resend, Target};
use super::route::Route;
use super::scope::Access;
use crate::oci::Digest;

impl Repository {
    /// Deletes a manifest or index, and with it the tags that lead to it. Whether it was there.
    pub fn delete_manifest(&self, digest: &Digest) -> Result<bool, RegistryError> {
        self.delete(Route::manifest(self.name(), &digest.to_string()))
    }

    /// Deletes a tag; what it leads to stays. Whether it was there.
    ///
    /// Registries may not allow this, and delete manifests alone.
    pub fn delete_tag(&self, tag: &str) -> Result<bool, RegistryError> {
        self.delete(Route::manifest(self.name(), tag))
    }

    /// Deletes a blob from the repository. Whether it was there.
    pub fn delete_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        self.delete(Route::blob(self.name(), digest))
    }

    fn delete(&self, route: Route) -> Result<bool, RegistryError> {
        let answer = self.own().endpoint.send(&Request {
            method: Method::Delete,
            target: Target::Route(route, Vec::new()),
            scope: self.own().scope(Access::Delete),
            headers: Vec::new(),
            body: Body::Empty,
            resend: Resend::Always,
        })?;
        let was_there = answer.status != 404;
        if was_there {
            answer.expect(&[200, 202, 204])?.discard()
        } else {
            answer.discard()
        }
        Ok(was_there)
    }
}
