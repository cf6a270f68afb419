//! Things taken out of a repository, where its registry allows that.

use super::error::RegistryError;
use super::repository::Repository;
use super::request::{Request, Target};
use super::route::Route;
use super::scope::Access;
use crate::http::{Body, Method, Resend};
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Coded};
    use crate::registry::sample::{Server, answer, repository};

    #[test]
    fn what_is_deleted_was_there_or_was_not() {
        let digest = Digest::of(b"");
        for (status, was_there) in [(202, Some(true)), (404, Some(false)), (405, None), (403, None)] {
            let server = Server::start(move |_| answer(status));
            let repository = repository(&server);
            assert_eq!(repository.delete_manifest(&digest).ok(), was_there);
            assert_eq!(repository.delete_tag("1").ok(), was_there);
            assert_eq!(repository.delete_blob(&digest).ok(), was_there);
            let expected =
                [format!("manifests/{digest}"), "manifests/1".to_owned(), format!("blobs/{digest}")];
            assert_eq!(server.lines(), expected.map(|path| format!("DELETE /v2/acme/app/{path}")));
        }
        let server = Server::start(|_| answer(405));
        assert_eq!(repository(&server).delete_tag("1").unwrap_err().code(), Code::Remote);
    }
}
