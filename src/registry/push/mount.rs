//! Blobs that another repository of the same registry has.

use super::session::Upload;
use crate::code::{Code, Coded};
use crate::http::{Body, Method, Resend};
use crate::oci::Descriptor;
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;
use crate::registry::request::{Request, Target};
use crate::registry::route::Route;
use crate::registry::scope::{Access, Scope};

/// What became of a blob that was to be mounted.
#[derive(Debug)]
pub enum Mount {
    /// It is there.
    Mounted,
    /// It has to be uploaded, in the session that the registry has begun.
    Session(Upload),
}

impl Repository {
    /// Takes a blob over from the repository `from` of the same registry.
    pub fn mount(&self, descriptor: &Descriptor, from: &str) -> Result<Mount, RegistryError> {
        match self.ask_mount(descriptor, from) {
            Ok(mount) => Ok(mount),
            // The source may be out of this credential's reach, or the registry does not know the request.
            Err(error) if error.code() == Code::Auth || matches!(error.status(), Some(400 | 404 | 405)) => {
                self.learn(|abilities| abilities.mount = abilities.mount.or(Some(false)));
                self.begin_upload().map(Mount::Session)
            }
            Err(error) => Err(error),
        }
    }

    fn ask_mount(&self, descriptor: &Descriptor, from: &str) -> Result<Mount, RegistryError> {
        let digest = &descriptor.digest;
        let query = vec![("mount", digest.to_string()), ("from", from.to_owned())];
        let answer = self.own().endpoint.send(&Request {
            method: Method::Post,
            target: Target::Route(Route::uploads(self.name()), query),
            scope: Scope { source: Some(from.to_owned()), ..self.own().scope(Access::Push) },
            headers: Vec::new(),
            body: Body::Empty,
            resend: Resend::Always,
        })?;
        let answer = answer.expect(&[201, 202])?;
        if answer.status == 202 {
            self.learn(|abilities| abilities.mount = abilities.mount.or(Some(false)));
            return answer.session().map(Mount::Session);
        }
        answer.check_digest(digest)?;
        answer.discard();
        self.learn(|abilities| abilities.mount = Some(true));
        Ok(Mount::Mounted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::MediaType;
    use crate::registry::sample::{Blob, Server, answer, repository, unseen, working};

    fn descriptor() -> Descriptor {
        Descriptor::of(MediaType::Config, b"{}")
    }

    #[test]
    fn a_blob_is_mounted_from_another_repository() {
        let (shelf, server, repository) = working();
        shelf.put_blob("dhi/base", b"{}");
        assert!(matches!(repository.mount(&descriptor(), "dhi/base").unwrap(), Mount::Mounted));
        assert!(repository.has_blob(&descriptor()).unwrap());
        let expected =
            format!("POST /v2/acme/app/blobs/uploads/?mount={}&from=dhi%2Fbase", descriptor().digest);
        assert_eq!(server.lines()[0], expected);
        assert_eq!(repository.abilities().mount, Some(true));
    }

    #[test]
    fn a_mount_that_is_not_made_goes_on_as_an_upload() {
        let (_shelf, server, repository) = working();
        let Mount::Session(session) = repository.mount(&descriptor(), "dhi/base").unwrap() else {
            panic!("there is nothing to mount")
        };
        repository.upload(&descriptor(), Some(session), &Blob(b"{}".to_vec()), &unseen).unwrap();
        assert_eq!((server.count("POST", ""), server.count("PUT", "")), (1, 1));
        assert_eq!(repository.abilities().mount, Some(false));
    }

    #[test]
    fn a_registry_that_refuses_to_mount_is_asked_for_an_upload() {
        for status in [400, 401, 403, 404, 405] {
            let server = Server::start(move |asked| match asked.is("POST", "mount=") {
                true => answer(status),
                false => answer(202).with("location", "/x"),
            });
            let mount = repository(&server).mount(&descriptor(), "dhi/base").unwrap();
            assert!(matches!(mount, Mount::Session(_)), "{status}");
        }
    }
}
